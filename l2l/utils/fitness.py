"""What an optimizee returns, checked and brought into one form: a tuple of numbers."""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

Fitness = tuple[float, ...]


def as_fitness(result: Any, n_fitness: int | None = None, inner_params: int = 1) -> Fitness | list[Any]:
    """Fitness components of a result of ``simulate_``.

    Parameters
    ----------
    result : number, or tuple, list or 1-D array of numbers
        With ``inner_params > 1`` a list of ``inner_params`` of these: one worker evaluated several parameter sets.
    n_fitness : int, optional
        Number of fitness weights of the optimizer, where known.

    Returns
    -------
    tuple of float or int
        With ``inner_params > 1`` a list of such tuples.

    Raises
    ------
    TypeError, ValueError
        If the result is not a fitness; says what came and what was expected.
    """
    if inner_params > 1:
        if not isinstance(result, list | tuple | np.ndarray) or len(result) != inner_params:
            raise ValueError(
                f"simulate_() must return a list of {inner_params} fitness values, one per inner parameter set; "
                f"got {_describe(result)}"
            )
        return [as_fitness(item, n_fitness) for item in result]
    if _is_number(result):
        components: Any = (result,)
    elif isinstance(result, list | tuple) or (isinstance(result, np.ndarray) and result.ndim == 1):
        components = result
    elif isinstance(result, np.ndarray) and result.ndim == 0:
        components = (result[()],)
    else:
        raise TypeError(f"simulate_() must return {_expected(n_fitness)}; got {_describe(result)}")
    if not len(components) or (n_fitness is not None and len(components) != n_fitness):
        raise ValueError(f"simulate_() must return {_expected(n_fitness)}; got {_describe(result)}")
    for k, component in enumerate(components):
        if not _is_number(component):
            raise TypeError(
                f"simulate_() must return {_expected(n_fitness)}; component {k} of {_describe(result)} "
                f"is of type {type(component).__name__}"
            )
    return tuple([_number(component) for component in components])


def is_finite(fitness: Any) -> bool:
    """Whether every component, of every inner parameter set, is finite."""
    if isinstance(fitness, tuple | list):
        return all([is_finite(component) for component in fitness])
    return math.isfinite(fitness)


def from_json(fitness: list[Any]) -> Fitness | list[Any]:
    """A fitness as JSON brought it, from a worker or the history, in the form of `as_fitness`; null is NaN."""
    if any([isinstance(component, list) for component in fitness]):
        return [from_json(item) if isinstance(item, list) else item for item in fitness]
    return tuple([math.nan if component is None else component for component in fitness])


def _is_number(value: Any) -> bool:
    kind = type(value)
    return kind is float or kind is int or (isinstance(value, Real) and not isinstance(value, bool | np.bool_))


def _number(value: Any) -> float | int:
    kind = type(value)
    if kind is float or kind is int:
        return value
    return int(value) if isinstance(value, Integral) else float(value)


def _expected(n_fitness: int | None) -> str:
    if n_fitness is None:
        return "a number or a tuple of numbers"
    return f"{n_fitness} finite number{'s' * (n_fitness != 1)}, one per fitness weight"


def _describe(result: Any) -> str:
    text = f"{type(result).__name__} {result!r:.120}"
    return f"{text} of length {len(result)}" if isinstance(result, list | tuple | np.ndarray) else text
