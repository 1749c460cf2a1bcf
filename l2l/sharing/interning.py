"""One array for all that are equal."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np


class Interner:
    """Stacks arrays of one shape, each once, and numbers them.

    Equal are arrays of the same bytes, so that nothing changes when one stands for another.

    Parameters
    ----------
    shape : tuple of int
        Of each array.
    dtype : dtype
    """

    def __init__(self, shape: Sequence[int], dtype: Any = np.float64):
        self._stack = np.empty((1, *shape), dtype)
        self._numbers: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def stack(self) -> np.ndarray:
        """All different arrays by number, read-only: dtype[n, ...]."""
        if len(self._stack) != len(self):
            self._stack = self._stack[: len(self)].copy()
        self._stack.flags.writeable = False
        return self._stack

    def number(self, array: Any) -> int:
        """The number of the array that equals this one; it is added if it is the first such.

        Raises
        ------
        ValueError
            If it has another shape.
        """
        array = np.ascontiguousarray(array, self._stack.dtype)
        if array.shape != self._stack.shape[1:]:
            raise ValueError(f"an array of shape {self._stack.shape[1:]} is expected, got {array.shape}")
        digest = blake2b(array.data, digest_size=16).digest()
        number = self._numbers.get(digest)
        if number is None:
            number = self._numbers[digest] = len(self)
            self._put(number, array)
        return number

    def numbers(self, arrays: Sequence[Any]) -> np.ndarray:
        """The numbers of several arrays, which are compared only where they are not the very same object: int32[n]."""
        number_of: dict[int, int] = {}
        for array in arrays:
            if id(array) not in number_of:
                number_of[id(array)] = self.number(array)
        return np.array([number_of[id(array)] for array in arrays], np.int32)

    def _put(self, number: int, array: np.ndarray) -> None:
        if number >= len(self._stack):
            self._stack = np.concatenate([self._stack, np.empty_like(self._stack)])
        elif not self._stack.flags.writeable:
            self._stack = self._stack.copy()
        self._stack[number] = array

    @property
    def nbytes(self) -> int:
        """Of all different arrays."""
        return len(self) * self._stack[:1].nbytes
