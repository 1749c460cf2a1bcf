"""Inheritance against Mendel's tables."""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import genetics


def offspring(dams, sires, n_genes, mutation_rate=0.0):
    """Genotype probabilities of the eggs of these parents, through the kernels."""
    gamete_map = genetics.genotype_to_gametes_map(n_genes) @ genetics.mutation_matrix(n_genes, mutation_rate)
    dam_gametes, sire_gametes = np.empty(2**n_genes), np.empty(2**n_genes)
    genetics.gamete_frequencies(np.asarray(dams), gamete_map, dam_gametes)
    genetics.gamete_frequencies(np.asarray(sires), gamete_map, sire_gametes)
    probabilities = np.empty(3**n_genes)
    genetics.zygote_probabilities(dam_gametes, sire_gametes, genetics.gametes_to_zygote_map(n_genes), probabilities)
    return probabilities


def one(index, n_genotypes=3):
    parents = np.zeros(n_genotypes, dtype=np.int64)
    parents[index] = 1
    return parents


def published_values(slim_data, function):
    path = slim_data / "slim-unit-vectors.json"
    if not path.exists():
        pytest.skip(f"no {path}")
    return json.loads(path.read_text())[function]


MENDEL = [  # dam, sire, eggs a, A, Aa
    (0, 0, [1, 0, 0]),
    (0, 1, [0, 0, 1]),
    (0, 2, [0.5, 0, 0.5]),
    (1, 1, [0, 1, 0]),
    (1, 2, [0, 0.5, 0.5]),
    (2, 2, [0.25, 0.25, 0.5]),
]


@pytest.mark.parametrize(("dam", "sire", "eggs"), MENDEL)
def test_cross_of_one_gene_follows_mendel(dam, sire, eggs):
    np.testing.assert_array_equal(offspring(one(dam), one(sire), 1), eggs)
    np.testing.assert_array_equal(offspring(one(sire), one(dam), 1), eggs)


def test_cross_of_two_double_heterozygotes_is_nine_three_three_one():
    names = genetics.genotype_names(2)
    eggs = dict(zip(names, offspring(one(8, 9), one(8, 9), 2), strict=True))
    sixteenths = {name: eggs[name] * 16 for name in names}
    assert sixteenths == {
        "a.b": 1, "a.B": 1, "a.Bb": 2,
        "A.b": 1, "A.B": 1, "A.Bb": 2,
        "Aa.b": 2, "Aa.B": 2, "Aa.Bb": 4,
    }  # fmt: skip


@pytest.mark.parametrize("dam", range(9))
@pytest.mark.parametrize("sire", range(9))
def test_genes_of_two_are_inherited_independently(dam, sire):
    digit = genetics.gene_digit(2)
    eggs = np.kron(
        offspring(one(digit[dam, 0]), one(digit[sire, 0]), 1),
        offspring(one(digit[dam, 1]), one(digit[sire, 1]), 1),
    )
    np.testing.assert_allclose(offspring(one(dam, 9), one(sire, 9), 2), eggs, atol=1e-15)


def test_zygote_map_of_two_genes_by_hand():
    # gametes ab, aB, Ab, AB; genotypes 3 * digit of gene a + digit of gene b
    expected = [[0, 2, 6, 8], [2, 1, 8, 7], [6, 8, 3, 5], [8, 7, 5, 4]]
    np.testing.assert_array_equal(genetics.gametes_to_zygote_map(2), expected)


def test_random_mating_gives_hardy_weinberg():
    parents = np.array([60, 10, 30])  # 75 of 100 alleles are a
    np.testing.assert_allclose(offspring(parents, parents, 1), [0.75**2, 0.25**2, 2 * 0.75 * 0.25])


def test_eggs_follow_the_published_formula_of_one_gene():
    (yd, xd, zd), (ys, xs, zs) = dams, sires = (48, 32, 36), (95, 18, 3)
    pairs = sum(sires) * sum(dams)
    dominant = (xs + zs / 2) * (xd + zd / 2) / pairs
    recessive = (ys + zs / 2) * (yd + zd / 2) / pairs
    expected = [recessive, dominant, 1 - dominant - recessive]
    np.testing.assert_allclose(offspring(dams, sires, 1), expected, atol=1e-15)


def test_eggs_equal_those_of_the_published_simulator(slim_data):
    for case in published_values(slim_data, "egg_probs"):
        np.testing.assert_allclose(offspring(case["dams"], case["sires"], 1), case["p_a_A_Aa"], atol=1e-14)


@pytest.mark.parametrize("n_genes", [1, 2, 3])
def test_maps_are_probabilities(n_genes):
    np.testing.assert_allclose(genetics.genotype_to_gametes_map(n_genes).sum(axis=1), 1, atol=1e-15)
    np.testing.assert_allclose(genetics.mutation_matrix(n_genes, 0.013).sum(axis=1), 1, atol=1e-15)
    parents = np.arange(1, 3**n_genes + 1)
    assert offspring(parents, parents[::-1], n_genes, 0.1).sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("n_genes", [1, 2])
def test_population_without_resistance_stays_so_without_mutation(n_genes):
    np.testing.assert_array_equal(offspring(one(0, 3**n_genes), one(0, 3**n_genes), n_genes), one(0, 3**n_genes))


def test_mutation_flips_each_allele_on_its_own():
    # from ab: to ab, aB, Ab, AB
    np.testing.assert_allclose(genetics.mutation_matrix(2, 0.1)[0], [0.81, 0.09, 0.09, 0.01])
    np.testing.assert_array_equal(genetics.mutation_matrix(2, 0.0), np.eye(4))
    np.testing.assert_allclose(offspring(one(0), one(0), 1, 0.1), [0.81, 0.01, 0.18])


def test_mutation_rate_outside_probabilities_is_refused():
    with pytest.raises(ValueError, match=r"probability per allele, got 1\.5"):
        genetics.mutation_matrix(1, 1.5)


def test_gametes_of_nobody_are_none():
    out = np.full(2, 7.0)
    genetics.gamete_frequencies(np.zeros(3, dtype=np.int64), genetics.genotype_to_gametes_map(1), out)
    np.testing.assert_array_equal(out, 0)


def test_names_and_digits_are_in_the_order_of_the_index():
    assert genetics.genotype_names(1) == ["a", "A", "Aa"]
    assert genetics.genotype_names(2)[5] == "A.Bb"
    np.testing.assert_array_equal(genetics.gene_digit(2)[5], [1, 2])


def test_joint_ratios_are_products():
    ratios = genetics.joint_ratios([[0.5, 0.3, 0.2], [0.9, 0.1, 0.0]])
    np.testing.assert_allclose(ratios, [0.45, 0.05, 0, 0.27, 0.03, 0, 0.18, 0.02, 0])


def test_number_of_genotypes_that_is_no_power_of_three_is_refused():
    assert [genetics.n_genes_of(n) for n in (3, 9, 27)] == [1, 2, 3]
    for n_genotypes in (1, 2, 6, 10):
        with pytest.raises(ValueError, match=f"got {n_genotypes}"):
            genetics.n_genes_of(n_genotypes)


# ------------------------------------------------------------------------------------------ apportion


def apportioned(total, weights, kernel=genetics.apportion):
    out = np.empty(len(weights), dtype=np.int64)
    kernel(total, np.asarray(weights), out)
    return out.tolist()


@pytest.mark.parametrize("kernel", [genetics.apportion, genetics.apportion.py_func])
@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (10, [0.5, 0.3, 0.2], [5, 3, 2]),
        (10, [0.26, 0.35, 0.39], [3, 3, 4]),  # floors 2, 3, 3; fractions .6, .5, .9
        (1, [1.0, 1.0, 1.0], [0, 0, 1]),  # a tie goes to the higher index
        (2, [1.0, 1.0, 1.0], [0, 1, 1]),
        (7, [0.0, 3.0, 0.0], [0, 7, 0]),
        (0, [1.0, 2.0, 3.0], [0, 0, 0]),
        (5, [4, 4, 2], [2, 2, 1]),
    ],
)
def test_lice_are_apportioned_by_largest_remainder(kernel, total, weights, expected):
    assert apportioned(total, weights, kernel) == expected


@pytest.mark.parametrize("total", [3, 1234, 10**10, 9441676862509336])
def test_apportioned_lice_are_all_there(total):
    # with the last total the first share is rounded up to a whole number
    out = apportioned(total, [801.0, 427.0, 300.0, 0.0])
    assert sum(out) == total
    assert out[3] == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.25, 3.75, 4.0], [2, 4, 4]),
        ([840.5, 1598.5, 142.5], [840, 1599, 143]),  # fractions sum to 1.5, two are handed out
        ([0.5, 0.0, 0.0], [0, 0, 0]),
    ],
)
def test_values_are_rounded_by_largest_remainder(values, expected):
    out = np.empty(3, dtype=np.int64)
    genetics.largest_remainder(np.array(values), out)
    assert out.tolist() == expected


def test_values_are_rounded_as_by_the_published_simulator(slim_data):
    for values, expected in published_values(slim_data, "largest_remainder"):
        out = np.empty(3, dtype=np.int64)
        genetics.largest_remainder(np.array(values), out)
        assert out.tolist() == expected


def test_unlinked_genes_keep_their_frequencies_and_no_association():
    gametes = np.array([0.5, 0.0, 0.1, 0.4])  # a.b, a.B, A.b, A.B
    genetics.unlink(gametes)
    np.testing.assert_allclose(gametes, [0.5 * 0.6, 0.5 * 0.4, 0.5 * 0.6, 0.5 * 0.4])
    one_gene = np.array([0.3, 0.7])
    genetics.unlink(one_gene)
    np.testing.assert_allclose(one_gene, [0.3, 0.7])


@pytest.mark.parametrize("n_genes", [1, 2])
def test_published_mutation_moves_genotypes_evenly_and_loses_no_egg(stream, n_genes):
    start = np.full(3**n_genes, 10**6)
    change = []
    for _ in range(2000):
        eggs = start.copy()
        genetics.mutate(stream, eggs, 1e-3)
        assert eggs.sum() == start.sum()
        change.append(eggs - start)
    n_moves = 1e-3 * start.sum()
    by_gene = np.array(change).reshape(-1, *[3] * n_genes)
    for gene in range(n_genes):
        others = tuple(1 + i for i in range(n_genes) if i != gene)
        a, dominant, both = by_gene.sum(axis=others).T
        # ten rounds, in each of which moves to and from a happen as often: variance 10 * moves / 2
        assert np.var(a) == pytest.approx(5 * n_moves, rel=0.2)
        assert np.var(both) == pytest.approx(10 * n_moves, rel=0.2)
        for x in (a, dominant, both):
            assert abs(np.mean(x)) < 5 * np.sqrt(np.var(x) / 2000)


def test_published_mutation_takes_no_more_eggs_than_there_are(stream):
    for _ in range(500):
        eggs = np.array([1000, 0, 0])
        genetics.mutate(stream, eggs, 0.02)
        assert eggs.min() >= 0
        assert eggs.sum() == 1000
