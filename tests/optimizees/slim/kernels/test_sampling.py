"""Samplers against closed forms and SciPy.

Tests of fit reject at p < 1e-4, and means and variances at five standard errors, with fixed seeds.
"""

import functools
import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from l2l.optimizees.slim.kernels import sampling

N_DRAWS = 100_000
N_MANY = 300_000  # to see a wrong constant of a rejection


@pytest.fixture
def stream():
    return sampling.make_streams(np.random.SeedSequence(20240501), 1)[0]


@functools.cache
def filler(sampler):
    """Kernel that fills an array with draws; compiled once for all tests."""

    @njit(nogil=True)
    def fill(stream, out, *parameters):
        for i in range(len(out)):
            out[i] = sampler(stream, *parameters)

    return fill


@functools.cache
def row_filler(sampler):
    """The same for samplers that fill a row."""

    @njit(nogil=True)
    def fill(stream, rows, *parameters):
        for i in range(len(rows)):
            sampler(stream, *parameters, rows[i])

    return fill


def draws_of(sampler, stream, *parameters, n_draws=N_DRAWS):
    """Draw in a kernel, float64[n_draws]."""
    out = np.empty(n_draws)
    filler(sampler)(stream, out, *parameters)
    return out


def rows_of(sampler, stream, n_bins, dtype, *parameters):
    """Draw vectors in a kernel, dtype[N_DRAWS, n_bins]."""
    rows = np.empty((N_DRAWS, n_bins), dtype=dtype)
    row_filler(sampler)(stream, rows, *parameters)
    return rows


def assert_counts_fit(draws, distribution, n_bins=50):
    """Chi-square over bins of about equal probability, which are single counts where there are few."""
    edges = np.unique(distribution.ppf(np.linspace(0.01, 0.99, n_bins)))
    observed = np.bincount(np.searchsorted(edges, draws), minlength=len(edges) + 1)
    expected = np.diff(np.concatenate([[0.0], distribution.cdf(edges), [1.0]])) * len(draws)
    rare = expected < 5
    if rare.any() and not rare.all():
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 1e-6
    assert observed[~keep].sum() == 0
    assert stats.chisquare(observed[keep], expected[keep] * observed.sum() / expected[keep].sum()).pvalue > 1e-4


def assert_moments_fit(draws, mean, variance, kurtosis=0.0):
    n = len(draws)
    assert abs(draws.mean() - mean) < 5 * np.sqrt(variance / n)
    assert abs(draws.var() - variance) < 5 * variance * np.sqrt((2 + max(kurtosis, 0)) / n)


# ---------------------------------------------------------------------------------------------- streams


def test_stream_gives_the_reference_values_of_xoshiro256pp():
    stream = np.array([1, 2, 3, 4], dtype=np.uint64)
    expected = [
        41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205,
        9973669472204895162, 14011001112246962877, 12406186145184390807, 15849039046786891736,
        10450023813501588000,
    ]  # fmt: skip
    assert [sampling.next_uint64(stream) for _ in expected] == expected


def test_stream_of_a_seed_does_not_depend_on_how_many_are_made():
    seed = np.random.SeedSequence(5, spawn_key=(1, 2))
    np.testing.assert_array_equal(sampling.make_streams(seed, 2), sampling.make_streams(seed, 7)[:2])


def test_streams_are_those_of_the_children_of_the_seed():
    seed = np.random.SeedSequence(5, spawn_key=(1, 2))
    streams = sampling.make_streams(seed, 3)
    assert seed.n_children_spawned == 0
    words = np.array([child.generate_state(4, np.uint64) for child in seed.spawn(3)])
    np.testing.assert_array_equal(streams[:, 1:], words[:, 1:])
    np.testing.assert_array_equal(streams[:, 0], words[:, 0] | np.uint64(1))


def test_streams_of_a_seed_are_independent():
    streams = sampling.make_streams(np.random.SeedSequence(3), 50)
    draws = np.array([draws_of(sampling.uniform, stream)[:10_000] for stream in streams])
    correlations = np.corrcoef(draws)[np.triu_indices(50, 1)] * 100  # standard normal
    assert np.abs(correlations).max() < 5
    assert stats.kstest(correlations, "norm").pvalue > 1e-4
    lagged = np.corrcoef(draws[:-1, 1:].ravel(), draws[1:, :-1].ravel())[0, 1]
    assert abs(lagged) < 5 / np.sqrt(draws[1:, 1:].size)


def test_streams_of_other_seeds_differ():
    one, other = (sampling.make_streams(np.random.SeedSequence(1, spawn_key=(key,)), 4).ravel() for key in (0, 1))
    assert not np.intersect1d(one, other).size


def test_same_stream_draws_the_same(stream):
    twin = stream.copy()
    first = draws_of(sampling.binomial, stream, 1000, 0.3)
    np.testing.assert_array_equal(first, draws_of(sampling.binomial, twin, 1000, 0.3))
    np.testing.assert_array_equal(stream, twin)


# ------------------------------------------------------------------------------------- uniform, normal


def test_uniform_is_the_upper_53_bits():
    stream = np.array([1, 2, 3, 4], dtype=np.uint64)
    assert sampling.uniform(stream) == (41943041 >> 11) / 2**53


def test_open_uniform_is_never_zero_or_one():
    zero = np.zeros(4, dtype=np.uint64)  # all zero draws zeros, all its bits
    assert sampling.open_uniform(zero) == 2.0**-53
    # s0 + s3 = 0, so that the output is s0: all bits set
    ones = np.array([2**64 - 1, 0, 0, 1], dtype=np.uint64)
    assert sampling.open_uniform(ones.copy()) == 1 - 2.0**-53
    assert sampling.uniform(ones) == 1 - 2.0**-53


@pytest.mark.parametrize("sampler", [sampling.uniform, sampling.open_uniform])
def test_uniforms_fit(stream, sampler):
    assert stats.kstest(draws_of(sampler, stream), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 3 * 2**61, 10**18])
def test_integers_below_are_uniform(stream, n):
    draws = draws_of(sampling.integer_below, stream, n)
    assert draws.min() >= 0
    assert draws.max() < n
    if n <= 1000:
        assert n == 1 or stats.chisquare(np.bincount(draws.astype(int), minlength=n)).pvalue > 1e-4
    else:
        assert stats.kstest(draws / n, "uniform").pvalue > 1e-4


def test_integers_below_reject_what_would_bias_them():
    # of 2**64 = 5 mod 11, the products with a remainder below 5 are refused: state chosen to draw 0 first
    stream = np.array([0, 1, 2, 0], dtype=np.uint64)
    twin = stream.copy()
    assert sampling.next_uint64(twin) == 0
    second = sampling.next_uint64(twin)
    assert sampling.integer_below(stream, 11) == second * 11 >> 64
    np.testing.assert_array_equal(stream, twin)


@pytest.mark.parametrize("n", [7, 2**32 - 1, 2**32 + 5, 10**18, 2**63 - 1])
def test_integers_below_are_the_upper_half_of_the_product(stream, n):
    twin = stream.copy()
    for _ in range(200):
        expected = sampling.next_uint64(twin) * n
        while expected % 2**64 < 2**64 % n:
            expected = sampling.next_uint64(twin) * n
        assert sampling.integer_below(stream, n) == expected >> 64


def test_integer_below_one_draws_nothing(stream):
    before = stream.copy()
    assert sampling.integer_below(stream, 1) == 0
    np.testing.assert_array_equal(stream, before)


def test_normals_fit(stream):
    assert stats.kstest(draws_of(sampling.normal, stream), "norm").pvalue > 1e-4


# ----------------------------------------------------------------------------------- Poisson, binomial

POISSON_MEANS = [0.003, 0.5, 3.0, 9.99, 10.0, 12.5, 40.0, 1e3, 1e6, 1e10]


@pytest.mark.parametrize("mean", POISSON_MEANS)
def test_poisson_fits(stream, mean):
    draws = draws_of(sampling.poisson, stream, mean, n_draws=N_MANY)
    assert_counts_fit(draws, stats.poisson(mean))
    assert_moments_fit(draws, mean, mean, 1 / mean)


@pytest.mark.parametrize("mean", [0.0, -1.0])
def test_poisson_of_no_mean_draws_nothing(stream, mean):
    before = stream.copy()
    assert sampling.poisson(stream, mean) == 0
    np.testing.assert_array_equal(stream, before)


BINOMIALS = [
    (1, 0.5), (1, 1e-3), (5, 0.3), (20, 0.1), (20, 0.9), (60, 0.15), (66, 0.15), (66, 0.85), (20, 0.5),
    (999, 0.0095), (1001, 0.0095), (1000, 0.3), (1000, 0.7), (50_000, 1e-5), (10**6, 0.02), (10**9, 0.2),
    (10**10, 1e-10), (10**10, 3e-9), (10**10, 0.37), (10**12, 0.999), (10**12, 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_fits(stream, n, p):
    draws = draws_of(sampling.binomial, stream, n, p, n_draws=N_MANY)
    distribution = stats.binom(n, p)
    assert draws.min() >= 0
    assert draws.max() <= n
    assert_counts_fit(draws, distribution)
    assert_moments_fit(draws, *(float(x) for x in distribution.stats("mvk")))


@pytest.mark.parametrize(
    ("n", "p", "expected"),
    [(7, 0.0, 0), (7, -0.1, 0), (7, 1.0, 7), (7, 1.5, 7), (0, 0.5, 0), (-1, 0.5, 0), (7, 1 - 1e-17, 7)],
)
def test_certain_binomial_draws_nothing(stream, n, p, expected):
    before = stream.copy()
    assert sampling.binomial(stream, n, p) == expected
    np.testing.assert_array_equal(stream, before)


def test_binomial_of_tiny_probability_is_poisson(stream):
    draws = draws_of(sampling.binomial, stream, 10**12, 5e-12)
    assert_counts_fit(draws, stats.poisson(5.0))
    assert draws_of(sampling.binomial, stream, 10**12, 1e-17).max() <= 1


def test_binomial_just_below_one_loses_few(stream):
    lost = 10**12 - draws_of(sampling.binomial, stream, 10**12, 1 - 2.0**-40)
    assert_counts_fit(lost, stats.poisson(10**12 * 2.0**-40))


def test_binomial_of_the_complement_mirrors(stream):
    for n in (20, 1000):
        twin = stream.copy()
        draws = draws_of(sampling.binomial, stream, n, 0.25)
        np.testing.assert_array_equal(draws, n - draws_of(sampling.binomial, twin, n, 0.75))


@pytest.mark.parametrize(("u", "expected"), [(0.0, 0), (0.2499, 0), (0.25, 1), (0.7499, 1), (0.75, 2), (1.0, -1)])
def test_search_inverts_the_binomial(u, expected):
    assert sampling._search_binomial(u, 2, 0.5) == expected


@pytest.mark.parametrize("mean", [1e-9, 0.01, 0.5, 3.0, sampling.SEARCH_BELOW])
def test_search_goes_far_enough(mean):
    assert stats.poisson(mean).sf(sampling._search_bound(mean)) < 1e-16


def test_search_gives_up_where_no_count_is_left():
    assert sampling._search_poisson(1.0 + 1e-9, 3.0) == -1
    assert sampling._search_hypergeometric(1.0 + 1e-9, 3.0, 4.0, 2.0) == -1


@pytest.mark.parametrize("k", [1, 2, 15, 16, 17, 30])
def test_error_of_stirlings_formula(k):
    expected = math.log(math.factorial(k)) - (0.5 * math.log(2 * math.pi * k) + k * math.log(k) - k)
    assert sampling._stirling_error(float(k)) == pytest.approx(expected, abs=2e-13)


def test_log_binomial_probabilities_are_accurate_for_large_counts():
    n, p = 10**12, 0.3
    sd = np.sqrt(n * p * (1 - p))
    for z in (-4, -1, 0, 2, 5):
        k = np.floor(n * p + z * sd)
        # Edgeworth expansion of the log density to second order; the rest is of order n**-1
        x = (k - n * p) / sd
        skewness = (1 - 2 * p) / sd
        expected = -np.log(sd) + stats.norm.logpdf(x) + skewness / 6 * (x**3 - 3 * x)
        assert sampling._log_binomial_pmf(k, float(n), p, 1 - p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "p"), [(1, 0.3), (7, 0.01), (40, 0.5), (3000, 0.2)])
def test_log_binomial_probabilities_equal_scipy(n, p):
    k = np.arange(n + 1.0)
    log_pmf = [sampling._log_binomial_pmf(x, float(n), p, 1 - p) for x in k]
    np.testing.assert_allclose(log_pmf, stats.binom(n, p).logpmf(k), rtol=1e-12, atol=1e-11)


# --------------------------------------------------------------------------------------------- multinomial


@pytest.mark.parametrize("scale", [1.0, 123.4])
@pytest.mark.parametrize("n", [3, 200, 10**10])
def test_multinomial_bins_are_binomial(stream, n, scale):
    weights = np.array([0.05, 0.0, 0.6, 0.2, 0.15, 0.0])
    rows = rows_of(sampling.multinomial, stream, 6, np.int64, n, weights * scale, weights.sum() * scale)
    assert (rows.sum(axis=1) == n).all()
    assert not rows[:, [1, 5]].any()
    for i in (0, 2, 3, 4):
        assert_counts_fit(rows[:, i], stats.binom(n, weights[i]))
    covariance = np.cov(rows[:, 2], rows[:, 3])[0, 1]
    assert covariance == pytest.approx(-n * 0.6 * 0.2, rel=0.05)


@pytest.mark.parametrize(
    "weights",
    [
        [1.0, 1e-17, 1e-17, 0.0],  # the sum rounds the small ones away
        [1e-17, 1.0, 1e-17, 0.0],
        [0.1, 0.2, 0.3, 0.0],
        [0.0, 0.0, 5.0, 0.0],
        [1e300, 1e-300, 1.0, 0.0],
    ],
)
@pytest.mark.parametrize("error", [-1e-12, 0.0, 1e-12])
def test_multinomial_loses_nobody_to_rounding(stream, weights, error):
    weights = np.array(weights)
    out = np.empty(4, dtype=np.int64)
    for n in (1, 10**12):
        for _ in range(100):
            sampling.multinomial(stream, n, weights, weights.sum() * (1 + error), out)
            assert out.sum() == n
            assert (out >= 0).all()
            assert not out[weights == 0].any()


def test_multinomial_without_weights_places_nothing(stream):
    out = np.full(3, 9)
    sampling.multinomial(stream, 5, np.zeros(3), 0.0, out)
    assert not out.any()


@pytest.mark.parametrize("n", [0, 5, 100, 500, 10**10])
def test_uniform_multinomial_bins_are_binomial(stream, n):
    rows = rows_of(sampling.multinomial_uniform, stream, 7, np.int64, n, 7)
    assert (rows.sum(axis=1) == n).all()
    for i in range(7 if n else 0):
        assert_counts_fit(rows[:, i], stats.binom(n, 1 / 7))


# ------------------------------------------------------------------------------------------ hypergeometric

HYPERGEOMETRICS = [
    (1, 3, 1), (3, 4, 2), (3, 4, 5), (10, 5, 8), (5, 10, 8), (50, 60, 55), (60, 50, 100), (1000, 20, 900),
    (1000, 3000, 500), (3000, 1000, 3500), (3000, 1000, 500), (10**6, 3 * 10**6, 10**5),
]  # fmt: skip


@pytest.mark.parametrize(("n_good", "n_bad", "n_sample"), HYPERGEOMETRICS)
def test_hypergeometric_fits(stream, n_good, n_bad, n_sample):
    draws = draws_of(sampling.hypergeometric, stream, n_good, n_bad, n_sample, n_draws=N_MANY)
    distribution = stats.hypergeom(n_good + n_bad, n_good, n_sample)
    assert draws.min() >= max(0, n_sample - n_bad)
    assert draws.max() <= min(n_good, n_sample)
    assert_counts_fit(draws, distribution)
    assert_moments_fit(draws, *(float(x) for x in distribution.stats("mvk")))


def test_hypergeometric_of_small_variance_stays_under_its_hat(stream):
    draws = draws_of(sampling.hypergeometric, stream, 40, 4000, 1200, n_draws=2_000_000)
    assert_counts_fit(draws, stats.hypergeom(4040, 40, 1200))


@pytest.mark.parametrize("n_good", [10**10, 3 * 10**9])
@pytest.mark.parametrize("n_sample", [10**9, 9 * 10**9])
def test_hypergeometric_of_large_counts_is_normal(stream, n_good, n_sample):
    n_bad = 10**10
    n_total = n_good + n_bad
    draws = draws_of(sampling.hypergeometric, stream, n_good, n_bad, n_sample)
    p = n_good / n_total
    sd = np.sqrt(n_sample * p * (1 - p) * (n_total - n_sample) / (n_total - 1))
    assert stats.kstest(draws, stats.norm(n_sample * p, sd).cdf).pvalue > 1e-4


@pytest.mark.parametrize("swap", [False, True])
def test_hypergeometric_of_a_few_among_many_is_binomial(stream, swap):
    few, many, n_sample = 40, 10**10, 10**9
    n_good, n_bad = (many, few) if swap else (few, many)
    draws = draws_of(sampling.hypergeometric, stream, n_good, n_bad, n_sample)
    drawn_of_few = n_sample - draws if swap else draws
    assert_counts_fit(drawn_of_few, stats.binom(few, n_sample / (few + many)))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [((0, 5, 3), 0), ((5, 0, 3), 3), ((5, 4, 0), 0), ((5, 4, 9), 5), ((5, 4, 20), 5), ((0, 0, 3), 0)],
)
def test_certain_hypergeometric_draws_nothing(stream, parameters, expected):
    before = stream.copy()
    assert sampling.hypergeometric(stream, *parameters) == expected
    np.testing.assert_array_equal(stream, before)


@pytest.mark.parametrize("counts", [[30, 0, 12, 8], [10**6, 5, 3 * 10**6, 0]])
def test_multivariate_hypergeometric_bins_are_hypergeometric(stream, counts):
    counts = np.array(counts)
    n_sample = counts.sum() // 3
    rows = rows_of(sampling.multivariate_hypergeometric, stream, 4, np.int64, counts, n_sample)
    assert (rows.sum(axis=1) == n_sample).all()
    assert (rows <= counts).all()
    for i in np.flatnonzero(counts):
        assert_counts_fit(rows[:, i], stats.hypergeom(counts.sum(), counts[i], n_sample))


def test_multivariate_hypergeometric_takes_no_more_than_there_are(stream):
    counts = np.array([3, 0, 4])
    out = np.empty(3, dtype=np.int64)
    sampling.multivariate_hypergeometric(stream, counts, 100, out)
    np.testing.assert_array_equal(out, counts)


# ------------------------------------------------------------------------------------- gamma, Dirichlet


@pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 3.7, 1e4])
def test_gamma_fits(stream, shape):
    assert stats.kstest(draws_of(sampling.gamma, stream, shape), stats.gamma(shape).cdf).pvalue > 1e-4


@pytest.mark.parametrize("shape", [0.001, 0.3, 2.0])
def test_log_gamma_fits(stream, shape):
    draws = draws_of(sampling.log_gamma, stream, shape)
    assert np.isfinite(draws).all()
    assert stats.kstest(draws, stats.loggamma(shape).cdf).pvalue > 1e-4


@pytest.mark.parametrize("alpha", [[0.9, 0.02, 0.08], [30.0, 2.0, 0.0], [0.5, 0.5, 9.0]])
def test_dirichlet_bins_are_beta(stream, alpha):
    alpha = np.array(alpha)
    rows = rows_of(sampling.dirichlet, stream, 3, np.float64, alpha)
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-14)
    for i in range(3):
        if alpha[i] == 0:
            assert not rows[:, i].any()
        else:
            beta = stats.beta(alpha[i], alpha.sum() - alpha[i])
            # what rounds to 0 and 1 is one bin each
            inner = rows[:, i][(rows[:, i] > 1e-12) & (rows[:, i] < 1 - 1e-12)]
            low, high = beta.cdf([1e-12, 1 - 1e-12])
            assert stats.binomtest(len(inner), N_DRAWS, high - low).pvalue > 1e-4
            assert stats.kstest(inner, lambda x: (beta.cdf(x) - low) / (high - low)).pvalue > 1e-4  # noqa: B023


@pytest.mark.parametrize("scale", [1e-3, 1e-30, 1e-310])
def test_dirichlet_of_tiny_alpha_puts_nearly_all_in_one_bin(stream, scale):
    alpha = np.array([2.0, 0.0, 1.0]) * scale
    rows = rows_of(sampling.dirichlet, stream, 3, np.float64, alpha)
    assert np.isfinite(rows).all()
    assert not rows[:, 1].any()
    assert (rows.max(axis=1) > 0.99).mean() > 0.98
    assert abs(rows[:, 0].mean() - 2 / 3) < 5 * np.sqrt(2 / 9 / N_DRAWS)


def test_dirichlet_without_alpha_is_zero(stream):
    out = np.full(2, 7.0)
    sampling.dirichlet(stream, np.zeros(2), out)
    assert not out.any()


# ----------------------------------------------------------------------------------------- plain Python


@pytest.mark.parametrize(
    ("sampler", "parameters"),
    [
        (sampling.uniform, ()),
        (sampling.open_uniform, ()),
        (sampling.normal, ()),
        (sampling.poisson, (2.5,)),
        (sampling.poisson, (250.0,)),
        (sampling.binomial, (20, 0.1)),
        (sampling.binomial, (1000, 0.7)),
        (sampling.hypergeometric, (10, 20, 15)),
        (sampling.hypergeometric, (1000, 500, 700)),
        (sampling.gamma, (0.3,)),
    ],
)
def test_sampler_draws_the_same_without_the_compiler(stream, sampler, parameters):
    twin = stream.copy()
    for _ in range(50):
        # to the last bit but for the fused multiplications of the compiler
        assert sampler(stream, *parameters) == pytest.approx(sampler.py_func(twin, *parameters), rel=1e-14)
    np.testing.assert_array_equal(stream, twin)


@pytest.mark.parametrize(
    ("sampler", "dtype", "parameters"),
    [
        (sampling.multinomial, np.int64, (100, np.array([1.0, 2.0, 3.0]), 6.0)),
        (sampling.multinomial_uniform, np.int64, (50, 3)),
        (sampling.multinomial_uniform, np.int64, (500, 3)),
        (sampling.multivariate_hypergeometric, np.int64, (np.array([10, 20, 30]), 25)),
        (sampling.dirichlet, np.float64, (np.array([0.1, 2.0, 0.0]),)),
        (sampling.dirichlet, np.float64, (np.array([1e-310, 1e-310, 0.0]),)),
    ],
)
def test_vector_sampler_draws_the_same_without_the_compiler(stream, sampler, dtype, parameters):
    twin = stream.copy()
    out, twin_out = np.empty(3, dtype=dtype), np.empty(3, dtype=dtype)
    for _ in range(20):
        sampler(stream, *parameters, out)
        sampler.py_func(twin, *parameters, twin_out)
        np.testing.assert_allclose(out, twin_out, rtol=1e-14)
    np.testing.assert_array_equal(stream, twin)


def test_bits_are_the_same_without_the_compiler():
    stream, twin = (np.array([1, 2, 3, 2**63 + 4], dtype=np.uint64) for _ in range(2))
    with np.errstate(over="ignore"):  # wraps around, as it should
        for n in (10, 10**15, 3 * 2**61):
            assert sampling.next_uint64(stream) == sampling.next_uint64.py_func(twin)
            assert sampling.integer_below(stream, n) == sampling.integer_below.py_func(twin, n)
