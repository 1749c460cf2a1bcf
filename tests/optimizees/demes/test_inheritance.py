import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.inheritance import (
    GameteRule,
    ZygoteRule,
    conversion,
    gametes_to_zygote_map,
    genotype_to_gametes_map,
    marked,
    marking,
    of_gametes,
    of_zygotes,
)
from l2l.optimizees.demes.sexes import Sex

SPECIES = Species.from_dict("one locus", {"c": {"a": ["A", "a"]}}, gamete_labels=["default", "deposited"])


def offspring(mother, father):
    """Share of each genotype among the offspring of two parents, by the maps without rules."""
    gametes, zygotes = genotype_to_gametes_map(SPECIES), gametes_to_zygote_map(SPECIES)
    eggs, sperm = gametes[Sex.FEMALE, SPECIES.genotype(mother)], gametes[Sex.MALE, SPECIES.genotype(father)]
    return np.einsum("e,s,esg->g", eggs, sperm, zygotes).tolist()


def test_heterozygotes_have_offspring_as_one_to_two_to_one():
    assert offspring("A|a", "A|a") == [0.25, 0.5, 0.25]
    assert offspring("A|A", "A|a") == [0.5, 0.5, 0.0]
    assert offspring("A|A", "a|a") == [0.0, 1.0, 0.0]


def test_gametes_have_the_first_label_unless_a_rule_marks_them():
    gametes = genotype_to_gametes_map(SPECIES)
    assert gametes.shape == (2, 3, 4)
    assert gametes[Sex.FEMALE, SPECIES.genotype("A|a")].tolist() == [0.5, 0.0, 0.5, 0.0]
    rule = GameteRule(Sex.FEMALE, SPECIES.matching("a|*"), marking(SPECIES, "deposited"))
    gametes = genotype_to_gametes_map(SPECIES, [rule])
    assert gametes[Sex.FEMALE].tolist() == [[1.0, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.0, 1.0]]
    assert gametes[Sex.MALE, SPECIES.genotype("A|a")].tolist() == [0.5, 0.0, 0.5, 0.0]


def test_gamete_rules_act_one_after_the_other():
    half = of_gametes(SPECIES, conversion(SPECIES, "A", {"a": 0.5}))
    rule = GameteRule(Sex.MALE, SPECIES.matching("*"), half)
    gametes = genotype_to_gametes_map(SPECIES, [rule, rule])
    assert gametes[Sex.MALE, SPECIES.genotype("A|A")].tolist() == [0.25, 0.0, 0.75, 0.0]


def test_both_copies_of_a_zygote_change_each_for_itself():
    moves = of_zygotes(SPECIES, conversion(SPECIES, "A", {"a": 0.2}))
    assert moves == pytest.approx(np.array([[0.64, 0.32, 0.04], [0.0, 0.8, 0.2], [0.0, 0.0, 1.0]]))


def test_a_zygote_rule_acts_only_on_its_gametes():
    moves = of_zygotes(SPECIES, conversion(SPECIES, "A", {"a": 1.0}))
    eggs = marked(SPECIES, "deposited")
    zygotes = gametes_to_zygote_map(SPECIES, [ZygoteRule(eggs, np.ones(4, bool), moves)])
    assert zygotes[0, 1].tolist() == [1.0, 0.0, 0.0]  # an unmarked egg, marked sperm
    assert zygotes[1, 0].tolist() == [0.0, 0.0, 1.0]


def test_a_rule_may_lose_gametes_and_zygotes():
    gametes = genotype_to_gametes_map(SPECIES, [GameteRule(Sex.MALE, SPECIES.matching("A|a"), np.diag([0.5, 1, 1, 1]))])
    assert gametes[Sex.MALE].sum(1).tolist() == [1.0, 0.75, 1.0]
    everything = np.ones(4, bool)
    zygotes = gametes_to_zygote_map(SPECIES, [ZygoteRule(everything, everything, np.diag([1.0, 1.0, 0.0]))])
    assert zygotes[2, 2].sum() == 0.0
    assert zygotes[0, 2].sum() == 1.0


def test_row_of_moves_that_is_wrong_is_named():
    moves = np.eye(4)
    moves[2, 0] = 1.0
    with pytest.raises(UsageError, match="row 2 of the moves of a rule must"):
        genotype_to_gametes_map(SPECIES, [GameteRule(Sex.MALE, SPECIES.matching("*"), moves)])


@pytest.mark.parametrize("moves", [2 * np.eye(4), -np.eye(4), np.full((4, 4), np.nan), np.eye(3)])
def test_moves_that_are_no_probabilities_are_refused(moves):
    with pytest.raises(UsageError, match="moves of a rule must"):
        genotype_to_gametes_map(SPECIES, [GameteRule(Sex.MALE, SPECIES.matching("*"), moves)])


def test_an_allele_turns_only_into_one_of_its_locus():
    species = Species.from_dict("two loci", {"c": {"a": ["A", "a"], "b": ["B", "b"]}})
    with pytest.raises(UsageError, match="'A' cannot turn into 'b': they belong to the loci 'a' and 'b'"):
        conversion(species, "A", {"b": 0.1})
    moves = conversion(species, "B", {"b": 0.25})
    assert moves[species.haplotypes.index("a/B")].tolist() == [0.0, 0.0, 0.75, 0.25]


def test_products_that_sum_to_more_than_one_are_refused():
    species = Species.from_dict("three alleles", {"c": {"a": ["A", "B", "C"]}})
    assert conversion(species, "A", {"B": 0.7, "C": 0.3})[0] == pytest.approx([0.0, 0.7, 0.3])
    with pytest.raises(UsageError, match="sum to at most 1"):
        conversion(species, "A", {"B": 0.7, "C": 0.4})
