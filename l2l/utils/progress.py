"""Progress of a run: a live line on a terminal, plain lines elsewhere."""

import logging
import math
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from l2l.utils.fitness import is_finite, one_by_one, violation_of

logger = logging.getLogger("utils.progress")

REFRESH_S = 0.1
LINE_EVERY_S = 1.0
"""Seconds between plain lines, at least; the last generation always has one."""


class ConsoleHandler(logging.StreamHandler):
    """Writes log records to what is standard error at that moment, as a live display may have put itself there.

    Parameters
    ----------
    level : int, optional
        Show everything from this level on. Without it: warnings, and what runner and environment tell.
    """

    def __init__(self, level: int | None = None):
        super().__init__(sys.stderr)
        self._from = level
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, stream: Any) -> None:
        """Set by the base class; not kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        if self._from is not None:
            return record.levelno >= self._from
        return record.levelno >= logging.WARNING or (
            record.levelno >= logging.INFO and record.name.startswith("utils.")
        )


class Progress:
    """Shows generation, speed, best and mean fitness, failures and the time left.

    Parameters
    ----------
    quiet : bool
        Show nothing.

    Attributes
    ----------
    best : float
        Weighted fitness of the best individual so far that satisfies all constraints; -inf if there is none.
    has_found : bool
        Whether an individual had a finite fitness.
    """

    def __init__(self, quiet: bool = False):
        self.quiet = quiet
        self._live: Any = None
        self.best = -math.inf
        self.has_found = False
        self._shown: tuple[str, str] = ("-", "-")
        self._first = self._last = self._generation = 0
        self._size = 1
        self._is_waiting = False  # a line that was too soon after another
        self._done_before = 0
        self._next_refresh = self._next_line = self._started = time.monotonic()
        self._evaluations = self._failures = self._evaluated_before = 0

    def start(self, generation: int, last: int, evaluated: int = 0) -> None:
        """A run of generations ``generation .. last - 1`` begins, ``evaluated`` individuals having been before."""
        self._first, self._last = generation, last
        self._evaluated_before = self._evaluations = evaluated
        self._started = time.monotonic()
        if not self.quiet and sys.stderr.isatty():
            self._live = _live_display()
            self._live.start()
            self._task = self._live.add_task("", total=max(last - generation, 1))

    def generation(self, generation: int, size: int) -> None:
        """A generation of ``size`` individuals begins."""
        self._generation, self._size = generation, size
        self._done_before = self._evaluations

    def turn(self, runner: Any) -> None:
        """Some individuals may have finished."""
        self._evaluations, self._failures = runner.evaluations, runner.failures
        if self._live is not None and time.monotonic() >= self._next_refresh:
            self._refresh()

    def results(self, results: Sequence[tuple[int, Any]], weights: Sequence[float] | None, runner: Any) -> None:
        """A generation is complete."""
        self._evaluations, self._failures = runner.evaluations, runner.failures
        self.note_fitness(results, weights)
        if self._live is not None:
            self._refresh()
        elif not self.quiet:
            self._is_waiting = time.monotonic() < self._next_line and self._generation + 1 < self._last
            if not self._is_waiting:
                self._next_line = time.monotonic() + LINE_EVERY_S
                self._line()

    def _line(self) -> None:
        best, mean = self._shown
        logger.info(
            "generation %d of %d: best %s, mean %s, %s, %d failed, %s left",
            *(self._generation + 1, self._last, best, mean, self._speed(), self._failures, self._time_left()),
        )

    def close(self) -> None:
        """Leave the last state on the terminal, also of a run that ended before its last generation."""
        if self._is_waiting:
            self._line()
        if self._live is not None:
            self._refresh()
            self._live.stop()
            self._live = None

    def note_fitness(self, results: Sequence[tuple[Any, Any]], weights: Sequence[float] | None) -> None:
        """Learn of individuals and their fitness; there is at least one."""
        members = [each for _, fitness in results for each in one_by_one(fitness)]
        values = np.array([np.ravel(each) for each in members], dtype=float)
        weighted = values.sum(axis=1) if weights is None else values @ np.asarray(weights)
        finite = np.isfinite(weighted)
        if finite.any():
            feasible = finite & [is_finite(each) and violation_of(each) == 0 for each in members]
            self.has_found = True
            self.best = float(max(self.best, weighted[feasible].max(initial=-math.inf)))
            self._shown = ("-" if math.isinf(self.best) else f"{self.best:.5g}", f"{weighted[finite].mean():.5g}")

    def facts(self) -> dict[str, Any]:
        """What a resumed run has to know."""
        return {"best": self.best, "has_found": self.has_found}

    def restore(self, facts: Mapping[str, Any]) -> None:
        """Go on from `facts`."""
        self.best = facts["best"]
        self.has_found = facts.get("has_found", math.isfinite(self.best))  # older checkpoints do not have it

    def _speed(self) -> str:
        elapsed = max(time.monotonic() - self._started, 1e-9)
        return f"{(self._evaluations - self._evaluated_before) / elapsed:.3g} evaluations/s"

    def _fraction(self) -> float:
        """Generations done, the present one by what is finished of it."""
        return self._generation - self._first + min(1.0, (self._evaluations - self._done_before) / self._size)

    def _time_left(self) -> str:
        done = self._fraction()
        if done <= 0:
            return "?"
        seconds = (time.monotonic() - self._started) * (self._last - self._first - done) / done
        minutes, seconds = divmod(round(max(seconds, 0)), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}"

    def _refresh(self) -> None:
        self._next_refresh = time.monotonic() + REFRESH_S
        best, mean = self._shown
        text = f"best {best:<10}  mean {mean:<10}  {self._speed()}  {self._failures} failed  {self._time_left()} left"
        where = f"generation {self._generation + 1}/{self._last}"
        self._live.update(self._task, completed=self._fraction(), where=where, text=text)


def _live_display() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Display

    columns = TextColumn("{task.fields[where]}"), BarColumn(bar_width=24), TextColumn("{task.fields[text]}")

    class Line(Display):
        def add_task(self, *args: Any, **fields: Any) -> Any:
            return super().add_task(*args, where="", text="", **fields)

    return Line(*columns, console=Console(stderr=True), refresh_per_second=8)
