"""The space that individuals live in: dictionaries of floats and float arrays as vectors."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2l.errors import nearest


class Space:
    """Maps individuals to vectors and back, and scales vectors to the unit box.

    Parameters
    ----------
    example : dict of str to float or array
        An individual; all others have the same names and shapes.
    bounds : dict of str to (low, high), optional
        For every parameter, each a float or an array of the parameter's shape.
    scale : float64[dim], optional
        Without bounds: what one unit of :meth:`to_unit` is in each coordinate; 1 by default.

    Attributes
    ----------
    names : list of str
        Of the parameters, ascending: the order of the coordinates.
    dim : int
        Number of coordinates.
    low, high : float64[dim]
        Infinite without bounds.
    """

    def __init__(
        self,
        example: Mapping[str, Any],
        bounds: Mapping[str, Any] | None = None,
        scale: np.ndarray | None = None,
    ) -> None:
        if not example:
            raise ValueError("an individual needs at least one parameter, got an empty dictionary")
        self.names = sorted(example)
        self._shapes = {name: _numeric(name, example[name]).shape for name in self.names}
        self._sizes = [int(np.prod(self._shapes[name])) for name in self.names]
        self.dim = sum(self._sizes)
        if self.dim == 0:
            raise ValueError(f"an individual needs at least one number, got {dict(example)}")
        self.bounded = bounds is not None
        if bounds is None:
            self.low, self.high = np.full(self.dim, -np.inf), np.full(self.dim, np.inf)
            self._offset = np.zeros(self.dim)
            self._width = np.ones(self.dim) if scale is None else np.asarray(scale, dtype=float)
        else:
            self.low, self.high = self._read_bounds(bounds)
            self._offset, self._width = self.low, self.high - self.low

    def _read_bounds(self, bounds: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        for name in bounds:
            if name not in self._shapes:
                raise ValueError(f"bounds name {name!r}, but no parameter is{nearest(name, self.names)}")
        lows, highs = [], []
        for name in self.names:
            if name not in bounds:
                raise ValueError(f"bounds lack the parameter {name!r}; give (low, high) for each")
            pair = bounds[name]
            if not isinstance(pair, Sequence | np.ndarray) or isinstance(pair, str) or len(pair) != 2:
                raise ValueError(f"bounds of {name!r} must be (low, high), got {pair!r}")
            low, high = (self._limit(name, value) for value in pair)
            if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
                raise ValueError(f"bounds of {name!r} must be finite, low < high, got {pair!r}")
            lows.append(low.ravel())
            highs.append(high.ravel())
        return np.concatenate(lows), np.concatenate(highs)

    def _limit(self, name: str, value: Any) -> np.ndarray:
        value = _numeric(name, value)
        shape = self._shapes[name]
        if value.shape not in ((), shape):
            raise ValueError(f"bounds of {name!r} must be numbers or of shape {shape}, got {value.shape}")
        return np.broadcast_to(value, shape)

    def vector(self, individual: Mapping[str, Any]) -> np.ndarray:
        """The coordinates of an individual, float64[dim]."""
        if sorted(individual) != self.names:
            raise ValueError(f"an individual must have the parameters {self.names}, got {sorted(individual)}")
        parts = []
        for name in self.names:
            value = _numeric(name, individual[name])
            if value.shape != self._shapes[name]:
                raise ValueError(f"{name!r} must have shape {self._shapes[name]}, got {value.shape}")
            parts.append(value.ravel())
        return np.concatenate(parts)

    def matrix(self, population: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """The coordinates of a population, float64[n, dim]."""
        return np.array([self.vector(individual) for individual in population]).reshape(-1, self.dim)

    def individual(self, vector: Sequence[float] | np.ndarray) -> dict[str, Any]:
        """The individual at these coordinates; it owns its arrays."""
        if len(vector) != self.dim:
            raise ValueError(f"a vector of this space has {self.dim} coordinates, got {len(vector)}")
        result: dict[str, Any] = {}
        start = 0
        for name, size in zip(self.names, self._sizes, strict=True):
            values, shape = vector[start : start + size], self._shapes[name]
            result[name] = np.array(values, dtype=float).reshape(shape) if shape else float(values[0])
            start += size
        return result

    def clip(self, vector: np.ndarray) -> np.ndarray:
        """The nearest point within the bounds."""
        return np.clip(vector, self.low, self.high)

    def to_unit(self, vector: np.ndarray) -> np.ndarray:
        """Scaled so that the bounds become 0 and 1."""
        return (vector - self._offset) / self._width

    def from_unit(self, unit: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`to_unit`, never outside the bounds."""
        return self.clip(self._offset + unit * self._width)

    @property
    def coordinate_names(self) -> list[str]:
        """A name for each coordinate: ``name`` of a float, ``name_0, name_1, ...`` of an array."""
        return [
            f"{name}_{k}" if self._shapes[name] else name
            for name, size in zip(self.names, self._sizes, strict=True)
            for k in range(size)
        ]


def _numeric(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"parameter {name!r} must be a float or an array of floats, got {value!r}") from error
