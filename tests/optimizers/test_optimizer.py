"""The base of all optimizers."""

from collections import namedtuple

import numpy as np
import pytest

from l2l.optimizers.constraints import constrained
from l2l.optimizers.optimizer import Optimizer
from l2l.testing import evaluate, run
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

Parameters = namedtuple("Parameters", ["n_iteration"])


class Counting(Optimizer):
    """Proposes 2 individuals a generation, counting upwards; stops itself at a fitness of 100."""

    def __init__(self, traj, weights=(1.0,), n_iteration=3):
        super().__init__(traj, dict, weights, parameters=Parameters(n_iteration))
        self.told = []
        self.start(traj)

    def ask(self):
        return [{"x": 2.0 * len(self.told) + i} for i in range(2)]

    def tell(self, population, fitness):
        self.told.append(fitness)
        if fitness.max() >= 100:
            self.stop_reason = "enough"


def make(**kwargs):
    traj = Trajectory(name="base")
    return Counting(traj, **kwargs), traj


def test_constructor_lays_out_the_first_generation_and_records_the_parameters():
    optimizer, traj = make()
    assert [i.x for i in traj.individuals[0]] == [0.0, 1.0]
    assert (traj.par.n_iteration, traj.par.generation, traj.par["n_iteration"]) == (3, 0, 3)
    assert (optimizer.g, optimizer.best_individual, optimizer.best_fitness) == (0, None, -np.inf)


def test_generations_follow_each_other_up_to_the_last():
    optimizer, traj = make()
    history = run(optimizer, traj, lambda ind: ind["x"])
    assert [(g, [float(x[0]) for x in xs]) for g, xs in history] == [(0, [0, 1]), (1, [2, 3]), (2, [4, 5])]
    assert optimizer.best_individual == {"x": 5.0} and optimizer.best_fitness_in_run == 5.0


def test_the_optimizer_is_told_weighted_fitness():
    optimizer, traj = make(weights=(-2.0, 1.0))
    optimizer.post_process(traj, [(1, np.array([1.0, 5.0])), (0, [0.5, 0.25])])
    assert optimizer.told[0].tolist() == [-0.75, 3.0]


def test_a_bare_number_is_a_fitness_of_one_component():
    optimizer, traj = make()
    optimizer.post_process(traj, [(0, 3.0), (1, np.float64(4.0))])
    assert optimizer.told[0].tolist() == [3.0, 4.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_fitness_that_is_not_finite_is_the_worst_whatever_its_weight(bad):
    optimizer, traj = make(weights=(1.0, 0.0))
    optimizer.post_process(traj, [(0, (1.0, bad)), (1, (-1e300, 0.0))])
    assert optimizer.told[0].tolist() == [-np.inf, -1e300]
    assert optimizer.best_individual == {"x": 1.0}


def test_a_weighted_sum_that_overflows_is_the_worst():
    optimizer, traj = make(weights=(10.0,))
    with np.errstate(over="ignore"):
        optimizer.post_process(traj, [(0, (1e308,)), (1, (0.0,))])
    assert optimizer.told[0].tolist() == [-np.inf, 0.0]


def test_tell_can_end_the_run():
    optimizer, traj = make(n_iteration=1000)
    history = run(optimizer, traj, lambda ind: 50 * ind["x"])
    assert len(history) == 2
    assert list(traj.individuals) == [0, 1]
    optimizer.end(traj)
    assert traj._results["n_iteration"] == 2


@pytest.mark.parametrize("results", [[(0, (1.0,))], [], [(0, (1.0,)), (0, (2.0,))]])
def test_a_missing_result_is_an_error(results):
    optimizer, traj = make()
    with pytest.raises(ValueError, match="generation 0 has 2 individuals, but results came for"):
        optimizer.post_process(traj, results)


def test_an_optimizer_that_proposes_nothing_is_an_error():
    class Empty(Counting):
        def ask(self):
            return []

    with pytest.raises(ValueError, match="Empty proposed no individual for generation 0"):
        Empty(Trajectory(name="base"))


def test_numbers_of_each_generation_are_recorded():
    optimizer, traj = make()
    optimizer.post_process(traj, [(0, (1.0,)), (1, (np.nan,))])
    assert traj.results.generation_params.generation_0.algorithm_params == {
        "generation": 0,
        "best_fitness_in_run": 1.0,
        "average_fitness_in_run": 1.0,
        "pop_size": 2,
    }


def test_an_optimizer_of_older_scripts_may_bring_its_own_post_process():
    class Old(Optimizer):
        def __init__(self, traj, create_individual, weights, parameters, optimizee_bounding_func=None):
            super().__init__(
                traj,
                optimizee_create_individual=create_individual,
                optimizee_fitness_weights=weights,
                parameters=parameters,
                optimizee_bounding_func=optimizee_bounding_func,
            )
            traj.f_add_parameter("n_iteration", parameters.n_iteration, comment="generations")
            self.eval_pop = [create_individual()]
            self.g = 0
            self._expand_trajectory(traj)

        def post_process(self, traj, fitnesses_results):
            fitnesses_results.clear()
            self.eval_pop = [{"x": self.eval_pop[0]["x"] + 1}]
            self.g += 1
            self._expand_trajectory(traj)

    traj = Trajectory(name="old")
    old = Old(traj, lambda: {"x": 1.0}, (1.0,), Parameters(3))
    old.post_process(traj, evaluate(old, lambda ind: ind["x"]))
    assert traj.individuals[1][0].x == 2.0
    old.end(traj)
    assert old.parameters.n_iteration == 3


def test_parameters_in_the_place_of_the_bounding_function_are_refused():
    with pytest.raises(TypeError, match="optimizee_bounding_func must be a function, got Parameters"):
        Optimizer(Trajectory(name="base"), dict, (1.0,), Parameters(3))


def test_whoever_violates_constraints_ranks_below_whoever_satisfies_them():
    fitness = np.array([5.0, -3.0, 100.0, 200.0, -np.inf])
    violations = np.array([0.0, 0.0, 1.0, 4.0, np.inf])
    assert constrained(fitness, violations).tolist() == [5.0, -3.0, -4.0, -7.0, -np.inf]
    assert constrained(fitness[2:], violations[2:]).tolist() == [-1.0, -4.0, -np.inf]


def test_until_one_satisfies_the_constraints_the_least_violation_is_best():
    traj = Trajectory(name="t")
    optimizer = Counting(traj)
    told = [(0, ConstrainedFitness((9.0,), (2.0,))), (1, ConstrainedFitness((1.0,), (0.5, -7.0)))]
    optimizer.post_process(traj, told)
    assert optimizer.best_individual == {"x": 1.0}
    assert (optimizer.best_fitness, optimizer.best_violation) == (-np.inf, 0.5)
    optimizer.post_process(traj, [(0, ConstrainedFitness((-4.0,), (0.0,))), (1, ConstrainedFitness((8.0,), (0.1,)))])
    assert optimizer.best_individual == {"x": 2.0}
    assert (optimizer.best_fitness, optimizer.best_violation) == (-4.0, 0.0)
