"""Lice of one cage by stage, and of one stage by genotype: views on the state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from l2l.errors import UnknownNameError, nearest

from ..kernels import genetics
from ..kernels.lice import count_free_females
from ..kernels.stages import L5F, STAGE_NAMES
from ..types.numbers import MOST_LICE, whole_number

VIRTUAL_STAGES = ("L5f_busy", "L5f_free")


class GenoDistrib:
    """How many lice there are of each genotype.

    A view: what it changes, it changes in ``counts``, and its totals are computed, never kept.  It owns its
    memory only when it comes from a ``from_*`` method or from an operation that returns a new one.

    Genotypes are joint over the genes, so that every gene counts the same lice.  (Published SLIM keeps the
    counts of each gene apart; with one gene there is no difference.)  A key is the name of a genotype, ``"Aa"``
    or over two genes ``"Aa.b"``, or that of a genotype of one gene among several, ``"Aa"`` or ``"b"``, which
    stands for all genotypes that agree with it.

    Parameters
    ----------
    counts : int64[n_genotypes]
        Order of ``genetics.genotype_names``.
    default_ratios : float64[n_genotypes]
        Ratios a distribution without lice takes when it is scaled up; need not sum to one.
    """

    def __init__(self, counts: np.ndarray, default_ratios: np.ndarray) -> None:
        if not isinstance(counts, np.ndarray) or counts.dtype != np.int64 or counts.ndim != 1:
            shape = f"{counts.dtype}{list(counts.shape)}" if isinstance(counts, np.ndarray) else repr(counts)
            raise TypeError(f"counts must be an array int64[n_genotypes], got {shape}")
        self.n_genes = genetics.n_genes_of(len(counts))
        default_ratios = np.asarray(default_ratios, dtype=np.float64)
        if default_ratios.shape != counts.shape:
            raise ValueError(f"default_ratios must have shape {counts.shape}, got {default_ratios.shape}")
        self.counts = counts
        self.default_ratios = default_ratios

    # ------------------------------------------------------------------------------------ constructors

    @classmethod
    def from_ratios(cls, genetic_ratios: np.ndarray, n: int = 0) -> GenoDistrib:
        """``n`` lice in these ratios, apportioned without drawing; ratios float64[n_genes, 3], a, A, Aa."""
        ratios = _joint(genetic_ratios)
        return cls(np.zeros(len(ratios), dtype=np.int64), ratios).set(n)

    @classmethod
    def from_ratios_rng(cls, n: int, genetic_ratios: np.ndarray, rng: np.random.Generator) -> GenoDistrib:
        """``n`` lice drawn with these ratios float64[n_genes, 3] as probabilities."""
        ratios = _joint(genetic_ratios)
        n = whole_number(n, "a number of lice", most=MOST_LICE)
        return cls(rng.multinomial(n, ratios / ratios.sum()).astype(np.int64), ratios)

    @classmethod
    def from_counts(cls, counts: np.ndarray, default_ratios: np.ndarray) -> GenoDistrib:
        """A copy of ``counts``, whole numbers [n_genotypes]."""
        given = np.asarray(counts)
        whole = np.array(given, dtype=np.int64) if (np.abs(given) < 2**63).all() else np.zeros(0)
        if not np.array_equal(whole, given):
            raise ValueError(f"counts of lice are whole numbers of 64 bits, got {counts!r}")
        return cls(whole, default_ratios)

    @classmethod
    def from_dict(cls, counts: Mapping[str, int], default_ratios: np.ndarray) -> GenoDistrib:
        """From counts by genotype, as ``to_json_dict`` gives them; genotypes left out have no lice."""
        distribution = cls(np.zeros(len(default_ratios), dtype=np.int64), default_ratios)
        names = genetics.genotype_names(distribution.n_genes)
        for key, count in counts.items():
            if key not in names:
                raise UnknownNameError(f"no genotype {key!r}{nearest(key, names)}")
            distribution[key] = count
        return distribution

    @staticmethod
    def batch_sum(distributions: Iterable[GenoDistrib]) -> GenoDistrib:
        """All lice of at least one distribution, with the default ratios of the first."""
        distributions = list(distributions)
        if not distributions:
            raise ValueError("batch_sum needs at least one distribution, got none")
        total = distributions[0].copy()
        for distribution in distributions[1:]:
            total += distribution
        return total

    def copy(self) -> GenoDistrib:
        return self._like(self.counts.copy())

    def _like(self, counts: np.ndarray) -> GenoDistrib:
        return GenoDistrib(counts, self.default_ratios)

    # ------------------------------------------------------------------------------------------ reading

    @property
    def gross(self) -> int:
        """Number of lice."""
        return int(self.counts.sum())

    def keys(self) -> list[str]:
        """Names of the genotypes, in the order of ``counts``."""
        return genetics.genotype_names(self.n_genes)

    def marginals(self) -> np.ndarray:
        """Counts of each gene on its own, int64[n_genes, 3]; every row sums to ``gross``."""
        digits = genetics.gene_digit(self.n_genes)
        return np.array(
            [[self.counts[digits[:, gene] == digit].sum() for digit in range(3)] for gene in range(self.n_genes)]
        )

    def is_positive(self) -> bool:
        """Whether no count is negative, as after a ``sub`` of more than there are."""
        return bool((self.counts >= 0).all())

    def to_json_dict(self) -> dict[str, int]:
        return dict(zip(self.keys(), self.counts.tolist(), strict=True))

    def __getitem__(self, key: str) -> int:
        return int(self.counts[self._selected(key)].sum())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GenoDistrib):
            return NotImplemented
        return np.array_equal(self.counts, other.counts)

    def __repr__(self) -> str:
        return f"GenoDistrib({self.to_json_dict()})"

    # ----------------------------------------------------------------------------------------- changing

    def __setitem__(self, key: str, n: int) -> None:
        """Have ``n`` lice of this key.

        Lice of other keys stay as they are, so that ``gross`` changes.  A key of one gene among several
        keeps the ratios of its genotypes.  (Published SLIM scales the other genes to the new gross.)
        """
        selected = self._selected(key)
        self.counts[selected] = _apportioned(n, self.counts[selected], self.default_ratios[selected])

    def set(self, n: int) -> GenoDistrib:
        """Scale to ``n`` lice in the same ratios, and return itself; the default ratios if there were none."""
        self.counts[:] = _apportioned(n, self.counts, self.default_ratios)
        return self

    def truncate_negatives(self) -> None:
        np.maximum(self.counts, 0, out=self.counts)

    def __iadd__(self, other: GenoDistrib) -> GenoDistrib:
        self.counts += self._counts_of(other)
        return self

    def __isub__(self, other: GenoDistrib) -> GenoDistrib:
        self.counts -= self._counts_of(other)
        return self

    # ----------------------------------------------------------------------------- a new one from this

    def normalise_to(self, n: int) -> GenoDistrib:
        """A new distribution of ``n`` lice in the same ratios, by largest remainder."""
        return self.copy().set(n)

    def add_to_scalar(self, n: int) -> GenoDistrib:
        """A new distribution of ``n`` lice more in the same ratios."""
        return self.normalise_to(self.gross + n)

    def add(self, other: GenoDistrib) -> GenoDistrib:
        return self._like(self.counts + self._counts_of(other))

    def sub(self, other: GenoDistrib) -> GenoDistrib:
        """Counts may become negative; see ``truncate_negatives``."""
        return self._like(self.counts - self._counts_of(other))

    def mul(self, other: GenoDistrib) -> GenoDistrib:
        """Products genotype by genotype."""
        return self._like(self.counts * self._counts_of(other))

    def mul_by_scalar(self, factor: float) -> GenoDistrib:
        """``factor >= 0`` times as many lice, rounded by largest remainder.

        (Published SLIM keeps fractions of lice where ``factor`` is not whole.)
        """
        if not 0 <= factor < np.inf:
            raise ValueError(f"lice can be multiplied by finite numbers >= 0, got {factor!r}")
        _check_no_negative(self.counts)
        if self.gross * factor > MOST_LICE:
            raise ValueError(f"{self.gross} lice times {factor!r} are more than {MOST_LICE:.0e}")
        product = np.empty_like(self.counts)
        genetics.largest_remainder(self.counts * float(factor), product)
        return self._like(product)

    def __add__(self, other: GenoDistrib) -> GenoDistrib:
        return self.add(other)

    def __sub__(self, other: GenoDistrib) -> GenoDistrib:
        return self.sub(other)

    def __mul__(self, other: GenoDistrib) -> GenoDistrib:
        return self.mul(other)

    # ------------------------------------------------------------------------------------------ private

    def _selected(self, key: str) -> np.ndarray:
        """Genotypes a key stands for, bool[n_genotypes]."""
        names = np.array(self.keys())
        selected = names == key
        if not selected.any():
            selected = np.array([key in name.split(".") for name in names])
        if not selected.any():
            known = [k for gene in range(self.n_genes) for k in genetics.gene_keys(gene)]
            raise UnknownNameError(f"no genotype {key!r}{nearest(key, dict.fromkeys([*known, *names]))}")
        return selected

    def _counts_of(self, other: GenoDistrib) -> np.ndarray:
        if not isinstance(other, GenoDistrib):
            raise TypeError(f"expected a GenoDistrib, got {other!r}; see add_to_scalar and mul_by_scalar")
        if other.n_genes != self.n_genes:
            raise ValueError(f"expected a GenoDistrib over {self.n_genes} genes, got {other.n_genes}")
        return other.counts


class LicePopulation(Mapping[str, GenoDistrib]):
    """The lice of one cage: a `GenoDistrib` for each stage ``"L1"`` .. ``"L5m"``, all of them views.

    Two more names can be read, but not set: ``"L5f_busy"``, the adult females that have mated of late, and
    ``"L5f_free"``, the others.

    Parameters
    ----------
    lice : int64[n_stages, n_genotypes]
    default_ratios : float64[n_genotypes]
        Ratios that a stage without lice takes when it is set to a number.
    busy_dams : float64[1]
        Matings per female and day, averaged over the last days.
    dam_unavailability : float
        Days for which a mating keeps a female busy.
    """

    def __init__(
        self, lice: np.ndarray, default_ratios: np.ndarray, busy_dams: np.ndarray, dam_unavailability: float
    ) -> None:
        if lice.shape != (len(STAGE_NAMES), len(default_ratios)):
            raise ValueError(f"lice must have shape {(len(STAGE_NAMES), len(default_ratios))}, got {lice.shape}")
        self.lice = lice
        self.default_ratios = default_ratios
        self.busy_dams = busy_dams
        self.dam_unavailability = dam_unavailability

    def __getitem__(self, stage: str) -> GenoDistrib:
        if stage in VIRTUAL_STAGES:
            return self._females(busy=stage == "L5f_busy")
        return GenoDistrib(self.lice[self._index(stage)], self.default_ratios)

    def _females(self, busy: bool) -> GenoDistrib:
        females = GenoDistrib(self.lice[L5F], self.default_ratios)
        n_free = count_free_females(females.gross, self.busy_dams[0], self.dam_unavailability)
        away = females.normalise_to(females.gross - n_free)
        return away if busy else females.sub(away)

    def __setitem__(self, stage: str, lice: GenoDistrib | int) -> None:
        """Have these lice in a stage, or this number of them in the ratios that there are."""
        if stage in VIRTUAL_STAGES:
            raise TypeError(f"{stage} follows from L5f and the matings, and cannot be set; set L5f")
        if isinstance(lice, GenoDistrib):
            counts = self[stage]._counts_of(lice)
            _check_no_negative(counts)
            self.lice[self._index(stage)] = counts
        else:
            self[stage].set(lice)

    def __iter__(self) -> Iterator[str]:
        return iter(STAGE_NAMES)

    def __len__(self) -> int:
        return len(STAGE_NAMES)

    def __repr__(self) -> str:
        return f"LicePopulation({ {stage: lice.gross for stage, lice in self.items()} })"

    @staticmethod
    def _index(stage: str) -> int:
        if stage not in STAGE_NAMES:
            raise UnknownNameError(f"no stage {stage!r}{nearest(stage, [*STAGE_NAMES, *VIRTUAL_STAGES])}")
        return STAGE_NAMES.index(stage)


def _joint(genetic_ratios: np.ndarray) -> np.ndarray:
    ratios = np.asarray(genetic_ratios, dtype=np.float64)
    if ratios.ndim != 2 or ratios.shape[1] != 3:
        raise ValueError(f"genetic ratios must have shape (n_genes, 3), got {ratios.shape}")
    if not (ratios >= 0).all() or not np.isfinite(ratios).all() or not (ratios.sum(axis=1) > 0).all():
        raise ValueError(f"genetic ratios must be finite, >= 0, and not all 0 for a gene, got {ratios.tolist()}")
    return genetics.joint_ratios(ratios / ratios.sum(axis=1, keepdims=True))


def _apportioned(n: int, counts: np.ndarray, default_ratios: np.ndarray) -> np.ndarray:
    n = whole_number(n, "a number of lice", most=MOST_LICE)
    _check_no_negative(counts)
    weights = counts.astype(np.float64) if counts.any() else default_ratios
    if not 0 <= weights.min() <= weights.sum() < np.inf:
        raise ValueError(f"default_ratios must be finite and >= 0, got {default_ratios.tolist()}")
    if n > 0 and not weights.any():  # neither lice nor ratios to tell them apart
        weights = np.ones_like(default_ratios)
    out = np.zeros_like(counts)
    if n > 0:
        genetics.apportion(n, weights, out)
    return out


def _check_no_negative(counts: np.ndarray) -> None:
    if (counts < 0).any():
        raise ValueError(f"counts {counts.tolist()} are negative; truncate_negatives() first")
