"""Daily quantities of a run are sums and ratios of its record."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L5F
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.validation.quantities import daily_quantities, places


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne", end_date="2018-11-15 00:00:00", ext_pressure=1000)


@pytest.fixture(scope="module")
def record(config):
    return Simulator(config).run_recorded(Policy.built_in("mosaic"), 0)


@pytest.fixture(scope="module")
def found(record, config):
    return daily_quantities(record, config)


def test_the_loch_comes_first():
    assert places(2) == [-1, 0, 1]


def test_counts_of_the_loch_are_sums_over_farms(found):
    for name in ("L1", "L5m", "L5f_a", "num_fish", "cum_treatments", "eggs", "eggs_Aa", "cum_payoff", "arrivals"):
        np.testing.assert_allclose(found[name][:, 0], found[name][:, 1:].sum(axis=1), err_msg=name)
        assert found[name].any(), name


def test_stages_and_genotypes_are_those_of_the_record(found, record):
    np.testing.assert_array_equal(found["L5f"][:, 2], record.lice[:, 1, L5F].sum(axis=1))
    for name, genotype in (("a", 0), ("A", 1), ("Aa", 2)):
        np.testing.assert_array_equal(found[f"L5f_{name}"][:, 1], record.lice[:, 0, L5F, genotype])
        np.testing.assert_array_equal(found[f"eggs_{name}"][:, 1], record.eggs[:, 0, genotype])
    np.testing.assert_array_equal(found["cum_payoff"][-1, 1:], record.payoff.sum(axis=0))


def test_aggregation_of_the_loch_is_its_females_over_its_fish(found, record):
    np.testing.assert_allclose(
        found["agg_total"][:, 0], record.lice[:, :, L5F].sum(axis=(1, 2)) / record.fish_population.sum(axis=1)
    )
    empty = daily_quantities(record._replace(fish_population=0 * record.fish_population), Config.scenario("Fyne"))
    assert not empty["agg_total"].any()


def test_influx_is_per_cage(found):
    np.testing.assert_array_equal(found["ext_influx_per_cage"][0], 1000)


def test_worst_cage_of_the_loch_is_that_of_the_worst_farm(found, record):
    np.testing.assert_array_equal(found["agg_max"][:, 0], record.worst_aggregation.max(axis=1))
    np.testing.assert_array_equal(found["agg_max"][:, 1:], record.worst_aggregation)
    assert (found["agg_max"][:, 1:] >= record.aggregation).all()
    sampled = record.reported_aggregation > 0
    np.testing.assert_array_equal(record.reported_aggregation[sampled], record.worst_aggregation[sampled])


class FirstFarmRests:
    """Harvests the first farm and leaves the others alone."""

    def predict(self, observation, agent):
        return 3 if agent == "farm_0" else 4


def test_cages_of_a_farm_that_was_harvested_are_fallow(config):
    found = daily_quantities(Simulator(config).run_recorded(FirstFarmRests(), 0), config)
    np.testing.assert_array_equal(found["cages_fallow"], np.tile([6, 6, 0], (config.n_days, 1)))
