"""What can be set of a configuration: its parameters, the fields that they set, and what is computed from these."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from l2l.errors import UsageError, nearest

Fields = Mapping[str, Any]
"""Values by the name of the field; of many sites they have one axis more, the first one."""


def _same(value: Any, _: Fields) -> Any:
    return value


@dataclass(frozen=True)
class Parameter:
    """One number that users set, and the fields of a configuration that follow from it at once.

    Parameters
    ----------
    name : str
        As users write it.
    fields : dict of str to callable
        For every field that it sets a function of the value and of the other fields, both of one site or of many.
    whole : bool
        Whether it is a whole number.
    low, high : float
        What a number must not fall below or exceed.
    names : dict of str to int
        Names that may stand for numbers.
    """

    name: str
    fields: Mapping[str, Callable[[Any, Fields], Any]]
    whole: bool = False
    low: float = -np.inf
    high: float = np.inf
    names: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, *fields: str, **options: Any) -> "Parameter":
        """A parameter whose value is put into these fields as it is; by default into the one of its name."""
        return cls(name, dict.fromkeys(fields or (name,), _same), **options)

    def coerce(self, values: Sequence[Any] | np.ndarray, sites: Sequence[int] | np.ndarray = ()) -> np.ndarray:
        """Numbers of what users wrote: float64[n].

        Parameters
        ----------
        values : sequence
        sites : sequence of int, optional
            The site that each value is of, for error messages.

        Raises
        ------
        UsageError
            If one is no number, out of bounds, or not whole where it must be; the message tells which.
        """
        try:
            numbers = np.array([self.names.get(v) if isinstance(v, str) else v for v in values], np.float64)
            if numbers.ndim > 1:
                raise TypeError("values must be numbers, not arrays")
            wrong = ~((numbers >= self.low) & (numbers <= self.high))
        except (TypeError, ValueError):
            wrong = np.array([not self._is_number(value) for value in values])
        else:
            if self.whole:
                wrong |= numbers != np.floor(numbers)
        if not wrong.any():
            return numbers
        i = int(np.argmax(wrong))
        where = f" at site {sites[i]}" if len(sites) > 1 else ""
        if isinstance(values[i], str) and self.names:
            raise UsageError(f"{self.name} has no value {values[i]!r}{where}{nearest(values[i], self.names)}")
        raise UsageError(f"{self.name} must be {self._expected()}, got {values[i]!r}{where}")

    def _is_number(self, value: Any) -> bool:
        try:
            return value in self.names if isinstance(value, str) else not np.isnan(float(value))
        except (TypeError, ValueError):
            return False

    def _expected(self) -> str:
        what = "a whole number" if self.whole else "a number"
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"{what} between {self.low:g} and {self.high:g}"
        if np.isfinite(self.low):
            return f"{what}, at least {self.low:g}"
        return what


@dataclass(frozen=True)
class Derived:
    """Fields that are computed from others.

    Parameters
    ----------
    fields : tuple of str
        What is computed.
    depends_on : frozenset of str
        The fields that it is computed from.
    compute : callable
        Computes them for many sites at once; of one site they are an axis of length one.
    """

    fields: tuple[str, ...]
    depends_on: frozenset[str]
    compute: Callable[[Fields], Fields]


class Schema:
    """All parameters of a kind of configuration, and what is derived.

    Parameters
    ----------
    parameters : iterable of Parameter
    derived : sequence of Derived
        In an order in which what depends on another comes after it.

    Attributes
    ----------
    numbers : set of str
        The fields that are numbers, and may differ.
    """

    def __init__(self, parameters: Iterable[Parameter], derived: Sequence[Derived] = ()):
        self.parameters = {parameter.name: parameter for parameter in parameters}
        self.derived = derived
        numbers = {name for parameter in self.parameters.values() for name in parameter.fields}
        self.numbers = numbers.union(*(one.fields for one in derived))

    def __getitem__(self, name: str) -> Parameter:
        if name not in self.parameters:
            raise UsageError(f"there is no parameter {name!r}{nearest(name, self.parameters)}")
        return self.parameters[name]

    def outdated(self, changed: Iterable[str]) -> list[Derived]:
        """What must be computed anew after fields have changed, in order."""
        stale = set(changed)
        found = []
        for derived in self.derived:
            if derived.depends_on & stale:
                found.append(derived)
                stale.update(derived.fields)
        return found
