"""Evolution strategies."""

import numpy as np
import pytest

from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.optimizers.shaping import utilities
from l2l.space import Category, Space
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = EvolutionStrategiesParameters(seed=1, n_iteration=n_iteration)
        return EvolutionStrategiesOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestUnshapedContract(OptimizerContract):
    mixed_bar = 4.0  # there is no slope between whole numbers, nor between categories
    # up the slope of the violation alone its steps are too small to satisfy the constraint in that time
    test_the_best_satisfies_the_constraints = None

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = EvolutionStrategiesParameters(
            learning_rate=0.1,
            noise_std=0.3,
            mirrored_sampling_enabled=True,
            fitness_shaping_enabled=False,
            n_iteration=n_iteration,
        )
        return EvolutionStrategiesOptimizer(traj, create_individual, weights, parameters, bounding_func)


class Declared:
    """Stands in for an optimizee that declares its space."""

    def __init__(self, parameters):
        self._space, self._rng = Space(parameters), np.random.default_rng(3)

    def space(self):
        return self._space

    def create_individual(self):
        return self._space.sample(self._rng)


def make(create_individual=None, bounding_func=None, **parameters):
    traj = Trajectory(name="es")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(-5, 5, 2)})
    given = EvolutionStrategiesParameters(
        **{"learning_rate": 0.5, "noise_std": 0.1, "pop_size": 6, "n_iteration": 5, "seed": 9, **parameters}
    )
    return EvolutionStrategiesOptimizer(traj, create_individual, (-1.0,), given, bounding_func), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def draws(shape, seed=9):
    return np.random.RandomState(seed).randn(*shape)


def test_a_generation_is_perturbations_with_both_signs_and_the_point_itself():
    optimizer, _ = make()
    start = np.random.RandomState(3).uniform(-5, 5, 2)
    noise = 0.1 * draws((6, 2))
    expected = start + np.concatenate([noise, -noise, np.zeros((1, 2))])
    assert np.allclose(optimizer.eval_pop_arr, expected)
    assert np.array_equal([ind["v"] for ind in optimizer.eval_pop], optimizer.eval_pop_arr)


def test_without_mirroring_there_is_one_of_each():
    optimizer, _ = make(mirrored_sampling_enabled=False)
    assert len(optimizer.eval_pop) == 7


@pytest.mark.parametrize("shaped", [True, False])
@pytest.mark.parametrize("mirrored", [True, False])
def test_the_point_moves_by_the_estimated_gradient(shaped, mirrored):
    optimizer, traj = make(mirrored_sampling_enabled=mirrored, fitness_shaping_enabled=shaped)
    theta = optimizer.current_individual_arr.copy()
    noise = 0.1 * draws((6, 2))
    noise = np.concatenate([noise, -noise]) if mirrored else noise
    fitness = -np.sum((theta + noise) ** 2, axis=1)
    weights = utilities(fitness) if shaped else fitness
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert np.allclose(optimizer.current_individual_arr, theta + 0.5 / (len(noise) * 0.1**2) * weights @ noise)
    assert optimizer.current_individual_fitness == pytest.approx(-(theta @ theta))


def test_without_a_learning_rate_it_goes_to_the_weighted_mean():
    optimizer, traj = make(learning_rate=None)
    theta = optimizer.current_individual_arr.copy()
    points = optimizer.eval_pop_arr[:-1]
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    weights = utilities(-np.sum(points**2, axis=1))
    assert np.allclose(optimizer.current_individual_arr, theta + weights @ points)


def test_perturbations_may_have_a_size_per_coordinate():
    optimizer, _ = make(noise_std=[10.0, 0.01], pop_size=100)
    assert np.allclose(optimizer.perturbations.std(axis=0) / [10.0, 0.01], 1, atol=0.2)


def test_a_failed_individual_counts_as_the_worst():
    optimizer, traj = make(learning_rate=None, pop_size=50)
    theta = optimizer.current_individual_arr.copy()
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 1.0 if ind["v"][0] < theta[0] else np.nan))
    assert optimizer.current_individual_arr[0] < theta[0]


def test_after_a_generation_that_failed_the_same_point_is_tried_again():
    optimizer, traj = make()
    theta, population = optimizer.current_individual_arr.copy(), optimizer.eval_pop_arr
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: np.nan))
    assert np.array_equal(optimizer.current_individual_arr, theta)
    assert not np.array_equal(optimizer.eval_pop_arr, population)
    assert optimizer.recommend() is None


def test_the_point_stays_where_the_optimizee_accepts_it():
    optimizer, traj = make(
        bounding_func=lambda ind: {"v": np.maximum(1.0, ind["v"])}, learning_rate=None, n_iteration=40, noise_std=0.5
    )
    run(optimizer, traj, sphere)
    assert np.allclose(optimizer.current_individual_arr, 1.0, atol=0.3)
    assert (optimizer.current_individual_arr >= 1.0).all()
    assert (optimizer.recommend()["v"] >= 1.0).all()


def test_one_number_is_enough():
    rng = np.random.RandomState(0)
    optimizer, traj = make(lambda: {"v": rng.uniform(-5, 5)}, learning_rate=None, n_iteration=30)
    run(optimizer, traj, lambda ind: ind["v"] ** 2)
    assert abs(optimizer.recommend()["v"]) < 0.05


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(learning_rate=None, n_iteration=500, stop_criterion=-0.1)
    assert len(run(optimizer, traj, sphere)) < 500
    assert optimizer.best_fitness >= -0.1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pop_size", 0),
        ("noise_std", 0.0),
        ("noise_std", [1.0, 2.0, 3.0]),
        ("learning_rate", -1.0),
        ("n_iteration", 0),
        ("stop_criterion", np.nan),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_a_single_perturbation_has_no_rank():
    with pytest.raises(ValueError, match="pop_size must be at least 2"):
        make(pop_size=1, mirrored_sampling_enabled=False)
    make(pop_size=1)


def test_without_shaping_the_learning_rate_must_be_given():
    with pytest.raises(ValueError, match="learning_rate"):
        make(learning_rate=None, fitness_shaping_enabled=False)


def test_categories_change_by_default():
    space = {"c": Category(["u", "v", "w"]), "d": Category([1, 2, 3, 4])}
    parameters = EvolutionStrategiesParameters(seed=1, n_iteration=20)
    traj = Trajectory(name="es")
    optimizer = EvolutionStrategiesOptimizer(traj, Declared(space).create_individual, (-1.0,), parameters)
    run(optimizer, traj, lambda ind: "wvu".index(ind["c"]) + abs(ind["d"] - 3))
    assert optimizer.best_individual == {"c": "w", "d": 3}


def test_a_search_that_diverges_ends_and_says_so():
    optimizer, traj = make(fitness_shaping_enabled=False, learning_rate=1e6)
    before = optimizer.current_individual_arr.copy()
    values = iter(np.linspace(-1, 1, len(optimizer.eval_pop)) * 1e308)
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: next(values)))
    assert "diverged" in optimizer.stop_reason
    assert np.array_equal(optimizer.current_individual_arr, before)
