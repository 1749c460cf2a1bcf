"""An earlier run, from whose individuals a new one starts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import RunFolderError, UsageError
from l2l.space import Array, Category, Space, declared_space
from l2l.utils.fitness import from_json, is_finite, violation_of
from l2l.utils.history import read_history
from l2l.utils.manifest import Manifest
from l2l.utils.replication import settled
from l2l.utils.run_folder import RunFolder


class Ancestor(NamedTuple):
    """An individual of the earlier run, as the history has it."""

    generation: int
    parameters: dict[str, Any]
    fitness: float  # weighted
    violation: float


class Restart:
    """What a new run takes over from the folder of an earlier one: data of its history, never a pickle.

    Parameters
    ----------
    run : Path
        The folder of a run, finished or not.
    keep_generation : bool
        Whether generations are counted on from the last of that run.

    Attributes
    ----------
    generation : int
        The last of that run.
    used : bool
        Whether an optimizer asked for the individuals.

    Raises
    ------
    RunFolderError
        If it is no such folder, or nothing was evaluated.
    """

    def __init__(self, run: Path, keep_generation: bool = False):
        self.run = run
        self.keep_generation = keep_generation
        self.used = False
        folder = RunFolder(run)
        Manifest.read(folder.manifest_path)  # raises where this is no run
        self.history_path = folder.history_path
        records = read_history(self.history_path) if self.history_path.is_file() else iter(())
        generations = (record["generation"] for record in records if "stage" not in record)
        self.generation: int = max(generations, default=-1)
        if self.generation < 0:
            raise RunFolderError(f"nothing was evaluated in {run}, so no run can start from it")

    def population(self, create_individual: Callable[[], Mapping[str, Any]], weights: Sequence[float]) -> list[Any]:
        """Its individuals, without those that failed: the last generation, then all others, each best first.

        Of the others each is there once, and only if it is not in the last generation.

        Parameters
        ----------
        create_individual : callable () -> dict
            Of the new optimizee: the individuals get the types and shapes of its own.
        weights : sequence of float
            By which they are ranked; whoever violates constraints comes after all who satisfy them.

        Raises
        ------
        UsageError
            If the optimizee has other parameters, or the fitness another number of components.
        """
        ranked = self._ranked(weights)
        last = [ancestor for ancestor in ranked if ancestor.generation == self.generation]
        seen = {repr(ancestor.parameters) for ancestor in last}
        others = {repr(ancestor.parameters): ancestor for ancestor in reversed(ranked)}  # the best of the same
        distinct = sorted((other for name, other in others.items() if name not in seen), key=_order)
        return self._read([*last, *distinct], create_individual)

    def ranked(self, create_individual: Callable[[], Mapping[str, Any]], weights: Sequence[float]) -> list[Any]:
        """All its individuals, as :meth:`population` takes and gives them, the best of all generations first."""
        return self._read(self._ranked(weights), create_individual)

    def _ranked(self, weights: Sequence[float]) -> list[Ancestor]:
        return sorted(self._ancestors(weights), key=_order)

    def _read(self, ancestors: Sequence[Ancestor], create_individual: Callable[[], Mapping[str, Any]]) -> list[Any]:
        self.used = True
        read = _reader(create_individual)
        try:
            return [read(ancestor.parameters) for ancestor in ancestors]
        except (TypeError, ValueError) as error:
            raise UsageError(f"the optimizee cannot take the individuals of {self.run}: {error}") from error

    def _ancestors(self, weights: Sequence[float]) -> list[Ancestor]:
        """Those with a fitness; one that was evaluated several times is one."""
        return [
            Ancestor(record["generation"], parameters, float(np.dot(weights, fitness)), violation_of(fitness))
            for record in settled(self._records(len(weights)), weights)
            for parameters, fitness in _members(record)
            if is_finite(fitness)
        ]

    def _records(self, n_weights: int) -> Iterator[dict[str, Any]]:
        for record in read_history(self.history_path):
            for _, fitness in _members(record):
                if len(fitness) != n_weights:
                    raise UsageError(
                        f"the fitness in {self.run} has {len(fitness)} components, but there are {n_weights} weights"
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
