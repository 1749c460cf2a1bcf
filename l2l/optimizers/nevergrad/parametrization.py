"""Individuals as parameters of Nevergrad."""

from collections.abc import Mapping
from typing import Any

import nevergrad as ng
import numpy as np

from l2l.space import Category, Integer, Parameter, Space

WIDTH = 6.0  # of a box in standard deviations of a mutation, as Nevergrad has it for bounded scalars


class Parametrization:
    """The parameters of a space as those of Nevergrad.

    All floats within bounds are one array, in which each has the same width, logarithmic ones that of their logarithm;
    floats without bounds are another, in units of the box that they start from and may leave. (Nevergrad takes a
    millisecond or two for each parameter of an individual, however small.) Linear integers are integers of Nevergrad,
    logarithmic ones floats that are rounded; categories are choices.

    Parameters
    ----------
    space : Space
    low, high : float64[dim]
        Coordinates of the box.

    Attributes
    ----------
    parameter : nevergrad.p.Dict
    """

    def __init__(self, space: Space, low: np.ndarray, high: np.ndarray) -> None:
        self.space = space
        self._low, self._unit = low, (high - low) / WIDTH
        self._choices = [name for name, kind in space.parameters.items() if isinstance(kind, Category)]
        self._integers = [name for name, kind in space.parameters.items() if is_linear_integer(kind)]
        is_float = np.ones(space.dim, dtype=bool)
        for name in (*self._choices, *self._integers):
            is_float[space.slice_of(name)] = False
        self._floats = {
            "bounded": np.flatnonzero(is_float & space.finite),
            "free": np.flatnonzero(is_float & ~space.finite),
        }
        parts: dict[str, Any] = {f"choice {name}": _choice(space.parameters[name]) for name in self._choices}
        parts |= {f"integer {name}": _integers(space.parameters[name]) for name in self._integers}
        arrays = {name: ng.p.Array(init=np.full(n.size, WIDTH / 2)) for name, n in self._floats.items() if n.size}
        if "bounded" in arrays:
            arrays["bounded"].set_bounds(0.0, WIDTH)
        self.parameter = ng.p.Dict(**parts, **arrays)

    def individual(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The individual at a value of :attr:`parameter`."""
        vector = np.zeros(self.space.dim)
        for name, places in self._floats.items():
            vector[places] = self._low[places] + self._unit[places] * value.get(name, np.zeros(0))
        for name in self._integers:
            vector[self.space.slice_of(name)] = value[f"integer {name}"]
        for name in self._choices:
            vector[self.space.slice_of(name)][value[f"choice {name}"]] = 1.0
        return self.space.individual(self.space.clip(vector))

    def value(self, individual: Mapping[str, Any]) -> dict[str, Any]:
        """The value of :attr:`parameter` for an individual; the middle for parameters that do not count."""
        vector = self.space.clip(self.space.vector(individual))
        value: dict[str, Any] = {
            f"choice {name}": int(vector[self.space.slice_of(name)].argmax()) for name in self._choices
        }
        for name in self._integers:
            kind, place = self.space.parameters[name], self.space.slice_of(name)
            value[f"integer {name}"] = tuple(map(int, np.ravel(kind.decode(vector[place]))))
        for name, places in self._floats.items():
            if places.size:
                value[name] = (vector[places] - self._low[places]) / self._unit[places]
        return value


def is_linear_integer(kind: Parameter) -> bool:
    """Whether the values are whole and not searched on a logarithmic scale."""
    element = kind.scalar
    return isinstance(element, Integer) and not element.log


def _choice(kind: Parameter) -> Any:
    assert isinstance(kind, Category)
    return ng.p.Choice(len(kind.choices))


def _integers(kind: Parameter) -> Any:
    bounds = zip(kind.lows.tolist(), kind.highs.tolist(), strict=True)
    return ng.p.Tuple(*(ng.p.Scalar(lower=low, upper=high).set_integer_casting() for low, high in bounds))
