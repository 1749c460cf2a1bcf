"""Many runs at once: replicates over the cores, in threads, since kernels release the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import local
from typing import TypeVar

import numpy as np

from .simulation.config import Config
from .simulation.farm_policies import AnyPolicy
from .simulation.policies import Policy
from .simulation.record import Record
from .simulation.shared import Shared
from .simulation.simulator import Outcome, Simulator

T = TypeVar("T")
Run = tuple[AnyPolicy, np.random.SeedSequence]


class Ensemble:
    """Runs of one scenario, each with its own policy and seed.  Results do not depend on ``n_threads``.

    A policy that is a Python object is copied (``copy.deepcopy``) for each of its runs: what it remembers from day to
    day is of that run alone, and the object itself learns nothing of the runs.
    """

    def __init__(self, scenario: Config | Shared, n_threads: int = 1):
        self.n_threads = n_threads
        self._first = Simulator(scenario)  # compiles, before the threads start
        self._thread = local()

    def outcome(self, run: Run) -> Outcome:
        """Totals of one run, in the thread that asks; several may do so at the same time."""
        policy, seed = run
        return self._simulator().run(_own(policy), seed)

    def outcomes(self, runs: Sequence[Run]) -> list[Outcome]:
        """Totals of each run, in the order of ``runs``."""
        return self._map(self.outcome, runs)

    def records(self, runs: Sequence[Run]) -> list[Record]:
        """Every day of each run, in the order of ``runs``."""
        return self._map(self._record, runs)

    def measured(self, runs: Sequence[Run], measure: Callable[[Record], T]) -> list[T]:
        """What ``measure`` makes of every day of each run, in the order of ``runs``; records are not kept."""
        return self._map(lambda run: measure(self._record(run)), runs)

    def _record(self, run: Run) -> Record:
        policy, seed = run
        return self._simulator().run_recorded(_own(policy), seed)

    def _map(self, simulate, runs):
        if self.n_threads == 1:
            return [simulate(run) for run in runs]
        with ThreadPoolExecutor(self.n_threads) as pool:
            return list(pool.map(simulate, runs))

    def _simulator(self) -> Simulator:
        if not hasattr(self._thread, "simulator"):
            self._thread.simulator = Simulator(self._first.shared)
        return self._thread.simulator


def _own(policy: AnyPolicy) -> AnyPolicy:
    """The policy for one run: a compiled one is data, and can be shared."""
    if isinstance(policy, Policy):
        return policy
    try:
        return deepcopy(policy)
    except TypeError as error:
        raise TypeError(f"a policy is copied for each run of an ensemble, but {policy!r} cannot be: {error}") from error
