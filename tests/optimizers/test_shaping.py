"""Utilities by rank."""

import numpy as np

from l2l.optimizers.shaping import utilities, with_failed_as_worst


def test_utilities_are_those_of_the_paper():
    fitness = np.array([10.0, -5.0, 300.0, 0.0])  # ranks 2, 4, 1, 3
    raw = np.log(3) - np.log([1, 2, 3, 4])
    expected = np.maximum(0, raw) / raw[:2].sum() - 0.25
    assert np.allclose(utilities(fitness), expected[[1, 3, 0, 2]])


def test_utilities_sum_to_zero_and_depend_on_order_alone():
    fitness = np.random.RandomState(1).randn(17)
    assert abs(utilities(fitness).sum()) < 1e-12
    assert np.array_equal(utilities(fitness), utilities(np.exp(fitness)))


def test_equals_share_their_utility():
    shared = utilities(np.array([1.0, 2.0, 1.0, -np.inf, -np.inf]))
    assert shared[0] == shared[2] and shared[3] == shared[4]
    assert shared[1] > shared[0] > shared[3]
    assert np.allclose(utilities(np.full(6, 3.0)), 0.0)


def test_the_failed_count_as_the_worst():
    assert with_failed_as_worst(np.array([1.0, -np.inf, -3.0])).tolist() == [1, -3, -3]
