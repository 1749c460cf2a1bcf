import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.fitness import Fitness
from l2l.optimizees.demes.genetics import Species

SPECIES = Species.from_dict("one locus", {"c": {"a": ["A", "a"]}})  # A|A, A|a, a|a


@pytest.fixture
def fitness():
    return Fitness(SPECIES, n_ages=4, new_adult_age=2)


def test_fitness_is_one_where_nothing_is_set(fitness):
    assert fitness.viability.shape == (2, 4, 3)
    for array in (fitness.viability, fitness.fecundity, fitness.sexual_selection, fitness.zygote_viability):
        assert (array == 1.0).all()


def test_viability_is_that_of_the_age_before_adults_unless_ages_are_named(fitness):
    fitness.set(viability={"a|a": 0.5, "A|a": {0: 0.25, 3: 0.75}})
    assert fitness.viability[0].tolist() == [[1.0, 0.25, 1.0], [1.0, 1.0, 0.5], [1.0, 1.0, 1.0], [1.0, 0.75, 1.0]]
    assert (fitness.viability[0] == fitness.viability[1]).all()


def test_fitness_may_differ_between_the_sexes(fitness):
    fitness.set(
        viability={"a|a": {"female": 0.5, "male": {2: 0.25}}}, fecundity={"female": {"A|*": 3.0}, "male": {"*": 0.5}}
    )
    assert fitness.viability[:, 1, 2].tolist() == [0.5, 1.0]
    assert fitness.viability[:, 2, 2].tolist() == [1.0, 0.25]
    assert fitness.fecundity.tolist() == [[3.0, 3.0, 1.0], [0.5, 0.5, 0.5]]


def test_the_last_pattern_that_fits_counts(fitness):
    fitness.set(zygote_viability={"a|*": 0.5, "a|a": 0.25})
    fitness.set(zygote_viability={"A|A": 0.75})
    assert fitness.zygote_viability[0].tolist() == [0.75, 0.5, 0.25]


def test_multiply_keeps_what_was_there(fitness):
    fitness.set(fecundity={"a|*": 0.5}, sexual_selection={"a|a": 0.5})
    fitness.set(fecundity={"a|a": 0.5}, sexual_selection={"*": 3.0}, mode="multiply")
    assert fitness.fecundity[1].tolist() == [1.0, 0.5, 0.25]
    assert fitness.sexual_selection[0].tolist() == [3.0, 3.0, 1.5]


def test_sexual_selection_is_of_males_by_all_females_or_by_some(fitness):
    fitness.set(sexual_selection={"a|*": 0.5})
    assert fitness.sexual_selection.tolist() == [[1.0, 0.5, 0.5]] * 3
    fitness.set(sexual_selection={"A|A": {"a|a": 0.0}})
    assert fitness.sexual_selection.tolist() == [[1.0, 0.5, 0.0], [1.0, 0.5, 0.5], [1.0, 0.5, 0.5]]


@pytest.mark.parametrize(
    ("mode", "scaling", "expected"),
    [
        ("multiplicative", 0.5, [1.0, 0.5, 0.25]),
        ("dominant", 0.5, [1.0, 0.5, 0.5]),
        ("recessive", 0.5, [1.0, 1.0, 0.5]),
        ("custom", (0.75, 0.125), [1.0, 0.75, 0.125]),
    ],
)
def test_alleles_scale_fitness_by_their_copies(fitness, mode, scaling, expected):
    fitness.set(fecundity={"A|A": 4.0})
    fitness.scale("fecundity", ["a"], scaling, mode)
    fitness.scale("viability", ["a"], {"male": {3: scaling}}, mode)
    assert fitness.fecundity.tolist() == [[4.0, *expected[1:]]] * 2
    assert fitness.viability[1, 3].tolist() == expected
    assert fitness.viability.sum() == 21 + sum(expected)


def test_alleles_scale_sexual_selection_by_the_copies_of_males(fitness):
    fitness.scale("sexual_selection", ["a"], 0.5)
    assert fitness.sexual_selection.tolist() == [[1.0, 0.5, 0.25]] * 3
    fitness.scale("sexual_selection", ["a"], (4.0, 2.0))  # males without the allele, and with it
    assert fitness.sexual_selection.tolist() == [[4.0, 1.0, 0.5]] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"viability": {"A|A": 0.0, "a|a": 1.5}}, "viability of genotype 'a.a' must be between 0 and 1, got 1.5"),
        ({"fecundity": {"a|a": -1.0}}, "fecundity of genotype 'a.a' must be at least 0"),
        ({"fecundity": {"a|a": np.nan}}, "a number is expected, got nan"),
        ({"fecundity": {"a|a": {0: 1.0}}}, "a number is expected"),
        ({"fecundity": {"a|a": {"femal": 1.0}}}, "did you mean 'female'"),
        ({"fecundity": {"a|b": 1.0}}, "has no allele 'b'"),
        ({"viability": {"a|a": {4: 0.5}}}, "no age 4; ages are 0 to 3"),
        ({"sexual_selection": {"a|a": 0.5, "A|A": {"a|a": 0.5}}}, "either all patterns are of males"),
        ({"mode": "replaced"}, "did you mean 'replace'"),
        ({"sexual_selection": 0.5}, "sexual_selection needs numbers by patterns, .* got 0.5"),
        ({"fecundity": {("a", "a"): 0.5}}, "a pattern of genotypes is a text, .* got .'a', 'a'."),
    ],
)
def test_wrong_fitness_is_refused(fitness, arguments, message):
    with pytest.raises(UsageError, match=message):
        fitness.set(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fecundity", ["a"], 0.5, "dominnt"), "did you mean 'dominant'"),
        (("fecundity", ["a"], 1.0, "dominnt"), "did you mean 'dominant'"),
        (("fecundity", ["a"], 0.5, "custom"), "a pair of numbers is expected, got 0.5"),
        (("fecundity", ["a"], (0.5, 0.5)), "a number is expected"),
        (("fecundity", ["b"], 0.5), "has no allele 'b'"),
        (("viability", ["a"], 2.0), "viability of genotype 'A.a' must be between 0 and 1, got 2"),
        (("sexual_selection", ["a"], (1.0, -1.0)), "must be at least 0"),
    ],
)
def test_a_wrong_scaling_is_refused(fitness, arguments, message):
    with pytest.raises(UsageError, match=message):
        fitness.scale(*arguments)


def test_alleles_of_several_loci_are_not_counted_together():
    species = Species.from_dict("two loci", {"c": {"a": ["A", "a"], "b": ["B", "b"]}})
    with pytest.raises(UsageError, match="must belong to one locus"):
        Fitness(species, 2, 1).scale("fecundity", ["a", "b"], 0.5)
