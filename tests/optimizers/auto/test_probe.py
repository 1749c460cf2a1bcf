"""The first look at a function."""

import numpy as np
import pytest

from l2l.optimizers.auto.probe import Probe


def separable(function, dim):
    rng = np.random.default_rng(dim)
    probe = Probe(*rng.random((2, dim)))
    while probe.done is None:
        points = probe.ask(1)
        probe.tell(points, np.array([function(point) for point in points]))
    return probe.separable


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 20])
def test_a_sum_over_coordinates_is_recognised(dim):
    weights = np.logspace(0, 6, dim)
    assert separable(lambda v: float(np.sum(weights * np.abs(v - 0.3) ** 1.5 + np.sin(30 * v))), dim)


@pytest.mark.parametrize("dim", [2, 3, 7])
def test_a_single_pair_that_belongs_together_is_noticed(dim):
    for i in range(dim):
        for j in range(i):
            assert not separable(lambda v, i=i, j=j: float(np.sum(v**2) + 1e-3 * v[i] * v[j]), dim)


def test_a_failed_evaluation_proves_nothing():
    assert separable(lambda v: np.inf, 3) is False
    assert separable(lambda v: np.inf if v[0] == np.random.default_rng(3).random((2, 3))[0, 0] else 1.0, 3) is False


def test_two_points_are_followed_by_two_for_each_digit():
    for dim, sizes in ((1, [2]), (2, [2, 2]), (5, [2, 6]), (20, [2, 10])):
        probe, asked = Probe(np.zeros(dim), np.ones(dim)), []
        while probe.done is None:
            asked.append(len(probe.ask(1)))
            probe.tell(probe.ask(1), np.zeros(asked[-1]))
        assert asked == sizes
