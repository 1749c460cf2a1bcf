"""The optimizer that chooses its method."""

import numpy as np
import pytest

from l2l.optimizers.auto import AutoOptimizer, AutoParameters
from l2l.space import Array, Category, Float, Integer
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestAutoContract(OptimizerContract):
    sphere_bar = 1e-6

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = AutoParameters(seed=1, n_iteration=n_iteration)
        return AutoOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestAutoWithWideGenerationsContract(OptimizerContract):
    sphere_bar = 1e-6

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = AutoParameters(seed=1, n_iteration=n_iteration, pop_size=20)
        return AutoOptimizer(traj, create_individual, weights, parameters, bounding_func)


class Box:
    """An optimizee as an optimizer sees it: six floats between -5 and 5, or another space."""

    def __init__(self, **space):
        self.declared = space or {"v": Array(Float(-5.0, 5.0), 6)}
        self.rng = np.random.default_rng(4)

    def space(self):
        return self.declared

    def create_individual(self):
        from l2l.space import Space

        return Space(self.declared).sample(self.rng)


def make(box=None, **parameters):
    traj = Trajectory(name="auto")
    given = AutoParameters(**{"seed": 3, "n_iteration": 500, "max_evaluations": 600, **parameters})
    return AutoOptimizer(traj, (box or Box()).create_individual, (-1.0,), given), traj


def stages(optimizer, traj, function):
    """The stages that a run went through, by name."""
    names = []
    while True:
        name = optimizer.describe()["stage"]
        names += [] if names[-1:] == [name] else [name]
        g = optimizer.g
        optimizer.post_process(traj, evaluate(optimizer, function))
        if g + 1 not in traj.individuals:
            return names


def rastrigin(ind):
    v = ind["v"] - 0.7
    return float(np.sum(v**2 + 10 - 10 * np.cos(2 * np.pi * v)))


def rotated_ellipsoid(ind):
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 6)))[0]
    return float(np.sum(np.logspace(0, 6, 6) * (rotation @ (ind["v"] - 1.3)) ** 2))


def test_a_sum_of_rugged_functions_is_solved_coordinate_by_coordinate():
    optimizer, traj = make(max_evaluations=6 * 200)
    assert stages(optimizer, traj, rastrigin)[:2] == ["Probe", "CoordinateSearch"]
    assert optimizer.best_fitness > -1e-8


def test_an_ill_conditioned_bowl_is_solved_by_descent():
    optimizer, traj = make()
    assert stages(optimizer, traj, rotated_ellipsoid)[:2] == ["Probe", "QuasiNewton"]
    assert optimizer.best_fitness > -1e-8


def test_a_function_that_curves_downwards_everywhere_is_left_to_cma_and_polished():
    def bumpy(ind):
        v = ind["v"]
        return float(np.sum(v**2) + 10 * np.sum(1 - np.cos(6 * v)) + v[0] * v[1] + np.prod(1 + np.cos(20 * v)))

    optimizer, traj = make()
    names = stages(optimizer, traj, bumpy)
    assert names[:3] == ["Probe", "QuasiNewton", "Descents"] and "QuasiNewton" in names[3:]
    assert optimizer.evaluations == pytest.approx(600, abs=30)


def noisy(function, loudness):
    rng = np.random.default_rng(1)
    return lambda ind: function(ind) + loudness * rng.standard_normal()


def bowl(ind):
    return float(np.sum((ind["v"] - 1) ** 2))


def test_loud_noise_is_noticed_and_the_mean_of_a_large_population_recommended():
    optimizer, traj = make(max_evaluations=6000, n_iteration=6000)
    names = stages(optimizer, traj, noisy(bowl, 100.0))
    assert names == ["Probe", "BayesianSearch", "Descents"] and optimizer.noisy is True
    assert len(optimizer.eval_pop) == 90  # ten times 4 + floor(3 ln 6)
    assert optimizer.evaluations > 6000 and not optimizer.found
    recommended, best = map(bowl, (optimizer.recommend(), optimizer.best_individual))
    assert recommended < 15 and recommended < best


def test_under_noise_a_model_finds_what_few_evaluations_allow():
    optimizer, traj = make(max_evaluations=150)
    names = stages(optimizer, traj, noisy(bowl, 1.0))
    assert names == ["Probe", "BayesianSearch"]
    assert bowl(optimizer.recommend()) < 1.0


def test_a_model_knows_all_that_was_evaluated_before_and_again():
    optimizer, traj = make(max_evaluations=150)
    history = run(optimizer, traj, noisy(bowl, 1.0), until=12)
    sizes = [len(population) for _, population in history]
    assert sizes[:3] == [2, 7, 9] and set(sizes[3:]) == {9}  # 9 are known of the 18 that fill the region
    told = np.array([vector for _, population in history for vector in population])
    assert np.allclose(optimizer.region.space.to_unit(told), optimizer.stage.points)
    first = (told == told[0]).all(axis=1)
    assert first.sum() == 8 and optimizer.repeats == (optimizer.stage.values[first]).tolist()


def test_under_noise_models_begin_anew_and_what_they_find_is_compared():
    optimizer, traj = make(max_evaluations=1400, n_iteration=1400)
    names = stages(optimizer, traj, noisy(bowl, 1.0))
    assert names[-3:] == ["BayesianSearch", "Descents", "Comparison"]
    assert len(optimizer.found) == 2
    assert bowl(optimizer.recommend()) < 0.5
    assert with_more(optimizer, traj, 2800).describe()["stage"] == "Descents"


def with_outliers(function, share, after=0):
    """A function whose values are sometimes far too low."""
    rng, n = np.random.default_rng(1), iter(range(10**9))
    return lambda ind: function(ind) - (next(n) >= after and rng.random() < share) * rng.exponential(50)


def test_noise_that_shows_now_and_then_is_noticed_by_the_best():
    optimizer, traj = make(max_evaluations=1000, n_iteration=1000)
    names = stages(optimizer, traj, with_outliers(rotated_ellipsoid, 0.2, after=40))
    assert "QuasiNewton" in names and "BayesianSearch" in names and optimizer.noisy is True


def test_outliers_are_left_to_cma():
    optimizer, traj = make(max_evaluations=2000, n_iteration=2000, noisy=True)
    names = stages(optimizer, traj, with_outliers(lambda ind: 1e3 * bowl(ind), 0.4))
    assert names == ["BayesianSearch", "Descents"] and not optimizer.found
    assert optimizer.descents.pop_size == 27  # three times 4 + floor(3 ln 6)
    assert bowl(optimizer.recommend()) < 0.01


def test_without_noise_few_evaluations_are_spent_on_doubt():
    optimizer, traj = make(max_evaluations=1000, n_iteration=1000)
    told = np.array([v for _, population in run(optimizer, traj, rotated_ellipsoid) for v in population])
    assert optimizer.noisy is False and optimizer.next_look > optimizer.evaluations >= 600
    assert 2 <= len(told) - len(np.unique(told, axis=0)) < 10


def test_many_coordinates_are_not_modelled():
    optimizer, traj = make(Box(v=Array(Float(-5.0, 5.0), 31)), noisy=True)
    assert stages(optimizer, traj, noisy(bowl, 1.0)) == ["Descents"]


def test_a_fitness_without_noise_recommends_the_best_individual():
    optimizer, traj = make()
    run(optimizer, traj, rotated_ellipsoid)
    assert optimizer.noisy is False
    assert optimizer.recommend() is optimizer.best_individual


def test_noise_that_is_known_of_is_not_looked_for():
    optimizer, traj = make(noisy=True)
    assert stages(optimizer, traj, rotated_ellipsoid)[0] == "BayesianSearch"
    optimizer, traj = make(noisy=False)
    optimizer.post_process(traj, evaluate(optimizer, rotated_ellipsoid))
    first = optimizer.region.starts[0]
    assert not any(np.array_equal(point, first) for point in optimizer.points)


def test_constraints_are_left_to_cma():
    optimizer, traj = make()

    def constrained(ind):
        return Evaluation(rotated_ellipsoid(ind), violations=[float(np.sum(ind["v"])) - 3])

    assert stages(optimizer, traj, constrained)[-1] == "Descents"
    assert optimizer.best_violation == 0


def test_integers_and_categories_are_searched_with_a_margin():
    box = Box(n=Integer(0, 20), kind=Category(["a", "b", "c"]), x=Float(-1.0, 1.0))
    optimizer, traj = make(box)

    def function(ind):
        return (ind["n"] - 13) ** 2 + {"a": 5.0, "b": 0.0, "c": 9.0}[ind["kind"]] + ind["x"] ** 2

    assert stages(optimizer, traj, function) == ["Descents"]
    assert (optimizer.best_individual["n"], optimizer.best_individual["kind"]) == (13, "b")
    assert abs(optimizer.best_individual["x"]) < 0.1


def test_one_scalar_parameter_is_enough():
    optimizer, traj = make(Box(x=Float(-1.0, 1.0)), max_evaluations=100)
    run(optimizer, traj, lambda ind: (ind["x"] - 0.3) ** 2 + 0.05 * np.cos(40 * ind["x"]))
    grid = np.linspace(-1, 1, 200_001)
    assert -optimizer.best_fitness < np.min((grid - 0.3) ** 2 + 0.05 * np.cos(40 * grid)) + 1e-6


def test_generations_are_at_least_as_large_as_asked_for():
    optimizer, traj = make(pop_size=20, max_evaluations=2000)
    sizes = [len(population) for _, population in run(optimizer, traj, rotated_ellipsoid)]
    assert min(sizes[2:]) >= 20  # the first ones are the probe


def test_the_budget_follows_from_generations_and_their_size():
    optimizer, traj = make(n_iteration=30, pop_size=10, max_evaluations=None)
    history = run(optimizer, traj, lambda ind: float(np.sum(np.abs(ind["v"]) ** 0.5) ** 2))
    assert optimizer.budget == 300
    assert 300 <= sum(len(population) for _, population in history) < 350
    assert "the budget of 300 evaluations is spent" == optimizer.stop_reason


@pytest.mark.parametrize(("limits", "budget"), [({"generations_override": 7}, 70), ({}, 300)])
def test_limits_of_the_run_are_planned_for(limits, budget):
    traj = Trajectory(name="auto", **limits)
    parameters = AutoParameters(n_iteration=30, pop_size=10)
    assert AutoOptimizer(traj, Box().create_individual, (-1.0,), parameters).budget == budget
    traj.max_evaluations = 40
    assert AutoOptimizer(traj, Box().create_individual, (-1.0,), parameters).budget == 40


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(stop_criterion=-1e-2)
    run(optimizer, traj, rotated_ellipsoid)
    assert optimizer.best_fitness >= -1e-2 and optimizer.evaluations < 600
    assert "stop criterion" in optimizer.stop_reason


@pytest.mark.parametrize(
    ("name", "value"),
    [("pop_size", 0), ("n_iteration", 0), ("max_evaluations", 0), ("noisy", "yes"), ("stop_criterion", np.nan)],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        make(**{name: value})


def with_more(optimizer, traj, max_evaluations):
    """The optimizer, as a run that is resumed with another budget goes on with it."""
    optimizer.parameters = optimizer.parameters._replace(max_evaluations=max_evaluations)
    optimizer.take_parameters(traj)
    return optimizer


def test_a_search_whose_budget_is_spent_goes_on_with_a_larger_one():
    optimizer, traj = make(max_evaluations=100)
    run(optimizer, traj, lambda ind: float(np.sum(ind["v"] ** 2)))
    assert "the budget of 100" in optimizer.stop_reason
    assert "the budget of 100" in with_more(optimizer, traj, 100).stop_reason
    assert with_more(optimizer, traj, 200).stop_reason is None
    optimizer.go_on(traj)
    run(optimizer, traj, lambda ind: float(np.sum(ind["v"] ** 2)))
    assert "the budget of 200" in optimizer.stop_reason and 200 <= optimizer.evaluations < 220
