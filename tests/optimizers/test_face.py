"""The fully adaptive cross-entropy method."""

import numpy as np
import pytest

from l2l.optimizers.crossentropy.distribution import (
    BayesianGaussianMixture,
    Gaussian,
    NoisyBayesianGaussianMixture,
    NoisyGaussian,
)
from l2l.optimizers.face import FACEOptimizer, FACEParameters
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = FACEParameters(seed=1, n_iteration=n_iteration)
        return FACEOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestTemperatureContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = FACEParameters(
            seed=1, n_iteration=n_iteration, temp_decay=0.5, distribution=NoisyGaussian(noise_decay=0.8)
        )
        return FACEOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create_individual=None, **parameters):
    traj = Trajectory(name="face")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(-5, 5, 2)})
    given = FACEParameters(
        **{"min_pop_size": 10, "max_pop_size": 50, "n_elite": 4, "n_expand": 20, "n_iteration": 20, **parameters}
    )
    return FACEOptimizer(traj, create_individual, (-1.0,), given), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def told(optimizer, traj, values):
    """Hand over the values of a generation, repeated to its size; returns the size of the next one."""
    n = len(optimizer.eval_pop)
    optimizer.post_process(traj, [(i, (-values[min(i, len(values) - 1)],)) for i in range(n)])
    return len(optimizer.eval_pop)


def test_the_population_grows_while_nothing_gets_better_and_then_gives_up():
    optimizer, traj = make()
    sizes = [told(optimizer, traj, [5.0]) for _ in range(3)]
    assert sizes == [10, 30, 50]  # the first generation was better than nothing
    told(optimizer, traj, [5.0])
    assert optimizer.stop_reason == "50 individuals, the most there may be, brought nothing better"


def test_the_population_shrinks_half_of_the_way_when_it_gets_better():
    optimizer, traj = make()
    for _ in range(3):
        told(optimizer, traj, [5.0])
    assert [told(optimizer, traj, [value]) for value in (6.0, 7.0, 8.0)] == [30, 20, 15]


def test_a_better_elite_is_progress_too():
    optimizer, traj = make()
    told(optimizer, traj, [9.0, 1.0])
    assert told(optimizer, traj, [8.0, 8.0, 8.0, 2.0, 1.0]) == 10
    assert optimizer.gamma == 2.0
    assert told(optimizer, traj, [8.5, 2.0, 2.0, 2.0, 1.0]) == 30  # neither best nor gamma


def test_without_progress_the_distribution_stays():
    optimizer, traj = make()
    told(optimizer, traj, [5.0])
    fitted = optimizer.distribution.get_params()
    told(optimizer, traj, [5.0])
    assert optimizer.distribution.get_params() == fitted
    told(optimizer, traj, [6.0])
    assert optimizer.distribution.get_params() != fitted


def test_the_distribution_is_fitted_to_the_elite():
    optimizer, traj = make(smoothing=0.0)
    population = list(optimizer.eval_pop)
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    elite = np.array([ind["v"] for ind in sorted(population, key=sphere)[:4]])
    assert np.allclose(optimizer.distribution.mean, elite.mean(axis=0))


def test_a_generation_that_failed_is_drawn_again_with_as_many():
    optimizer, traj = make()
    assert [told(optimizer, traj, [np.nan]) for _ in range(5)] == [10] * 5


def test_the_temperature_lets_in_others_and_cools():
    cold, cold_traj = make(smoothing=0.0, temp_decay=0.0)
    warm, warm_traj = make(smoothing=0.0, temp_decay=0.5)
    for optimizer, traj in ((cold, cold_traj), (warm, warm_traj)):
        optimizer.post_process(traj, [(i, (0.01 * i,)) for i in range(10)])
    assert (cold.temperature, warm.temperature) == (0.0, 0.5)
    assert not np.allclose(cold.distribution.mean, warm.distribution.mean)


@pytest.mark.parametrize(
    "distribution",
    [Gaussian, NoisyGaussian, BayesianGaussianMixture, NoisyBayesianGaussianMixture],
)
def test_every_distribution_finds_the_optimum(distribution):
    if distribution in (BayesianGaussianMixture, NoisyBayesianGaussianMixture):
        pytest.importorskip("sklearn")
    optimizer, traj = make(min_pop_size=40, max_pop_size=200, n_elite=10, distribution=distribution())
    run(optimizer, traj, sphere)
    assert optimizer.best_fitness > -0.1


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(min_pop_size=30, max_pop_size=300, n_iteration=200, stop_criterion=-1e-2)
    assert len(run(optimizer, traj, sphere)) < 200
    assert optimizer.best_fitness >= -1e-2


def test_sizes_follow_the_dimension_unless_they_are_given():
    rng, traj = np.random.RandomState(1), Trajectory(name="face")
    optimizer = FACEOptimizer(traj, lambda: {"v": rng.rand(20)}, (-1.0,), FACEParameters())
    assert (len(optimizer.eval_pop), optimizer.n_elite) == (200, 40)
    assert (optimizer.max_pop_size, optimizer.n_expand) == (2000, 200)


def test_a_single_number_is_refused():
    with pytest.raises(ValueError, match="at least 2 numbers"):
        make(lambda: {"difficulty": 1.0})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_pop_size", 1),
        ("max_pop_size", 9),
        ("n_elite", 0),
        ("n_elite", 11),
        ("n_expand", 0),
        ("smoothing", 1.0),
        ("temp_decay", 2.0),
        ("n_iteration", 0),
        ("distribution", "gaussian"),
        ("stop_criterion", np.nan),
        ("seed", -1),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_a_mixture_needs_as_many_elite_as_components():
    pytest.importorskip("sklearn")
    with pytest.raises(ValueError, match="n_elite .* at least 5"):
        make(distribution=BayesianGaussianMixture(5))


def test_to_satisfy_the_constraints_is_better_than_any_fitness_without():
    optimizer, traj = make(max_pop_size=30)
    for violation in (1.0, 0.5, 0.0):
        results = evaluate(optimizer, lambda ind, v=violation: Evaluation(100 + sphere(ind), violations=[v]))
        optimizer.post_process(traj, results)
        assert len(optimizer.eval_pop) == 10
    assert optimizer.stop_reason is None
