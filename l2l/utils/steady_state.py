"""A run without generations: a new individual is asked for as soon as an old one is told."""

import logging
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import RunFolderError, UsageError
from l2l.optimizers.optimizer import Optimizer
from l2l.plugins import described, find_class

logger = logging.getLogger("utils.experiment")

SMALLEST_WINDOW = 8
"""Keeps two workers busy for 97 % of the time where durations are log-normal with sigma 1."""


class SteadyState:
    """Which individuals are asked for and told when, and where each of them belongs.

    Individuals have numbers in the order in which they were asked for, and are told in that order: a result that comes
    early is held back. Number n is asked for once all up to n - ``window`` are told. So neither the number of workers
    nor the order in which they finish has a say in what is evaluated: the run repeats itself like one with generations.

    Number n is individual ``n % size`` of generation ``n // size`` in history, results and progress, ``size`` being
    that of the first population, and there are as many individuals as the same run with generations would have.

    Parameters
    ----------
    traj : Trajectory
    optimizer : Optimizer
        With its first population laid out.
    window : int
        Individuals that may be under way at a time, after the first population; 0: half its size, but 8 at least.

    Attributes
    ----------
    in_flight : deque of dict
        Individuals that were asked for and not told, the oldest first.
    n_told : int
    closed : bool
        Whether no more is asked for.
    """

    def __init__(self, traj: Any, optimizer: Any, window: int = 0):
        self.traj = traj
        self.optimizer = optimizer
        self.size = len(optimizer.eval_pop)
        self.window = window or max(SMALLEST_WINDOW, self.size // 2)
        self.first_generation = optimizer.g
        self.in_flight: deque[dict[str, Any]] = deque(optimizer.eval_pop)
        self.n_told = 0
        self.closed = False
        self._told: list[dict[str, Any]] = []  # of this generation
        self._results: list[tuple[int, Any]] = []
        self._fitness: list[float] = []

    @property
    def total(self) -> int:
        """Number of individuals of the run."""
        return int(self.traj.parameters["n_iteration"]) * self.size

    def place(self, number: int) -> tuple[int, int]:
        """Generation and index of an individual."""
        generation, index = divmod(number, self.size)
        return self.first_generation + generation, index

    def places_in_flight(self) -> list[tuple[int, int]]:
        """Of the individuals that were asked for and not told, the oldest first."""
        return [self.place(self.n_told + i) for i in range(len(self.in_flight))]

    def ask(self) -> list[tuple[int, int]]:
        """Ask for the individuals that there is room for now; their places."""
        n_asked = self.n_told + len(self.in_flight)
        places: list[tuple[int, int]] = []
        if self.closed:
            return places
        while n_asked < min(self.n_told + self.window, self.total) and self.optimizer.stop_reason is None:
            individual = self.optimizer.ask_one()
            generation, index = self.place(n_asked)
            params = {f"individual.{name}": value for name, value in individual.items()}
            self.traj.add_individual(generation, params)
            self.in_flight.append(individual)
            places.append((generation, index))
            n_asked += 1
        return places

    def tell(self, fitness: Any) -> list[tuple[int, Any]] | None:
        """Tell the oldest individual; the results of its generation if it completes that."""
        individual = self.in_flight.popleft()
        generation, index = self.place(self.n_told)
        self.optimizer.g = generation
        self._fitness.append(self.optimizer.learn_one(individual, fitness, index))
        self._told.append(individual)
        self._results.append((index, fitness))
        self.n_told += 1
        is_over = self.closed or self.n_told == self.total or self.optimizer.stop_reason is not None
        is_last = is_over and not self.in_flight
        return self._end_generation(generation) if index + 1 == self.size or is_last else None

    def note(self, outcomes: Mapping[tuple[int, int], Any]) -> None:
        """Let individuals that will not be told count for the best of the run: fitness by place."""
        for individual, place in zip(self.in_flight, self.places_in_flight(), strict=True):
            if place in outcomes:
                self.optimizer.note_one(individual, outcomes[place], place[1])

    def _end_generation(self, generation: int) -> list[tuple[int, Any]]:
        self.optimizer.eval_pop = self._told
        self.optimizer.record_generation(self.traj, np.array(self._fitness))
        results = self._results
        self._told, self._results, self._fitness = [], [], []
        return results


def window_of(asynchronous: bool | int | None) -> int | None:
    """The window that ``asynchronous`` asks for: None if it is off, 0 if the default is meant.

    Raises
    ------
    UsageError
        If it is neither True, False nor a number of individuals.
    """
    if asynchronous is None or asynchronous is False:
        return None
    if asynchronous is True:
        return 0
    if not isinstance(asynchronous, int) or asynchronous < 1:
        raise UsageError(f"asynchronous must be True, False, or a number of individuals above 0, got {asynchronous!r}")
    return asynchronous


def steady_state_of(
    window: int | None, traj: Any, optimizer: Any, resumed: dict[str, Any] | None, run: Path, places: int
) -> SteadyState | None:
    """The state of a run without generations, None where it has them; a resumed run goes on as it began.

    Parameters
    ----------
    window : int, optional
        See `window_of`.
    resumed : dict, optional
        Facts of the checkpoint that the run goes on from.
    run : Path
        Its folder.
    places : int
        Individuals that the workers have room for.

    Raises
    ------
    RunFolderError
        If the run began otherwise.
    """
    if window is None:
        if resumed is not None and "steady" in resumed:
            raise RunFolderError(f"{run} has no generations: resume it with asynchronous=True")
        return None
    check_steady(optimizer)
    if resumed is None:
        steady = SteadyState(traj, optimizer, window)
    elif "steady" not in resumed:
        raise RunFolderError(f"{run} has generations: resume it without asynchronous")
    else:
        steady = resumed["steady"]
        if window not in (0, steady.window):
            raise RunFolderError(
                f"{run} has {steady.window} individuals under way at a time: "
                f"resume it with asynchronous={steady.window}, not {window}"
            )
    if places > steady.window:
        logger.warning(
            "the workers have room for %d individuals, but no more than %d are under way at a time; "
            "a larger number as asynchronous=... would let all of them work",
            *(places, steady.window),
        )
    return steady


def is_steady(cls: type) -> bool:
    """Whether the optimizers of a class can be asked and told individual by individual."""
    return (
        issubclass(cls, Optimizer) and cls.ask_one is not Optimizer.ask_one and cls.tell_one is not Optimizer.tell_one
    )


def check_steady(optimizer: Any) -> None:
    """Raise UsageError, naming optimizers that can, unless this one can run without generations."""
    if not is_steady(type(optimizer)):
        raise UsageError(
            f"{type(optimizer).__name__} cannot run with asynchronous=True: it has no ask_one() and tell_one(). "
            f"These can: {', '.join(steady_optimizers())}"
        )


def steady_optimizers() -> list[str]:
    """Names of the registered optimizers that can run without generations; those that cannot be loaded are left out."""
    names = [plugin.name for plugin in described("optimizer") if plugin.error is None]
    return [name for name in names if is_steady(find_class("optimizer", name))]
