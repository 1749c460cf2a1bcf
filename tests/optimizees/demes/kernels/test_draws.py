"""Numbers are drawn with the distributions that they are said to have."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from l2l.optimizees.demes.kernels import draws

N = 20_000
WEIGHTS = np.array([0.5, 3.0, 0.0, 1.5, 5.0])


@njit
def thin_often(stream, counts, p, found):
    for k in range(len(found)):
        draws.thin_each(stream, counts, p, found[k], draws.DRAWN)


@njit
def pick_often(stream, weights, found):
    n = len(weights)
    threshold, alias, work = np.empty(n), np.empty((n, 2), np.int64), np.empty(n, np.int64)
    draws.make_alias(weights, weights.sum(), threshold, alias, work)
    for k in range(len(found)):
        found[k] = draws.pick(stream, n, threshold, alias)


def new_stream():
    return np.random.SeedSequence(3).generate_state(4, np.uint64)


def assert_binomial(found, n, p):
    """Chi-square at 1e-4 of bins in which 20 and more are expected."""
    edges = np.unique(stats.binom.ppf(np.linspace(0, 1, 30), n, p))
    expected = len(found) * np.diff(stats.binom.cdf([-1, *edges[1:-1], n], n, p))
    seen = np.histogram(found, [-0.5, *(edges[1:-1] + 0.5), n + 0.5])[0]
    enough = expected >= 20
    assert stats.chi2.sf(((seen - expected)[enough] ** 2 / expected[enough]).sum(), enough.sum() - 1) > 1e-4


@pytest.mark.parametrize("p", [0.03, 0.3, 0.9])
def test_each_count_is_thinned_alone(p):
    counts = np.array([3.0, 0.0, 1.0, 150.0, 7.0, 1.0, 40.0, 1000.0, 2.0])
    found = np.empty((N, len(counts)))
    thin_often(new_stream(), counts, p, found)
    for k in np.flatnonzero(counts):
        assert_binomial(found[:, k], counts[k], p)
    few = counts < 10
    assert_binomial(found[:, few].sum(1), counts[few].sum(), p)  # not so if one depended on another
    assert (found[:, 1] == 0).all()


def test_bins_are_picked_in_proportion_to_their_weights():
    found = np.empty(N, np.int64)
    pick_often(new_stream(), WEIGHTS, found)
    seen, expected = np.bincount(found, minlength=5), N * WEIGHTS / WEIGHTS.sum()
    assert seen[2] == 0
    assert stats.chisquare(np.delete(seen, 2), np.delete(expected, 2)).pvalue > 1e-4
