"""The Pareto front of a run."""

import numpy as np
import pytest

from l2l.optimizers import pareto_front
from l2l.optimizers.pareto_front import ParetoFront, thinned


def filled(objectives, violations=None, weights=(1.0, 1.0), **given):
    front = ParetoFront(weights, **given)
    objectives = np.asarray(objectives, dtype=float)
    violations = np.zeros(len(objectives)) if violations is None else np.array(violations)
    front.add(0, range(len(objectives)), [{"x": float(i)} for i in range(len(objectives))], objectives, violations)
    return front


def test_it_is_what_no_other_individual_dominates():
    rng = np.random.default_rng(1)
    front, seen = ParetoFront((1.0, 1.0, 1.0)), []
    for g in range(5):
        objectives = rng.random((20, 3))
        front.add(g, range(20), [{"x": float(i)} for i in range(20)], objectives, np.zeros(20))
        seen += [(g, i, row) for i, row in enumerate(objectives)]
    expected = [
        (g, i) for g, i, row in seen if not any((other >= row).all() and (other > row).any() for _, _, other in seen)
    ]
    assert front.places.tolist() == [list(place) for place in expected]
    assert [individual["x"] for individual in front.individuals] == front.places[:, 1].tolist()


def test_who_violates_constraints_or_failed_is_not_in_it():
    front = filled([[5, 5], [1, 2], [-np.inf, -np.inf]], violations=[0.1, 0.0, np.inf])
    assert front.fitness.tolist() == [[1.0, 2.0]]


def test_of_equals_the_first_is_kept():
    front = filled([[1, 2], [2, 1], [1, 2]])
    assert front.places[:, 1].tolist() == [0, 1]


def test_components_of_weight_zero_are_no_objectives():
    front = filled([[1, 0, 2], [2, 0, 1], [0, 0, 0]], weights=(1.0, 0.0, 1.0))
    assert front.fitness.tolist() == [[1.0, 2.0], [2.0, 1.0]]


def test_fitness_is_told_as_it_came():
    front = filled(np.array([[3.0, 2.0]]) * [-2.0, 0.5], weights=(-2.0, 0.5))
    assert front.fitness.tolist() == [[3.0, 2.0]]


def test_the_hypervolume_is_the_area_above_the_reference_point():
    front = filled([[1, 3], [2, 2], [3, 1]], reference_point=(0.0, 0.0))
    assert front.measured(0) == {"front_size": 3, "hypervolume": 6.0}
    assert front.hypervolumes == [(0, 6.0)]


def test_the_reference_point_is_a_fitness_that_is_weighted():
    # losses of 1 and 2, down from 3 and 3: an area of 2 x 1, in units of half and a third
    front = filled(np.array([[1.0, 2.0]]) * [-2.0, -3.0], weights=(-2.0, -3.0), reference_point=(3.0, 3.0))
    assert front.measured(0)["hypervolume"] == pytest.approx(2 * 2.0 * 1 * 3.0)


def test_by_default_the_reference_point_is_the_worst_of_the_first_generation_with_anybody_feasible():
    front = filled([[9, 9]], violations=[1.0])
    assert front.measured(0)["hypervolume"] == 0
    front.add(1, range(3), [{"x": 0.0}] * 3, np.array([[1.0, 4.0], [4.0, 2.0], [2.0, 0.0]]), np.zeros(3))
    assert front.measured(1)["hypervolume"] == 3 * 2  # above (1, 0) only (4, 2) has an area
    front.add(2, range(1), [{"x": 0.0}], np.array([[2.0, 3.0]]), np.zeros(1))
    assert front.measured(2)["hypervolume"] == 3 * 2 + 1


def test_individuals_may_come_one_by_one():
    rows = [[1.0, 4.0], [4.0, 2.0], [2.0, 0.0]]
    front = ParetoFront((1.0, 1.0))
    for i, row in enumerate(rows):
        front.add(0, [i], [{"x": float(i)}], np.array([row]), np.zeros(1))
    assert front.measured(0) == filled(rows).measured(0)
    assert front.places.tolist() == [[0, 0], [0, 1]]


def test_the_compromise_is_nearest_to_the_best_of_all_in_units_of_the_ranges():
    front = filled([[0, 1000], [1, 0], [0.8, 800], [0.9, 100]])
    assert front.compromise() == {"x": 2.0}
    assert ParetoFront((1.0, 1.0)).compromise() is None


def test_a_front_that_grows_too_large_loses_those_in_the_crowd_but_not_its_ends(monkeypatch):
    monkeypatch.setattr(pareto_front, "MOST_POINTS_OF_FEW", 4)
    x = np.array([0.0, 0.3, 0.31, 0.32, 0.6, 1.0])
    front = filled(np.column_stack([x, 1 - x]))
    assert front.objectives[:, 0].tolist() == [0.0, 0.3, 0.6, 1.0] or front.objectives[:, 0].tolist() == [
        0,
        0.32,
        0.6,
        1,
    ]


def test_what_is_thinned_keeps_its_order():
    x = np.array([1.0, 0.0, 0.5, 0.51, 0.2])
    assert thinned(np.column_stack([x, -x]), 4).tolist() in ([0, 1, 2, 4], [0, 1, 3, 4])


def test_many_objectives_have_smaller_fronts():
    assert [ParetoFront((1.0,) * m).most for m in (2, 4, 5, 7, 9)] == [1000, 1000, 500, 100, 50]


@pytest.mark.parametrize("point", [(1.0,), (1.0, np.nan), (1.0, 2.0, 3.0)])
def test_a_reference_point_of_another_shape_is_refused(point):
    with pytest.raises(ValueError, match="reference_point must be 2 finite numbers"):
        ParetoFront((1.0, 1.0), reference_point=point)
