"""Lice of one cage against binomial moments, published values and conservation.

Means lie within five standard errors, with fixed seeds.
"""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import genetics, lice
from l2l.optimizees.slim.kernels.stages import L1, L2, L3, L4, L5F, L5M
from l2l.optimizees.slim.types.rules import PUBLISHED, REVISED

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


def lay(stream, adults, n_matings, n_eggs, maternal=False, mutation=0.0, n_genes=1, rules=REVISED, n_free=None):
    n_genotypes, n_gametes = 3**n_genes, 2**n_genes
    gamete_map = genetics.genotype_to_gametes_map(n_genes) @ genetics.mutation_matrix(n_genes, mutation)
    scratch = (np.zeros(n_genotypes, np.int64), np.zeros(n_gametes), np.zeros(n_gametes), np.zeros(n_genotypes))
    eggs = np.zeros(n_genotypes, np.int64)
    zygotes = genetics.gametes_to_zygote_map(n_genes)
    n_free = adults[L5F].sum() if n_free is None else n_free
    lice.lay_eggs(stream, adults, n_matings, n_free, n_eggs, maternal, gamete_map, zygotes, 0.0, rules, scratch, eggs)
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


# ------------------------------------------------------------------------------------- without chance, as SLIM has it


def test_survivors_without_chance_are_rounded_and_split_by_genotype():
    counts = np.array([[100, 50, 10]] * 6)
    survival = np.tile([0.5, 0.9, 1.0], (6, 1))
    dead = lice.survive_by_rounding(counts, survival, np.zeros(3), np.zeros(3, np.int64))
    np.testing.assert_array_equal(counts, [[50, 45, 10]] * 6)
    assert dead == 6 * 55


def test_few_lice_never_die_of_what_rounds_to_none():
    counts = one_stage(L5F, 24)
    assert lice.survive_by_rounding(counts, np.full((6, 3), 0.98), np.zeros(3), np.zeros(3, np.int64)) == 0
    assert counts[L5F].sum() == 24


def test_deaths_counted_apart_may_take_more_than_there_are():
    counts = np.array([[100, 50, 10]] * 6)
    killed = np.array([[98, 0, 0]] * 6)
    dead = lice.lose(counts, np.array([16] * 6), killed, np.zeros(3, np.int64))
    np.testing.assert_array_equal(counts, [[0, 45, 9]] * 6)  # 144 in the ratios of before, less those killed
    assert dead == 6 * (160 - 54)


def test_lice_go_down_with_dead_fish_as_published(slim_data):
    for case in json.loads((slim_data / "slim-unit-vectors.json").read_text())["fish_deaths"]:
        n_lice = np.array([7, 7, case["L3"], case["L4"], case["L5f"], case["L5m"]])
        lost = np.full(6, 9)
        lice.lost_with_fish(n_lice, 20, case["infected"], 0.7, lost)
        expected = case["lice_dying_with_20_fish"] or dict.fromkeys(("L3", "L4", "L5f", "L5m"), 0)
        assert lost.tolist() == [0, 0, *(expected.get(s, 0) for s in ("L3", "L4", "L5f", "L5m"))]


def develop_in_bulk(stream, counts, n_before=None, ratios=(0.25, 0.25, 0.5), stochastic=False, infection=0.0):
    n_before = counts.sum(axis=1) if n_before is None else np.array(n_before)
    drawn = np.zeros((6, 3), np.int64)
    rates = (0.1, infection, 0.9, 0.2, 0.1)
    lice.develop_in_bulk(stream, counts, n_before, *rates, np.array(ratios), drawn, stochastic)


def test_numbers_that_develop_are_rounded_with_genotypes_in_proportion(stream):
    counts = np.array([[800, 150, 50]] * 6)
    develop_in_bulk(stream, counts)
    np.testing.assert_array_equal(counts[L1], [720, 135, 45])
    np.testing.assert_array_equal(counts[L2], [880, 165, 55])
    np.testing.assert_array_equal(counts[L3], [640, 120, 40])
    np.testing.assert_array_equal(counts[L4], [800 + 160 - 80, 150 + 30 - 15, 50 + 10 - 5])
    np.testing.assert_array_equal(counts[L5F] + counts[L5M], [1680, 314, 106])  # 40 : 7.5 : 2.5 each, ties to the right


def test_as_many_develop_as_the_day_began_with_where_the_rule_is_off(stream):
    counts = one_stage(L3, 10, genotype=1)
    develop_in_bulk(stream, counts, n_before=[0, 0, 1000, 0, 0, 0])
    assert counts[L4, 1] == 200
    assert counts[L3, 1] == -190
    lice.lack_none(counts)
    assert counts[L3, 1] == 0


def test_nobody_left_to_develop_gives_way_to_the_default_genotypes(stream):
    counts = np.zeros((6, 3), np.int64)
    develop_in_bulk(stream, counts, n_before=[0, 0, 100, 0, 0, 0])
    assert counts[L4].tolist() == [5, 5, 10]


def test_odd_adults_are_of_either_sex_equally_often(stream):
    females = []
    for _ in range(1000):
        counts = one_stage(L4, 50)
        develop_in_bulk(stream, counts)
        females.append(counts[L5F].sum())
    assert set(females) == {2, 3}
    assert np.mean(females) == pytest.approx(2.5, abs=5 * 0.5 / np.sqrt(1000))


def test_infections_are_poisson_among_the_infective_and_never_more(stream):
    attached = []
    for _ in range(2000):
        counts = one_stage(L2, 1000)
        develop_in_bulk(stream, counts, infection=0.3)
        attached.append(counts[L3].sum())
    assert np.mean(attached) == pytest.approx(270, abs=5 * np.sqrt(270 / 2000))
    assert np.var(attached) == pytest.approx(270, rel=0.2)
    counts = one_stage(L2, 10)
    develop_in_bulk(stream, counts, infection=50.0)
    assert counts[L3].sum() == 9


def test_development_in_bulk_draws_where_demography_is_stochastic(stream):
    moved = []
    for _ in range(N_DRAWS):
        counts = one_stage(L3)
        develop_in_bulk(stream, counts, stochastic=True)
        moved.append(counts[L4].sum())
    assert np.mean(moved) == pytest.approx(200, abs=5 * np.sqrt(160 / N_DRAWS))
    assert np.var(moved) == pytest.approx(160, rel=0.15)


def test_dams_are_drawn_from_as_many_as_are_free_in_proportion(stream):
    grown = adults([999, 1, 0], [10**6, 0, 0])
    for _ in range(20):  # one in a thousand females: of 100 that are free none, where that is not left to chance
        assert lay(stream, grown, 100, 10**4, rules=PUBLISHED, n_free=100).tolist() == [10**4, 0, 0]


def test_free_females_are_those_that_the_busy_ones_leave(stream):
    grown = adults([1, 0, 1], [4, 0, 0])  # one of two is busy: of equal shares that of the higher index
    for _ in range(20):
        assert lay(stream, grown, 1, 1000, rules=PUBLISHED, n_free=1).tolist() == [1000, 0, 0]


@pytest.mark.parametrize(("count", "variance"), [(10**5, 0.25), (10**6, 0.5)])
def test_published_parents_of_many_are_drawn_with_replacement(stream, count, variance):
    scratch, parents = np.zeros(3), np.zeros(3, np.int64)
    grown = np.array([count // 2, count // 2, 0])
    n, drawn = count // 2, []
    for _ in range(2000):
        lice.draw_parents(stream, grown, n, scratch, parents)
        assert parents.sum() == n
        drawn.append(parents[0])
    assert np.var(drawn) == pytest.approx(variance * n / 2, rel=0.15)
    lice.draw_parents(stream, grown, count, scratch, parents)
    assert parents.tolist() == grown.tolist()  # all are taken


def test_maternal_eggs_without_chance_are_those_of_all_free_females(stream):
    eggs = lay(stream, adults([60, 20, 20], [5, 0, 0]), 2, 1001, True, rules=PUBLISHED, n_free=50)
    assert eggs.tolist() == [601, 200, 200]
