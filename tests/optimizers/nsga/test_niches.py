"""The niches of NSGA-III."""

import numpy as np
import pytest

from l2l.optimizers.domination import ranks
from l2l.optimizers.nsga.niches import Niches, directions


def select(niches, costs, n, seed=1):
    costs = np.asarray(costs, dtype=float)
    return niches.select(np.random.default_rng(seed), costs, ranks(-costs, np.zeros(len(costs))), n)


@pytest.mark.parametrize(("n_objectives", "divisions", "n"), [(2, 4, 5), (3, 12, 91), (5, 4, 70), (3, (3, 2), 16)])
def test_directions_are_as_many_as_das_and_dennis_have_and_sum_to_one(n_objectives, divisions, n):
    points = directions(n_objectives, 0, divisions)
    assert points.shape == (n, n_objectives)
    assert np.allclose(points.sum(axis=1), 1) and (points >= 0).all()


@pytest.mark.parametrize(
    ("n_objectives", "n_most", "n"), [(2, 50, 50), (3, 92, 91), (3, 90, 78), (5, 92, 70), (1, 9, 1)]
)
def test_by_default_there_are_as_many_directions_as_the_population_has_room_for(n_objectives, n_most, n):
    assert len(directions(n_objectives, n_most)) == n


def test_the_nadir_is_where_the_plane_through_the_extreme_points_meets_the_axes():
    niches = Niches(directions(3, 10))
    costs = np.array([[12.0, 20.0, 30.0], [10.0, 24.0, 30.0], [10.0, 20.0, 36.0], [11.0, 21.0, 31.0]])
    niches.adapt(costs, np.zeros(4, dtype=int))
    assert niches.ideal.tolist() == [10, 20, 30]
    assert np.allclose(niches.nadir, [12, 24, 36])


def test_where_there_is_no_such_plane_the_nadir_is_the_worst_of_the_front():
    niches = Niches(directions(2, 10))
    costs = np.array([[0.0, 4.0], [3.0, 4.0], [9.0, 9.0]])
    niches.adapt(costs, np.array([0, 0, 1]))
    assert niches.nadir[0] == 3
    assert np.isfinite(niches.nadir).all() and (niches.nadir > niches.ideal).all()


def test_an_extreme_point_is_remembered():
    niches = Niches(directions(2, 10))
    niches.adapt(np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2, dtype=int))
    niches.adapt(np.array([[0.2, 0.7], [0.7, 0.2]]), np.zeros(2, dtype=int))
    assert sorted(niches.extremes.tolist()) == [[0.0, 1.0], [1.0, 0.0]]


def test_a_point_belongs_to_the_direction_whose_ray_is_nearest():
    niches = Niches(directions(2, 0, 2))  # (0, 1), (1/2, 1/2), (1, 0)
    niches.adapt(np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2, dtype=int))
    niche, distance = niches.associate(np.array([[0.1, 0.9], [0.6, 0.5], [0.8, 0.0]]))
    assert niche.tolist() == [0, 1, 2]
    assert np.allclose(distance, [0.1, 0.1 / np.sqrt(2), 0.0])


def test_every_niche_gets_the_point_nearest_to_its_direction():
    wanted = directions(3, 0, 3)
    others = wanted + 0.05 * np.eye(3)[(wanted.argmax(axis=1) + 1) % 3]
    costs = np.concatenate([others / others.sum(axis=1, keepdims=True), wanted])
    assert sorted(select(Niches(wanted), costs, 10)) == list(range(10, 20))


def test_better_fronts_come_first_and_their_niches_are_taken():
    wanted = directions(2, 0, 2)
    first = [[0.0, 1.0], [1.0, 0.0]]
    second = [[0.05, 1.2], [0.7, 0.7], [1.2, 0.05]]
    assert sorted(select(Niches(wanted), first + second, 3)) == [0, 1, 3]


def test_the_scale_and_the_place_of_an_objective_do_not_matter():
    costs = np.random.default_rng(3).random((60, 3))
    costs /= np.linalg.norm(costs, axis=1, keepdims=True)
    plain = select(Niches(directions(3, 30)), costs, 28)
    assert plain.tolist() == select(Niches(directions(3, 30)), costs * [1e6, 1e-3, 1.0] + [5e6, 0.0, -7.0], 28).tolist()
