"""Inheritance: the maps from genotypes to gametes and from two gametes to a zygote, and the rules that change them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.sexes import Sex


class GameteRule(NamedTuple):
    """What becomes of the gametes of some parents.

    Attributes
    ----------
    sex : Sex
        Of the parents.
    parents : bool[n_genotypes]
    moves : float64[n_gametes, n_gametes]
        Probability that one gamete turns into another; where a row sums to less than one, the rest are lost.
    """

    sex: Sex
    parents: np.ndarray
    moves: np.ndarray


class ZygoteRule(NamedTuple):
    """What becomes of the zygotes that some gametes make.

    Attributes
    ----------
    eggs, sperm : bool[n_gametes]
    moves : float64[n_genotypes, n_genotypes]
        Probability that one genotype turns into another; where a row sums to less than one, the rest are lost.
    """

    eggs: np.ndarray
    sperm: np.ndarray
    moves: np.ndarray


def genotype_to_gametes_map(species: Species, rules: Iterable[GameteRule] = ()) -> np.ndarray:
    """Share of each gamete among those of a parent: float64[2, n_genotypes, n_gametes].

    After Mendel, then one rule after the other, each on what those before it left.

    Raises
    ------
    UsageError
        If the moves of a rule have another shape or are no probabilities.
    """
    gametes = np.zeros((len(Sex), len(species.genotypes), species.n_gametes))
    gametes[:, :, :: len(species.gamete_labels)] = species.gametes()
    for rule in rules:
        _check(rule.moves, species.n_gametes)
        gametes[rule.sex, rule.parents] = gametes[rule.sex, rule.parents] @ rule.moves
    return gametes


def gametes_to_zygote_map(species: Species, rules: Iterable[ZygoteRule] = ()) -> np.ndarray:
    """Probability of each genotype of the zygote of an egg and a sperm: float64[n_gametes, n_gametes, n_genotypes].

    First the genotype that they make, then one rule after the other, each on what those before it left.

    Raises
    ------
    UsageError
        If the moves of a rule have another shape or are no probabilities.
    """
    n_genotypes, n_labels = len(species.genotypes), len(species.gamete_labels)
    genotypes = species.genotype_of.repeat(n_labels, 0).repeat(n_labels, 1)
    # Zygotes of the same rules share the product of their moves, which is far smaller than the map.
    products = [np.eye(n_genotypes)]
    product_of = np.zeros_like(genotypes)
    for rule in rules:
        _check(rule.moves, n_genotypes)
        affected = np.outer(rule.eggs, rule.sperm)
        for before in np.unique(product_of[affected]):
            product_of[affected & (product_of == before)] = len(products)
            products.append(products[before] @ rule.moves if before else rule.moves)
    return np.concatenate(products).take(product_of * n_genotypes + genotypes, 0)


def _check(moves: np.ndarray, n: int) -> None:
    if moves.shape != (n, n):
        raise UsageError(f"the moves of a rule must have the shape {(n, n)}, got {moves.shape}")
    if not (moves.min() >= 0 and moves.sum(1).max() <= 1 + 1e-9):
        wrong = ~((moves >= 0).all(1) & (moves.sum(1) <= 1 + 1e-9))
        row = int(np.argmax(wrong))
        raise UsageError(
            f"row {row} of the moves of a rule must be probabilities that sum to at most 1, got {moves[row]}"
        )


def conversion(species: Species, source: str, targets: Mapping[str, float]) -> np.ndarray:
    """Probability that one haplotype turns into another where an allele does: float64[n_haplotypes, n_haplotypes].

    Parameters
    ----------
    species : Species
    source : str
        The allele.
    targets : dict of str to float
        What it turns into, each with its probability; these exclude each other.

    Raises
    ------
    UsageError
        If a target is of another locus, or their probabilities sum to more than one.
    """
    total = sum(targets.values())
    if not (min(targets.values(), default=0.0) >= 0 and total <= 1 + 1e-9):
        raise UsageError(f"{source!r} turns into {dict(targets)}: probabilities are expected that sum to at most 1")
    moves = np.eye(len(species.haplotypes))
    rows = np.flatnonzero(species.carrying(source))
    moves[rows, rows] = max(0.0, 1.0 - total)  # not below by rounding
    for target, rate in targets.items():
        moves[rows, species.replaced(source, target)[rows]] += rate
    return moves


def of_gametes(species: Species, haplotype_moves: np.ndarray) -> np.ndarray:
    """Moves of gametes, float64[n_gametes, n_gametes], whose haplotypes change so and whose labels do not."""
    n, n_labels = len(species.haplotypes), len(species.gamete_labels)
    moves = np.zeros((n, n_labels, n, n_labels))
    for label in range(n_labels):
        moves[:, label, :, label] = haplotype_moves
    return moves.reshape(species.n_gametes, species.n_gametes)


def of_zygotes(species: Species, haplotype_moves: np.ndarray) -> np.ndarray:
    """Moves of zygotes, float64[n_genotypes, n_genotypes], whose two haplotypes change so, each for itself."""
    genotypes = species.genotype_of.ravel()
    return np.array(
        [
            np.bincount(genotypes, np.outer(haplotype_moves[one], haplotype_moves[other]).ravel(), len(species.pairs))
            for one, other in species.pairs
        ]
    )


def marking(species: Species, label: str) -> np.ndarray:
    """Moves of gametes that all get a label: float64[n_gametes, n_gametes]."""
    labels = np.zeros((len(species.gamete_labels),) * 2)
    labels[:, species.gamete_label(label)] = 1.0
    return np.kron(np.eye(len(species.haplotypes)), labels)


def marked(species: Species, label: str) -> np.ndarray:
    """Which gametes have a label: bool[n_gametes]."""
    return np.tile(np.arange(len(species.gamete_labels)) == species.gamete_label(label), len(species.haplotypes))
