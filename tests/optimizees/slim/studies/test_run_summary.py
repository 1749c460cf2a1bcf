"""A run in a few numbers."""

import math

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L1, L5F
from l2l.optimizees.slim.simulation import record as records
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.studies.run_summary import LAST_DAYS, simulate_summaries, summarise_run


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne", end_date="2018-07-01 00:00:00")


@pytest.fixture
def record(config):
    return records.allocate(build_shared(config), config.n_days)


def test_infestation_is_weighted_by_days_with_fish(record):
    record.fish_population[:100] = [100, 200]
    record.lice[:100, :, L5F, 0] = [50, 400]
    found = summarise_run(record)
    assert found.infestation == pytest.approx(450 / 300)
    np.testing.assert_allclose(found.farm_infestation, [0.5, 2.0])


def test_resistance_is_that_of_all_lice_of_the_last_days(record):
    record.lice[:-LAST_DAYS, :, L1, 1] = 10**6
    record.lice[-LAST_DAYS:, :, L1] = [6, 1, 2]  # a, A, Aa
    record.lice[-LAST_DAYS:, :, L5F, 0] = 1
    assert summarise_run(record).resistance == pytest.approx((1 + 2 / 2) / 10)


def test_without_lice_or_fish_there_is_no_resistance_and_no_infestation(record):
    found = summarise_run(record)
    assert math.isnan(found.resistance) and found.infestation == 0.0


def test_summaries_are_of_the_seeds_asked_for(config):
    policy = Policy.built_in("mosaic")
    run = Simulator(config).run_recorded(policy, 7)
    (found,) = simulate_summaries(config, policy, [7])
    assert found.payoff == pytest.approx(run.payoff.sum())
    assert found.treatments == run.treatments_used[-1].sum()
