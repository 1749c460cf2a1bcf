"""The farms of an organisation, updated by one actor or by several at the same time."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise
from queue import SimpleQueue
from threading import Thread

import numpy as np

from ..kernels import episode
from ..types.numbers import whole_number
from .simulator import Simulator


class FarmActor:
    """Updates some farms of an organisation, in the caller's thread or in one of its own.

    (SLIM's is a process, reached through Ray.)  Kernels release the interpreter's lock, and a farm's update touches
    nothing but its own, so that actors run at the same time on one state.

    Parameters
    ----------
    simulator : Simulator
        Whose farms they are.
    first_farm, last_farm : int
        Farms first_farm .. last_farm - 1, one at least.
    """

    def __init__(self, simulator: Simulator, first_farm: int, last_farm: int) -> None:
        n_farms = simulator.shared.n_farms
        self.simulator = simulator
        self.first_farm = whole_number(first_farm, "first_farm", most=n_farms - 1)
        self.last_farm = whole_number(last_farm, "last_farm", least=self.first_farm + 1, most=n_farms)
        self._is_updating = False
        self._days: SimpleQueue[int | None] = SimpleQueue()
        self._done: SimpleQueue[Exception | None] = SimpleQueue()
        self._thread: Thread | None = None

    def __reduce__(self) -> tuple:
        return FarmActor, (self.simulator, self.first_farm, self.last_farm)  # a thread stays where it is

    def update(self, day: int) -> None:
        """Advance the farms by a day under the simulator's ``actions``; their eggs wait."""
        self.simulator.run_parts(day, episode.UPDATE, self.first_farm, self.last_farm)

    def begin_update(self, day: int) -> None:
        """Have the actor's own thread `update`; `end_update` must follow."""
        if self._is_updating:
            raise RuntimeError("an update is under way; call end_update() first")
        self._is_updating = True
        if self._thread is None:
            name = f"farms {self.first_farm}-{self.last_farm - 1}"
            self._thread = Thread(target=self._work, name=name, daemon=True)
            self._thread.start()
        self._days.put(day)

    def end_update(self) -> None:
        """Wait for the update, and raise what it raised."""
        if not self._is_updating:
            raise RuntimeError("no update is under way; call begin_update(day) first")
        error = self._done.get()
        self._is_updating = False
        if error is not None:
            raise error

    def _work(self) -> None:
        while (day := self._days.get()) is not None:
            try:
                self.update(day)
            except Exception as error:  # raised in the caller's thread
                self._done.put(error)
            else:
                self._done.put(None)

    def stop(self) -> None:
        """End the actor's thread; another update starts it again."""
        if self._thread is not None:
            self._days.put(None)
            self._thread.join()
            self._thread = None


class FarmPool:
    """All farms of an organisation, shared out among actors.

    With one actor it is what SLIM calls a single-process pool, with several its multi-process pool.  Results do not
    depend on their number.

    Parameters
    ----------
    simulator : Simulator
    n_actors : int
        At most as many as there are farms.  The first one works in the caller's thread.
    """

    def __init__(self, simulator: Simulator, n_actors: int = 1) -> None:
        n_farms = simulator.shared.n_farms
        n_actors = whole_number(n_actors, "n_actors", least=1, most=n_farms)
        bounds = split_evenly(simulator.shared.first_cage, n_actors)
        self.simulator = simulator
        self.actors = [FarmActor(simulator, *pair) for pair in pairwise(bounds)]

    def step(self, day: int) -> None:
        """Advance all farms by a day under the simulator's ``actions``, and let the organisation follow."""
        n_farms = self.simulator.shared.n_farms
        if len(self.actors) == 1:
            self.simulator.run_parts(day, episode.WHOLE_DAY, 0, n_farms)
            return
        first, *others = self.actors
        for actor in others:
            actor.begin_update(day)
        with ExitStack() as stack:  # wait for all of them, whatever one raises
            for actor in others:
                stack.callback(actor.end_update)
            first.update(day)
        self.simulator.run_parts(day, episode.DISPERSE + episode.OVERSEE, 0, n_farms)

    def stop(self) -> None:
        """End the actors' threads."""
        for actor in self.actors:
            actor.stop()


def split_evenly(first_cage: np.ndarray, n_actors: int) -> list[int]:
    """Bounds of ``n_actors`` runs of farms, none of them empty, with about as many cages each.

    ``first_cage`` int64[n_farms + 1] as in ``Shared``.
    """
    n_farms = len(first_cage) - 1
    bounds = [0]
    for k in range(1, n_actors):
        nearest = int(np.abs(first_cage - first_cage[-1] * k / n_actors).argmin())
        bounds.append(min(max(nearest, bounds[-1] + 1), n_farms - (n_actors - k)))
    return [*bounds, n_farms]
