"""How numbers come about in the three modes of sampling: as expected, drawn, or drawn from a continuum.

Drawn are whole numbers: binomial, Poisson, multinomial.  The continuum has for these a beta, a gamma and a generalised
Dirichlet distribution of the same means and variances.
"""

import math

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from l2l.optimizees.slim.kernels import sampling
from l2l.optimizees.slim.kernels.sampling import gamma, next_uint64, open_uniform, poisson, uniform

EXPECTED = 0
DRAWN = 1
CONTINUOUS = 2

# For other kernels only, which allocate nothing: without reference counts, wrappers and checks for zero divisors.
_STAGE = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy"}
stage = njit(**_STAGE)  # type: ignore[call-overload]

# Merged into its caller: a call would hand on each array of a deme and of the room as seven numbers, hundreds in all.
merged = njit(**_STAGE, forceinline=True)  # type: ignore[call-overload]

# Counting bits is faster than rejection below so many trials, and than a search above so many expected.
MOST_BY_BITS = 400
LEAST_BY_BITS = 1.0

# The least expected number there is; smaller ones would become denormal, which takes a hundred times as long.
LEAST = 1e-100

# Continuous draws are multiples of this, so that their sums are exact below 2**53 GRAIN.
GRAIN = 2.0**-20

# Going from one event to the next is faster than drawing their number below so many expected.
FEW = 3.0

# One by one is faster than a chain of binomials below so many for each bin.
ONE_BY_ONE = 8


@intrinsic
def _n_ones(context, bits):
    """How many of 64 bits are set."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@stage
def binomial(stream, n, p):
    """Draw how many of ``n`` happen, each with probability ``p``; faster than `sampling.binomial` alone."""
    rarer = min(p, 1.0 - p)
    if n > MOST_BY_BITS or n * rarer < LEAST_BY_BITS:
        return sampling.binomial(stream, n, p)
    return _binomial_by_bits(stream, n, p)


@stage
def _binomial_by_bits(stream, n, p):
    """Compare a uniform number with ``p`` for each of ``n``, bit after bit, until all are told apart.

    At each bit those of the undecided that have a smaller one than ``p`` happen, and those that have a larger one do
    not.  Half of them are left on the average; which they are matters no more, so that they can be counted only, until
    one word has a bit for each.
    """
    digits = np.int64(p * 2.0**63)  # those of p; the first is shifted into the sign
    n_happened = np.int64(0)
    while n > 63:
        n_zeros, n_left = np.int64(0), n
        while n_left > 64:
            n_zeros += np.int64(_n_ones(next_uint64(stream)))  # type: ignore[call-arg]
            n_left -= 64
        n_zeros += np.int64(_n_ones(next_uint64(stream) >> np.uint64(64 - n_left)))  # type: ignore[call-arg]
        digits <<= 1
        if digits < 0:
            n_happened += n_zeros
            n -= n_zeros
        else:
            n = n_zeros
    undecided = (np.uint64(1) << np.uint64(n)) - np.uint64(1)
    happened = np.uint64(0)
    while undecided:
        digits <<= 1
        digit = np.uint64(digits >> 63)  # in all places
        different = next_uint64(stream) ^ digit
        happened |= undecided & different & digit
        undecided &= ~different
    return n_happened + np.int64(_n_ones(happened))  # type: ignore[call-arg]


@stage
def thin(stream, n, p, mode):
    """How many of ``n`` something of probability ``p`` happens to."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    if mode == EXPECTED:
        return n * p if n * p > LEAST else 0.0
    if mode == DRAWN:
        return np.float64(binomial(stream, np.int64(n), p))
    return _thin_continuously(stream, n, p)


@stage
def thin_each(stream, counts, p, out, mode):
    """How many of ``counts`` something of probability ``p`` happens to: ``out``, filled; both float64[n]."""
    if mode != DRAWN or p <= 0.0 or p >= 1.0:
        for k in range(counts.shape[0]):
            out[k] = thin(stream, counts[k], p, mode)
        return
    pace = _pace_of(p)
    _thin_in_passing(stream, counts, p, pace, _passed_by(stream, pace), out)


@stage
def thin_rows(stream, counts, p, out, sums, out_sums, mode):
    """`thin_each` of ``counts`` float64[n, n], and the sums of its rows and of those of ``out``: float64[n], filled."""
    n = counts.shape[0]
    if mode == DRAWN and 0.0 < p < 1.0:
        pace = _pace_of(p)
        ahead = _passed_by(stream, pace)
        for i in range(n):
            sums[i], out_sums[i], ahead = _thin_in_passing(stream, counts[i], p, pace, ahead, out[i])
        return
    for i in range(n):
        sums[i], out_sums[i] = 0.0, 0.0
        for j in range(n):
            out[i, j] = thin(stream, counts[i, j], p, mode)
            sums[i] += counts[i, j]
            out_sums[i] += out[i, j]


@stage
def _pace_of(p):
    """What `_passed_by` needs to know of the rarer one of ``p`` and ``1 - p``."""
    return 1.0 / math.log1p(-min(p, 1.0 - p))


@stage
def _passed_by(stream, pace):
    """How many individuals are passed by before the next one that the rarer thing happens to: a geometric number."""
    return np.floor(math.log(open_uniform(stream)) * pace)


@stage
def _thin_in_passing(stream, counts, p, pace, ahead, out):
    """Go from one event to the next along all individuals, but draw the number of events where many are expected.

    First waiting time algorithm, Devroye (1986), Non-Uniform Random Variate Generation, section X.4.3.

    Returns
    -------
    n, n_happened, ahead : float
        Sums of ``counts`` and ``out``, and how many individuals come before the next event.
    """
    rarer = min(p, 1.0 - p)
    total, n_happened = 0.0, 0.0
    for k in range(counts.shape[0]):
        n = counts[k]
        n_events = 0.0
        if n * rarer > FEW:
            n_events = np.float64(binomial(stream, np.int64(n), rarer))
        else:
            n_left = n
            while ahead < n_left:
                n_events += 1.0
                n_left -= ahead + 1.0
                ahead = _passed_by(stream, pace)
            ahead -= n_left
        out[k] = n_events if p <= 0.5 else n - n_events
        total += n
        n_happened += out[k]
    return total, n_happened, ahead


@stage
def _thin_continuously(stream, n, p):
    """A beta share of ``n`` that has the variance of a binomial number; of less than one, all or none."""
    happens = _gamma(stream, (n - 1.0) * p)
    total = happens + _gamma(stream, (n - 1.0) * (1.0 - p))
    if total > 0.0:
        return grains(n * (happens / total))
    return n if uniform(stream) < p else 0.0


@stage
def bear(stream, mean, mode):
    """A number of eggs of which ``mean`` are expected."""
    if mean <= 0.0:
        return 0.0
    if mode == EXPECTED:
        return mean
    if mode == DRAWN:
        return np.float64(poisson(stream, mean))
    return grains(_gamma(stream, mean))


@stage
def _gamma(stream, shape):
    return gamma(stream, shape) if shape > 0.0 else 0.0


@stage
def grains(x):
    """The multiple of `GRAIN` at ``x`` or just below."""
    return np.floor(x * (1.0 / GRAIN)) * GRAIN


@stage
def round_up_or_down(stream, x, mode):
    """A whole number with mean ``x`` if numbers are drawn."""
    if mode != DRAWN:
        return x
    whole = np.floor(x)
    return whole + 1.0 if x > whole and uniform(stream) < x - whole else whole


@stage
def split(stream, n, weights, total, out, mode):
    """Add ``n`` individuals to bins, with probabilities in proportion to ``weights`` float64[n_bins].

    Parameters
    ----------
    total : float
        Sum of the weights; with 0 nothing is added.
    out : float64[n_bins]
        Added to.
    """
    if n <= 0.0 or total <= 0.0:
        return
    if mode == EXPECTED:
        for b in range(weights.shape[0]):
            out[b] += n * (weights[b] / total)
        return
    last = weights.shape[0] - 1
    while weights[last] <= 0.0:
        last -= 1
    n_left, weight_left = n, total
    for b in range(last):
        if n_left <= 0.0:
            return
        if weights[b] > 0.0:
            here = thin(stream, n_left, weights[b] / weight_left, mode)
            out[b] += here
            n_left -= here
            weight_left -= weights[b]
    out[last] += n_left


@stage
def make_alias(weights, total, threshold, alias, work):
    """Prepare `pick`: Walker's alias tables, as Vose (1991) makes them, doi:10.1109/32.92917.

    Parameters
    ----------
    weights : float64[n_bins]
    total : float
        Their sum, positive.
    threshold : float64[n_bins]
        Filled: the share of a bin that is its own.
    alias : int64[n_bins, 2]
        Filled: the bin itself, and the one that the rest belongs to.
    work : int64[n_bins]
    """
    n_bins = weights.shape[0]
    n_small, first_large = 0, n_bins
    for b in range(n_bins):
        threshold[b] = weights[b] * (n_bins / total)
        alias[b] = b
        if threshold[b] < 1.0:
            work[n_small] = b
            n_small += 1
        else:
            first_large -= 1
            work[first_large] = b
    while n_small > 0 and first_large < n_bins:
        n_small -= 1
        small, large = work[n_small], work[first_large]
        alias[small, 1] = large
        threshold[large] -= 1.0 - threshold[small]
        if threshold[large] < 1.0:
            first_large += 1
            work[n_small] = large
            n_small += 1
    # what is left over by rounding is full
    for k in range(n_small):
        threshold[work[k]] = 1.0
    for k in range(first_large, n_bins):
        threshold[work[k]] = 1.0


@stage
def pick(stream, n_bins, threshold, alias):
    """Draw a bin, by `make_alias`: a pair from the first of 53 bits, and which one of it from the rest.

    An index, which costs as much either way, selects between these; a branch would be guessed wrong every third time.
    """
    x = np.int64(next_uint64(stream) >> np.uint64(11)) * (n_bins * 2.0**-53)
    b = min(np.int64(x), n_bins - 1)
    return alias[b, np.int64(x - b >= threshold[b])]
