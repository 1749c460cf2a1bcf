"""Which sites are alike: their signatures over what differs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((key, _hashable(entry)) for key, entry in value.items())
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    try:
        hash(value)
    except TypeError:  # of no known kind: equal to nothing but itself
        return object, id(value)
    return value


def _numbered(values: Sequence[Any] | np.ndarray) -> np.ndarray:
    """A number for each value, equal for equal values: int64[n]."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf" and values.ndim == 1:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    seen: dict[Any, int] = {}
    numbers = np.empty(len(values), np.int64)
    last, number = object(), -1
    for i, value in enumerate(values):
        if value is not last:  # sites of a group often have the very same object
            last = value
            number = seen.setdefault(_hashable(value), len(seen))
        numbers[i] = number
    return numbers


class Signatures:
    """Groups sites that have the same value for every name that differs between some.

    The cost is a sort by name, whatever the number of groups.

    Parameters
    ----------
    columns : dict of str to sequence
        For every name the values of all sites.
    n_sites : int

    Attributes
    ----------
    ids : int32[n_sites]
        The signature of each site; numbered in the order in which they appear.
    first : int64[n_signatures]
        The first site of each signature.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any] | np.ndarray], n_sites: int):
        self.columns = columns
        ids = np.zeros(n_sites, np.int64)
        for values in columns.values():
            numbers = _numbered(values)
            ids = np.unique(ids * (numbers.max() + 1) + numbers, return_inverse=True)[1]
        _, first, ids = np.unique(ids, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        self.ids = rank[ids].astype(np.int32)
        self.first = first[order]

    def __len__(self) -> int:
        return len(self.first)

    def values(self, name: str) -> list[Any] | np.ndarray:
        """The value of every signature for a name."""
        column = self.columns[name]
        return column[self.first] if isinstance(column, np.ndarray) else [column[site] for site in self.first]

    def of(self, signature: int) -> dict[str, Any]:
        """The values of a signature by name."""
        site = self.first[signature]
        return {name: column[site] for name, column in self.columns.items()}
