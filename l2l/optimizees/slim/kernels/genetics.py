"""Inheritance: genotypes and gametes over all genes at once, and the maps between them.

A gene has a recessive allele ``a`` and a dominant allele ``A``.  A genotype says for every gene which of
``a`` (recessive homozygous), ``A`` (dominant homozygous), ``Aa`` (heterozygous) a louse is; its index has
these as digits 0, 1, 2 in base 3.  A gamete says which allele it carries, digits 0 and 1 in base 2.  Gene 0
is the most significant digit of both.  There are ``3**n_genes`` genotypes and ``2**n_genes`` gametes.
"""

from __future__ import annotations

from functools import reduce
from itertools import product

import numpy as np
from numba import njit

from ..types.genotypes import genotypes_of
from .sampling import binomial, hypergeometric, poisson

# One gene.  Rows a, A, Aa; columns the gametes with a and with A: Mendel's first law.
_GAMETES_OF_ONE_GENE = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
_ZYGOTE_OF_ONE_GENE = np.array([[0, 2], [2, 1]])


def n_genes_of(n_genotypes: int) -> int:
    """How many genes ``n_genotypes`` genotypes are over.

    Raises
    ------
    ValueError
        If it is not 3, 9, 27, ...
    """
    n_genes = 1
    while 3**n_genes < n_genotypes:
        n_genes += 1
    if 3**n_genes != n_genotypes:
        raise ValueError(f"the number of genotypes must be 3, 9, 27, .. (3 per gene), got {n_genotypes}")
    return n_genes


def gene_keys(gene: int) -> tuple[str, str, str]:
    """Names of the genotypes of one gene: ``("a", "A", "Aa")`` for gene 0, with ``b`` for gene 1, ..."""
    return genotypes_of(chr(ord("a") + gene))


def genotype_names(n_genes: int) -> list[str]:
    """Names in the order of their indices: ``["a", "A", "Aa"]``; over two genes ``["a.b", "a.B", ...]``."""
    return [".".join(keys) for keys in product(*(gene_keys(gene) for gene in range(n_genes)))]


def gene_digit(n_genes: int) -> np.ndarray:
    """For each genotype and gene 0, 1 or 2 for a, A, Aa: int64[n_genotypes, n_genes]."""
    return np.array(list(product(range(3), repeat=n_genes)), dtype=np.int64)


def dominant_share(n_genes: int) -> np.ndarray:
    """Share of dominant alleles in each genotype, gene by gene: float64[n_genotypes, n_genes]."""
    return _GAMETES_OF_ONE_GENE[:, 1][gene_digit(n_genes)]


def genotype_to_gametes_map(n_genes: int) -> np.ndarray:
    """Share of each gamete among those of a genotype: float64[n_genotypes, n_gametes].

    Genes recombine freely (Mendel's second law).  Mutation folds in:
    ``genotype_to_gametes_map(n_genes) @ mutation_matrix(n_genes, rate)``.
    """
    return reduce(np.kron, [_GAMETES_OF_ONE_GENE] * n_genes)


def mutation_matrix(n_genes: int, rate: float) -> np.ndarray:
    """From gamete to gamete if each allele flips with probability ``rate``: float64[n_gametes, n_gametes]."""
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"the mutation rate is a probability per allele, got {rate!r}")
    return reduce(np.kron, [np.array([[1.0 - rate, rate], [rate, 1.0 - rate]])] * n_genes)


def gametes_to_zygote_map(n_genes: int) -> np.ndarray:
    """Genotype that two gametes make: int64[n_gametes, n_gametes], symmetric."""
    zygote = np.zeros((1, 1), dtype=np.int64)
    for _ in range(n_genes):
        shape = (2 * len(zygote), 2 * len(zygote))
        zygote = (3 * zygote[:, None, :, None] + _ZYGOTE_OF_ONE_GENE[None, :, None, :]).reshape(shape)
    return zygote


def joint_ratios(genetic_ratios: np.ndarray) -> np.ndarray:
    """Ratios of the genotypes when genes are independent: float64[n_genotypes].

    Parameters
    ----------
    genetic_ratios : float64[n_genes, 3]
        Per gene the ratios of a, A, Aa.  If each row sums to one, so does the result.
    """
    return reduce(np.kron, np.asarray(genetic_ratios, dtype=np.float64))


@njit(cache=True, nogil=True)
def gamete_frequencies(parents, gamete_map, out):
    """Share of each gamete among those of all parents.

    Parameters
    ----------
    parents : int64[n_genotypes]
        Their numbers; without any, ``out`` is zero.
    gamete_map : float64[n_genotypes, n_gametes]
    out : float64[n_gametes]
        Filled; sums to one.
    """
    out[:] = 0.0
    n_parents = parents.sum()
    if n_parents == 0:
        return
    for genotype in range(len(parents)):
        share = parents[genotype] / n_parents
        for gamete in range(len(out)):
            out[gamete] += share * gamete_map[genotype, gamete]


@njit(cache=True, nogil=True)
def zygote_probabilities(dam_gametes, sire_gametes, zygote_map, out):
    """Probability of each genotype of an egg when gametes meet at random.

    Parameters
    ----------
    dam_gametes, sire_gametes : float64[n_gametes]
        Frequencies.
    zygote_map : int64[n_gametes, n_gametes]
    out : float64[n_genotypes]
        Filled; sums to one.
    """
    out[:] = 0.0
    for dam in range(len(dam_gametes)):
        for sire in range(len(sire_gametes)):
            out[zygote_map[dam, sire]] += dam_gametes[dam] * sire_gametes[sire]


@njit(cache=True, nogil=True)
def unlink(gametes):
    """Make genes independent of each other, in place: each frequency the product of those of its alleles."""
    allele = 1  # a gene's digit in the number of a gamete
    while allele < len(gametes):
        dominant = 0.0
        for i in range(len(gametes)):
            if i & allele:
                dominant += gametes[i]
        for i in range(len(gametes)):
            if not i & allele:
                either = gametes[i] + gametes[i | allele]
                gametes[i] = (1.0 - dominant) * either
                gametes[i | allele] = dominant * either
        allele *= 2


MUTATION_ROUNDS = 10


@njit(cache=True, nogil=True)
def mutate(stream, eggs, rate):
    """Mutate eggs as SLIM 0.4.0 does, in place: ten rounds of a number of moves that all go as often as each other.

    In a round as many moves as Poisson(rate * eggs) are split evenly over a <- Aa, a -> Aa, A <- Aa, A -> Aa,
    however many of each genotype there are; a round that would leave a negative number is left out.
    """
    n_moves = poisson(stream, rate * eggs.sum())
    if n_moves == 0:
        return
    place = 1  # of a gene's digit in the number of a genotype
    while place < len(eggs):
        for _ in range(MUTATION_ROUNDS):
            to_a = binomial(stream, n_moves, 0.25)
            from_a = binomial(stream, n_moves - to_a, 1.0 / 3.0)
            to_dominant = binomial(stream, n_moves - to_a - from_a, 0.5)
            from_dominant = n_moves - to_a - from_a - to_dominant
            gain_a, gain_dominant = to_a - from_a, to_dominant - from_dominant
            if (
                _count_digit(eggs, place, 0) + gain_a >= 0
                and _count_digit(eggs, place, 1) + gain_dominant >= 0
                and _count_digit(eggs, place, 2) >= gain_a + gain_dominant
            ):
                _change_digit(stream, eggs, place, 0, 2, -gain_a)  # what Aa gains before what it gives
                _change_digit(stream, eggs, place, 1, 2, -gain_dominant)
                _change_digit(stream, eggs, place, 2, 0, gain_a)
                _change_digit(stream, eggs, place, 2, 1, gain_dominant)
        place *= 3


@njit(cache=True, nogil=True)
def _count_digit(counts, place, digit):
    total = 0
    for g in range(len(counts)):
        if g // place % 3 == digit:
            total += counts[g]
    return total


@njit(cache=True, nogil=True)
def _change_digit(stream, counts, place, old, new, n):
    """Change one gene of ``n`` eggs drawn among those with the digit ``old``; nothing if ``n`` is not positive."""
    if n <= 0:
        return
    left = _count_digit(counts, place, old)
    for g in range(len(counts)):
        if g // place % 3 == old:
            left -= counts[g]
            taken = hypergeometric(stream, counts[g], left, n)
            counts[g] -= taken
            counts[g + (new - old) * place] += taken
            n -= taken


@njit(cache=True, nogil=True)
def apportion(total, weights, out):
    """Split ``total`` whole lice among bins in proportion to ``weights``, without drawing.

    Largest-remainder (Hamilton) method: every bin gets the whole part of its share, then the bins with the
    largest fractions one more each, of equal ones that with the higher index.  ``out.sum() == total``
    exactly, and a bin of weight 0 gets nothing.

    Parameters
    ----------
    total : int
        >= 0.
    weights : float64[n_bins] or int64[n_bins]
        Non-negative, not all zero; need not sum to one.
    out : int64[n_bins]
        Filled.
    """
    weight_sum = weights.sum()
    for i in range(len(weights)):
        out[i] = np.int64(weights[i] / weight_sum * total)
    _hand_out(total - out.sum(), weights, weight_sum, total, out)


@njit(cache=True, nogil=True)
def largest_remainder(values, out):
    """Round ``values`` float64[n_bins] >= 0 to whole numbers ``out`` int64[n_bins] and keep their sum.

    As ``apportion``.  If the sum is not whole, the sum of the fractions is rounded, half to even.
    """
    fractions = 0.0
    for i in range(len(values)):
        out[i] = np.int64(values[i])
        fractions += values[i] - out[i]
    _hand_out(np.int64(np.rint(fractions)), values, 1.0, 1.0, out)


@njit(cache=True, nogil=True)
def _hand_out(n_left, weights, weight_sum, total, out):
    """Give one each to the ``n_left`` bins that are furthest below ``weights / weight_sum * total``."""
    for _ in range(n_left):
        neediest = 0
        most_missing = -np.inf
        for i in range(len(weights)):
            # A bin that was given one lies above its share from then on, so that none is given two.
            missing = weights[i] / weight_sum * total - out[i]
            if weights[i] > 0 and missing >= most_missing:
                neediest, most_missing = i, missing
        out[neediest] += 1
    for _ in range(-n_left):  # only where a share near 1e15 was rounded up to a whole number
        out[np.argmax(out)] -= 1
