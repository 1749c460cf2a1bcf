"""A search of another library that pickles: as what it was asked and told, from which it is done again."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from l2l.errors import L2LError
from l2l.utils.seeds import seed_global_generators

Individual = dict[str, Any]
Outcome = tuple[float, ...]
"""The losses of an individual, which are to be as small as possible, then its violation; inf where it failed."""


class Search(Protocol):
    """What is needed of another library.

    Attributes
    ----------
    finished : str or None
        Why there is nothing left to try.
    """

    finished: str | None

    def ask(self) -> Individual:
        """One more individual."""

    def tell(self, losses: Sequence[float], violation: float) -> None:
        """Learn from the oldest individual that was asked for and not told."""

    def recommend(self) -> Individual | None:
        """The individual that the library recommends; None if it does not say."""


class Replayed:
    """A search that is pickled as the log of its questions and answers, and replayed when it is needed again.

    What libraries keep (every candidate, fitted models, threads) is large, grows with the run and often does not
    pickle; the log is a few bytes per individual. Going on costs the library's own time once more.

    The library finds the global generators of ``random`` and ``numpy.random`` seeded; nobody else's draws change.

    Parameters
    ----------
    make : callable () -> Search
        Makes the search anew, the same each time; pickles.
    seed : int
        Of the global generators.
    """

    def __init__(self, make: Callable[[], Search], seed: int) -> None:
        self._make = make
        self._seed = seed
        self._log: list[int | Outcome] = []  # so many were asked for; one was told that
        self._last: Individual | None = None
        self._search: Search | None = None
        self._streams: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_search": None, "_streams": None}

    def ask(self, n: int) -> list[Individual]:
        """The next ``n`` individuals."""
        with self._running() as search:
            population = [search.ask() for _ in range(n)]
        self._log.append(n)
        self._last = population[-1]
        return population

    def tell(self, outcomes: Sequence[Outcome]) -> str | None:
        """Learn from the oldest individuals that were asked for and not told; why there is nothing left, if so."""
        with self._running() as search:
            for *losses, violation in outcomes:
                search.tell(losses, violation)
        self._log += outcomes
        return search.finished

    def recommend(self) -> Individual | None:
        """What the library recommends."""
        with self._running() as search:
            return search.recommend()

    @contextmanager
    def _running(self) -> Iterator[Search]:
        before = random.getstate(), np.random.get_state()
        try:
            if self._search is None:
                self._replay()
            else:
                _set_streams(self._streams)
            assert self._search is not None
            yield self._search
            self._streams = random.getstate(), np.random.get_state()
        finally:
            _set_streams(before)

    def _replay(self) -> None:
        seed_global_generators(self._seed)
        search = self._make()
        last = None
        for event in self._log:
            if isinstance(event, int):
                last = [search.ask() for _ in range(event)][-1]
            else:
                search.tell(event[:-1], event[-1])
        if not _same(last, self._last):
            raise L2LError(
                f"the search cannot go on: asked again it came to {last}, and had come to {self._last}. Either its "
                "library has changed since, or it draws random numbers without a seed"
            )
        self._search = search


def _set_streams(states: Any) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])


def _same(one: Individual | None, other: Individual | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
