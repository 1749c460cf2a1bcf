"""Farms driven as objects against whole runs in one kernel call."""

from datetime import timedelta

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.organisation import Organisation
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

CONFIG = Config.scenario("Fyne")
START = CONFIG.start_date
N_DAYS = 365
NOTHING = 4
GENES = {"a": 0.8, "A": 0.1, "Aa": 0.1, "t": 0.7, "T": 0.1, "Tt": 0.2}
RESISTANCE = {"dominant": 0.9, "incompletely_dominant": 0.5, "recessive": 0.0}
SCENARIOS = {
    "Fyne": CONFIG,
    "circle": Config.scenario("circle"),
    "cycle": CONFIG.replace(production_cycle={"harvest_mass_g": 1500.0, "fallow_days": 30}),
    "published": CONFIG.replace(rules="published"),
    "circle, published": Config.scenario("circle", rules="published"),
    "two genes": CONFIG.replace(genetic_ratios=GENES, **{"treatments.THERMOLICER.pheno_resistance": RESISTANCE}),
}


def by_steps(organisation, date, actions):
    organisation.step(date, actions)


def by_farms(organisation, date, actions):
    """SLIM's new way."""
    farms = organisation.farms
    for farm, action in zip(farms, actions, strict=True):
        farm.apply_action(date, action)
    pressure = organisation.get_external_pressure()
    laid = [farm.update(date, *pressure)[0] for farm in farms]
    for farm in farms:
        for eggs in laid:
            farm.distribute_cage_offspring(*farm.disperse_offspring_v2(eggs, date))
    organisation.oversee(date)


def by_farms_as_of_old(organisation, date, actions):
    """SLIM's deprecated way."""
    farms = organisation.farms
    for farm, action in zip(farms, actions, strict=True):
        farm.apply_action(date, action)
    pressure = organisation.get_external_pressure()
    laid = [farm.update(date, *pressure)[0] for farm in farms]
    for source, eggs in zip(farms, laid, strict=True):
        for target, arrivals in zip(farms, source.disperse_offspring(eggs, date), strict=True):
            target.update_arrivals(arrivals)
    organisation.oversee(date)


@pytest.fixture(scope="module", params=SCENARIOS)
def whole_run(request):
    """A year under a policy in one kernel call, and the same days under its actions."""
    config = SCENARIOS[request.param]
    simulator = Simulator(config)
    record = simulator.run_recorded(Policy.built_in("mosaic"), seed=3)
    simulator.reset(3)
    for day in range(N_DAYS):
        simulator.step(record.action[day])
    return config, record, simulator.state


def assert_equal(state, expected):
    for name, a, b in zip(state._fields, state, expected, strict=True):
        np.testing.assert_array_equal(a, b, name)


@pytest.mark.parametrize(
    ("drive", "n_actors"),
    [(by_steps, 1), (by_steps, 2), (by_steps, 3), (by_farms, 1), (by_farms_as_of_old, 1)],
)
def test_a_year_of_objects_equals_the_compiled_one(whole_run, drive, n_actors):
    config, record, state = whole_run
    assert record.treatments_used[-1].sum() > 0
    with Organisation(config, min(n_actors, len(config.farms))) as organisation:
        organisation.reset(3)
        for day in range(N_DAYS):
            drive(organisation, START + timedelta(days=day), record.action[day])
    assert_equal(organisation.simulator.state, state)


def test_a_step_returns_the_payoffs(whole_run):
    config, record, _ = whole_run
    organisation = Organisation(config)
    organisation.reset(3)
    for day in range(3):
        payoff = organisation.step(START + timedelta(days=day), record.action[day])
        np.testing.assert_array_equal(payoff, record.payoff[day])


def test_it_begins_under_the_seed_of_the_scenario():
    organisation = Organisation(CONFIG.replace(seed=5))
    simulator = Simulator(CONFIG)
    simulator.reset(5)
    assert_equal(organisation.simulator.state, simulator.state)


def test_it_is_a_view_on_the_state_of_its_simulator():
    simulator = Simulator(CONFIG)
    simulator.run(Policy.built_in("bernoulli"), seed=1)
    farms = simulator.organisation.farms
    assert [farm.num_fish for farm in farms] == simulator.outcome().fish.tolist()
    simulator.reset(2)
    simulator.organisation.step(START, [NOTHING, NOTHING])
    assert simulator.day == 1
    simulator.step([NOTHING, NOTHING])
    assert farms[0].next_day == 2


def test_farms_are_known_only_from_a_configuration():
    simulator = Simulator(Simulator(CONFIG).shared)
    with pytest.raises(ValueError, match="made of a Config"):
        simulator.organisation  # noqa: B018


def test_reset_forgets_actions_that_wait():
    organisation = Organisation(CONFIG)
    organisation.farms[0].apply_action(START, 3)
    organisation.reset(1)
    organisation.farms[0].update(START, 0, [[1, 0, 0]])
    assert organisation.farms[0].num_fish > 0


@pytest.mark.parametrize("actions", [[4], [4, 4, 4], [4, 9], [-1, 4]])
def test_actions_that_do_not_fit_the_farms_are_refused(actions):
    organisation = Organisation(CONFIG)
    with pytest.raises(ValueError, match="action"):
        organisation.step(START, actions)
    assert organisation.simulator.day == 0


def test_days_follow_each_other():
    organisation = Organisation(CONFIG)
    with pytest.raises(ValueError, match="next day of Tarbert South is 2018-01-01"):
        organisation.step(START + timedelta(days=1), [NOTHING, NOTHING])


def test_a_day_ends_when_all_farms_have_had_it():
    organisation = Organisation(CONFIG)
    organisation.farms[0].update(START, *organisation.get_external_pressure())
    with pytest.raises(ValueError, match="goes on with 2018-01-01"):
        organisation.oversee(START)
    organisation.farms[1].update(START, *organisation.get_external_pressure())
    organisation.oversee(START)
    assert organisation.simulator.state.reservoir_ratios.sum() == pytest.approx(1)


def test_the_reservoir_begins_as_the_scenario_says_and_follows_the_eggs():
    organisation = Organisation(CONFIG)
    influx, ratios = organisation.get_external_pressure()
    assert influx == CONFIG.ext_pressure
    np.testing.assert_allclose(ratios, [0.999, 0.0001, 0.0009])
    assert organisation.averaged_offspring.tolist() == [0, 0, 0]
    state = organisation.simulator.state
    state.lice[:, 4:, 1] = 10**5
    organisation.step(START, [NOTHING, NOTHING])
    np.testing.assert_allclose(organisation.averaged_offspring, state.eggs.sum(axis=0) / 30)
    assert organisation.get_external_pressure()[0] == int(organisation.averaged_offspring.sum() * 1e-6 + influx)


def test_every_farm_is_observed():
    organisation = Organisation(CONFIG)
    organisation.step(START, [3, NOTHING])
    seen = organisation.get_gym_space()
    assert list(seen) == ["farm_0", "farm_1"]
    assert [int(farm["fish_population"][0]) for farm in seen.values()] == [0, organisation.farms[1].num_fish]
    assert seen["farm_0"]["current_treatments"].tolist() == [0, 0, 0, 1]
