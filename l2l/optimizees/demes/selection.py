"""Which individuals are meant: by sex, age and genotype, and in which demes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.sexes import SEXES, Sex

_SELECTED = {**{name: [sex] for name, sex in SEXES.items()}, "both": list(Sex)}


class Layout(NamedTuple):
    """What there is to select from."""

    species: Species
    n_ages: int
    n_demes: int
    shape: tuple[int, int] | None = None
    """Rows and columns of the demes, if they have any."""

    def cells(self, genotypes: Any = "*", ages: Any = "*", sex: str = "both") -> np.ndarray:
        """What is selected of one deme: bool[2, n_ages, n_genotypes].

        Parameters
        ----------
        genotypes : str or list of str
            Patterns; a genotype that one of them matches is selected.
        ages : int, iterable of int, or "*"
        sex : {"female", "male", "both"}

        Raises
        ------
        UsageError
            If there is no such thing.
        """
        if sex not in _SELECTED:
            raise UsageError(f"sex must be 'female', 'male' or 'both', got {sex!r}{nearest(str(sex), _SELECTED)}")
        matched = self.species.matching_any(genotypes)
        by_sex = np.isin(list(Sex), _SELECTED[sex])
        return by_sex[:, None, None] & self._ages(ages)[None, :, None] & matched

    def _ages(self, ages: Any) -> np.ndarray:
        if isinstance(ages, str) and ages == "*":
            return np.ones(self.n_ages, bool)
        wanted = list(ages) if isinstance(ages, Iterable) else [ages]
        for age in wanted:
            if age not in range(self.n_ages):
                raise UsageError(f"there is no age {age!r}; ages are 0 to {self.n_ages - 1}")
        return np.isin(np.arange(self.n_ages), wanted)

    def demes(self, demes: Any = "*") -> np.ndarray:
        """Numbers of the demes that are selected, ascending: int64[n].

        Parameters
        ----------
        demes : int, (int, int), iterable of these, or "*" or "all"
            A pair is a row and a column.

        Raises
        ------
        UsageError
            If one does not exist, or is named twice.
        """
        if isinstance(demes, str) and demes in ("*", "all"):
            return np.arange(self.n_demes)
        if isinstance(demes, str) or not isinstance(demes, Iterable) or isinstance(demes, tuple):
            demes = [demes]
        numbers = np.array([self._deme(deme) for deme in demes], np.int64)
        if len(np.unique(numbers)) < len(numbers):
            twice = sorted({int(n) for n in numbers if (numbers == n).sum() > 1})
            raise UsageError(f"demes {twice} are named twice")
        return numbers

    def _deme(self, deme: Any) -> int:
        if isinstance(deme, tuple | list):
            if self.shape is None:
                raise UsageError(f"deme {deme}: the demes are not in rows and columns")
            row, col = deme
            if not (0 <= row < self.shape[0] and 0 <= col < self.shape[1]):
                last = f"rows are 0 to {self.shape[0] - 1}, columns 0 to {self.shape[1] - 1}"
                raise UsageError(f"there is no deme {deme}; {last}")
            return int(row * self.shape[1] + col)
        if deme not in range(self.n_demes):
            raise UsageError(f"there is no deme {deme!r}; demes are 0 to {self.n_demes - 1}")
        return int(deme)
