"""Chromosomes: their haplotypes, the genotypes that two of these make, and the gametes of a genotype."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

import numpy as np

from l2l.errors import UsageError

# The map from two gametes to a zygote then takes up to a quarter of a gigabyte.
MOST_GENOTYPES = 4096


class Chromosome:
    """Loci that are inherited together, apart from recombination.

    Parameters
    ----------
    name : str
    loci : dict of str to sequence of str
        The alleles of each locus, in the order of the loci along the chromosome.
    recombination_rates : float64[n_loci - 1]
        Between each locus and the next, in [0, 0.5].
    unordered : bool
        Whether it does not matter which parent a haplotype is from.

    Attributes
    ----------
    alleles : int64[n_haplotypes, n_loci]
        Number of the allele at each locus.
    haplotypes : tuple of str
        ``"a/x"``; the allele of the last locus changes fastest.
    pairs : int64[n_genotypes, 2]
        The haplotypes of each genotype, that of the mother first.
    genotype_of : int64[n_haplotypes, n_haplotypes]
        The genotype that two haplotypes make.
    genotypes : tuple of str
        ``"a/x|b/x"``.
    numbers : dict of str to int
        Of the genotypes, by all names that they have.

    Raises
    ------
    UsageError
        If there are too many genotypes.
    """

    def __init__(self, name: str, loci: Mapping[str, Sequence[str]], recombination_rates: np.ndarray, unordered: bool):
        self.name = name
        self.loci = {locus: tuple(alleles) for locus, alleles in loci.items()}
        self.recombination_rates = recombination_rates
        self.unordered = unordered
        n = prod(map(len, self.loci.values()))
        n_genotypes = n * (n + 1) // 2 if unordered else n * n
        if n_genotypes > MOST_GENOTYPES:
            raise UsageError(f"chromosome {name!r} makes {n_genotypes} genotypes; there may be {MOST_GENOTYPES}")
        self.haplotypes = tuple(map("/".join, product(*self.loci.values())))
        self.alleles = np.array(list(product(*(range(len(alleles)) for alleles in self.loci.values()))))
        self.pairs = np.argwhere(np.triu(np.ones((n, n)))) if unordered else np.argwhere(np.ones((n, n)))
        self.genotype_of = np.empty((n, n), np.int64)
        if unordered:
            self.genotype_of[self.pairs[:, 1], self.pairs[:, 0]] = range(n_genotypes)
        self.genotype_of[self.pairs[:, 0], self.pairs[:, 1]] = range(n_genotypes)
        self.genotypes = tuple(self._name(*pair) for pair in self.pairs)
        self.numbers = {self._name(*pair): int(number) for pair, number in np.ndenumerate(self.genotype_of)}

    def _name(self, mother: int, father: int) -> str:
        return f"{self.haplotypes[mother]}|{self.haplotypes[father]}"

    def gametes(self) -> np.ndarray:
        """Share of each haplotype in the gametes of each genotype: float64[n_genotypes, n_haplotypes].

        Recombination in one interval does not make it rarer in the next (no interference; Haldane 1919).
        """
        strides = strides_of(self.loci)
        genotypes = np.arange(len(self.pairs))
        shares = np.zeros((len(self.pairs), len(self.haplotypes)))
        for strand in product((0, 1), repeat=len(self.loci)):  # from which each locus is copied
            switches = np.diff(strand) != 0
            share = np.where(switches, self.recombination_rates, 1.0 - self.recombination_rates).prod() / 2
            copied = self.alleles[self.pairs[:, strand], np.arange(len(strand))]  # (n_genotypes, n_loci)
            shares[genotypes, copied @ strides] += share
        return shares


def strides_of(loci: Mapping[str, Sequence[str]]) -> np.ndarray:
    """By how much the number of a haplotype grows with that of the allele at each locus: int64[n_loci]."""
    sizes = [len(alleles) for alleles in loci.values()]
    return np.array([prod(sizes[i + 1 :]) for i in range(len(sizes))])
