"""Lice of one cage against binomial moments, published values and conservation.

Means lie within five standard errors, with fixed seeds.
"""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import genetics, lice
from l2l.optimizees.slim.kernels.stages import L1, L2, L3, L4, L5F, L5M

N = 1000
N_DRAWS = 4000


def one_stage(stage, count=N, genotype=0):
    counts = np.zeros((6, 3), np.int64)
    counts[stage, genotype] = count
    return counts


def assert_binomial(draws, n, p):
    mean, variance = n * p, n * p * (1 - p)
    assert np.mean(draws) == pytest.approx(mean, abs=5 * np.sqrt(variance / len(draws)))
    assert np.var(draws) == pytest.approx(variance, rel=5 * np.sqrt(2 / len(draws)))


def test_counts_are_over_all_genotypes():
    counts = np.arange(18).reshape(6, 3)
    assert lice.count_lice(counts, L3) == lice.count_lice.py_func(counts, L3) == 6 + 7 + 8
    assert lice.count_attached(counts) == lice.count_attached.py_func(counts) == sum(range(6, 18))


@pytest.mark.parametrize("survive", [lice.survive, lice.survive.py_func])
def test_survivors_are_binomial(stream, survive):
    survival = np.full((6, 3), 0.83)
    left = []
    for _ in range(N_DRAWS):
        counts = one_stage(L4)
        dead = survive(stream, counts, survival)
        assert counts.sum() == counts[L4, 0] == N - dead
        left.append(counts[L4, 0])
    assert_binomial(left, N, 0.83)


def test_each_stage_and_genotype_has_its_own_survival(stream):
    survival = np.linspace(0.05, 0.95, 18).reshape(6, 3)
    counts = np.full((6, 3), 10**8)
    lice.survive(stream, counts, survival)
    np.testing.assert_allclose(counts, 1e8 * survival, atol=5 * 5000)


def test_certain_death_and_certain_life_are_certain(stream):
    survival = np.ones((6, 3))
    survival[:, 1] = 0.0
    counts = np.full((6, 3), 7)
    assert lice.survive(stream, counts, survival) == 6 * 7
    np.testing.assert_array_equal(counts, np.tile([7, 0, 7], (6, 1)))


@pytest.mark.parametrize(
    ("source", "targets", "rate"), [(L1, [L2], 0.11), (L2, [L3], 0.35), (L3, [L4], 0.04), (L4, [L5F, L5M], 0.1)]
)
def test_promotions_are_binomial_and_of_one_stage(stream, source, targets, rate):
    rates = {L1: 0.11, L2: 0.35, L3: 0.04, L4: 0.1}
    moved = []
    for _ in range(N_DRAWS):
        counts = one_stage(source, genotype=1)
        lice.develop(stream, counts, rates[L1], rates[L2], rates[L3], rates[L4])
        promoted = counts[targets].sum()
        assert counts[source, 1] == N - promoted
        assert counts[:, 1].sum() == counts.sum() == N
        moved.append(promoted)
    assert_binomial(moved, N, rate)


def test_half_of_the_new_adults_are_females(stream):
    females = []
    for _ in range(N_DRAWS):
        counts = one_stage(L4)
        lice.develop.py_func(stream, counts, 1.0, 1.0, 1.0, 1.0)
        females.append(counts[L5F, 0])
        assert counts[L5F, 0] + counts[L5M, 0] == N
    assert_binomial(females, N, 0.5)


def test_nobody_moves_twice_a_day(stream):
    counts = np.full((6, 3), 5)
    lice.develop(stream, counts, 1.0, 1.0, 1.0, 1.0)
    np.testing.assert_array_equal(counts[:4].sum(axis=1), [0, 15, 15, 15])
    assert counts[4:].sum() == 45


@pytest.mark.parametrize(
    ("n_fish", "days", "expected"),
    [(2_800_000, 0, 0.6456), (2_800_000, 730, 0.7279), (80_000, 0, 0.0495), (240_000, 0, 0.1351), (24_000, 0, 0.0154)],
)
def test_infection_probability_is_the_published_one(n_fish, days, expected):
    log_mass = np.log(10 / (1 + np.exp(-0.01 * (days - 475))))
    for function in (lice.infection_probability, lice.infection_probability.py_func):
        assert function(n_fish, log_mass, -2.576, 0.082, -0.55) == pytest.approx(expected, abs=6e-5)


def test_infection_probability_is_that_of_the_published_code(slim_data):
    for case in json.loads((slim_data / "slim-unit-vectors.json").read_text())["infection"]:
        log_mass = np.log(10 / (1 + np.exp(-0.01 * (case["days"] - 475))))
        found = lice.infection_probability(case["farm_fish"], log_mass, -2.576, 0.082, -0.55)
        assert found == pytest.approx(case["Einf"], rel=1e-6)


def test_without_fish_there_is_no_infection():
    assert lice.infection_probability(0, 1.0, -2.576, 0.082, -0.55) == 0.0


# ----------------------------------------------------------------------------------------------- reservoir


def test_reservoir_splits_uniformly_between_the_first_stages(stream):
    drawn = np.zeros(3, np.int64)
    first = []
    for _ in range(N_DRAWS):
        counts = np.zeros((6, 3), np.int64)
        lice.reservoir_lice(stream, counts, 4, np.array([0.2, 0.3, 0.5]), drawn)
        assert counts.sum() == counts[:L3].sum() == 4
        first.append(counts[L1].sum())
    found = np.bincount(first, minlength=5) / N_DRAWS
    np.testing.assert_allclose(found, [0.25, 0.25, 0.25, 0.25, 0], atol=5 * np.sqrt(0.25 * 0.75 / N_DRAWS))


def test_reservoir_lice_have_the_genotypes_of_the_reservoir(stream):
    counts = np.zeros((6, 3), np.int64)
    ratios = np.array([0.2, 0.3, 0.5])
    lice.reservoir_lice(stream, counts, 10**8, ratios, np.zeros(3, np.int64))
    np.testing.assert_allclose(counts.sum(axis=0) / 1e8, ratios, atol=5 * 5e-5)


def test_last_louse_of_the_reservoir_is_a_copepodid(stream):
    counts = np.zeros((6, 3), np.int64)
    lice.reservoir_lice.py_func(stream, counts, 1, np.array([1.0, 0, 0]), np.zeros(3, np.int64))
    assert counts[L2, 0] == counts.sum() == 1


# ------------------------------------------------------------------------------------------------- matings


def mean_matings(n_fish, n_males, n_females):
    """Poisson mean of the matings by hand: Cox et al. (2017)."""
    k = n_males + n_females
    infected = np.trunc(n_fish * (1 - ((n_fish - 1) / n_fish) ** k))
    mean = k / infected
    ratio = k**2 * (n_fish - 1) / n_fish**2 / mean
    if ratio <= 1:
        return 0.0
    g = mean / (ratio - 1)
    return n_females * (1 - (1 + n_males / ((n_males + n_females) * g)) ** (-1 - g))


@pytest.mark.parametrize("count_matings", [lice.count_matings, lice.count_matings.py_func])
def test_matings_are_poisson_of_the_probability_to_meet(stream, count_matings):
    mean = mean_matings(40_000, 110, 120)
    assert 20 < mean < 60  # far from the cap by males
    draws = [count_matings(stream, 40_000, 110, 120) for _ in range(1000)]
    assert np.mean(draws) == pytest.approx(mean, abs=5 * np.sqrt(mean / 1000))


def test_matings_are_those_of_the_published_code(stream, slim_data):
    for case in json.loads((slim_data / "slim-unit-vectors.json").read_text())["matings"]:
        n_fish, n_males, n_females = case["fish"], case["males"], case["females"]
        mean = case["poisson_mean"]
        assert mean_matings(n_fish, n_males, n_females) == pytest.approx(mean, rel=1e-3)
        if 0 < mean < 0.7 * min(n_males, n_females):
            draws = [lice.count_matings(stream, n_fish, n_males, n_females) for _ in range(400)]
            assert np.mean(draws) == pytest.approx(mean, abs=5 * np.sqrt(mean / 400))
        if mean == 0:
            assert lice.count_matings(stream, n_fish, n_males, n_females) == 0


def test_matings_are_no_more_than_either_sex(stream):
    for _ in range(200):
        assert lice.count_matings(stream, 100, 5, 1000) <= 5
        assert lice.count_matings(stream, 100, 1000, 5) <= 5


@pytest.mark.parametrize(("n_fish", "males", "females"), [(100, 0, 9), (100, 9, 0), (1, 9, 9), (0, 9, 9)])
def test_no_mating_without_partner_or_fish(stream, n_fish, males, females):
    assert lice.count_matings(stream, n_fish, males, females) == 0


# --------------------------------------------------------------------------------------------------- eggs


def lay(stream, adults, n_matings, n_eggs, maternal=False, mutation=0.0, n_genes=1):
    n_genotypes, n_gametes = 3**n_genes, 2**n_genes
    gamete_map = genetics.genotype_to_gametes_map(n_genes) @ genetics.mutation_matrix(n_genes, mutation)
    scratch = (np.zeros(n_genotypes, np.int64), np.zeros(n_gametes), np.zeros(n_gametes), np.zeros(n_genotypes))
    eggs = np.zeros(n_genotypes, np.int64)
    zygotes = genetics.gametes_to_zygote_map(n_genes)
    lice.lay_eggs(stream, adults, n_matings, n_eggs, maternal, gamete_map, zygotes, scratch, eggs)
    return eggs


def adults(females, males):
    counts = np.zeros((6, len(females)), np.int64)
    counts[L5F], counts[L5M] = females, males
    return counts


def test_eggs_of_all_adults_follow_random_union_of_their_gametes(stream):
    eggs = lay(stream, adults([60, 20, 20], [0, 100, 0]), 100, 10**8)
    np.testing.assert_allclose(eggs / 1e8, [0, 0.3, 0.7], atol=5 * 5e-5)


def test_eggs_have_the_genotypes_of_the_published_code(stream, slim_data):
    for case in json.loads((slim_data / "slim-unit-vectors.json").read_text())["egg_probs"]:
        n = sum(case["dams"])
        grown = adults(np.array(case["dams"]) * sum(case["sires"]), np.array(case["sires"]) * n)
        eggs = lay(stream, grown, n * sum(case["sires"]), 10**8)
        np.testing.assert_allclose(eggs / 1e8, case["p_a_A_Aa"], atol=5 * 5e-5)


def test_parents_are_drawn_from_the_adults(stream):
    hybrid = [lay(stream, adults([500, 500, 0], [1000, 0, 0]), 1, 10)[2] for _ in range(N_DRAWS)]
    assert set(hybrid) == {0, 10}  # one dam each time: all its eggs are alike
    assert np.mean(hybrid) == pytest.approx(5, abs=5 * 5 / np.sqrt(N_DRAWS))


def test_maternal_eggs_are_like_their_dams(stream):
    eggs = lay(stream, adults([75, 25, 0], [0, 0, 100]), 100, 10**8, maternal=True)
    np.testing.assert_allclose(eggs / 1e8, [0.75, 0.25, 0], atol=5 * 5e-5)


def test_mutation_flips_each_allele_of_an_egg_with_its_rate(stream):
    eggs = lay(stream, adults([10, 0, 0], [10, 0, 0]), 10, 10**8, mutation=0.01)
    np.testing.assert_allclose(eggs / 1e8, [0.99**2, 1e-4, 2 * 0.99 * 0.01], atol=5 * 1.5e-5)


def test_eggs_of_two_genes_assort_independently(stream):
    both = np.zeros(9, np.int64)
    both[8] = 10  # Aa Bb
    eggs = lay(stream, adults(both, both), 10, 10**8, n_genes=2)
    np.testing.assert_allclose(eggs / 1e8, np.outer([1, 1, 2], [1, 1, 2]).ravel() / 16, atol=5 * 5e-5)
