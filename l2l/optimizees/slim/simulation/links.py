"""Ways of larvae between farms: which share of a farm's eggs gets to another one, and how long it travels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Links(NamedTuple):
    """The pairs of farms between which larvae travel, source by source; a farm's way to itself is one of them.

    Those from farm f are first[f] .. first[f + 1] - 1.  Arrays are read-only.
    """

    first: np.ndarray  # int64[n_farms + 1]
    target: np.ndarray  # int64[n], farm
    prob: np.ndarray  # float64[n], that an egg gets there
    days: np.ndarray  # float64[n], mean

    @classmethod
    def of_matrices(cls, probs: np.ndarray, times: np.ndarray) -> Links:
        """The pairs for which either of two matrices float64[n_farms, n_farms], source to target, is not zero."""
        source, target = np.nonzero((probs != 0) | (times != 0))
        return cls._of(len(probs), source, target, probs[source, target], times[source, target])

    @classmethod
    def of_rows(cls, n_farms: int, rows: np.ndarray) -> Links:
        """From rows of source, target, share and days, float64[n, 4], in the order of sources."""
        source, target = rows[:, :2].T.astype(np.int64)
        return cls._of(n_farms, source, target, rows[:, 2], rows[:, 3])

    @classmethod
    def _of(cls, n_farms: int, source: np.ndarray, *columns: np.ndarray) -> Links:
        first = np.searchsorted(source, np.arange(n_farms + 1))
        links = cls(first, *map(np.ascontiguousarray, columns))
        for array in links:
            array.setflags(write=False)
        return links

    @property
    def source(self) -> np.ndarray:
        """int64[n], farm."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
