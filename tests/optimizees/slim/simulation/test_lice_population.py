"""The lice of one cage by stage."""

import numpy as np
import pytest

from l2l.errors import UnknownNameError
from l2l.optimizees.slim.kernels.stages import L5F, N_STAGES, STAGE_NAMES
from l2l.optimizees.slim.simulation.lice_population import GenoDistrib, LicePopulation


@pytest.fixture
def lice():
    return np.arange(3 * N_STAGES).reshape(N_STAGES, 3)


@pytest.fixture
def population(lice):
    return LicePopulation(lice, np.array([0.5, 0.25, 0.25]), np.zeros(1), 3.0)


def test_stages_are_views(lice, population):
    population["L3"]["a"] += 10
    assert lice[2].tolist() == [16, 7, 8]
    lice[3, 1] = 100
    assert population["L4"]["A"] == 100


def test_it_is_a_mapping_of_the_six_stages(population):
    assert tuple(population) == STAGE_NAMES
    assert [stage.gross for stage in population.values()] == [3, 12, 21, 30, 39, 48]
    assert "L1" in population and "L6" not in population


def test_a_number_rescales_the_stage(lice, population):
    population["L2"] = 24
    assert lice[1].tolist() == [6, 8, 10]
    population["L2"] = 0
    population["L2"] = 8
    assert lice[1].tolist() == [4, 2, 2]


def test_a_distribution_is_copied_into_the_stage(lice, population):
    population["L1"] = population["L2"]
    population["L2"]["a"] = 0
    assert lice[0].tolist() == [3, 4, 5]


def test_females_are_busy_by_their_rate_of_matings(lice):
    lice[L5F] = 60, 30, 10
    population = LicePopulation(lice, np.ones(3), np.array([0.1]), 3.0)
    assert population["L5f_busy"].counts.tolist() == [18, 9, 3]
    assert population["L5f_free"].counts.tolist() == [42, 21, 7]
    population.busy_dams[0] = 0.9
    assert population["L5f_free"].gross == 0
    assert lice[L5F].tolist() == [60, 30, 10]


@pytest.mark.parametrize("stage", ["L5f_busy", "L5f_free"])
def test_busy_and_free_females_cannot_be_set(population, stage):
    with pytest.raises(TypeError, match="set L5f"):
        population[stage] = 3


def test_an_unknown_stage_is_refused_with_the_nearest(population):
    with pytest.raises(UnknownNameError, match="L5f_free"):
        population["L5_free"]
    with pytest.raises(UnknownNameError, match="no stage 'L6'"):
        population["L6"] = 1


def test_counts_must_fit_the_ratios(lice):
    with pytest.raises(ValueError, match=r"shape \(6, 9\)"):
        LicePopulation(lice, np.ones(9), np.zeros(1), 3.0)


def test_a_distribution_of_a_stage_can_be_taken_out(lice, population):
    taken = GenoDistrib.from_counts(population["L1"].counts, population.default_ratios)
    taken.set(100)
    assert lice[0].tolist() == [0, 1, 2]


def test_a_stage_cannot_hold_fewer_lice_than_none(lice, population):
    before = lice.copy()
    with pytest.raises(ValueError, match="negative"):
        population["L3"] = population["L3"].sub(population["L3"].add_to_scalar(5))
    assert np.array_equal(lice, before)


def test_a_stage_takes_lice_of_its_own_genes(population):
    with pytest.raises(ValueError, match="over 1 genes, got 2"):
        population["L3"] = GenoDistrib.from_counts(np.ones(9), np.ones(9))
