"""The first look at a function."""

import numpy as np
import pytest

from l2l.optimizers.auto.probe import Probe


def separable(function, dim):
    rng = np.random.default_rng(dim)
    probe = Probe(*rng.random((2, dim)))
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
    assert not separable(lambda v: np.inf, 3)


def test_a_generation_has_two_points_and_two_for_each_digit():
    assert [len(Probe(np.zeros(dim), np.ones(dim)).ask(1)) for dim in (1, 2, 5, 20)] == [2, 4, 8, 12]
