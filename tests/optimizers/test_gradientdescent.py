"""Gradient methods on finite differences."""

import numpy as np
import pytest

from l2l import dict_to_list
from l2l.optimizers.gradientdescent import (
    AdaMaxParameters,
    AdamParameters,
    ClassicGDParameters,
    GradientDescentOptimizer,
    RMSPropParameters,
    StochasticGDParameters,
)
from l2l.space import Category, Float, Integer, Ordered, Space
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.trajectory import Trajectory

KINDS = [ClassicGDParameters, StochasticGDParameters, AdamParameters, AdaMaxParameters, RMSPropParameters]


class Contract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = self.parameters._replace(seed=1, n_iteration=n_iteration)
        return GradientDescentOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestClassicContract(Contract):
    mixed_bar = 3.0  # one learning rate for coordinates of all kinds
    parameters = ClassicGDParameters()


class TestStochasticContract(Contract):
    parameters = StochasticGDParameters(learning_rate=0.2)


class TestAdamContract(Contract):
    parameters = AdamParameters()


class TestAdaMaxContract(Contract):
    parameters = AdaMaxParameters()


class TestRMSPropContract(Contract):
    parameters = RMSPropParameters()


def make(parameters=None, create_individual=None, bounding_func=None, **others):
    traj = Trajectory(name="gd")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(-5, 5, 2)})
    given = (parameters or ClassicGDParameters(learning_rate=0.1, exploration_step_size=1e-5))._replace(**others)
    return GradientDescentOptimizer(traj, create_individual, (-1.0,), given, bounding_func), traj


def plane(individual):
    """Gradient of the fitness, which is minus this: (2, -3)."""
    return float(-2 * individual["v"][0] + 3 * individual["v"][1])


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def first_steps(parameters, function, n):
    """The points from which and to which a search goes in ``n`` generations, float64[n + 1, dim]."""
    optimizer, traj = make(parameters, n_iteration=n + 1)
    points = [optimizer.current_individual]
    for _ in range(n):
        optimizer.post_process(traj, evaluate(optimizer, function))
        points.append(optimizer.current_individual)
    return np.array(points)


def test_a_generation_is_points_around_the_current_individual_which_is_last():
    optimizer, _ = make(exploration_step_size=0.5, n_random_steps=4, seed=9)
    rng = np.random.RandomState(3)
    rng.uniform(-5, 5, 2)  # one individual is drawn for its form, the second is where the search begins
    start = rng.uniform(-5, 5, 2)
    assert np.array_equal(optimizer.current_individual, start)
    points = np.array([ind["v"] for ind in optimizer.eval_pop])
    assert np.allclose(points[:4], start + np.random.RandomState(9).normal(0.0, 0.5, (4, 2)))
    assert np.array_equal(points[4], start)


@pytest.mark.parametrize("n_random_steps", [2, 7])
def test_the_gradient_of_a_plane_is_exact(n_random_steps):
    points = first_steps(ClassicGDParameters(0.1, 1.0, n_random_steps), plane, 1)
    assert np.allclose(points[1] - points[0], [0.2, -0.3])


def test_with_fewer_steps_than_coordinates_it_is_the_shortest_gradient_that_explains_them():
    optimizer, traj = make(n_random_steps=1, n_iteration=2)
    x = optimizer.current_individual
    direction = optimizer.eval_pop[0]["v"] - x
    optimizer.post_process(traj, evaluate(optimizer, plane))
    along = direction * (direction @ [2, -3]) / (direction @ direction)
    assert np.allclose(optimizer.current_individual - x, 0.1 * along, rtol=1e-3)


def test_steps_of_very_different_size_count_alike():
    parameters = ClassicGDParameters(learning_rate=0.1, exploration_step_size=[1e3, 1e-6], n_random_steps=10)
    points = first_steps(parameters, plane, 1)
    assert np.allclose(points[1] - points[0], [0.2, -0.3], rtol=1e-6)


def test_a_learning_rate_may_be_one_for_each_coordinate():
    points = first_steps(ClassicGDParameters(learning_rate=[0.1, 0.01]), plane, 1)
    assert np.allclose(points[1] - points[0], [0.2, -0.03])


def test_failed_individuals_are_left_out():
    optimizer, traj = make(exploration_step_size=1.0, n_random_steps=6, n_iteration=2)
    x = optimizer.current_individual
    results = [(i, (np.nan if i in (0, 3) else plane(ind),)) for i, ind in enumerate(optimizer.eval_pop)]
    optimizer.post_process(traj, results)
    assert np.allclose(optimizer.current_individual - x, [0.2, -0.3])


def test_where_the_current_individual_failed_the_others_tell_the_gradient():
    optimizer, traj = make(exploration_step_size=1.0, n_random_steps=6, n_iteration=2)
    x = optimizer.current_individual
    results = [(i, (np.nan if i == 6 else plane(ind),)) for i, ind in enumerate(optimizer.eval_pop)]
    optimizer.post_process(traj, results)
    assert np.allclose(optimizer.current_individual - x, [0.2, -0.3])
    assert optimizer.current_fitness == -np.inf


def test_where_all_others_failed_it_stays_and_looks_elsewhere():
    optimizer, traj = make(n_iteration=3)
    x, tried = optimizer.current_individual, optimizer.eval_pop[0]["v"]
    for _ in range(2):
        results = [(i, (1.0 if i == 2 else np.nan,)) for i in range(3)]
        optimizer.post_process(traj, results)
        assert np.array_equal(optimizer.current_individual, x)
    assert not np.array_equal(optimizer.eval_pop[0]["v"], tried)


def test_a_step_to_where_all_fails_is_taken_back_by_half():
    optimizer, traj = make(n_iteration=9)
    x = optimizer.current_individual
    optimizer.post_process(traj, evaluate(optimizer, plane))
    step = optimizer.current_individual - x
    for share in (0.5, 0.25, 0.125):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: np.nan))
        assert np.allclose(optimizer.current_individual, x + share * step)


def test_points_that_were_moved_into_bounds_count_where_they_are():
    optimizer, traj = make(
        ClassicGDParameters(0.1, 1.0, 8, 2),
        create_individual=lambda: {"v": np.zeros(2)},
        bounding_func=lambda ind: {"v": np.maximum(0.0, ind["v"])},
    )
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: -float(ind["v"][0] + ind["v"][1])))
    assert np.allclose(optimizer.current_individual, 0.1)


# ---- the rules, on a plane, where the gradient is (2, -3) everywhere


def test_classic_gradient_descent_goes_along_the_gradient():
    assert np.allclose(np.diff(first_steps(ClassicGDParameters(0.1), plane, 3), axis=0), [0.2, -0.3])


def test_without_a_learning_rate_the_first_step_is_a_tenth_of_the_width():
    optimizer, traj = make(ClassicGDParameters(exploration_step_size=1e-3, n_iteration=3, n_random_steps=4))
    width = optimizer.rule.first_step / 0.1
    assert np.allclose(width, 10, rtol=0.4)
    x = optimizer.current_individual
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 5.0))
    assert np.array_equal(optimizer.current_individual, x)  # no gradient, no rate yet
    optimizer.post_process(traj, evaluate(optimizer, plane))
    step = optimizer.current_individual - x
    assert np.max(np.abs(step) / width) == pytest.approx(0.1)
    assert np.allclose(step / step[0], [1, -1.5])


def test_stochastic_gradient_descent_adds_noise_that_decays():
    parameters = StochasticGDParameters(0.1, stochastic_deviation=2.0, stochastic_decay=0.5)
    one, other = (first_steps(parameters._replace(seed=seed), plane, 400) for seed in (1, 2))
    noise = np.diff(one - other, axis=0) / 0.1
    assert 0.1 < np.abs(noise[0]).max() < 6  # deviation 1 each
    assert np.abs(noise[12:]).max() < 1e-2  # 2 * 0.5^13
    exact = StochasticGDParameters(0.1, stochastic_deviation=0.0)
    assert np.allclose(np.diff(first_steps(exact, plane, 3), axis=0), [0.2, -0.3])


def test_rmsprop_divides_by_the_root_mean_square():
    steps = np.diff(first_steps(RMSPropParameters(0.1, momentum_decay=0.9), plane, 2), axis=0)
    g = np.array([2.0, -3.0])
    assert np.allclose(steps[0], 0.1 * g / np.sqrt(0.1 * g**2 + 1e-6))
    assert np.allclose(steps[1], 0.1 * g / np.sqrt((0.9 * 0.1 + 0.1) * g**2 + 1e-6))


@pytest.mark.parametrize("parameters", [AdamParameters(0.1), AdaMaxParameters(0.1)])
def test_adam_and_adamax_take_steps_of_the_learning_rate_where_the_gradient_is_constant(parameters):
    steps = np.diff(first_steps(parameters, plane, 3), axis=0)
    assert np.allclose(steps, [0.1, -0.1], rtol=1e-6)  # the corrected moments are those of the gradient itself


def gradients_of(kind, **decays):
    """What a rule makes of the gradients 1, -2, 3 at a learning rate of 1."""
    rule = GradientDescentOptimizer.rules[kind](kind(**decays), np.ones(1), np.ones(1))
    return [float(rule.step(np.array([g]), None)[0]) for g in (1.0, -2.0, 3.0)]


def test_adam_is_algorithm_1_of_the_paper():
    b1, b2 = 0.5, 0.75
    m = [0.5, 0.5 * 0.5 - 0.5 * 2, 0.5 * (0.5 * 0.5 - 0.5 * 2) + 0.5 * 3]
    v = [0.25, 0.75 * 0.25 + 0.25 * 4, 0.75 * (0.75 * 0.25 + 0.25 * 4) + 0.25 * 9]
    expected = [(m[t] / (1 - b1 ** (t + 1))) / (np.sqrt(v[t] / (1 - b2 ** (t + 1))) + 1e-8) for t in range(3)]
    assert np.allclose(gradients_of(AdamParameters, first_order_decay=b1, second_order_decay=b2), expected)


def test_adamax_is_algorithm_2_of_the_paper():
    b1, b2 = 0.5, 0.75
    m = [0.5, -0.75, 1.125]
    u = [1.0, 2.0, 3.0]
    expected = [m[t] / (1 - b1 ** (t + 1)) / u[t] for t in range(3)]
    assert np.allclose(gradients_of(AdaMaxParameters, first_order_decay=b1, second_order_decay=b2), expected)


def test_adamax_without_any_gradient_stays():
    rule = GradientDescentOptimizer.rules[AdaMaxParameters](AdaMaxParameters(), np.ones(2), np.ones(2))
    assert rule.step(np.zeros(2), None).tolist() == [0, 0]


# ---- from beginning to end


@pytest.mark.parametrize("kind", KINDS)
def test_one_number_is_enough(kind):
    rng = np.random.RandomState(0)
    optimizer, traj = make(kind(n_iteration=150, n_random_steps=2), lambda: {"v": rng.uniform(-5, 5)})
    run(optimizer, traj, lambda ind: (ind["v"] - 1) ** 2)
    assert optimizer.best_individual["v"] == pytest.approx(1.0, abs=0.1)


def test_whole_numbers_and_categories_are_searched():
    class Declared:
        def space(self):
            return {"n": Integer(0, 40), "c": Category(["x", "y"])}

        def create_individual(self):
            return {"n": 30, "c": "x"}

    declared = Declared()
    optimizer, traj = make(AdamParameters(n_iteration=60, n_random_steps=8), declared.create_individual)
    run(optimizer, traj, lambda ind: abs(ind["n"] - 7) + 3 * (ind["c"] == "x"))
    assert optimizer.best_individual == {"c": "y", "n": 7}


def test_a_gradient_is_followed_across_an_order():
    class Declared:
        def space(self):
            return Space({"a": Float(0.0, 10.0), "b": Float(0.0, 10.0)}, [Ordered("a", "b")])

        def create_individual(self):
            return {"a": 6.0, "b": 9.0}

    declared = Declared()
    optimizer, traj = make(AdamParameters(n_iteration=80), declared.create_individual)
    run(optimizer, traj, lambda ind: abs(ind["a"] - 1) + abs(ind["b"] - 4) + 10 * max(0.0, ind["b"] - 5))
    assert optimizer.best_individual == pytest.approx({"a": 1.0, "b": 4.0}, abs=0.3)


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(stop_criterion=-1e-3, n_iteration=500)
    history = run(optimizer, traj, sphere)
    assert len(history) < 500
    assert optimizer.best_fitness >= -1e-3


def test_a_divergence_ends_the_run():
    optimizer, traj = make(ClassicGDParameters(learning_rate=1e308, n_iteration=50))
    history = run(optimizer, traj, plane)
    assert "lower the learning rate" in optimizer.stop_reason
    assert all(np.isfinite(x).all() for _, population in history for x in population)


def test_the_spec_tells_what_the_vector_holds():
    optimizer, _ = make(create_individual=lambda: {"b": 1.0, "a": np.array([2.0, 3.0])})
    individual = {"a": np.array([2.0, 3.0]), "b": 1.0}
    assert optimizer.optimizee_individual_dict_spec == dict_to_list(individual, True)[1]
    assert optimizer.current_individual.tolist() == [2, 3, 1]


def test_unknown_parameters_are_refused_with_those_that_are_known():
    with pytest.raises(TypeError, match=r"ClassicGDParameters.*RMSPropParameters.*got \(1, 2\)"):
        GradientDescentOptimizer(Trajectory(name="gd"), lambda: {"v": 1.0}, (1.0,), (1, 2))


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (ClassicGDParameters, "learning_rate", 0.0),
        (ClassicGDParameters, "exploration_step_size", -1.0),
        (ClassicGDParameters, "exploration_step_size", [1.0, 1.0, 1.0]),
        (ClassicGDParameters, "n_random_steps", 0),
        (ClassicGDParameters, "n_iteration", 0),
        (ClassicGDParameters, "stop_criterion", np.nan),
        (StochasticGDParameters, "stochastic_deviation", -1.0),
        (StochasticGDParameters, "stochastic_decay", 2.0),
        (AdamParameters, "first_order_decay", 1.0),
        (AdaMaxParameters, "second_order_decay", -0.1),
        (RMSPropParameters, "momentum_decay", 1.5),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(kind, name, value):
    with pytest.raises(ValueError, match=name):
        make(kind(**{name: value}))
