"""Random numbers inside kernels: streams, and samplers of the distributions the model draws from.

A stream is the state of one xoshiro256++ generator, ``uint64[4]``, advanced in place by whoever draws from
it.  Every sampler is exact up to the rounding of ``float64``, for counts up to 1e12.  What is certain
(nothing to draw from, probability 0 or 1) draws nothing, and leaves the stream where it was.

Streams: Blackman and Vigna (2021), ACM Trans. Math. Softw. 47(4), doi:10.1145/3460772.  Rejection from a
table mountain (binomial, Poisson): Hormann (1993), J. Stat. Comput. Simul. 46, and Insur. Math. Econ. 12.
Ratio of uniforms (hypergeometric): Stadlober (1990), J. Comput. Appl. Math. 31.  Probabilities, in a form
that does not cancel for large counts: Loader (2000), "Fast and accurate computation of binomial
probabilities".
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Below this mean a search from zero upwards is faster than rejection, which is valid from here on.
SEARCH_BELOW = 10.0

_kernel = njit(cache=True, nogil=True, error_model="numpy")
# a few instructions each
_drawing = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)

_MASK_32 = np.uint64(0xFFFFFFFF)
_STIRLING_TABLE_SIZE = 16
# log(k!) minus Stirling's formula, for k = 0..15; k = 0 is never read.
_STIRLING_ERRORS = np.array(
    [0.0]
    + [
        math.lgamma(k + 1) - (k + 0.5) * math.log(k) + k - 0.5 * math.log(2 * math.pi)
        for k in range(1, _STIRLING_TABLE_SIZE)
    ]
)


# ---------------------------------------------------------------------------------------------- streams


def make_streams(seed_sequence: np.random.SeedSequence, n: int) -> np.ndarray:
    """Make ``n`` independent streams, uint64[n, 4].

    Stream ``i`` is seeded by the ``i``-th child of ``seed_sequence``, whatever ``n`` is.  The sequence itself
    is left as it was, so that the same sequence always gives the same streams.
    """
    streams = np.empty((n, 4), dtype=np.uint64)
    for i in range(n):
        child = np.random.SeedSequence(
            seed_sequence.entropy,
            spawn_key=(*seed_sequence.spawn_key, i),
            pool_size=seed_sequence.pool_size,
        )
        streams[i] = child.generate_state(4, np.uint64)
    streams[:, 0] |= np.uint64(1)  # all zero is the one state xoshiro never leaves
    return streams


@_kernel
def _rotate_left(x, n_bits):
    return (x << np.uint64(n_bits)) | (x >> np.uint64(64 - n_bits))


@_drawing
def next_uint64(stream):
    """Draw 64 random bits: xoshiro256++ (Blackman and Vigna 2021)."""
    s0, s1, s2, s3 = stream[0], stream[1], stream[2], stream[3]
    result = _rotate_left(s0 + s3, 23) + s0
    t = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    stream[0], stream[1], stream[2], stream[3] = s0, s1, s2, _rotate_left(s3, 45)
    return result


@_drawing
def uniform(stream):
    """Draw from [0, 1): a multiple of 2**-53."""
    return np.int64(next_uint64(stream) >> np.uint64(11)) * 2.0**-53


@_drawing
def open_uniform(stream):
    """Draw from (0, 1), both ends excluded: an odd multiple of 2**-53.  For logarithms and quotients."""
    return (np.int64(next_uint64(stream) >> np.uint64(12)) + 0.5) * 2.0**-52


@_kernel
def _multiply_high(x, y):
    """Upper 64 of the 128 bits of ``x * y``."""
    x_low, x_high = x & _MASK_32, x >> np.uint64(32)
    y_low, y_high = y & _MASK_32, y >> np.uint64(32)
    middle = x_high * y_low + ((x_low * y_low) >> np.uint64(32))
    middle_low = x_low * y_high + (middle & _MASK_32)
    return x_high * y_high + (middle >> np.uint64(32)) + (middle_low >> np.uint64(32))


@_drawing
def integer_below(stream, n):
    """Draw from 0, 1, .., n - 1, all exactly equally likely; ``n >= 1``.

    Lemire (2019), ACM Trans. Model. Comput. Simul. 29(1), doi:10.1145/3230636.
    """
    if n == 1:
        return np.int64(0)
    n_bins = np.uint64(n)
    bits = np.uint64(next_uint64(stream))
    remainder = bits * n_bins
    if remainder < n_bins:
        n_surplus = (np.uint64(0xFFFFFFFFFFFFFFFF) - n_bins + np.uint64(1)) % n_bins  # 2**64 mod n
        while remainder < n_surplus:
            bits = np.uint64(next_uint64(stream))
            remainder = bits * n_bins
    return np.int64(_multiply_high(bits, n_bins))


@_kernel
def normal(stream):
    """Draw from the standard normal: Marsaglia's polar method (Marsaglia and Bray 1964)."""
    while True:
        x = 2.0 * open_uniform(stream) - 1.0
        y = 2.0 * open_uniform(stream) - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            return x * math.sqrt(-2.0 * math.log(square) / square)


# ---------------------------------------------------------------------------------------- probabilities


@_kernel
def _stirling_error(k):
    """``log(k!) - log(sqrt(2 pi k) (k / e)**k)`` for a whole number ``k >= 1``."""
    if k < _STIRLING_TABLE_SIZE:
        return _STIRLING_ERRORS[np.int64(k)]
    x = 1.0 / (k * k)
    return (1 / 12 - (1 / 360 - (1 / 1260 - x / 1680) * x) * x) / k


@_kernel
def _deviance(x, mean):
    """``x log(x / mean) + mean - x`` for ``x > 0``, accurate also for ``x`` near ``mean`` (Loader, bd0)."""
    difference = x - mean
    if abs(difference) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - difference
    v = difference / (x + mean)
    total = difference * v
    term = 2.0 * x * v
    v *= v
    denominator = 1.0
    while True:
        term *= v
        denominator += 2.0
        new_total = total + term / denominator
        if new_total == total:
            return total
        total = new_total


@_kernel
def _log_binomial_pmf(k, n, p, q):
    """Log probability of ``k`` of ``n`` with ``0 < p < 1``, ``q = 1 - p``; ``k``, ``n`` whole floats."""
    if k == 0.0:
        return n * math.log1p(-p)
    if k == n:
        return n * math.log(p)
    return (
        _stirling_error(n)
        - _stirling_error(k)
        - _stirling_error(n - k)
        - _deviance(k, n * p)
        - _deviance(n - k, n * q)
        - 0.5 * math.log(2.0 * math.pi * k * ((n - k) / n))
    )


@_kernel
def _log_poisson_pmf(k, mean):
    if k == 0.0:
        return -mean
    return -_stirling_error(k) - _deviance(k, mean) - 0.5 * math.log(2.0 * math.pi * k)


# ----------------------------------------------------------------------------------- Poisson, binomial


@_kernel
def _search_bound(mean):
    """A count above all that occur: reaching it has probability < 1e-16.

    The rounded probabilities may sum to a little less than the ``u`` that was drawn; a search that gets here
    says -1, and another ``u`` is drawn.
    """
    return 30 + np.int64(4.0 * mean)


@_kernel
def poisson(stream, mean):
    """Draw from the Poisson distribution; ``mean <= 0`` gives 0, and draws nothing.

    A search from zero for small means, else PTRS, Hormann (1993), Insur. Math. Econ. 12, 39-45.
    """
    if mean <= 0.0:
        return np.int64(0)
    if mean >= SEARCH_BELOW:
        return _poisson_by_rejection(stream, mean)
    k = np.int64(-1)
    while k < 0:
        u = uniform(stream)
        # 1 - mean <= exp(-mean): zero, without the exponential
        k = np.int64(0) if u < 1.0 - mean else _search_poisson(u, mean)
    return k


@_kernel
def _search_poisson(u, mean):
    """Smallest count whose cumulated probability exceeds ``u``."""
    probability = math.exp(-mean)
    bound = _search_bound(mean)
    k = 0
    while u >= probability:
        if k == bound:
            return np.int64(-1)
        u -= probability
        k += 1
        probability *= mean / k
    return np.int64(k)


@_kernel
def _poisson_by_rejection(stream, mean):
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = open_uniform(stream) - 0.5
        v = open_uniform(stream)
        us = 0.5 - abs(u)
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return np.int64(k)
        if k < 0.0 or (us < 0.013 and v > us):
            continue
        if _poisson_accepts(k, mean, v, a / (us * us) + b, b):
            return np.int64(k)


@_kernel
def _poisson_accepts(k, mean, v, slope, b):
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    return math.log(v * inverse_alpha / slope) <= _log_poisson_pmf(k, mean)


@_kernel
def binomial(stream, n, p):
    """Draw how many of ``n`` happen, each with probability ``p``.

    ``n <= 0``, ``p <= 0`` and ``p >= 1`` are certain and draw nothing.  A search from zero while
    ``n min(p, 1 - p) < 10``, else BTRS, Hormann (1993), J. Stat. Comput. Simul. 46, 101-110.
    """
    if n <= 0 or p <= 0.0:
        return np.int64(0)
    if p >= 1.0:
        return np.int64(n)
    rarer = min(p, 1.0 - p)
    mean = n * rarer
    if mean >= SEARCH_BELOW:
        k = _binomial_by_rejection(stream, np.float64(n), rarer)
    else:
        k = np.int64(-1)
        while k < 0:
            u = uniform(stream)
            # 1 - n p <= (1 - p)**n, Bernoulli's inequality: zero, without the power
            k = np.int64(0) if u < 1.0 - mean else _search_binomial(u, n, rarer)
    return k if p <= 0.5 else n - k


@_kernel
def _search_binomial(u, n, p):
    """Smallest count whose cumulated probability exceeds ``u``."""
    probability = _power(1.0 - p, n) if n <= 1000 else math.exp(n * math.log1p(-p))
    odds = p / (1.0 - p)
    bound = _search_bound(n * p)
    k = 0
    while u >= probability:
        if k == bound:
            return np.int64(-1)
        u -= probability
        probability *= odds * (n - k) / (k + 1)  # 0 beyond n
        k += 1
    return np.int64(k)


@_kernel
def _power(base, exponent):
    """``base ** exponent`` for a whole exponent >= 0, by squaring."""
    result = 1.0
    while exponent > 0:
        if exponent & 1:
            result *= base
        base *= base
        exponent >>= 1
    return result


@_kernel
def _binomial_by_rejection(stream, n, p):
    sd = math.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * sd
    a = -0.0873 + 0.0248 * b + 0.01 * p
    v_r = 0.92 - 4.2 / b
    while True:
        u = open_uniform(stream) - 0.5
        v = open_uniform(stream)
        us = 0.5 - abs(u)
        k = np.floor((2.0 * a / us + b) * u + n * p + 0.5)
        if us >= 0.07 and v <= v_r:
            return np.int64(k)
        if k < 0.0 or k > n:
            continue
        if _binomial_accepts(k, n, p, v * sd / (a / (us * us) + b), b):
            return np.int64(k)


@_kernel
def _binomial_accepts(k, n, p, scaled_v, b):
    q = 1.0 - p
    mode = np.floor((n + 1.0) * p)
    log_ratio = _log_binomial_pmf(k, n, p, q) - _log_binomial_pmf(mode, n, p, q)
    return math.log(scaled_v * (2.83 + 5.1 / b)) <= log_ratio


@_kernel
def draw(stream, n, p, stochastic):
    """How many of ``n`` something with probability ``p`` happens to: drawn, or the expected number, rounded."""
    if stochastic:
        return binomial(stream, n, p)
    return round(n * p)


@_kernel
def multinomial(stream, n, weights, total_weight, out):
    """Throw ``n`` into bins with probabilities proportional to ``weights``: a chain of binomials.

    ``out.sum() == n`` exactly, and a bin of weight 0 gets nothing, whatever the sums round to.  If no weight
    is positive nothing is placed.

    Parameters
    ----------
    stream : uint64[4]
    n : int
    weights : float64[n_bins]
        Non-negative; need not sum to one.
    total_weight : float
        Their sum, which the caller mostly has.
    out : int64[n_bins]
        Filled.
    """
    out[:] = 0
    last = len(weights) - 1
    while last >= 0 and weights[last] <= 0.0:
        last -= 1
    if last < 0:
        return
    n_left = n
    weight_left = total_weight
    for i in range(last):
        if n_left <= 0:
            return
        if weights[i] > 0.0:
            share = weights[i] / weight_left if weights[i] < weight_left else 1.0
            out[i] = binomial(stream, n_left, share)
            n_left -= out[i]
            weight_left -= weights[i]
    out[last] = n_left


@_kernel
def multinomial_uniform(stream, n, k, out):
    """Throw ``n`` into ``k`` equally likely bins; ``out`` int64[k] is filled."""
    out[:k] = 0
    if n < 32 * k:  # thrown one by one in less time than a chain of binomials takes
        for _ in range(n):
            out[integer_below(stream, k)] += 1
        return
    n_left = n
    for i in range(k - 1):
        out[i] = binomial(stream, n_left, 1.0 / (k - i))
        n_left -= out[i]
    out[k - 1] = n_left


# ---------------------------------------------------------------------------------------- hypergeometric


@_kernel
def hypergeometric(stream, n_good, n_bad, n_sample):
    """Draw how many good ones are among ``n_sample`` taken without replacement.

    More than there are (``n_sample > n_good + n_bad``) takes all.  A search from zero for small means, else
    the ratio of uniforms HRUA, Stadlober (1990).
    """
    n_total = n_good + n_bad
    if n_sample <= 0 or n_good <= 0:
        return np.int64(0)
    if n_sample >= n_total:
        return np.int64(n_good)
    if n_bad <= 0:
        return np.int64(n_sample)
    # The rarer kind, in the smaller part: then the count runs from 0 upwards.
    n_rarer = np.float64(min(n_good, n_bad))
    n_commoner = np.float64(max(n_good, n_bad))
    n_part = np.float64(min(n_sample, n_total - n_sample))
    mean = n_rarer * (n_part / n_total)
    if mean >= SEARCH_BELOW:
        k = _hypergeometric_by_rejection(stream, n_rarer, n_commoner, n_part)
    else:
        k = np.int64(-1)
        while k < 0:
            u = uniform(stream)
            # Markov's inequality: zero, without its probability
            k = np.int64(0) if u < 1.0 - mean else _search_hypergeometric(u, n_rarer, n_commoner, n_part)
    if n_sample > n_total - n_sample:
        k = np.int64(n_rarer) - k
    return k if n_good <= n_bad else n_sample - k


@_kernel
def _log_hypergeometric_weight(k, n_good, n_bad, n_sample):
    """Log probability of ``k`` up to a constant: two binomials with the same ``p`` (Loader, section 5)."""
    n_total = n_good + n_bad
    p = n_sample / n_total
    q = (n_total - n_sample) / n_total
    return _log_binomial_pmf(k, n_good, p, q) + _log_binomial_pmf(n_sample - k, n_bad, p, q)


@_kernel
def _search_hypergeometric(u, n_good, n_bad, n_sample):
    """Smallest count whose cumulated probability exceeds ``u``; all are whole floats."""
    n_total = n_good + n_bad
    p = n_sample / n_total
    probability = math.exp(
        _log_hypergeometric_weight(0.0, n_good, n_bad, n_sample)
        - _log_binomial_pmf(n_sample, n_total, p, (n_total - n_sample) / n_total)
    )
    bound = _search_bound(n_good * p)
    k = 0
    while u >= probability:
        if k == bound:
            return np.int64(-1)
        u -= probability
        # 0 beyond n_good and n_sample
        probability *= (n_good - k) * (n_sample - k) / ((k + 1) * (n_bad - n_sample + k + 1))
        k += 1
    return np.int64(k)


@_kernel
def _hypergeometric_by_rejection(stream, n_good, n_bad, n_sample):
    n_total = n_good + n_bad
    mean = n_sample * (n_good / n_total)
    variance = mean * (n_bad / n_total) * ((n_total - n_sample) / (n_total - 1.0))
    # 2 sqrt(2 / e) and 3 - 2 sqrt(3 / e)
    width = 1.7155277699214135 * math.sqrt(variance + 0.5) + 0.8989161620588988
    mode = np.floor((n_sample + 1.0) * ((n_good + 1.0) / (n_total + 2.0)))
    at_mode = _log_hypergeometric_weight(mode, n_good, n_bad, n_sample)
    upper = min(n_good, n_sample) + 1.0
    while True:
        u = open_uniform(stream)
        x = mean + 0.5 + width * (uniform(stream) - 0.5) / u
        if x < 0.0 or x >= upper:
            continue
        k = np.floor(x)
        log_ratio = _log_hypergeometric_weight(k, n_good, n_bad, n_sample) - at_mode
        if u * (4.0 - u) - 3.0 <= log_ratio:  # a lower bound of 2 log(u)
            return np.int64(k)
        if u * (u - log_ratio) >= 1.0:  # an upper bound
            continue
        if 2.0 * math.log(u) <= log_ratio:
            return np.int64(k)


@_kernel
def multivariate_hypergeometric(stream, counts, n_sample, out):
    """Take ``n_sample`` without replacement from ``counts``: ``out`` of each, both int64[k]."""
    n_total = counts.sum()
    n_left = n_sample
    for i in range(len(counts)):
        n_total -= counts[i]
        out[i] = hypergeometric(stream, counts[i], n_total, n_left)
        n_left -= out[i]


# ------------------------------------------------------------------------------------- gamma, Dirichlet


@_kernel
def gamma(stream, shape):
    """Draw from the gamma distribution of scale 1; ``shape > 0``.

    Below a shape of about 0.01 draws may be too small for ``float64``, and 0; see ``log_gamma``.
    """
    return _gamma_from_one(stream, shape) if shape >= 1.0 else math.exp(log_gamma(stream, shape))


@_kernel
def log_gamma(stream, shape):
    """Draw the logarithm of a gamma variate of scale 1, which does not underflow for small ``shape > 0``."""
    if shape >= 1.0:
        return math.log(_gamma_from_one(stream, shape))
    # Marsaglia and Tsang, section 6: G(a) = G(a + 1) U**(1/a)
    return math.log(_gamma_from_one(stream, shape + 1.0)) + math.log(open_uniform(stream)) / shape


@_kernel
def _gamma_from_one(stream, shape):
    """``shape >= 1``; Marsaglia and Tsang (2000), ACM TOMS 26(3), doi:10.1145/358407.358414."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(stream)
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = open_uniform(stream)
        if u < 1.0 - 0.0331 * (x * x) * (x * x):
            return d * v
        if math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            return d * v


@_kernel
def dirichlet(stream, alpha, out):
    """Draw a probability vector; ``alpha`` float64[k] >= 0, ``out`` float64[k].

    A bin of ``alpha`` 0 gets 0.  The gamma variates are normalised as logarithms, so that small ``alpha`` do
    not become 0/0.
    """
    largest = -math.inf
    for i in range(len(alpha)):
        out[i] = log_gamma(stream, alpha[i]) if alpha[i] > 0.0 else -math.inf
        largest = max(largest, out[i])
    if largest == -math.inf:  # alpha below 1e-300, or none at all: the limit, all in one bin
        _one_hot(stream, alpha, out)
        return
    total = 0.0
    for i in range(len(alpha)):
        out[i] = math.exp(out[i] - largest)
        total += out[i]
    for i in range(len(alpha)):
        out[i] /= total


@_kernel
def _one_hot(stream, weights, out):
    """Put 1 into one bin, with probability proportional to ``weights``; nowhere if none is positive."""
    out[:] = 0.0
    left = uniform(stream) * weights.sum()
    chosen = -1
    for i in range(len(weights)):
        if weights[i] > 0.0:
            chosen = i
            left -= weights[i]
            if left < 0.0:
                break
    if chosen >= 0:
        out[chosen] = 1.0
