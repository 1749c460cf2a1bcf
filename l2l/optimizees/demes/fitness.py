"""Fitness of genotypes: how well they survive, mate and have offspring."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.sexes import SEXES, Sex, by_sex

QUANTITIES = ("viability", "fecundity", "sexual_selection", "zygote_viability")

MODES: dict[str, Callable[[float, np.ndarray], np.ndarray]] = {
    "multiplicative": lambda scale, copies: scale**copies,
    "dominant": lambda scale, copies: np.where(copies > 0, scale, 1.0),
    "recessive": lambda scale, copies: np.where(copies == 2, scale, 1.0),
}
"""Factor of a genotype with so many copies of an allele."""


class Fitness:
    """The fitness of all genotypes of a species: 1 where nothing is set.

    What comes later acts on what is there: to replace hides what was before, to multiply or scale keeps it.

    Parameters
    ----------
    species : Species
    n_ages : int
    new_adult_age : int
        The first age of adults.  Viability acts on the age before it, where no age is named.

    Attributes
    ----------
    viability : float64[2, n_ages, n_genotypes]
        Factor of the survival of an age, in [0, 1].
    fecundity : float64[2, n_genotypes]
        Factor of the eggs that a female lays, or that a male fertilises, >= 0.
    sexual_selection : float64[n_genotypes, n_genotypes]
        Weight that a female (row) gives to a male (column), >= 0.
    zygote_viability : float64[2, n_genotypes]
        Share of the zygotes that live; the others die before they compete.  In [0, 1].
    """

    def __init__(self, species: Species, n_ages: int, new_adult_age: int):
        n_genotypes = len(species.genotypes)
        self._species = species
        self._viability_age = new_adult_age - 1
        self.viability = np.ones((len(Sex), n_ages, n_genotypes))
        self.fecundity = np.ones((len(Sex), n_genotypes))
        self.sexual_selection = np.ones((n_genotypes, n_genotypes))
        self.zygote_viability = np.ones((len(Sex), n_genotypes))

    def set(
        self,
        viability: Mapping[str, Any] | None = None,
        fecundity: Mapping[str, Any] | None = None,
        sexual_selection: Mapping[str, Any] | None = None,
        zygote_viability: Mapping[str, Any] | None = None,
        mode: str = "replace",
    ) -> None:
        """Set the fitness of genotypes by patterns, of which the last that fits counts.

        Parameters
        ----------
        viability, fecundity, zygote_viability : dict, optional
            For a pattern a number, or ``{"female": a, "male": b}``; for viability each may also be
            ``{age: number}``.  The sexes may stand outside, too: ``{"female": {pattern: a}}``.
        sexual_selection : dict, optional
            ``{pattern of males: number}``, or ``{pattern of females: {pattern of males: number}}``.
        mode : str
            ``"replace"`` what is there or ``"multiply"`` it.

        Raises
        ------
        UsageError
            If a pattern, sex or age is unknown, or a fitness is out of bounds.
        """
        if mode not in ("replace", "multiply"):
            raise UsageError(f"mode of fitness {mode!r}{nearest(mode, ['replace', 'multiply'])}")
        multiply = mode == "multiply"
        given = {"viability": viability, "fecundity": fecundity, "zygote_viability": zygote_viability}
        for quantity, patterns in {**given, "sexual_selection": sexual_selection}.items():
            if patterns is not None and not isinstance(patterns, Mapping):
                raise UsageError(f"{quantity} needs numbers by patterns, such as {{'A|*': 0.5}}, got {patterns!r}")
        for quantity, patterns in given.items():
            if patterns is not None:
                for pattern, value in _sexes_inside(patterns):
                    genotypes = self._species.matching(pattern)
                    for row, number in self._rows(quantity, value):
                        row[genotypes] = _number(quantity, number) * (row[genotypes] if multiply else 1.0)
                self._check(quantity)
        if sexual_selection is not None:
            for female, male, number in _pairs(sexual_selection):
                cells = np.ix_(self._species.matching(female), self._species.matching(male))
                before = self.sexual_selection[cells] if multiply else 1.0
                self.sexual_selection[cells] = _number("sexual_selection", number) * before
            self._check("sexual_selection")

    def scale(self, quantity: str, alleles: Sequence[str], scaling: Any, mode: str = "multiplicative") -> None:
        """Multiply the fitness of each genotype by a factor that depends on how many of some alleles it has.

        Parameters
        ----------
        quantity : str
            ``"viability"``, ``"fecundity"``, ``"sexual_selection"`` or ``"zygote_viability"``.
        alleles : sequence of str
            Of one locus; they are counted together.
        scaling : float, or dict as in :meth:`set`
            Of ``"sexual_selection"`` that of males, a number, or a pair for those without and with such an allele.
        mode : str
            ``"multiplicative"``: the factor once for each copy; ``"dominant"``: for one or two copies;
            ``"recessive"``: for two; ``"custom"``: the scaling is a pair, for one copy and for two.

        Raises
        ------
        UsageError
            If a name is unknown, the alleles belong to several loci, or a fitness is out of bounds.
        """
        if len({self._species.locus(allele) for allele in alleles}) > 1:
            raise UsageError(f"{quantity}: the alleles {', '.join(alleles)} must belong to one locus")
        if mode in MODES and isinstance(scaling, float) and scaling == 1.0:
            return  # nothing changes; most presets scale one quantity or none
        copies = self._species.copies(*alleles)
        if quantity != "sexual_selection":
            for row, one in self._rows(quantity, scaling):
                row *= _factor(quantity, one, mode, copies)
        elif isinstance(scaling, tuple):
            without, carrying = (_number(quantity, number) for number in _pair(quantity, scaling))
            self.sexual_selection *= np.where(copies > 0, carrying, without)
        else:
            self.sexual_selection *= _factor(quantity, scaling, mode, copies)
        self._check(quantity)

    def _rows(self, quantity: str, value: Any) -> Iterator[tuple[np.ndarray, Any]]:
        """Views float64[n_genotypes] of what a value is for, each with its part of the value."""
        array = getattr(self, quantity)
        for sex, of_sex in by_sex(value).items():
            if quantity != "viability":
                yield array[sex], of_sex
                continue
            for age, number in (of_sex if isinstance(of_sex, Mapping) else {self._viability_age: of_sex}).items():
                if age not in range(array.shape[1]):
                    raise UsageError(f"viability: there is no age {age!r}; ages are 0 to {array.shape[1] - 1}")
                yield array[sex, age], number

    def _check(self, quantity: str) -> None:
        array = getattr(self, quantity)
        highest = 1.0 if quantity.endswith("viability") else np.inf
        if not (array.min() >= 0 and array.max() <= highest):
            wrong = ~((array >= 0) & (array <= highest))
            *_, genotype = place = tuple(np.argwhere(wrong)[0])
            expected = "at least 0" if highest > 1 else "between 0 and 1"
            raise UsageError(
                f"{quantity} of genotype {self._species.genotypes[genotype]!r} must be {expected}, got {array[place]:g}"
            )


def _sexes_inside(patterns: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if not set(patterns) <= set(SEXES):
        yield from patterns.items()
        return
    for sex, of_sex in patterns.items():
        for pattern, value in of_sex.items():
            yield pattern, {sex: value}


def _pairs(patterns: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    nested = {isinstance(value, Mapping) for value in patterns.values()}
    if len(nested) > 1:
        raise UsageError("sexual_selection: either all patterns are of males, or all of females with those of males")
    for pattern, value in patterns.items():
        if isinstance(value, Mapping):
            yield from ((pattern, male, number) for male, number in value.items())
        else:
            yield "*", pattern, value


def _factor(quantity: str, scaling: Any, mode: str, copies: np.ndarray) -> np.ndarray:
    if mode == "custom":
        return np.array([1.0, *(_number(quantity, number) for number in _pair(quantity, scaling))])[copies]
    if mode not in MODES:
        raise UsageError(f"{quantity}: there is no mode {mode!r}{nearest(mode, [*MODES, 'custom'])}")
    return MODES[mode](_number(quantity, scaling), copies)


def _pair(quantity: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise UsageError(f"{quantity}: a pair of numbers is expected, got {value!r}")
    return value[0], value[1]


def _number(quantity: str, value: Any) -> float:
    if not isinstance(value, Real) or not math.isfinite(value):
        raise UsageError(f"{quantity}: a number is expected, got {value!r}")
    return float(value)
