"""Ranks and crowding distances."""

import numpy as np
import pytest
from deap import base
from deap.tools.emo import assignCrowdingDist, sortNondominated

from l2l.optimizers.domination import crowding_distances, ranks


def test_fronts_are_peeled_off_one_after_the_other():
    objectives = np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 0.5], [0.5, 0.5], [3.0, 1.0]])
    assert ranks(objectives, np.zeros(5)).tolist() == [0, 0, 1, 2, 0]


def test_who_satisfies_the_constraints_is_before_who_violates_them_less_before_more():
    objectives = np.array([[9.0, 9.0], [0.0, 0.0], [-np.inf, -np.inf], [1.0, -1.0], [5.0, 5.0]])
    violations = np.array([2.0, 0.0, np.inf, 0.0, 0.5])
    assert ranks(objectives, violations).tolist() == [2, 0, 3, 0, 1]


def test_without_a_feasible_individual_violations_alone_count():
    assert ranks(np.full((3, 2), -np.inf), np.array([np.inf, 1.0, np.inf])).tolist() == [1, 0, 1]


def test_the_distance_is_that_between_both_neighbours_in_units_of_the_range():
    front = np.array([[0.0, 10.0], [4.0, 0.0], [1.0, 8.0], [2.0, 2.0]])
    assert crowding_distances(front).tolist() == [np.inf, np.inf, 2 / 4 + 8 / 10, 3 / 4 + 8 / 10]


@pytest.mark.parametrize("n_objectives", [2, 3])
def test_fronts_and_distances_are_those_of_deap(n_objectives):
    class Fitness(base.Fitness):
        weights = (1.0,) * n_objectives

    class Genome(list):
        fitness = None

    objectives = np.random.default_rng(1).random((60, n_objectives))
    population = [Genome([i]) for i in range(60)]
    for genome, values in zip(population, objectives.tolist(), strict=True):
        genome.fitness = Fitness(values)
    rank = ranks(objectives, np.zeros(60))
    for k, front in enumerate(sortNondominated(population, 60)):
        own = np.flatnonzero(rank == k)
        assert sorted(genome[0] for genome in front) == own.tolist()
        assignCrowdingDist(front)
        theirs = {genome[0]: genome.fitness.crowding_dist for genome in front}
        # there in units of the number of objectives
        assert np.allclose(crowding_distances(objectives[own]) / n_objectives, [theirs[i] for i in own])
