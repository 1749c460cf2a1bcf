import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.genetics import Species

TWO_CHROMOSOMES = {"c1": {"a": ["WT", "Dr"], "b": ["x", "y"]}, "c2": {"d": ["p", "q"]}}


def one_locus(*alleles, **options):
    return Species.from_dict("one locus", {"c": {"a": alleles}}, **options)


def gametes(species, genotype):
    """The gametes of a genotype by name, without those that it has none of."""
    shares = species.gametes()[species.genotype(genotype)]
    return {haplotype: share for haplotype, share in zip(species.haplotypes, shares, strict=True) if share}


def test_haplotypes_and_genotypes_are_named_by_their_alleles():
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES)
    assert species.haplotypes == ("WT/x;p", "WT/x;q", "WT/y;p", "WT/y;q", "Dr/x;p", "Dr/x;q", "Dr/y;p", "Dr/y;q")
    assert species.genotypes[:4] == ("WT/x|WT/x;p|p", "WT/x|WT/x;p|q", "WT/x|WT/x;q|q", "WT/x|WT/y;p|p")
    assert len(species.genotypes) == 10 * 3


def test_ordered_species_tell_the_parents_apart():
    assert one_locus("A", "a").genotypes == ("A|A", "A|a", "a|a")
    ordered = one_locus("A", "a", unordered=False)
    assert ordered.genotypes == ("A|A", "A|a", "a|A", "a|a")
    assert [ordered.genotype("A|a"), ordered.genotype("a|A")] == [1, 2]


@pytest.mark.parametrize("unordered", [True, False])
def test_two_haplotypes_make_the_genotype_of_their_names(unordered):
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES, unordered=unordered)
    for mother, one in enumerate(species.haplotypes):
        for father, other in enumerate(species.haplotypes):
            pairs = zip(one.split(";"), other.split(";"), strict=True)
            assert species.genotype_of[mother, father] == species.genotype(";".join(map("|".join, pairs)))


@pytest.mark.parametrize("unordered", [True, False])
def test_the_pair_of_a_genotype_makes_it(unordered):
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES, unordered=unordered)
    assert (species.genotype_of[tuple(species.pairs.T)] == np.arange(len(species.genotypes))).all()


def test_a_genotype_is_found_in_either_order_of_its_haplotypes():
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES)
    assert species.genotypes[species.genotype("Dr/y | WT/x; q|p")] == "WT/x|Dr/y;p|q"


@pytest.mark.parametrize("name", ["WT/x|Dr/z;p|q", "WT/x|Dr/y;p|z", "WT/x|Dr/y", "WT/x|Dr/y;p|q;p|q"])
def test_an_unknown_genotype_is_refused_with_the_nearest(name):
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES)
    with pytest.raises(UsageError, match=r"has no genotype .*'WT/x\|Dr/y;p\|q'"):
        species.genotype(name)
    with pytest.raises(UsageError, match="has no genotype 'A.b'"):
        one_locus("A", "a").genotype("A|b")


def test_a_heterozygote_gives_half_of_its_gametes_either_allele():
    species = one_locus("A", "a")
    assert species.gametes().tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]


def test_chromosomes_assort_freely():
    species = Species.from_dict("two chromosomes", {"c1": {"a": ["A", "a"]}, "c2": {"b": ["B", "b"]}})
    assert gametes(species, "A|a;B|b") == {"A;B": 0.25, "A;b": 0.25, "a;B": 0.25, "a;b": 0.25}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.0, {"A/B": 0.5, "a/b": 0.5}),
        (0.1, {"A/B": 0.45, "A/b": 0.05, "a/B": 0.05, "a/b": 0.45}),
        (0.5, {"A/B": 0.25, "A/b": 0.25, "a/B": 0.25, "a/b": 0.25}),
    ],
)
def test_loci_of_a_chromosome_recombine_at_their_rate(rate, expected):
    structure = {"c": {"a": ["A", "a"], "b": ["B", "b"]}}
    species = Species.from_dict("linked", structure, recombination_rates={"c": rate})
    assert gametes(species, "A/B|a/b") == pytest.approx(expected)


def test_intervals_of_a_chromosome_recombine_independently():
    structure = {"c": {"a": ["A", "a"], "b": ["B", "b"], "c": ["C", "c"]}}
    species = Species.from_dict("three loci", structure, recombination_rates={"c": [0.1, 0.2]})
    shares = gametes(species, "A/B/C|a/b/c")
    assert shares["A/B/C"] == pytest.approx(0.5 * 0.9 * 0.8)
    assert shares["A/b/c"] == pytest.approx(0.5 * 0.1 * 0.8)
    assert shares["A/B/c"] == pytest.approx(0.5 * 0.9 * 0.2)
    assert shares["A/b/C"] == pytest.approx(0.5 * 0.1 * 0.2)


def test_gametes_of_every_genotype_sum_to_one():
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES, recombination_rates={"c1": 0.3})
    assert species.gametes().sum(1) == pytest.approx(np.ones(30))


def test_copies_of_alleles_are_counted_together():
    species = one_locus("WT", "Dr", "R")
    assert dict(zip(species.genotypes, species.copies("Dr", "R").tolist(), strict=True)) == {
        "WT|WT": 0, "WT|Dr": 1, "WT|R": 1, "Dr|Dr": 2, "Dr|R": 2, "R|R": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("WT|*", {"WT|WT", "WT|Dr", "WT|R"}),
        ("*", {"WT|WT", "WT|Dr", "WT|R", "Dr|Dr", "Dr|R", "R|R"}),
        ("WT|{Dr,R}", {"WT|Dr", "WT|R"}),
        ("R | WT", {"WT|R"}),
        ("!WT|!WT", {"Dr|Dr", "Dr|R", "R|R"}),
        ("!{WT,R}|*", {"WT|Dr", "Dr|Dr", "Dr|R"}),
    ],
)
def test_patterns_select_genotypes(pattern, expected):
    species = one_locus("WT", "Dr", "R")
    assert set(np.array(species.genotypes)[species.matching(pattern)]) == expected


def test_patterns_of_ordered_species_say_which_haplotype_is_the_mothers():
    species = one_locus("A", "a", unordered=False)
    assert species.matching("A|a").tolist() == [False, True, False, False]
    assert species.matching("A::a").tolist() == [False, True, True, False]


def test_patterns_of_several_loci_and_chromosomes():
    species = Species.from_dict("two chromosomes", TWO_CHROMOSOMES)
    assert set(np.array(species.genotypes)[species.matching("WT/*|Dr/y;q|q")]) == {"WT/x|Dr/y;q|q", "WT/y|Dr/y;q|q"}
    assert (species.matching("Dr/y|Dr/y") == species.matching("Dr/y|Dr/y;*")).all()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("WT|Drr", "locus 'a' has no allele 'Drr'; did you mean 'Dr'"),
        ("WT", "two haplotypes are expected"),
        ("WT|{Dr", "no allele '{Dr'"),
        ("WT/x|Dr/x", "chromosome 'c' has 1 loci"),
        ("WT|Dr;*", "of 2 chromosomes, there are 1"),
        ("!{WT,Dr}|*", "no genotype is like that"),
    ],
)
def test_a_wrong_pattern_is_refused(pattern, message):
    with pytest.raises(UsageError, match=message):
        one_locus("WT", "Dr").matching(pattern)


@pytest.mark.parametrize(
    ("structure", "options", "message"),
    [
        ({"c": {"a": ["A", "a"]}, "d": {"b": ["A"]}}, {}, "alleles: 'A' comes twice"),
        ({"c": {"a": ["A", "a"]}, "d": {"a": ["B"]}}, {}, "loci: 'a' comes twice"),
        ({"c": {"a": ["A|B"]}}, {}, "alleles: 'A.B' is no name"),
        ({"c": {"a": ["A", ""]}}, {}, "alleles: '' is no name"),
        ({"c": {"a": [1, 2]}}, {}, "alleles: 1 is no name"),
        ({"c": {"a": []}}, {}, "names is expected"),
        ({"c": {"a": "Aa"}}, {}, "names is expected"),
        ({"c": ["a"]}, {}, "chromosome 'c': loci and their alleles"),
        ({"c": {"sex_type": "X", "loci": {"a": ["A"]}}}, {}, "only autosomes"),
        ({"c": {"a": ["A"], "b": ["B"]}}, {"recombination_rates": {"c": 0.6}}, "in \\[0, 0.5\\]"),
        ({"c": {"a": ["A"], "b": ["B"]}}, {"recombination_rates": {"c": [0.1, 0.1]}}, "1 numbers"),
        ({"chr": {"a": ["A"]}}, {"recombination_rates": {"chrom": 0.1}}, "did you mean 'chr'"),
        ({"c": {"a": ["A"]}}, {"gamete_labels": []}, "gamete_labels: a sequence of names"),
        ({"c": {f"l{i}": [f"A{i}", f"a{i}"] for i in range(7)}}, {}, "makes 8256 genotypes"),
        ({f"c{i}": {f"l{i}": [f"A{i}", f"a{i}"]} for i in range(8)}, {}, "has 6561 genotypes"),
        ({}, {}, "names is expected"),
    ],
)
def test_a_wrong_structure_is_refused(structure, options, message):
    with pytest.raises(UsageError, match=message):
        Species.from_dict("wrong", structure, **options)
