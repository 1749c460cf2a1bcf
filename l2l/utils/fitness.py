"""What an optimizee returns, checked and brought into one form: a tuple of numbers."""

import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import FitnessLengthError

Fitness = tuple[float, ...]


class Evaluation(NamedTuple):
    """What ``simulate`` returns where there are constraints: the fitness, and by how much each is violated.

    A violation is a number in the constraint's own unit, above 0 where it does not hold; 0 and below satisfy it.
    """

    fitness: Any
    violations: Any = ()


class ConstrainedFitness(tuple[float, ...]):
    """The components of a fitness that came with ``violations``, a tuple of floats."""

    violations: tuple[float, ...]

    def __new__(cls, components: Iterable[float], violations: Iterable[float]) -> "ConstrainedFitness":
        fitness = super().__new__(cls, components)
        fitness.violations = tuple(violations)
        return fitness

    def __reduce__(self) -> Any:
        return ConstrainedFitness, (tuple(self), self.violations)


def one_by_one(fitness: Any) -> list[Fitness]:
    """The fitness of each individual in a result: several where it is a list, of inner parameter sets."""
    return fitness if isinstance(fitness, list) else [fitness]


def violation_of(fitness: Any) -> float:
    """By how much an individual violates its constraints in sum, >= 0; 0 where it has none."""
    return float(sum(max(0.0, violation) for violation in getattr(fitness, "violations", ())))


def violations_of(fitness: Any) -> Any:
    """The violations of a fitness as JSON, None where it has none; one list for each inner parameter set."""
    if isinstance(fitness, list):
        inner = [violations_of(item) for item in fitness]
        return None if all(item is None for item in inner) else [item or [] for item in inner]
    return list(fitness.violations) if isinstance(fitness, ConstrainedFitness) else None


def as_fitness(result: Any, n_fitness: int | None = None, inner_params: int = 1) -> Fitness | list[Any]:
    """Fitness components of a result of ``simulate_``.

    Parameters
    ----------
    result : number, or tuple, list or 1-D array of numbers, or an Evaluation that holds such
        With ``inner_params > 1`` a list of ``inner_params`` of these: one worker evaluated several parameter sets.
    n_fitness : int, optional
        Number of fitness weights of the optimizer, where known.

    Returns
    -------
    tuple of float or int
        A `ConstrainedFitness` if the result was an `Evaluation`. With ``inner_params > 1`` a list of such tuples.

    Raises
    ------
    FitnessLengthError
        If there are not as many numbers as weights.
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
    if isinstance(result, tuple) and len(result) == 1 and isinstance(result[0], Evaluation):
        result = result[0]  # the tuple that an older simulate_ puts around everything
    if isinstance(result, Evaluation):
        return ConstrainedFitness(as_fitness(result.fitness, n_fitness), _violations(result.violations))
    components: Any
    if _is_number(result):
        components = (result,)
    elif isinstance(result, list | tuple) or (isinstance(result, np.ndarray) and result.ndim == 1):
        components = result
    elif isinstance(result, np.ndarray) and result.ndim == 0:
        components = (result[()],)
    else:
        raise TypeError(f"simulate_() must return {_expected(n_fitness)}; got {_describe(result)}")
    if n_fitness is not None and len(components) != n_fitness:
        raise FitnessLengthError(
            f"simulate_() must return {_expected(n_fitness)} in optimizee_fitness_weights; got {len(components)}: "
            f"{_describe(result)}"
        )
    if not len(components):
        raise ValueError(f"simulate_() must return {_expected(n_fitness)}; got {_describe(result)}")
    for k, component in enumerate(components):
        if not _is_number(component):
            raise TypeError(
                f"simulate_() must return {_expected(n_fitness)}; component {k} of {_describe(result)} "
                f"is of type {type(component).__name__}"
            )
    return tuple([_number(component) for component in components])


def _violations(values: Any) -> Fitness:
    values = values if isinstance(values, list | tuple) else np.ravel(values).tolist()
    for value in values:
        if not _is_number(value):
            raise TypeError(f"the violations of an Evaluation must be numbers; got {_describe(values)}")
    return tuple([_number(value) for value in values])


def is_finite(fitness: Any) -> bool:
    """Whether every component and violation, of every inner parameter set, is finite."""
    if isinstance(fitness, ConstrainedFitness) and not is_finite(fitness.violations):
        return False
    if isinstance(fitness, tuple | list):
        return all([is_finite(component) for component in fitness])
    return math.isfinite(fitness)


def from_json(fitness: list[Any], violations: list[Any] | None = None) -> Fitness | list[Any]:
    """A fitness as JSON brought it, from a worker or the history, in the form of `as_fitness`; null is NaN."""
    if any([isinstance(component, list) for component in fitness]):
        inner = [None] * len(fitness) if violations is None else violations
        return [from_json(*item) for item in zip(fitness, inner, strict=True)]
    components = [math.nan if component is None else component for component in fitness]
    if violations is None:
        return tuple(components)
    return ConstrainedFitness(components, [math.nan if violation is None else violation for violation in violations])


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
