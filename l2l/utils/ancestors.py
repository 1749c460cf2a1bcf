"""Individuals of an earlier run, out of its history."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import UsageError
from l2l.space import Array, Category, Space, declared_space
from l2l.utils.fitness import from_json, is_finite, violation_of
from l2l.utils.history import read_history
from l2l.utils.replication import settled


class Ancestor(NamedTuple):
    """An individual of the earlier run, as the history has it."""

    generation: int
    parameters: dict[str, Any]
    fitness: float  # weighted
    violation: float


class Ancestors:
    """Those of a history, without those that failed: data, never a pickle.

    Packed individuals are taken apart; one that was evaluated several times is one.

    Parameters
    ----------
    history_path : Path
    weights : sequence of float
        By which they are ranked; whoever violates constraints comes after all who satisfy them.

    Attributes
    ----------
    ranked : list of Ancestor
        The best of all generations first.

    Raises
    ------
    UsageError
        If the fitness has another number of components.
    """

    def __init__(self, history_path: Path, weights: Sequence[float]):
        self.history_path = history_path
        found = [
            Ancestor(record["generation"], parameters, float(np.dot(weights, fitness)), violation_of(fitness))
            for record in settled(self._records(len(weights)), weights)
            for parameters, fitness in _members(record)
            if is_finite(fitness)
        ]
        self.ranked = sorted(found, key=_order)

    def population(self, generation: int) -> list[Ancestor]:
        """Those of a generation, then all others, each best first.

        Of the others each is there once, and only if it is not in that generation.
        """
        last = [ancestor for ancestor in self.ranked if ancestor.generation == generation]
        seen = {repr(ancestor.parameters) for ancestor in last}
        others = {repr(ancestor.parameters): ancestor for ancestor in reversed(self.ranked)}  # the best of the same
        return [*last, *sorted((other for name, other in others.items() if name not in seen), key=_order)]

    def read(
        self, ancestors: Sequence[Ancestor], create_individual: Callable[[], Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """The individuals, with the types and shapes of those of an optimizee.

        Raises
        ------
        UsageError
            If the optimizee has other parameters.
        """
        read = _reader(create_individual)
        try:
            return [read(ancestor.parameters) for ancestor in ancestors]
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"the optimizee cannot take the individuals of {self.history_path.parent}: {error}"
            ) from error

    def _records(self, n_weights: int) -> Iterator[dict[str, Any]]:
        for record in read_history(self.history_path):
            for _, fitness in _members(record):
                if len(fitness) != n_weights:
                    raise UsageError(
                        f"the fitness in {self.history_path.parent} has {len(fitness)} components, "
                        f"but there are {n_weights} weights"
                    )
            yield record


def _order(ancestor: Ancestor) -> tuple[float, float]:
    """To sort by, best first."""
    return ancestor.violation, -ancestor.fitness


def _members(record: Mapping[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Parameters and fitness of the individual of a record, or of all that it packs; none where it failed."""
    if record["fitness"] is None:
        return []
    fitness = from_json(record["fitness"], record.get("violations"))
    parameters = record["parameters"]
    if isinstance(fitness, tuple):
        return [(parameters, fitness)]
    return [({name: values[k] for name, values in parameters.items()}, each) for k, each in enumerate(fitness)]


def _reader(create_individual: Callable[[], Mapping[str, Any]]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """A function from parameters, as JSON has them, to an individual."""
    space = declared_space(create_individual)
    if space is not None:
        return lambda parameters: space.repaired(
            {name: _of_kind(space, name, value) for name, value in parameters.items()}
        )
    floats = Space.of_example(create_individual())
    return lambda parameters: floats.repaired({name: np.asarray(value) for name, value in parameters.items()})


def _of_kind(space: Space, name: str, value: Any) -> Any:
    kind = space.parameters.get(name)
    if isinstance(kind, Array) and value is not None:
        return np.asarray(value)
    if isinstance(kind, Category):  # JSON has lists in place of tuples
        return next((choice for choice in kind.choices if _plain(choice) == value), value)
    return value


def _plain(choice: Any) -> Any:
    return list(map(_plain, choice)) if isinstance(choice, list | tuple) else choice
