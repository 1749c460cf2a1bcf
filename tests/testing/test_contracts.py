"""The contracts: they hold for what is right, and each notices its fault."""

import numpy as np
import pytest

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.space import Array, Category, Float, Integer
from l2l.testing import OptimizeeContract, OptimizerContract
from l2l.utils.fitness import Evaluation


class Random(RandomSearchOptimizer):
    """Right; what stands below is wrong in one respect."""


class ChangesWhatIsDrawn(Random):
    def __init__(self, traj, create_individual, *others):
        create_individual()["y"][0] = 3.0
        super().__init__(traj, create_individual, *others)


class ChangesWeights(Random):
    def tell(self, population, fitness):
        self.optimizee_fitness_weights[0] = 1.0


class ChangesPopulation(Random):
    def ask(self):
        if self.eval_pop:
            self.eval_pop[0]["x"] = 0.0
        return super().ask()


class LeavesTheSpace(Random):
    def ask(self):
        population = super().ask()
        population[0] = {**population[0], "count": 4.5}
        return population


class ForgetsConstraints(Random):
    def outcomes(self, fitnesses_results):
        objectives, violations = super().outcomes(fitnesses_results)
        return objectives, np.where(np.isinf(violations), np.inf, 0.0)


class RefusesObscurely(Random):
    def __init__(self, traj, create_individual, *others):
        if len(create_individual()) == 1:
            raise ValueError("cannot")
        super().__init__(traj, create_individual, *others)


class SearchesNothing(Random):
    def ask(self):
        return self.eval_pop or super().ask()


def contract_of(cls):
    class Contract(OptimizerContract):
        sphere_bar = 6.0

        def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
            parameters = RandomSearchParameters(seed=1, pop_size=20, n_iteration=n_iteration)
            return cls(traj, create_individual, weights, parameters, bounding_func)

    return Contract()


OPTIMIZER_FAULTS = [
    (ChangesWhatIsDrawn, "test_data_of_the_caller_is_left_alone"),
    (ChangesWeights, "test_data_of_the_caller_is_left_alone"),
    (ChangesPopulation, "test_data_of_the_caller_is_left_alone"),
    (LeavesTheSpace, "test_individuals_are_of_the_space_that_is_declared"),
    (ForgetsConstraints, "test_the_best_satisfies_the_constraints"),
    (RefusesObscurely, "test_one_number_is_searched_or_clearly_refused"),
    (SearchesNothing, "test_it_searches_numbers_and_categories"),
]


@pytest.mark.parametrize(("faulty", "test"), OPTIMIZER_FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_contract_of_optimizers_notices(faulty, test):
    getattr(contract_of(Random), test)()
    with pytest.raises(AssertionError):
        getattr(contract_of(faulty), test)()


class Filter(Optimizee):
    """Right: declares its space, and a constraint."""

    reusable = True

    def space(self):
        return {"n": Integer(1, 9), "kind": Category(["box", "bell"]), "w": Array(Float(0, 1), 2)}

    def simulate(self, traj):
        return Evaluation(traj.individual.n * traj.individual.w.sum(), violations=[traj.individual.n - 5])


class TestFilter(OptimizeeContract):
    def make_optimizee(self, traj):
        return Filter(traj)


class ChangesItsIndividual(Filter):
    def simulate(self, traj):
        traj.individual.w[0] = 0.0
        return super().simulate(traj)


class SharesItsArrays(Filter):
    def create_individual(self):
        if not hasattr(self, "kept"):
            self.kept = super().create_individual()
        return self.kept


class DrawsBeyondTheSpace(Filter):
    def create_individual(self):
        return {**super().create_individual(), "n": 12}


class BoundsInPlace(Filter):
    def bounding_func(self, individual):
        individual["w"][:] = np.clip(individual["w"], 0, 0.1)
        return individual


class DoesNotBound(Filter):
    def bounding_func(self, individual):
        return individual


class ReturnsTwo(Filter):
    def simulate(self, traj):
        return 1.0, 2.0


OPTIMIZEE_FAULTS = [
    (ChangesItsIndividual, "test_the_individual_is_left_alone"),
    (SharesItsArrays, "test_an_individual_is_nobody_elses"),
    (DrawsBeyondTheSpace, "test_individuals_are_of_the_space_or_else_floats"),
    (BoundsInPlace, "test_bounding_keeps_names_and_is_idempotent"),
    (DoesNotBound, "test_bounding_leads_into_the_space"),
    (ReturnsTwo, "test_the_fitness_has_the_promised_length"),
]


@pytest.mark.parametrize(("faulty", "test"), OPTIMIZEE_FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_contract_of_optimizees_notices(faulty, test):
    contract = OptimizeeContract()
    contract.make_optimizee = faulty
    with pytest.raises((AssertionError, ValueError)):
        getattr(contract, test)()
