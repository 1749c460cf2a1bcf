"""The contract of optimizers for several objectives: it holds for what is right, and notices each fault."""

import numpy as np
import pytest

from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters
from l2l.testing import MultiObjectiveContract


class Sorting(NSGA2Optimizer):
    """Right; what stands below is wrong in one respect."""


class SearchesTheSum(Sorting):
    def learn(self, population, objectives, violations):
        super().learn(population, np.repeat(objectives.sum(axis=1), 2).reshape(-1, 2), violations)


class MinimisesAll(Sorting):
    def learn(self, population, objectives, violations):
        super().learn(population, -objectives / self.optimizee_fitness_weights, violations)


class TakesWhoViolates(Sorting):
    def learn(self, population, objectives, violations):
        super().learn(population, objectives + 9 * violations[:, None], np.zeros(len(violations)))


class TakesWhoFailed(Sorting):
    def outcome(self, components, ind_idx):
        return super().outcome(np.nan_to_num(components), ind_idx)


class KeepsNoFront(Sorting):
    def note(self, fitnesses_results):
        self.pareto_front.objectives = self.pareto_front.objectives[:0]
        return super().note(fitnesses_results)


def contract_of(cls):
    class Contract(MultiObjectiveContract):
        def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
            parameters = NSGA2Parameters(seed=1, pop_size=30, n_iteration=n_iteration)
            return cls(traj, create_individual, weights, parameters, bounding_func)

    return Contract()


FAULTS = [
    (SearchesTheSum, "test_it_finds_a_concave_front"),
    (SearchesTheSum, "test_the_front_has_no_gaps"),
    (MinimisesAll, "test_weights_are_directions_and_scales"),
    (TakesWhoViolates, "test_the_front_satisfies_the_constraints"),
    (TakesWhoFailed, "test_failed_individuals_are_not_on_the_front"),
    (KeepsNoFront, "test_the_front_is_what_none_dominates_of_all_that_was_evaluated"),
]


@pytest.mark.parametrize(("faulty", "test"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_contract_of_optimizers_for_several_objectives_notices(faulty, test):
    getattr(contract_of(Sorting), test)()
    with pytest.raises((AssertionError, IndexError)):
        getattr(contract_of(faulty), test)()
