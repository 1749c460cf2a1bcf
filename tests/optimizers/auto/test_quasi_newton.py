"""Quasi-Newton descent by differences."""

import numpy as np
import pytest

from l2l.optimizers.auto.quasi_newton import QuasiNewton

ROTATION = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]


def descend(function, start, low=-np.inf, high=np.inf, at_least=1, n_points=10_000, anywhere=False):
    """The stage, and how many points it took."""
    stage = QuasiNewton(np.array(start), np.full(len(start), low), np.full(len(start), high), anywhere)
    taken = 0
    while stage.done is None and taken < n_points:
        points = stage.ask(at_least)
        taken += len(points)
        stage.tell(points, np.array([function(point) for point in points]))
    return stage, taken


def ellipsoid(v):
    return float(np.sum(np.logspace(0, 6, 5) * (ROTATION @ (v - 0.6)) ** 2)) + 7


def rosenbrock(v):
    return float(np.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2))


def test_an_ill_conditioned_quadratic_takes_a_hessian_and_a_few_steps():
    stage, _ = descend(ellipsoid, np.full(5, 0.2), n_points=21 + 6 * 4)
    assert stage.value - 7 < 1e-8


def test_the_curved_valley_of_rosenbrock_is_followed_to_its_end():
    stage, taken = descend(rosenbrock, [-0.9, 0.5, -0.3, 0.2], anywhere=True)
    assert np.allclose(stage.x, 1, atol=1e-5)
    assert taken < 800


def test_an_optimum_at_the_bounds_is_found_exactly():
    stage, _ = descend(lambda v: float(np.sum((v - [1.4, 0.5, -3]) ** 2)), [0.5, 0.2, 0.5], 0.0, 1.0)
    assert stage.x[[0, 2]].tolist() == [1, 0]
    assert stage.x[1] == pytest.approx(0.5, abs=1e-7)


def test_no_point_is_outside_the_bounds():
    stage = QuasiNewton(np.ones(3), np.zeros(3), np.ones(3))
    for _ in range(10):
        points = stage.ask(8)
        assert points.min() >= 0 and points.max() <= 1
        stage.tell(points, -points.sum(axis=1) + (points**2).sum(axis=1))


def test_a_function_that_curves_downwards_is_refused_unless_asked_for():
    assert (
        descend(lambda v: -float(np.sum(v**2)), [0.5, 0.4], 0, 1)[0].done == "the function is not convex at the start"
    )
    stage, _ = descend(lambda v: -float(np.sum(v**2)), [0.5, 0.4], 0, 1, anywhere=True)
    assert stage.x.tolist() == [1, 1]


def test_failures_on_the_way_are_walked_around():
    stage, _ = descend(lambda v: np.inf if v[0] > 0.7 else ellipsoid(v), np.full(5, 0.2))
    assert stage.value - 7 < 1e-3


def test_a_start_that_fails_ends_it():
    assert descend(lambda v: np.inf, [0.5])[0].done == "no derivatives at the start"


def test_further_points_of_a_generation_lie_along_the_step_and_are_taken_if_better():
    stage = QuasiNewton(np.zeros(2), np.full(2, -np.inf), np.full(2, np.inf))
    tilted = lambda v: float(np.sum((v - 10) ** 2))  # noqa: E731
    points = stage.ask(9)
    stage.tell(points, np.array([tilted(point) for point in points]))
    points = stage.ask(9)
    assert len(points) == 9
    assert np.allclose(points[3:5], [2 * points[0], points[0] / 2])
    stage.tell(points, np.array([tilted(point) for point in points]))
    assert np.array_equal(stage.trial, points[int(np.argmin([tilted(point) for point in points]))])


def test_coordinates_that_the_optimizee_holds_have_no_slope():
    function = lambda v: float(np.sum((v - 0.5) ** 2))  # noqa: E731
    stage = QuasiNewton(np.array([0.2, 0.3]), np.zeros(2), np.ones(2))
    points = stage.ask(1)
    stage.tell(points, np.array([function(point) for point in points]))
    points = stage.ask(1)
    held = points.copy()
    held[:, 1] = 0.3
    stage.tell(held, np.array([function(point) for point in held]))
    assert stage.gradient[1] == 0 and stage.x[1] == 0.3
