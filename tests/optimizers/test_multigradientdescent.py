"""Gradient descent that packs several individuals into one."""

import pickle

import numpy as np
import pytest

from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.gradientdescent import AdamParameters, GradientDescentOptimizer
from l2l.optimizers.multigradientdescent import (
    MultiAdamParameters,
    MultiClassicGDParameters,
    MultiGradientDescentOptimizer,
)
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.experiment import Experiment
from l2l.utils.trajectory import Trajectory


class TestContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = MultiAdamParameters(seed=1, n_iteration=n_iteration, n_inner_params=3)
        return MultiGradientDescentOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(parameters, cls=MultiGradientDescentOptimizer):
    traj = Trajectory(name="mgd")
    rng = np.random.RandomState(3)
    return cls(traj, lambda: {"v": rng.uniform(-5, 5, 2)}, (-1.0,), parameters), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_individuals_are_packed_and_the_current_one_is_last():
    optimizer, traj = make(MultiAdamParameters(n_random_steps=3, n_inner_params=2))
    assert traj.inner_params == 2
    assert len(optimizer.eval_pop) == len(traj.individuals[0]) == 3
    assert [np.shape(ind.v) for ind in traj.individuals[0]] == [(2, 2)] * 3
    assert np.array_equal(optimizer.eval_pop[-1]["v"][1], optimizer.current_individual)


def test_it_is_gradient_descent_with_as_many_individuals():
    multi, multi_traj = make(MultiAdamParameters(n_random_steps=3, n_inner_params=2, n_iteration=5))
    plain, plain_traj = make(AdamParameters(n_random_steps=5, n_iteration=5), GradientDescentOptimizer)
    one, other = run(multi, multi_traj, sphere), run(plain, plain_traj, sphere)
    assert [np.array_equal(x, y) for (_, x), (_, y) in zip(one, other, strict=True)] == [True] * 5


def test_the_number_of_individuals_suits_the_dimension_and_the_packs():
    optimizer, _ = make(MultiAdamParameters(n_inner_params=2))
    assert len(optimizer.eval_pop) == 2 and len(optimizer.individuals()) == 4  # 2 coordinates, the current one


@pytest.mark.parametrize("kind", list(MultiGradientDescentOptimizer.rules))
def test_every_rule_can_be_used(kind):
    parameters = kind(n_iteration=40, n_inner_params=2)
    assert kind._fields[-1] == "n_inner_params"
    assert pickle.loads(pickle.dumps(parameters)) == parameters
    optimizer, traj = make(parameters)
    run(optimizer, traj, sphere)
    assert optimizer.best_fitness > -0.5
    assert optimizer.get_params() == parameters._asdict()


def test_a_failure_among_those_packed_is_left_out():
    optimizer, traj = make(MultiClassicGDParameters(0.1, 1.0, 3, 2, n_inner_params=2))
    x = optimizer.current_individual
    results = evaluate(optimizer, lambda ind: float(-2 * ind["v"][0] + 3 * ind["v"][1]))
    results[1][1][0] = (np.nan,)
    optimizer.post_process(traj, results)
    assert np.allclose(optimizer.current_individual - x, [0.2, -0.3])


def test_the_count_of_generations_begins_where_the_trajectory_is():
    traj = Trajectory(name="mgd")
    traj.individual.generation = 3
    optimizer = MultiGradientDescentOptimizer(traj, lambda: {"v": np.ones(2)}, (-1.0,), MultiAdamParameters())
    assert optimizer.g == 3 and list(traj.individuals) == [3]


@pytest.mark.parametrize("wrong", [{"n_inner_params": 0}, {"n_random_steps": 1, "n_inner_params": 1}])
def test_too_few_individuals_are_refused(wrong):
    with pytest.raises(ValueError, match="n_inner_params"):
        make(MultiAdamParameters(**wrong))


def test_workers_evaluate_several_individuals_in_one_call(tmp_path):
    experiment = Experiment(tmp_path)
    traj, _ = experiment.prepare_experiment(name="mgd", runner_params={"max_workers": 2}, log_stdout=False)
    (_, function), _ = BenchmarkedFunctions().get_function_by_name("Ackley2d")
    optimizee = FunctionGeneratorOptimizee(traj, function, seed=1)
    parameters = MultiAdamParameters(n_iteration=3, n_random_steps=2, n_inner_params=3)
    optimizer = MultiGradientDescentOptimizer(
        traj, optimizee.create_individual, (-1.0,), parameters, optimizee.bounding_func
    )
    experiment.run_experiment(optimizer, optimizee, parameters)
    experiment.end_experiment(optimizer)
    assert [len(inner) for _, inner in traj.results.all_results[2]] == [3, 3]
    assert optimizer.best_fitness == -function.cost_function(optimizer.best_individual["coords"])
