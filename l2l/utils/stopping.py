"""When a run ends before its last generation."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from l2l.errors import UsageError
from l2l.utils.fitness import one_by_one, violation_of

STOPPING = ("max_evaluations", "max_seconds", "stagnation", "stop_fitness")
"""Keywords of `Experiment.prepare_experiment` and options of ``l2l-run``."""


class LimitReached(Exception):
    """The run may evaluate no more, though a generation is not complete; the message says why."""


@dataclass
class Stopping:
    """The criteria of a run, whatever its optimizer, next to the number of generations.

    Attributes
    ----------
    max_evaluations : float
        Evaluations of the whole run, those before it was resumed included; a generation may remain incomplete.
    max_seconds : float
        Seconds from now on, in which a generation may remain incomplete, too. A resumed run has as many again.
    stagnation : float
        Generations in a row without a better individual.
    stop_fitness : float
        Weighted fitness that ends the run when a generation has reached it.
    best : (float, float)
        Violation, and minus the weighted fitness, of the best individual so far.
    stagnant : int
        Generations since it was found.
    """

    max_evaluations: float = math.inf
    max_seconds: float = math.inf
    stagnation: float = math.inf
    stop_fitness: float = math.inf
    best: tuple[float, float] = (math.inf, math.inf)
    stagnant: int = 0

    def __post_init__(self) -> None:
        self.stop_at = time.monotonic() + self.max_seconds

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Stopping":
        """With the criteria that are given, by name; None is no criterion.

        Raises
        ------
        UsageError
            If one of them has no meaning.
        """
        asked = {name: given[name] for name in STOPPING if given.get(name) is not None}
        for name, value in asked.items():
            if not isinstance(value, Real) or isinstance(value, bool) or math.isnan(value):
                raise UsageError(f"{name} must be a number, got {value!r}")
            if name in ("max_evaluations", "stagnation") and (value < 1 or value != math.floor(value)):
                raise UsageError(f"{name} must be a whole number above 0, got {value!r}")
            if name == "max_seconds" and value <= 0:
                raise UsageError(f"max_seconds must be above 0, got {value!r}")
        return cls(**asked)

    def note(self, results: Sequence[tuple[int, Any]], weights: Sequence[float] | None) -> None:
        """Learn of the results of a complete generation."""
        before = self.best
        for _, fitness in results:
            for each in one_by_one(fitness):
                value = float(np.sum(each) if weights is None else np.dot(weights, each))
                if math.isfinite(value):
                    self.best = min(self.best, (violation_of(each), -value))
        self.stagnant = 0 if self.best < before else self.stagnant + 1

    def reason(self, evaluations: int) -> str | None:
        """Why no further generation is to begin; None if one is."""
        if -self.best[1] >= self.stop_fitness and self.best[0] == 0:
            return f"fitness {-self.best[1]} reached stop_fitness = {self.stop_fitness}"
        if self.stagnant >= self.stagnation:
            return f"{self.stagnant} generations without a better individual"
        if evaluations >= self.max_evaluations:
            return self.evaluations_are_made()
        return self.time_is_up() if time.monotonic() >= self.stop_at else None

    def evaluations_are_made(self) -> str:
        """The reason of a run that has made its evaluations."""
        return f"max_evaluations = {self.max_evaluations} were made"

    def time_is_up(self) -> str:
        """The reason of a run whose time is up."""
        return f"max_seconds = {self.max_seconds:g} have passed"

    def criteria(self) -> dict[str, float]:
        """Those that were given, by name."""
        return {name: getattr(self, name) for name in STOPPING if getattr(self, name) != math.inf}

    def state(self) -> dict[str, Any]:
        """What a resumed run has to know."""
        return {"best": self.best, "stagnant": self.stagnant}
