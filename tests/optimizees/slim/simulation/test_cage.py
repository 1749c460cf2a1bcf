"""One cage of a farm."""

from datetime import datetime, timedelta

import pytest

from l2l.optimizees.slim.kernels.stages import L3, L5F
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.farm import Farm
from l2l.optimizees.slim.types.treatments import Treatment

CONFIG = Config.scenario("Fyne")
START = CONFIG.start_date


@pytest.fixture
def farm():
    return Farm(1, CONFIG)


@pytest.fixture
def cage(farm):
    return farm.cages[2]


def row(cage):
    """Place of the cage among those of all farms."""
    return CONFIG.farms[0].ncages + cage.id


def test_cages_of_a_farm_are_its_own_rows_of_the_state(farm, cage):
    state = farm.simulator.state
    state.fish[row(cage)] = 77
    state.cleaner_fish[row(cage), 2] = 5
    state.lice[row(cage), L3] = 3, 2, 1
    assert (cage.num_fish, cage.num_cleaner, cage.farm_id, cage.id) == (77, 5, 1, 2)
    assert cage.lice_population["L3"].to_json_dict() == {"a": 3, "A": 2, "Aa": 1}
    assert farm.cages[1].num_fish == CONFIG.farms[1].num_fish


def test_genomics_are_a_copy(cage):
    genomics = cage.lice_genomics
    assert genomics["L1"] == cage.lice_population["L1"]
    genomics["L1"]["a"] = 0
    assert cage.lice_population["L1"]["a"] > 0


def test_aggregation_is_adult_females_per_fish(farm, cage):
    farm.simulator.state.fish[row(cage)] = 50
    farm.simulator.state.lice[row(cage), L5F] = 100, 20, 5
    assert cage.aggregation_rate == 2.5
    farm.simulator.state.fish[row(cage)] = 0
    assert cage.aggregation_rate == 0.0


def test_infected_fish_are_those_expected_of_lice_thrown_at_random(farm, cage):
    farm.simulator.state.fish[row(cage)] = 1000
    assert cage.num_infected_fish == 0
    farm.simulator.state.lice[row(cage), L3] = 1, 0, 0
    assert cage.num_infected_fish == 1
    farm.simulator.state.lice[row(cage), L3] = 1000, 500, 500
    assert cage.num_infected_fish == int(1000 * (1 - 0.999**2000))
    farm.simulator.state.fish[row(cage)] = 0
    assert cage.num_infected_fish == 0


def test_a_cage_without_fish_is_fallow(farm, cage):
    assert not cage.is_fallowing
    farm.fallow()
    assert cage.is_fallowing


def test_it_starts_when_the_scenario_says(cage):
    assert cage.start_date == CONFIG.farms[1].cages_start_dates[2] < START


def test_it_tells_its_treatments(farm, cage):
    assert not cage.is_treated() and cage.treatment_events == []
    farm.add_treatment(Treatment.EMB, START, force=True)
    assert cage.is_treated() and cage.is_treated("emb") and not cage.is_treated(Treatment.THERMOLICER)
    assert [event.first_application_date for event in cage.treatment_events] == [datetime(2018, 1, 1)]


def test_treatments_that_are_over_are_forgotten(farm, cage):
    farm.add_treatment(Treatment.THERMOLICER, START, force=True)
    for day in range(4):
        assert cage.is_treated()
        farm.update(START + timedelta(days=day), 0, [[1, 0, 0]])
    assert not cage.is_treated()
