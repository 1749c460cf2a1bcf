"""The end of a run under noise: its best individuals, evaluated again under seeds that none of them was chosen by."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from l2l.errors import UsageError, reject_unknown_keywords
from l2l.utils.assignment import Trial
from l2l.utils.fitness import is_finite, violation_of

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Recommendation:
    """The individual that a run recommends, with an unbiased estimate of its fitness.

    It was chosen among several under other seeds than those of the estimate, so that this has no luck of the choice
    in it.

    Attributes
    ----------
    individual : dict
    fitness, standard_error : tuple of float
        Mean of each component, not weighted, and its standard error.
    interval : tuple of (float, float)
        95 % confidence interval of each mean, by Student's t.
    replicates : int
        Evaluations that these are from.
    """

    individual: dict[str, Any]
    fitness: tuple[float, ...]
    standard_error: tuple[float, ...]
    interval: tuple[tuple[float, float], ...]
    replicates: int

    @classmethod
    def of(cls, individual: dict[str, Any], evaluations: Sequence[Sequence[float]]) -> "Recommendation":
        """From the fitness of at least two evaluations."""
        from scipy.special import stdtrit

        values = np.asarray(evaluations, dtype=float)  # (n, n_weights)
        n = len(values)
        mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(n)
        half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * error
        interval = tuple(zip((mean - half).tolist(), (mean + half).tolist(), strict=True))
        return cls(individual, tuple(mean.tolist()), tuple(error.tolist()), interval, n)


@dataclass(frozen=True)
class Confirmation:
    """How the best of a run is confirmed.

    Attributes
    ----------
    n : int
        Evaluations of each candidate by which one is chosen, and as many others of that one, for the estimate.
    candidates : int
        The best so many individuals of the run; what the optimizer recommends is one more.
    """

    n: int = 30
    candidates: int = 10

    def __post_init__(self) -> None:
        for name, least in (("n", 2), ("candidates", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UsageError(f"confirm: {name} must be a whole number of at least {least}, got {value!r}")

    @classmethod
    def of(cls, given: Any) -> "Confirmation | None":
        """From a number of evaluations, or the attributes by name; None and 0: nothing is confirmed."""
        if given is None or given is False or (given == 0 and isinstance(given, int)):
            return None
        if isinstance(given, Confirmation):
            return given
        if isinstance(given, Mapping):
            reject_unknown_keywords("confirm", given, [field.name for field in fields(cls)])
            return cls(**given)
        return cls(n=given)

    def facts(self) -> dict[str, Any]:
        """For the manifest; :meth:`of` reads it back."""
        return asdict(self)

    def trials(self, stage: str) -> list[Trial]:
        """The evaluations of an individual in a stage: ``selection`` or ``estimate``."""
        return [Trial(replicate, None, stage) for replicate in range(self.n)]


class Candidates:
    """The best individuals of a run, as it saw them; each once, with the best that was seen of it.

    Parameters
    ----------
    n : int
        How many are kept.
    weights : sequence of float
        Of the components of the fitness.
    """

    def __init__(self, n: int, weights: Sequence[float]):
        self.n = n
        self.weights = np.asarray(weights, dtype=float)
        self._count = 0
        self._best: list[tuple[tuple[float, float], int, str, dict[str, Any]]] = []  # a heap, the worst first

    def note(self, individuals: Sequence[dict[str, Any]], outcomes: Sequence[Any]) -> None:
        """Take individuals and their fitness into account; None and what is not finite does not count."""
        for individual, fitness in zip(individuals, outcomes, strict=True):
            if fitness is None or not is_finite(fitness):
                continue
            self._count += 1
            key = -violation_of(fitness), float(np.dot(self.weights, fitness))
            self._keep((key, -self._count, _name(individual), individual))

    def _keep(self, entry: tuple[tuple[float, float], int, str, dict[str, Any]]) -> None:
        same = [k for k, (_, _, name, _) in enumerate(self._best) if name == entry[2]]
        if same:
            if entry[0] > self._best[same[0]][0]:
                self._best[same[0]] = entry
                heapq.heapify(self._best)
        elif len(self._best) < self.n:
            heapq.heappush(self._best, entry)
        elif entry > self._best[0]:
            heapq.heapreplace(self._best, entry)

    def with_recommended(self, recommended: dict[str, Any] | None) -> list[dict[str, Any]]:
        """The candidates, best first, and what the optimizer recommends unless it is one of them."""
        ranked = sorted(self._best, reverse=True)
        found = [individual for _, _, _, individual in ranked]
        if recommended is not None and _name(recommended) not in [name for _, _, name, _ in ranked]:
            found.append(recommended)
        return found


def chosen(outcomes: Sequence[Sequence[Any]], weights: Sequence[float]) -> int | None:
    """The place of the best candidate by its evaluations, one list for each; None if all of them failed at some."""
    keys = {
        place: (
            float(np.mean([violation_of(fitness) for fitness in each])),
            -float(np.mean([np.dot(weights, fitness) for fitness in each])),
        )
        for place, each in enumerate(outcomes)
        if all(fitness is not None and is_finite(fitness) for fitness in each)
    }
    return min(keys, key=lambda place: keys[place]) if keys else None


def _name(individual: Mapping[str, Any]) -> str:
    return repr(sorted((name, np.asarray(value).tolist()) for name, value in individual.items()))
