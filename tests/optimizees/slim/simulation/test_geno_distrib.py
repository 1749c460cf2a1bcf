"""Counts of lice by genotype."""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.lice_population import GenoDistrib

RATIOS = [[0.5, 0.3, 0.2]]
TWO_GENES = [[0.5, 0.3, 0.2], [0.8, 0.2, 0.0]]


def lice(*counts, default_ratios=None):
    return GenoDistrib.from_counts(counts, default_ratios or [0.5] * len(counts))


def test_distribution_is_a_view_on_the_state():
    state = np.zeros((2, 6, 3), dtype=np.int64)
    females = GenoDistrib(state[1, 4], np.array([0.5, 0.3, 0.2]))
    females["Aa"] = 7
    females += lice(1, 2, 3)
    np.testing.assert_array_equal(state[1, 4], [1, 2, 10])
    females.set(26)
    np.testing.assert_array_equal(state[1, 4], [2, 4, 20])
    assert state.sum() == females.gross == 26
    state[1, 4, 0] = 5
    assert females["a"] == 5


def test_copies_and_results_are_no_views():
    counts = np.array([1, 2, 3])
    one = GenoDistrib(counts, np.ones(3))
    for other in (
        GenoDistrib.from_counts(counts, np.ones(3)),
        one.copy(),
        one.normalise_to(6),
        one.add(lice(0, 0, 0)),
        GenoDistrib.batch_sum([one]),
    ):
        other["a"] = 100
    assert one == lice(1, 2, 3)


def test_ratios_are_apportioned_by_largest_remainder():
    assert GenoDistrib.from_ratios(RATIOS, 10) == lice(5, 3, 2)
    assert GenoDistrib.from_ratios([[50, 30, 20]], 11) == lice(6, 3, 2)  # shares 5.5, 3.3, 2.2
    assert GenoDistrib.from_ratios(RATIOS).gross == 0


def test_normalising_keeps_the_ratios():
    assert lice(10, 20, 70).normalise_to(10) == lice(1, 2, 7)
    assert lice(1, 1, 1).normalise_to(4) == lice(1, 1, 2)  # a tie goes to the later genotype
    assert lice(1, 2, 3).normalise_to(0) == lice(0, 0, 0)


def test_normalising_without_lice_takes_the_default_ratios():
    assert GenoDistrib.from_ratios(RATIOS).normalise_to(20) == lice(10, 6, 4)
    assert GenoDistrib.from_ratios(RATIOS).add_to_scalar(20) == lice(10, 6, 4)


def test_lice_are_added_in_the_same_ratios():
    assert lice(10, 20, 70).add_to_scalar(100) == lice(20, 40, 140)
    assert lice(10, 20, 70).add_to_scalar(-90) == lice(1, 2, 7)


def test_arithmetic_is_genotype_by_genotype():
    one, other = lice(5, 6, 7), lice(1, 2, 10)
    assert one.add(other) == one + other == lice(6, 8, 17)
    assert one.sub(other) == one - other == lice(4, 4, -3)
    assert one.mul(other) == one * other == lice(5, 12, 70)
    one -= other
    assert one == lice(4, 4, -3)
    assert one != lice(4, 4, -2)


def test_too_many_subtracted_are_truncated():
    debt = lice(4, 4, -3)
    assert not debt.is_positive()
    debt.truncate_negatives()
    assert debt.is_positive()
    assert debt == lice(4, 4, 0)
    assert debt.gross == 8


def test_multiplication_by_a_number_gives_whole_lice():
    assert lice(1, 2, 3).mul_by_scalar(3) == lice(3, 6, 9)
    assert lice(10, 5, 6).mul_by_scalar(0.25) == lice(2, 1, 2)  # 2.5, 1.25, 1.5: one handed out
    assert lice(1, 2, 3).mul_by_scalar(0).gross == 0


def test_all_of_a_batch_are_summed():
    assert GenoDistrib.batch_sum(iter([lice(1, 2, 3), lice(10, 20, 30), lice(0, 0, 1)])) == lice(11, 22, 34)
    with pytest.raises(ValueError, match="at least one"):
        GenoDistrib.batch_sum([])


def test_dictionary_is_read_back():
    for distribution in (lice(1, 2, 3), GenoDistrib.from_ratios(TWO_GENES, 1000)):
        text = json.dumps(distribution.to_json_dict())
        assert GenoDistrib.from_dict(json.loads(text), distribution.default_ratios) == distribution
    assert lice(1, 2, 3).to_json_dict() == {"a": 1, "A": 2, "Aa": 3}
    assert GenoDistrib.from_dict({"Aa": 4}, [0, 1, 0]) == lice(0, 0, 4)


def test_drawn_lice_follow_the_ratios():
    n = 100_000
    drawn = GenoDistrib.from_ratios_rng(n, TWO_GENES, np.random.default_rng(4))
    assert drawn.gross == n
    for key, p in {"a": 0.5, "A": 0.3, "Aa": 0.2, "b": 0.8, "A.B": 0.06}.items():
        assert abs(drawn[key] - n * p) < 5 * np.sqrt(n * p * (1 - p))
    assert drawn["Bb"] == 0
    assert drawn == GenoDistrib.from_ratios_rng(n, TWO_GENES, np.random.default_rng(4))
    np.testing.assert_allclose(drawn.default_ratios, np.kron(*TWO_GENES))


# ------------------------------------------------------------------------------------------- two genes


def test_marginals_of_all_genes_agree():
    lice_of_two_genes = lice(1, 2, 3, 4, 5, 6, 7, 8, 9)
    np.testing.assert_array_equal(lice_of_two_genes.marginals(), [[6, 15, 24], [12, 15, 18]])
    assert lice_of_two_genes["A"] == 15
    assert lice_of_two_genes["Bb"] == 18
    assert lice_of_two_genes["Aa.B"] == 8
    assert lice_of_two_genes.keys()[7] == "Aa.B"


def test_setting_a_genotype_leaves_the_others():
    distribution = lice(1, 2, 3, 4, 5, 6, 7, 8, 9)
    distribution["A.Bb"] = 60
    assert distribution == lice(1, 2, 3, 4, 5, 60, 7, 8, 9)


def test_setting_one_gene_keeps_the_ratios_of_the_other():
    distribution = lice(1, 2, 3, 0, 0, 0, 7, 8, 9)
    distribution["a"] = 60
    assert distribution == lice(10, 20, 30, 0, 0, 0, 7, 8, 9)
    distribution = GenoDistrib.from_counts([1, 2, 3, 0, 0, 0, 7, 8, 9], np.kron(*TWO_GENES))
    distribution["A"] = 10  # none so far: the default ratios
    assert distribution == lice(1, 2, 3, 8, 2, 0, 7, 8, 9)


# ----------------------------------------------------------------------------------------------- errors


def test_unknown_genotype_names_the_nearest():
    with pytest.raises(KeyError, match="no genotype 'AA'; did you mean"):
        lice(1, 2, 3)["AA"]
    with pytest.raises(KeyError, match="no genotype 'B'"):
        GenoDistrib.from_dict({"B": 3}, [1, 1, 1])
    with pytest.raises(KeyError, match="no genotype 'A'"):  # of one gene: the genotypes are not told
        GenoDistrib.from_dict({"A": 3}, [1] * 9)


@pytest.mark.parametrize("n", [-1, 2.5])
def test_number_of_lice_must_be_whole_and_not_negative(n):
    for change in (lambda d: d.set(n), lambda d: d.normalise_to(n), lambda d: d.__setitem__("a", n)):
        with pytest.raises(ValueError, match=f"got {n}"):
            change(lice(1, 2, 3))


def test_negative_counts_are_not_scaled():
    for change in (lambda d: d.set(5), lambda d: d.mul_by_scalar(2)):
        with pytest.raises(ValueError, match="truncate_negatives"):
            change(lice(4, 4, -3))


@pytest.mark.parametrize("factor", [-1, float("nan"), float("inf")])
def test_factor_must_be_finite_and_not_negative(factor):
    with pytest.raises(ValueError, match=f"got {factor}"):
        lice(1, 2, 3).mul_by_scalar(factor)


def test_distributions_of_other_genes_are_not_mixed():
    with pytest.raises(ValueError, match="over 1 genes, got 2"):
        lice(1, 2, 3).add(lice(*range(9)))
    with pytest.raises(TypeError, match="add_to_scalar"):
        lice(1, 2, 3).add(4)


@pytest.mark.parametrize("counts", [[1, 2, 3], np.zeros(3), np.zeros((2, 3), dtype=np.int64)])
def test_counts_that_are_no_view_of_a_state_are_refused(counts):
    with pytest.raises(TypeError, match=r"int64\[n_genotypes\], got"):
        GenoDistrib(counts, np.ones(3))


def test_default_ratios_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3,\), got \(9,\)"):
        lice(1, 2, 3, default_ratios=[1] * 9)


@pytest.mark.parametrize("ratios", [[0.5, 0.3, 0.2], [[0.5, 0.5]], [[0, 0, 0]], [[1.2, -0.2, 0]], [[np.inf, 1, 1]]])
def test_ratios_that_are_none_are_refused(ratios):
    with pytest.raises(ValueError, match="genetic ratios must"):
        GenoDistrib.from_ratios(ratios, 5)


@pytest.mark.parametrize("ratios", [[np.nan, 1, 1], [np.inf, 1, 1], [-1, 1, 1]])
def test_default_ratios_that_are_none_are_refused(ratios):
    with pytest.raises(ValueError, match="default_ratios must be finite and >= 0"):
        lice(0, 0, 0, default_ratios=ratios).set(10)


@pytest.mark.parametrize("counts", [[1.5, 0, 0], [np.nan, 0, 0], [10**19, 0, 0]])
def test_counts_are_whole(counts):
    with pytest.raises(ValueError, match="counts of lice are whole numbers of 64 bits"):
        lice(*counts)


@pytest.mark.parametrize("n", [10**16, 10**19])
def test_more_lice_than_can_be_told_apart_are_refused(n):
    distribution = lice(5, 3, 2)
    for change in (distribution.set, distribution.mul_by_scalar, lambda n: distribution.__setitem__("Aa", n)):
        with pytest.raises(ValueError, match=r"to 1000000000000000, got|more than 1e\+15"):
            change(n)
    assert distribution == lice(5, 3, 2)
