"""Natural evolution strategies."""

import numpy as np
import pytest

from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.optimizers.shaping import utilities
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NaturalEvolutionStrategiesParameters(seed=1, n_iteration=n_iteration)
        return NaturalEvolutionStrategiesOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestUnshapedContract(OptimizerContract):
    mixed_bar = 4.0  # there is no slope between whole numbers, nor between categories

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NaturalEvolutionStrategiesParameters(
            learning_rate_mu=0.1,
            sigma=1.0,
            learning_rate_sigma=0.002,
            fitness_shaping_enabled=False,
            pop_size=20,
            n_iteration=n_iteration,
            seed=1,
        )
        return NaturalEvolutionStrategiesOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create_individual=None, bounding_func=None, **parameters):
    traj = Trajectory(name="nes")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(-5, 5, 2)})
    given = NaturalEvolutionStrategiesParameters(**{"pop_size": 6, "n_iteration": 5, "seed": 9, **parameters})
    return NaturalEvolutionStrategiesOptimizer(traj, create_individual, (-1.0,), given, bounding_func), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_defaults_follow_the_dimension():
    optimizer, traj = make(lambda: {"v": np.ones(10)}, pop_size=None)
    assert (optimizer.pop_size, traj.parameters.pop_size) == (10, 10)  # 4 + floor(3 ln 10)
    assert len(optimizer.eval_pop) == 20
    assert optimizer.learning_rate_mu == 1.0
    assert optimizer.learning_rate_sigma == pytest.approx((3 + np.log(10)) / (5 * np.sqrt(10)))


def test_samples_are_drawn_around_mu_with_both_signs():
    optimizer, _ = make(mu=[1.0, 2.0], sigma=[0.5, 3.0])
    draws = np.random.RandomState(9).randn(6, 2)
    expected = [1.0, 2.0] + np.array([0.5, 3.0]) * np.concatenate([draws, -draws])
    assert np.allclose(optimizer.eval_pop_arr, expected)
    assert np.array_equal([ind["v"] for ind in optimizer.eval_pop], expected)


def test_without_mu_it_begins_at_an_individual():
    optimizer, _ = make(sigma=0.5)
    assert np.array_equal(optimizer.mu, np.random.RandomState(3).uniform(-5, 5, 2))


@pytest.mark.parametrize("shaped", [True, False])
def test_mu_and_sigma_follow_the_natural_gradient(shaped):
    optimizer, traj = make(
        mu=1.0,
        sigma=0.5,
        learning_rate_mu=0.3,
        learning_rate_sigma=0.2,
        mirrored_sampling_enabled=False,
        fitness_shaping_enabled=shaped,
    )
    s = np.random.RandomState(9).randn(6, 2)
    fitness = -np.sum((1.0 + 0.5 * s) ** 2, axis=1)
    u = utilities(fitness) if shaped else fitness / 6
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert np.allclose(optimizer.mu, 1.0 + 0.3 * 0.5 * u @ s)
    assert np.allclose(optimizer.sigma, 0.5 * np.exp(0.2 / 2 * u @ (s**2 - 1)))


def test_steps_of_each_coordinate_find_their_own_size():
    optimizer, traj = make(n_iteration=150, pop_size=10)
    run(optimizer, traj, lambda ind: ind["v"][0] ** 2 + 1e6 * ind["v"][1] ** 2)
    assert optimizer.sigma[0] > 30 * optimizer.sigma[1]
    assert optimizer.best_fitness > -1e-6


def test_the_best_of_the_run_is_there_as_a_vector():
    optimizer, traj = make()
    assert optimizer.best_individual_in_run is None
    run(optimizer, traj, sphere)
    assert np.array_equal(optimizer.best_individual_in_run, optimizer.best_individual["v"])


def test_after_a_generation_that_failed_the_distribution_stays():
    optimizer, traj = make(mu=1.0, sigma=0.5)
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: np.nan))
    assert optimizer.mu.tolist() == [1, 1] and optimizer.sigma.tolist() == [0.5, 0.5]
    assert optimizer.recommend() is None


def test_mu_stays_where_the_optimizee_accepts_it():
    optimizer, traj = make(bounding_func=lambda ind: {"v": np.maximum(1.0, ind["v"])}, n_iteration=60)
    run(optimizer, traj, sphere)
    assert np.allclose(optimizer.mu, 1.0, atol=0.01) and (optimizer.mu >= 1.0).all()


def test_a_divergence_ends_the_run():
    optimizer, traj = make(fitness_shaping_enabled=False, n_iteration=100)
    history = run(optimizer, traj, lambda ind: 1e300 * float(ind["v"][0]))
    assert "diverged" in optimizer.stop_reason
    assert all(np.isfinite(x).all() for _, population in history for x in population)


def test_convergence_ends_the_run():
    optimizer, traj = make(n_iteration=10_000)
    assert len(run(optimizer, traj, lambda ind: sphere({"v": ind["v"] - 1}))) < 2000
    assert optimizer.stop_reason == "the steps have become too small to matter"


def test_one_number_is_enough():
    rng = np.random.RandomState(0)
    optimizer, traj = make(lambda: {"v": rng.uniform(-5, 5)}, pop_size=None, n_iteration=60)
    run(optimizer, traj, lambda ind: ind["v"] ** 2)
    assert abs(optimizer.recommend()["v"]) < 1e-3


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(n_iteration=500, stop_criterion=-1e-3)
    assert len(run(optimizer, traj, sphere)) < 500
    assert optimizer.best_fitness >= -1e-3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pop_size", 0),
        ("sigma", 0.0),
        ("sigma", [1.0, 2.0, 3.0]),
        ("mu", np.nan),
        ("learning_rate_mu", 0.0),
        ("learning_rate_sigma", -1.0),
        ("n_iteration", 0),
        ("stop_criterion", np.nan),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_a_single_draw_has_no_rank():
    with pytest.raises(ValueError, match="pop_size must be at least 2"):
        make(pop_size=1, mirrored_sampling_enabled=False)
