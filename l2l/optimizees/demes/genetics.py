"""Species: all that may be inherited, by number and by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce, wraps
from itertools import product
from math import prod
from typing import Concatenate, ParamSpec

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.optimizees.demes.chromosome import MOST_GENOTYPES, Chromosome, strides_of
from l2l.optimizees.demes.patterns import SIGNS, matching

P = ParamSpec("P")


def _once(method: Callable[Concatenate["Species", P], np.ndarray]) -> Callable[Concatenate["Species", P], np.ndarray]:
    """Let a method of names return what it returned for the same names before, read-only."""

    @wraps(method)
    def known(self: "Species", *names: P.args, **no: P.kwargs) -> np.ndarray:
        key = (method.__name__, *names)
        if key not in self._known:
            self._known[key] = method(self, *names, **no)
            self._known[key].flags.writeable = False
        return self._known[key]

    return known


class Species:
    """Chromosomes that assort freely, and the haplotypes and genotypes that they make.

    A haplotype is of all chromosomes: ``"a/x;p"`` has ``a`` and ``x`` on the first and ``p`` on the second.  A
    genotype has two of them: ``"a/x|b/x;p|q"``.

    Parameters
    ----------
    name : str
    chromosomes : sequence of Chromosome
    gamete_labels : sequence of str
        With what gametes may be marked beside their genes, such as a nuclease; first the label of unmarked ones.

    Attributes
    ----------
    haplotypes, genotypes : tuple of str
        In the order of their numbers; the last chromosome changes fastest.
    alleles : int64[n_haplotypes, n_loci]
        Number of the allele at each locus.
    pairs : int64[n_genotypes, 2]
        Two haplotypes that make each genotype.
    genotype_of : int64[n_haplotypes, n_haplotypes]
        The genotype that two haplotypes make.
    """

    def __init__(self, name: str, chromosomes: Sequence[Chromosome], gamete_labels: Sequence[str] = ("default",)):
        self.name = name
        self.chromosomes = tuple(chromosomes)
        self.gamete_labels = tuple(gamete_labels)
        self.loci = {locus: alleles for chromosome in chromosomes for locus, alleles in chromosome.loci.items()}
        n_genotypes = prod(len(chromosome.genotypes) for chromosome in chromosomes)
        if n_genotypes > MOST_GENOTYPES:
            raise UsageError(f"species {name!r} has {n_genotypes} genotypes; there may be {MOST_GENOTYPES}")
        self.haplotypes = tuple(map(";".join, product(*(chromosome.haplotypes for chromosome in chromosomes))))
        self.genotypes = tuple(map(";".join, product(*(chromosome.genotypes for chromosome in chromosomes))))
        self.alleles = np.array(list(product(*(range(len(alleles)) for alleles in self.loci.values()))))
        self._known: dict[tuple[object, ...], np.ndarray] = {}
        self.pairs = np.zeros((1, 2), np.int64)
        self.genotype_of = np.zeros((1, 1), np.int64)
        for chromosome in chromosomes:
            n_haplotypes, n_pairs = len(chromosome.haplotypes), len(chromosome.pairs)
            self.pairs = (n_haplotypes * self.pairs[:, None] + chromosome.pairs).reshape(-1, 2)
            shape = (len(self.genotype_of) * n_haplotypes,) * 2
            numbers = n_pairs * self.genotype_of[:, None, :, None] + chromosome.genotype_of[:, None, :]
            self.genotype_of = numbers.reshape(shape)

    @classmethod
    def from_dict(
        cls,
        name: str,
        structure: Mapping[str, Mapping[str, Sequence[str]]],
        gamete_labels: Sequence[str] = ("default",),
        unordered: bool = True,
        recombination_rates: Mapping[str, float | Sequence[float]] | None = None,
    ) -> "Species":
        """The species with these chromosomes: ``{"chromosome": {"locus": ["WT", "Dr"]}}``.

        Parameters
        ----------
        name : str
        structure : dict
            For each chromosome the alleles of each locus.
        gamete_labels : sequence of str
            With what gametes may be marked; first the label of unmarked ones.
        unordered : bool
            Whether ``A|a`` and ``a|A`` are the same genotype; else the haplotype of the mother stands first.
        recombination_rates : dict, optional
            For a chromosome the rate between each locus and the next, or one rate for all; 0 by default.

        Raises
        ------
        UsageError
            If a name is missing, comes twice or has a sign of the patterns in it, or a rate is not in [0, 0.5].
        """
        rates = recombination_rates or {}
        for chromosome in rates:
            if chromosome not in structure:
                raise UsageError(f"recombination_rates: no chromosome {chromosome!r}{nearest(chromosome, structure)}")
        _check_structure(structure)
        _check_names("gamete_labels", gamete_labels)
        chromosomes = [
            Chromosome(chromosome, loci, _rates(chromosome, len(loci) - 1, rates.get(chromosome, 0.0)), unordered)
            for chromosome, loci in structure.items()
        ]
        return cls(name, chromosomes, gamete_labels)

    def __repr__(self) -> str:
        return f"<Species {self.name!r}: {len(self.haplotypes)} haplotypes, {len(self.genotypes)} genotypes>"

    @property
    def n_gametes(self) -> int:
        """Of haplotypes with each label; that of haplotype h with label i is ``h * n_labels + i``."""
        return len(self.haplotypes) * len(self.gamete_labels)

    def genotype(self, name: str) -> int:
        """The number of a genotype; its haplotypes may stand in either order where that does not matter.

        Raises
        ------
        UsageError
            If there is none of that name; tells the nearest.
        """
        pairs = ["".join(pair.split()) for pair in str(name).split(";")]
        number = 0
        for chromosome, pair in zip(self.chromosomes, pairs, strict=False):
            number = number * len(chromosome.genotypes) + chromosome.numbers.get(pair, len(self.genotypes))
        if len(pairs) != len(self.chromosomes) or number >= len(self.genotypes):
            raise UsageError(f"species {self.name!r} has no genotype {name!r}{nearest(name, self.genotypes)}")
        return number

    @_once
    def matching(self, pattern: str) -> np.ndarray:
        """Which genotypes a pattern, such as ``"WT|*"``, is of: bool[n_genotypes], read-only; see ``patterns``."""
        return matching(self.chromosomes, pattern)

    def matching_any(self, patterns: str | Iterable[str]) -> np.ndarray:
        """Which genotypes a pattern, or one of several, is of: bool[n_genotypes]."""
        patterns = [patterns] if isinstance(patterns, str) else patterns
        return np.any([self.matching(pattern) for pattern in patterns], axis=0)

    def locus(self, allele: str) -> str:
        """Where an allele belongs.

        Raises
        ------
        UsageError
            If there is none of that name; tells the nearest.
        """
        for locus, alleles in self.loci.items():
            if allele in alleles:
                return locus
        known = [name for alleles in self.loci.values() for name in alleles]
        raise UsageError(f"species {self.name!r} has no allele {allele!r}{nearest(allele, known)}")

    @_once
    def carrying(self, allele: str) -> np.ndarray:
        """Which haplotypes have an allele: bool[n_haplotypes]."""
        locus = self.locus(allele)
        return self.alleles[:, list(self.loci).index(locus)] == self.loci[locus].index(allele)

    @_once
    def copies(self, *alleles: str) -> np.ndarray:
        """How many of these alleles each genotype has in all: int64[n_genotypes]."""
        return sum(self.carrying(allele)[self.pairs].sum(1) for allele in alleles)

    @_once
    def replaced(self, source: str, target: str) -> np.ndarray:
        """Each haplotype with ``target`` in the place of ``source``: int64[n_haplotypes].

        Raises
        ------
        UsageError
            If they belong to different loci.
        """
        locus = self.locus(source)
        if self.locus(target) != locus:
            raise UsageError(
                f"{source!r} cannot turn into {target!r}: they belong to the loci {locus!r} and {self.locus(target)!r}"
            )
        alleles = self.loci[locus]
        step = (alleles.index(target) - alleles.index(source)) * strides_of(self.loci)[list(self.loci).index(locus)]
        return np.arange(len(self.haplotypes)) + step * self.carrying(source)

    @_once
    def gametes(self) -> np.ndarray:
        """Share of each haplotype in the gametes of each genotype, after Mendel: float64[n_genotypes, n_haplotypes]."""
        return reduce(np.kron, (chromosome.gametes() for chromosome in self.chromosomes))

    def gamete_label(self, name: str) -> int:
        """The number of a label of gametes.

        Raises
        ------
        UsageError
            If there is none of that name; tells the nearest.
        """
        if name not in self.gamete_labels:
            raise UsageError(f"species {self.name!r} has no gamete label {name!r}{nearest(name, self.gamete_labels)}")
        return self.gamete_labels.index(name)


def _check_names(what: str, names: Sequence[str]) -> None:
    if isinstance(names, str) or not names:
        raise UsageError(f"{what}: a sequence of names is expected, got {names!r}")
    signs = " ".join(sorted(SIGNS)).strip()
    for name in names:
        if not isinstance(name, str) or not name or not SIGNS.isdisjoint(name):
            raise UsageError(
                f"{what}: {name!r} is no name: it must not be empty, nor have one of {signs} or a blank in it"
            )
        if list(names).count(name) > 1:
            raise UsageError(f"{what}: {name!r} comes twice; names must differ within a species")


def _check_structure(structure: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    for chromosome, loci in structure.items():
        if not isinstance(loci, Mapping) or not loci:
            raise UsageError(f"chromosome {chromosome!r}: loci and their alleles are expected, got {loci!r}")
        if {"sex_type", "loci"} & set(loci):
            raise UsageError(f"chromosome {chromosome!r}: only autosomes are modelled, and loci are named directly")
    _check_names("chromosomes", list(structure))
    _check_names("loci", [locus for loci in structure.values() for locus in loci])
    for loci in structure.values():
        for alleles in loci.values():
            _check_names("alleles", alleles)
    _check_names("alleles", [allele for loci in structure.values() for alleles in loci.values() for allele in alleles])


def _rates(chromosome: str, n_intervals: int, given: float | Sequence[float]) -> np.ndarray:
    try:
        rates = np.array(given, np.float64)
        rates = np.full(n_intervals, rates) if rates.ndim == 0 else rates
    except (TypeError, ValueError):
        rates = np.array([np.nan])
    if rates.shape != (n_intervals,) or not ((rates >= 0) & (rates <= 0.5)).all():
        raise UsageError(
            f"recombination_rates of chromosome {chromosome!r}: {n_intervals} numbers in [0, 0.5] are expected, "
            f"got {given!r}"
        )
    return rates
