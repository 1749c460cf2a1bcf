"""The kinds of parameters that an individual may have, each with its coordinates.

Optimizers that know vectors only see coordinates: a float is its own value (its logarithm where it is searched on a
logarithmic scale), an integer the float that rounds to it, a category one coordinate in [0, 1] for each choice, the
largest of which is chosen.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

When = tuple[str, Any]


class Parameter(ABC):
    """One parameter of a search space.

    Attributes
    ----------
    lows, highs : float64[n_coordinates]
        Bounds of the coordinates; infinite where there is none.
    coordinate_suffixes : list of str
        What tells the coordinates of one parameter apart, ``[""]`` where there is only one.
    when : (name, value) or None
        The parameter counts only while the parameter ``name`` has that value, or one of a tuple of values; its
        own value is None otherwise.
    """

    lows: np.ndarray
    highs: np.ndarray
    coordinate_suffixes: list[str]
    when: When | None

    @abstractmethod
    def encode(self, name: str, value: Any) -> np.ndarray:
        """Coordinates of a value, float64[n_coordinates]; ``name`` is for messages."""

    @abstractmethod
    def decode(self, coordinates: np.ndarray) -> Any:
        """The value at these coordinates."""

    @property
    def scalar(self) -> "Parameter":
        """What each element of an array is; any other parameter itself."""
        return self

    def middle(self) -> np.ndarray:
        """Coordinates of a parameter that does not count: the middle of its bounds, or zero."""
        bounded = np.isfinite(self.lows) & np.isfinite(self.highs)
        result = np.zeros(self.lows.size)
        result[bounded] = (self.lows[bounded] + self.highs[bounded]) / 2
        return result


class Numeric(Parameter):
    """A number: :class:`Float` or :class:`Integer`, also as the element of an :class:`Array`."""

    log: bool

    def __post_init__(self) -> None:
        self.limits = self._limits()  # of the coordinates; scalars, or of the shape of the array around it
        self.lows, self.highs = (limit.ravel() for limit in self.limits)
        self.coordinate_suffixes = [""]

    @abstractmethod
    def _limits(self) -> tuple[np.ndarray, np.ndarray]: ...

    @abstractmethod
    def numbers(self, coordinates: np.ndarray) -> np.ndarray:
        """Values at an array of coordinates."""

    def coordinates(self, name: str, values: Any) -> np.ndarray:
        """Coordinates of an array of values, of the same shape."""
        array = _numeric(name, values)
        if not self.log:
            return array
        if not (array > 0).all():
            raise ValueError(f"{name!r} is searched on a logarithmic scale and must be above 0, got {values!r}")
        return np.log(array)

    def encode(self, name: str, value: Any) -> np.ndarray:
        coordinates = self.coordinates(name, value)
        if coordinates.shape != ():
            raise ValueError(f"{name!r} must have shape (), got {coordinates.shape}")
        return coordinates.reshape(1)


@dataclass(eq=False)
class Float(Numeric):
    """A float, in ``[low, high]``; with ``log`` it is searched on a logarithmic scale."""

    low: Any = -np.inf
    high: Any = np.inf
    log: bool = False
    when: When | None = None

    def _limits(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = _bounds("a float", self.low, self.high, self.log)
        return (np.log(low), np.log(high)) if self.log else (low, high)

    def numbers(self, coordinates: np.ndarray) -> np.ndarray:
        return np.exp(coordinates) if self.log else np.array(coordinates, dtype=float)

    def decode(self, coordinates: np.ndarray) -> float:
        return float(self.numbers(coordinates)[0])


@dataclass(eq=False)
class Integer(Numeric):
    """A whole number from ``low`` to ``high``, both included; each has the same share of the coordinates.

    With ``log`` the shares are those of the intervals around the numbers on a logarithmic scale.
    """

    low: Any
    high: Any
    log: bool = False
    when: When | None = None

    def _limits(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = _bounds("an integer", self.low, self.high, self.log)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            raise ValueError(f"an integer needs finite bounds, got {self.low!r} to {self.high!r}")
        if not ((low == np.round(low)).all() and (high == np.round(high)).all()):
            raise ValueError(f"the bounds of an integer must be whole, got {self.low!r} to {self.high!r}")
        self._least, self._most = low, high
        # every number, the first and the last too, is the middle of an interval of width 1
        return (np.log(low - 0.5), np.log(high + 0.5)) if self.log else (low - 0.5, high + 0.5)

    def numbers(self, coordinates: np.ndarray) -> np.ndarray:
        values = np.exp(coordinates) if self.log else coordinates
        return np.clip(np.floor(np.asarray(values) + 0.5), self._least, self._most).astype(np.int64)

    def decode(self, coordinates: np.ndarray) -> int:
        return int(self.numbers(coordinates)[0])


@dataclass(eq=False)
class Category(Parameter):
    """One of several choices, without an order among them."""

    choices: Sequence[Any]
    when: When | None = None

    def __post_init__(self) -> None:
        if isinstance(self.choices, str) or not isinstance(self.choices, Sequence) or len(self.choices) < 2:
            raise ValueError(f"a category needs a list of at least two choices, got {self.choices!r}")
        for k, choice in enumerate(self.choices):
            if any(choice == other and type(choice) is type(other) for other in self.choices[:k]):
                raise ValueError(f"the choices of a category must differ, got {choice!r} twice in {self.choices!r}")
        n = len(self.choices)
        self.lows, self.highs = np.zeros(n), np.ones(n)
        self.coordinate_suffixes = [f"_{choice}" for choice in self.choices]

    def encode(self, name: str, value: Any) -> np.ndarray:
        for k, choice in enumerate(self.choices):
            if choice == value and type(choice) is type(value):
                return np.eye(len(self.choices))[k]
        raise ValueError(f"{name!r} must be one of {list(self.choices)}, got {value!r}")

    def decode(self, coordinates: np.ndarray) -> Any:
        return self.choices[int(np.argmax(coordinates))]


@dataclass(eq=False)
class Fixed(Parameter):
    """A value that is not searched; individuals carry it."""

    value: Any
    when: When | None = None

    def __post_init__(self) -> None:
        self.lows, self.highs = np.zeros(0), np.zeros(0)
        self.coordinate_suffixes = []

    def encode(self, name: str, value: Any) -> np.ndarray:
        return np.zeros(0)

    def decode(self, coordinates: np.ndarray) -> Any:
        return self.value


@dataclass(eq=False)
class Array(Parameter):
    """An array of floats or of integers; their bounds are numbers, or arrays of its shape."""

    element: Numeric
    shape: int | tuple[int, ...]
    when: When | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.element, Numeric):
            raise TypeError(f"an array holds Float or Integer elements, got {self.element!r}")
        shape = self.shape if isinstance(self.shape, Sequence) else (self.shape,)
        if not shape or not all(isinstance(n, int | np.integer) and n >= 0 for n in shape):
            raise ValueError(f"the shape of an array must be a whole number, or several, got {self.shape!r}")
        self.shape = tuple(int(n) for n in shape)
        for limit in self.element.limits:
            if limit.shape not in ((), self.shape):
                raise ValueError(f"bounds must be numbers or of shape {self.shape}, got {limit.shape}")
        self.lows, self.highs = (np.broadcast_to(limit, self.shape).ravel() for limit in self.element.limits)
        self.coordinate_suffixes = [f"_{k}" for k in range(self.lows.size)]

    @property
    def scalar(self) -> Numeric:
        return self.element

    def encode(self, name: str, value: Any) -> np.ndarray:
        coordinates = self.element.coordinates(name, value)
        if coordinates.shape != self.shape:
            raise ValueError(f"{name!r} must have shape {self.shape}, got {coordinates.shape}")
        return coordinates.ravel()

    def decode(self, coordinates: np.ndarray) -> np.ndarray:
        return self.element.numbers(np.reshape(coordinates, self.shape))


def _bounds(what: str, low: Any, high: Any, log: bool) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    if np.isnan(low).any() or np.isnan(high).any() or not np.all(low < high):
        raise ValueError(f"the bounds of {what} must be low < high, got {low} and {high}; use Fixed for one value")
    if log and not (low > 0).all():
        raise ValueError(f"a logarithmic scale needs bounds above 0, got {low} and {high}")
    return low, high


def _numeric(name: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise TypeError(f"parameter {name!r} must be a float or an array of floats, got {value!r}") from error
