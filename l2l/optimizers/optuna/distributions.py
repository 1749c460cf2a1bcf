"""Individuals as parameters of Optuna: numbers and choices, arrays element by element."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from l2l.space import Array, Category, Fixed, Float, Integer, Space
from l2l.space.parameters import Numeric, Parameter


class Distributions:
    """The parameters of a space as those of Optuna; fixed values have none.

    Parameters
    ----------
    space : Space
    low, high : float64[dim]
        Coordinates of a box, whose sides are the bounds where the space has none.

    Attributes
    ----------
    of : dict of str to dict of str to BaseDistribution
        By parameter of the space and by name in Optuna: ``x`` of a number or category, ``x[0], x[1], ...`` of an array.
    """

    def __init__(self, space: Space, low: np.ndarray, high: np.ndarray) -> None:
        self.space = space
        self.of: dict[str, dict[str, BaseDistribution]] = {}
        for name in space.order:
            parameter, place = space.parameters[name], space.slice_of(name)
            distributions = distributions_of(parameter, low[place], high[place])
            self.of[name] = dict(zip(names_of(name, parameter), distributions, strict=True))

    def suggest(self, trial: Any) -> dict[str, Any]:
        """The individual that a trial suggests; it is asked for the parameters that count alone."""
        individual: dict[str, Any] = {}
        for name, distributions in self.of.items():
            counts = self.space.counts(name, individual)
            parts = [_suggested(trial, part, distributions[part]) for part in distributions if counts]
            individual[name] = value_of(self.space.parameters[name], parts) if counts else None
        for condition in self.space.conditions:
            condition.apply(individual)
        return individual

    def params(self, individual: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a trial with that individual."""
        params: dict[str, Any] = {}
        for name, distributions in self.of.items():
            if individual[name] is not None:
                parts = parts_of(name, self.space.parameters[name], individual[name])
                params.update(zip(distributions, parts, strict=True))
        return params


def names_of(name: str, parameter: Parameter) -> list[str]:
    """What the parts of a parameter are called in Optuna."""
    if isinstance(parameter, Fixed):
        return []
    return [f"{name}[{k}]" for k in range(parameter.lows.size)] if isinstance(parameter, Array) else [name]


def distributions_of(parameter: Parameter, low: np.ndarray, high: np.ndarray) -> list[BaseDistribution]:
    """The distribution of each part of a parameter.

    Parameters
    ----------
    parameter : Parameter
    low, high : float64[n_coordinates]
        The bounds where the parameter has none, in its coordinates.
    """
    if isinstance(parameter, Fixed):
        return []
    if isinstance(parameter, Category):
        return [CategoricalDistribution(labels(parameter))]
    kind = parameter.scalar
    assert isinstance(kind, Float | Integer)
    ends = []
    for bound, box in ((kind.low, low), (kind.high, high)):
        declared = np.broadcast_to(np.ravel(bound), low.size)
        ends.append(np.where(np.isfinite(declared), declared, kind.numbers(box)).tolist())
    return [number(kind, *bounds) for bounds in zip(*ends, strict=True)]


def number(kind: Numeric, low: float, high: float) -> BaseDistribution:
    """The distribution of a number of that kind."""
    if isinstance(kind, Integer):
        return IntDistribution(int(low), int(high), log=kind.log)
    return FloatDistribution(low, high, log=kind.log)


def labels(category: Category) -> list[Any]:
    """The choices as a study can hold them: themselves if they are plain and distinct, else numbered texts."""
    choices = list(category.choices)
    plain = all(choice is None or isinstance(choice, bool | int | float | str) for choice in choices)
    distinct = plain and len(set(choices)) == len(choices)  # True equals 1
    return choices if distinct else [f"{k}: {choice}" for k, choice in enumerate(choices)]


def value_of(parameter: Parameter, parts: Sequence[Any]) -> Any:
    """The value of a parameter from those of its parts in Optuna."""
    if isinstance(parameter, Fixed):
        return parameter.value
    if isinstance(parameter, Category):
        return parameter.choices[labels(parameter).index(parts[0])]
    if isinstance(parameter, Array):
        dtype = np.int64 if isinstance(parameter.element, Integer) else np.float64
        return np.array(parts, dtype=dtype).reshape(parameter.shape)
    return parts[0]


def parts_of(name: str, parameter: Parameter, value: Any) -> list[Any]:
    """The values in Optuna of the parts of a parameter."""
    if isinstance(parameter, Fixed):
        return []
    if isinstance(parameter, Category):
        return [labels(parameter)[int(parameter.encode(name, value).argmax())]]
    return np.ravel(value).tolist()


def _suggested(trial: Any, name: str, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(name, distribution.choices)
    suggest = trial.suggest_int if isinstance(distribution, IntDistribution) else trial.suggest_float
    return suggest(name, distribution.low, distribution.high, log=distribution.log)  # type: ignore[attr-defined]
