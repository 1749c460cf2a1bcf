"""Search along coordinates."""

import numpy as np

from l2l.optimizers.auto.coordinate_search import CoordinateSearch, Line


def search(function, dim=3, n_generations=100, at_least=1, low=0.0, high=1.0):
    """The search, and how many points it took."""
    bounds = np.full(dim, low), np.full(dim, high)
    stage = CoordinateSearch(np.full(dim, 0.2), *bounds, np.array([np.zeros(dim), np.ones(dim)]))
    n_points = 0
    for _ in range(n_generations):
        points = stage.ask(at_least)
        n_points += len(points)
        stage.tell(points, np.array([function(point) for point in points]))
        if stage.done:
            break
    return stage, n_points


def test_a_parabola_is_solved_by_its_vertex():
    stage, n_points = search(lambda v: float(np.sum((v - 0.33) ** 2)), n_generations=2)
    assert np.allclose(stage.base, 0.33, atol=1e-12)
    assert n_points == 1 + 3 * 2 + 1 + 3


def test_the_best_of_many_valleys_is_found():
    stage, _ = search(lambda v: float(np.sum((v - 0.6) ** 2 + 0.1 * (1 - np.cos(60 * (v - 0.6))))), n_generations=150)
    assert np.allclose(stage.base, 0.6, atol=1e-5)


def test_an_optimum_at_a_bound_is_found_exactly():
    stage, _ = search(lambda v: float(np.sum(v)), n_generations=5)
    assert stage.base.tolist() == [0, 0, 0]


def test_without_bounds_the_search_goes_on_beyond_the_ends():
    stage, _ = search(lambda v: float(np.sum((v - 300) ** 2)), low=-np.inf, high=np.inf)
    assert np.allclose(stage.base, 300)


def test_coordinates_that_depend_on_each_other_end_it():
    stage, _ = search(lambda v: float(np.sum(v**2) + v[0] * v[1]))
    assert stage.done == "coordinates depend on each other"


def test_the_value_of_the_base_is_predicted():
    stage, _ = search(lambda v: float(np.sum(np.abs(v - 0.41))), n_generations=6)
    assert np.isclose(stage.expected, np.sum(np.abs(stage.base - 0.41)), atol=1e-12)


def test_wide_generations_divide_more_intervals():
    _, n_points = search(lambda v: float(np.sum((v - 0.3) ** 2)), n_generations=4, at_least=12)
    assert n_points >= 7 + 3 * 12


def test_a_line_without_gain_ends_it():
    stage, _ = search(lambda v: 1.0, n_generations=1000)
    assert stage.done == "no coordinate gains any more"


def test_a_failed_place_is_not_the_best():
    line = Line(0.0, 1.0)
    for place, value in ((0.2, 0.0), (0.0, np.inf), (1.0, 5.0)):
        line.add(place, value)
    assert line.settle() == (0.2, 0.0)
    assert all(0 < place < 1 for place in line.propose(3))
