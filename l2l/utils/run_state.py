"""What is known of a run from its folder at once, also while it goes on: nothing is evaluated, and no pickle read."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from operator import mul
from pathlib import Path
from typing import Any

from l2l.errors import RunFolderError
from l2l.utils.atomic import write_atomically
from l2l.utils.fitness import from_json, is_finite, violation_of
from l2l.utils.history import read_history


@dataclass(frozen=True)
class RunState:
    """How far a run has come: ``progress.json``, noted after each generation, and every half a second within it.

    Attributes
    ----------
    first, last : int
        Generations ``first .. last - 1`` are those from when the run was begun, or resumed, to its end.
    generation : int
        The first that is not complete.
    size : int
        Evaluations of a generation.
    evaluated_by_then : int
        Evaluations before this generation.
    evaluations, failures : int
        Of the whole run.
    evaluated_before : int
        Evaluations before it was begun, or resumed.
    best : float or None
        Weighted fitness of the best individual so far that satisfies all constraints.
    begun : float
        When it was begun, or resumed; seconds since the epoch.
    heard : float
        When the last evaluation ended.
    history_bytes : int
        Size of the history then; what it has more by now came since.
    workers, busy : int
        Workers that are ready, and those of them that evaluate something.
    """

    first: int
    last: int
    generation: int
    size: int
    evaluated_by_then: int
    evaluations: int
    failures: int
    evaluated_before: int
    best: float | None
    history_bytes: int
    workers: int = 0
    busy: int = 0
    begun: float = field(default_factory=time.time)
    heard: float = field(default_factory=time.time)

    def write(self, path: Path) -> None:
        """Write it in place of what was there."""
        write_atomically(path, json.dumps(asdict(self)).encode())

    @classmethod
    def read(cls, path: Path) -> "RunState":
        """The state that was noted last.

        Raises
        ------
        RunFolderError
            If there is none, or it is none.
        """
        try:
            state = cls(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            raise RunFolderError(f"{path.parent} has no {path.name}: nothing was evaluated in it") from None
        except (ValueError, TypeError) as error:
            raise RunFolderError(f"{path} is not the state of a run: {error}") from error
        for name, value in asdict(state).items():
            if not isinstance(value, int | float) and (name, value) != ("best", None):
                raise RunFolderError(f"{path} is not the state of a run: {name} is {value!r}")
        return state

    def with_records(self, history_path: Path, weights: Any) -> "RunState":
        """The state at this moment: with what the history has that was not there when this one was noted."""
        evaluations, failures, heard = self.evaluations, self.failures, self.heard
        best = -math.inf if self.best is None else self.best
        for record in read_history(history_path, self.history_bytes) if history_path.exists() else ():
            evaluations += 1
            failures += record["fitness"] is None
            best = max(best, weighted(record, weights))
            heard = max(heard, record["started"] + record["seconds"])
        return replace(self, evaluations=evaluations, failures=failures, best=finite_or_none(best), heard=heard)

    def generations_done(self) -> float:
        """Since the run was begun, or resumed; the present one by what is finished of it."""
        return self.generation - self.first + min(1.0, (self.evaluations - self.evaluated_by_then) / max(self.size, 1))


def finite_or_none(value: float) -> float | None:
    """A number for JSON, which has no infinity."""
    return value if math.isfinite(value) else None


def weighted(record: Mapping[str, Any], weights: Any) -> float:
    """The weighted fitness of a record, of the best of its parameter sets; -inf where there is none.

    Only what is finite and satisfies all constraints counts.
    """
    if record["fitness"] is None:
        return -math.inf
    return weighted_fitness(from_json(record["fitness"], record.get("violations")), weights)


def weighted_fitness(fitness: Any, weights: Any) -> float:
    """The same of a fitness, or a list of them."""
    members = fitness if isinstance(fitness, list) else [fitness]
    good = [each for each in members if is_finite(each) and violation_of(each) == 0]
    values = [sum(each) if weights is None else sumprod(weights, each) for each in good]
    return float(max(values, default=-math.inf))


def sumprod(weights: Any, values: Any) -> float:
    """Their scalar product."""
    return sum(map(mul, weights, values))
