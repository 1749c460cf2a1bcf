"""Patterns of genotypes: what is meant by ``"WT|*"``.

Chromosomes are separated by ``;``, the two haplotypes by ``|``, or by ``::`` where either may be the mother's; the loci
of a haplotype by ``/``.  At a locus stands an allele, ``{a,b}`` for one of several, ``!a`` or ``!{a,b}`` for any other,
or ``*`` for any.  A ``*`` is also any haplotype, or any genotype of a chromosome; left out chromosomes may be anything.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.optimizees.demes.chromosome import Chromosome

SIGNS = frozenset(";|:/{},!*@() ")


def matching(chromosomes: Sequence[Chromosome], pattern: str) -> np.ndarray:
    """Which genotypes of these chromosomes a pattern is of: bool[n_genotypes].

    Raises
    ------
    UsageError
        If it is not understood, names something unknown, or is of none.
    """
    if not isinstance(pattern, str):
        raise UsageError(f"a pattern of genotypes is a text, such as 'A|*', got {pattern!r}")
    parts = "".join(pattern.split()).split(";")
    try:
        if len(parts) > len(chromosomes):
            raise UsageError(f"it is of {len(parts)} chromosomes, there are {len(chromosomes)}")
        parts += ["*"] * (len(chromosomes) - len(parts))
        found = reduce(np.kron, map(_genotypes, chromosomes, parts))
        if not found.any():
            raise UsageError("no genotype is like that")
    except UsageError as error:
        raise UsageError(f"pattern {pattern!r}: {error}") from None
    return found


def _genotypes(chromosome: Chromosome, pattern: str) -> np.ndarray:
    if pattern == "*":
        return np.ones(len(chromosome.pairs), bool)
    sides = pattern.replace("::", "|").split("|")
    if len(sides) != 2:
        raise UsageError(f"two haplotypes are expected, as in 'A|B' or 'A|*', got {pattern!r}")
    one, other = (_haplotypes(chromosome, side) for side in sides)
    mother, father = chromosome.pairs.T
    found = one[mother] & other[father]
    if chromosome.unordered or "::" in pattern:
        found |= other[mother] & one[father]
    return found


def _haplotypes(chromosome: Chromosome, pattern: str) -> np.ndarray:
    if pattern == "*":
        return np.ones(len(chromosome.haplotypes), bool)
    elements = pattern.split("/")
    if len(elements) != len(chromosome.loci):
        raise UsageError(f"chromosome {chromosome.name!r} has {len(chromosome.loci)} loci, got {pattern!r}")
    found = np.ones(len(chromosome.haplotypes), bool)
    for i, (locus, element) in enumerate(zip(chromosome.loci, elements, strict=True)):
        found &= _alleles(locus, chromosome.loci[locus], element)[chromosome.alleles[:, i]]
    return found


def _alleles(locus: str, alleles: Sequence[str], pattern: str) -> np.ndarray:
    if pattern == "*":
        return np.ones(len(alleles), bool)
    names = pattern.removeprefix("!")
    listed = names[1:-1].split(",") if names[:1] == "{" and names[-1:] == "}" else [names]
    for name in listed:
        if name not in alleles:
            raise UsageError(f"locus {locus!r} has no allele {name!r}{nearest(name, alleles)}")
    return np.isin(alleles, listed) != pattern.startswith("!")
