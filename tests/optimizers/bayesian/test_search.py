"""Search by a model."""

import pickle

import numpy as np
import pytest

from l2l.optimizers.bayesian.search import BayesianSearch, _improvement, bounded
from l2l.optimizers.optimizer import Optimizer
from l2l.optimizers.region import Region
from l2l.space import Array, Float, Space
from l2l.utils.trajectory import Trajectory


class Box:
    """An optimizee as a region sees it."""

    def __init__(self, dim):
        self.declared = {"v": Array(Float(0.0, 1.0), dim)}
        self.rng = np.random.default_rng(1)

    def space(self):
        return self.declared

    def create_individual(self):
        return Space(self.declared).sample(self.rng)


def make_search(dim=3, most=200):
    optimizer = Optimizer(Trajectory(name="search"), Box(dim).create_individual, (-1.0,), None, None)
    return BayesianSearch(Region(optimizer), np.random.default_rng(2), 5, most)


def go_on(search, function, n):
    while len(search.values) < n:
        points = search.ask()
        search.tell(points, np.array([function(point) for point in points]))


def valley(point):
    return float(np.sum((point - [0.2, 0.7, 0.5]) ** 2 * [1.0, 5.0, 0.1]))


def noisy_valley(seed):
    rng = np.random.default_rng(seed)
    return lambda point: valley(point) + 0.1 * rng.standard_normal()


def test_a_valley_is_found_in_few_evaluations():
    search = make_search()
    go_on(search, valley, 45)
    assert valley(search.recommended) < 2e-3


def test_under_noise_the_recommended_points_are_better_than_the_luckiest():
    recommended, luckiest = [], []
    for seed in range(4):
        search = make_search()
        go_on(search, noisy_valley(seed), 80)
        recommended.append(valley(search.recommended))
        luckiest.append(valley(search.points[np.argmin(search.values)]))
        assert search.expected == pytest.approx(recommended[-1], abs=0.15)
    assert np.mean(recommended) < min(0.05, np.mean(luckiest))


def test_all_points_are_in_the_region_and_differ():
    search = make_search()
    go_on(search, lambda point: float(point.sum()), 60)  # the best is in a corner
    assert search.points.min() >= 0 and search.points.max() <= 1
    assert search.recommended == pytest.approx(np.zeros(3), abs=0.02)


def test_points_that_are_known_before_save_some_of_the_first():
    search = make_search()
    known = np.vstack([search.region.starts, np.full((2, 3), 0.25)])
    search.tell(known, np.array([valley(point) for point in known]))
    points = search.ask()
    assert len(points) == 6 and not (points == search.region.starts[0]).all(axis=1).any()
    search.tell(points, np.array([valley(point) for point in points]))
    assert len(search.ask()) == 5


def test_failures_are_avoided_and_a_search_of_failures_goes_on():
    search = make_search()
    go_on(search, lambda point: np.inf, 20)
    assert search.recommended is None
    go_on(search, lambda point: np.inf if point[0] < 0.3 else valley(point), 90)
    late = search.points[-30:]
    assert search.recommended[0] >= 0.3 and np.mean(late[:, 0] < 0.3) < 0.4


def test_it_is_done_after_as_many_evaluations_as_it_may_use():
    search = make_search(most=30)
    go_on(search, valley, 25)
    assert search.done is None
    go_on(search, valley, 30)
    assert search.done is not None


def test_a_pickled_search_goes_on_alike():
    search = make_search()
    go_on(search, valley, 30)
    assert np.array_equal(pickle.loads(pickle.dumps(search)).ask(), search.ask())


def test_the_expected_improvement_is_that_of_many_draws():
    draws = np.random.default_rng(4).standard_normal(200_000)
    for gain, deviation in ((0.5, 1.0), (-1.0, 2.0), (0.0, 0.1)):
        simulated = np.maximum(gain + deviation * draws, 0).mean()
        assert _improvement(np.array(gain), np.array(deviation)) == pytest.approx(simulated, rel=0.02)


def test_bad_values_are_drawn_in():
    assert bounded(np.array([0.0, 1.0, 2.0, 50.0, np.inf])).tolist() == [0.0, 1.0, 2.0, 3.0, 3.0]
