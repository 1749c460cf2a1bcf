"""CMA-ES."""

import numpy as np
import pytest

from l2l.optimizees.functions import BenchmarkedFunctions, FunctionGeneratorOptimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.testing import SteadyStateContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestBoundedContract(SteadyStateContract):
    sphere_bar = 1e-3
    # the bounds name x and y
    test_individuals_are_of_the_space_that_is_declared = None
    test_it_searches_numbers_and_categories = None

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        bounds = {"x": (-5.0, 5.0), "y": (-5.0, np.full(3, 5.0))}
        parameters = CMAESParameters(seed=1, pop_size=10, n_iteration=n_iteration, bounds=bounds)
        return CMAESOptimizer(traj, create_individual, weights, parameters, bounding_func)


class TestUnboundedContract(SteadyStateContract):
    sphere_bar = 1e-3

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = CMAESParameters(seed=1, pop_size=10, n_iteration=n_iteration)
        return CMAESOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create_individual=None, **parameters):
    traj = Trajectory(name="cma")
    rng = np.random.RandomState(3)
    create_individual = create_individual or (lambda: {"v": rng.uniform(0, 1, 2)})
    given = CMAESParameters(**{"n_iteration": 5, **parameters})
    return CMAESOptimizer(traj, create_individual, (-1.0,), given), traj


def sphere(individual):
    return float(np.sum(individual["v"] ** 2))


def test_population_size_follows_the_dimension():
    optimizer, traj = make()
    assert len(optimizer.eval_pop) == 6  # 4 + floor(3 ln 2)
    assert traj.parameters.pop_size == 6


def test_samples_stay_within_bounds_though_the_optimum_is_outside():
    optimizer, traj = make(bounds={"v": (0.5, 2.0)}, n_iteration=30)
    history = run(optimizer, traj, sphere)
    points = np.array([x for _, population in history for x in population])
    assert points.min() >= 0.5 and points.max() <= 2.0
    assert np.allclose(optimizer.best_individual["v"], 0.5, atol=1e-2)
    assert optimizer.recommend()["v"].min() >= 0.5


def test_coordinates_of_very_different_width_are_scaled():
    bounds = {"big": (0.0, 1e6), "small": (0.0, 1e-3)}
    optimizer, traj = make(lambda: {"big": 5e5, "small": 5e-4}, bounds=bounds, n_iteration=60)
    run(optimizer, traj, lambda ind: (ind["big"] / 1e6 - 0.2) ** 2 + (ind["small"] / 1e-3 - 0.7) ** 2)
    assert optimizer.recommend()["big"] == pytest.approx(2e5, rel=1e-3)
    assert optimizer.recommend()["small"] == pytest.approx(7e-4, rel=1e-3)


def test_unbounded_scale_is_learnt_from_the_spread_of_individuals():
    rng = np.random.RandomState(0)
    optimizer, _ = make(lambda: {"a": rng.uniform(0, 1e4), "b": rng.uniform(0, 1e-2)}, pop_size=200)
    a, b = (np.std([ind[name] for ind in optimizer.eval_pop]) for name in "ab")
    assert 0.1 < a / 1e4 < 0.6  # sigma = 0.3 of the width
    assert 0.1 < b / 1e-2 < 0.6


def test_unbounded_scale_of_constant_individuals_is_their_size():
    optimizer, _ = make(lambda: {"a": 100.0, "zero": 0.0}, pop_size=200)
    a, zero = (np.std([ind[name] for ind in optimizer.eval_pop]) for name in ("a", "zero"))
    assert a == pytest.approx(30, rel=0.3)
    assert zero == pytest.approx(0.3, rel=0.3)


def test_stagnation_restarts_with_twice_the_population_and_keeps_the_best():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=120)
    sizes = [len(population) for _, population in run(optimizer, traj, sphere)]
    assert sizes[0] == 6 and 12 in sizes
    assert optimizer.n_restarts >= 1
    assert optimizer.best_fitness > -1e-10
    assert sphere(optimizer.recommend()) < 1e-10  # of the descent that found the best, not of the last


def restarted():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=500)
    while optimizer.n_restarts == 0:
        optimizer.post_process(traj, evaluate(optimizer, sphere))
    return optimizer, traj


def test_a_restart_that_finds_nothing_better_does_not_change_the_recommendation():
    optimizer, traj = restarted()
    before = optimizer.recommend()["v"]
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 100 + sphere(ind)))
    assert np.array_equal(optimizer.recommend()["v"], before)


def test_a_restart_begins_somewhere_else_with_its_first_step_size():
    optimizer, _ = restarted()
    start, _ = make(bounds={"v": (-1.0, 1.0)})
    assert np.abs(optimizer.cma.mean - start.cma.mean).max() > 0.01
    assert optimizer.cma._sigma == 0.3


def test_samples_outside_the_bounds_are_drawn_again_not_moved_to_the_border():
    optimizer, _ = make(bounds={"v": (-1.0, 1.0)}, pop_size=100, sigma=1.0)
    points = np.array([ind["v"] for ind in optimizer.eval_pop])
    assert not np.isin(points, [-1.0, 1.0]).any()


def test_stagnation_ends_the_run_without_restarts():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=500, restarts=False)
    history = run(optimizer, traj, sphere)
    assert len(history) < 500
    assert optimizer.stop_reason == "CMA-ES converged"


def test_stop_criterion_ends_the_run():
    optimizer, traj = make(n_iteration=200, stop_criterion=-1e-3)
    history = run(optimizer, traj, sphere)
    assert len(history) < 200
    assert optimizer.best_fitness >= -1e-3


def test_failed_individuals_rank_last():
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=2, pop_size=100)
    # whatever lies to the right of the median fails: the mean must move left
    edge = np.median([ind["v"][0] for ind in optimizer.eval_pop])
    before = optimizer.space.from_unit(optimizer.cma.mean)[0]
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: np.nan if ind["v"][0] > edge else 1.0))
    assert optimizer.recommend()["v"][0] < before


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pop_size", 1, "pop_size"),
        ("n_iteration", 0, "n_iteration"),
        ("sigma", 0.0, "sigma"),
        ("sigma", np.inf, "sigma"),
        ("stop_criterion", np.nan, "stop_criterion"),
        ("bounds", {}, "lack the parameter 'v'"),
        ("bounds", {"v": (0, 1), "w": (0, 1)}, "'w'"),
        ("bounds", {"v": (1, 0)}, "low < high"),
        ("bounds", {"v": 3}, "(low, high)"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value, expected):
    with pytest.raises(ValueError) as error:
        make(**{name: value})
    assert expected in str(error.value)


def test_restarts_end_before_the_population_grows_without_limit(monkeypatch):
    monkeypatch.setattr("l2l.optimizers.cmaes.optimizer.MOST_RESTARTS", 2)
    optimizer, traj = make(bounds={"v": (-1.0, 1.0)}, n_iteration=2000, restarts=True)
    run(optimizer, traj, lambda individual: (0.0,))
    assert optimizer.n_restarts == 2
    assert "also after 2 restarts" in optimizer.stop_reason


def test_bounds_are_those_that_the_optimizee_declares_unless_others_are_given():
    def optimizer(bounds=None):
        traj = Trajectory(name="cma")
        function, _ = BenchmarkedFunctions().get_function_by_name("Rastrigin2d")
        optimizee = FunctionGeneratorOptimizee(traj, function[1], seed=1)
        parameters = CMAESParameters(n_iteration=3, bounds=bounds)
        return CMAESOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)

    assert optimizer().space.low.tolist() == [-5, -5]
    assert optimizer({"coords": (0.0, 2.0)}).space.high.tolist() == [2, 2]
