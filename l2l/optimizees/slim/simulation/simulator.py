"""The simulator: a scenario, run whole under a policy or day by day under anybody's actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..kernels import episode
from ..kernels.cache import compile_once
from ..kernels.genetics import dominant_share
from ..kernels.orders import order
from ..kernels.policies import GIVEN
from ..kernels.world import World, make_world
from . import record as records
from . import state as states
from .config import Config
from .policies import Policy
from .shared import Shared, build_shared, freeze


@dataclass(frozen=True)
class Outcome:
    """Totals of one run.

    Attributes
    ----------
    payoff : float64[n_farms]
        Profit of each farm in GBP.
    aggregation : float64[n_farms]
        Adult females per fish, mean over cages and days.
    resistance : float64[n_genes]
        Frequency of the dominant allele among all lice on the last day; nan if there are none.
    treatments : int64[n_farms, n_treatments]
        Accepted requests.
    fish : int64[n_farms]
        Fish at the end.
    """

    payoff: np.ndarray
    aggregation: np.ndarray
    resistance: np.ndarray
    treatments: np.ndarray
    fish: np.ndarray


class Simulator:
    """Runs of one scenario.  It keeps the arrays of a state and uses them again for every run.

    Parameters
    ----------
    scenario : Config or Shared
        What ``Config.from_files`` or ``build_shared`` gives; a ``Shared`` may serve many simulators.
    """

    def __init__(self, scenario: Config | Shared):
        self.shared = build_shared(scenario) if isinstance(scenario, Config) else freeze(scenario)
        self.state = states.allocate(self.shared)
        self.day = 0
        self._nothing = records.allocate(self.shared, 0)
        self._actions = np.zeros(self.shared.n_farms, np.int64)
        compile_once(self._run_kernels)
        self.day = self.shared.n_days  # no run has begun

    def _run_kernels(self) -> None:
        """Call each kernel that takes a world, to no effect."""
        self._advance(Policy.built_in("untreated"), 0, self._nothing)
        order(self._world, 0, 0, 0, False)  # refused: no treatment is left before a run has begun

    @cached_property
    def _world(self) -> World:
        # not before compile_once: it forgets kernels that were compiled from other sources
        return make_world(self.shared, self.state)

    def reset(self, seed: int | np.random.SeedSequence) -> None:
        """Go back to the first day, with the streams of ``seed``."""
        sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        states.begin(self.shared, self.state, sequence)
        self.day = 0

    def restore(self, day: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Go to the start of ``day`` of a run whose state then held ``arrays``, as `State` names them."""
        if not 0 <= day <= self.shared.n_days:
            raise ValueError(f"day must lie in 0 .. {self.shared.n_days}, got {day}")
        states.restore(self.state, arrays)
        self.day = day

    def run(self, policy: Policy, seed: int | np.random.SeedSequence) -> Outcome:
        """Simulate all days in one kernel call."""
        self.reset(seed)
        self._advance(policy, self.shared.n_days, self._nothing)
        return self.outcome()

    def run_recorded(self, policy: Policy, seed: int | np.random.SeedSequence) -> records.Record:
        """Simulate all days and keep each of them."""
        self.reset(seed)
        record = records.allocate(self.shared, self.shared.n_days)
        self._advance(policy, self.shared.n_days, record)
        return record

    def advance(self, policy: Policy, last_day: int, record: records.Record | None = None) -> None:
        """Go on to the start of ``last_day``; a run may be taken in any number of such pieces.

        Parameters
        ----------
        record
            Day d fills row d mod n of its n rows.
        """
        if not self.day <= last_day <= self.shared.n_days:
            raise ValueError(f"last_day must lie in {self.day} .. {self.shared.n_days}, got {last_day}")
        self._advance(policy, last_day, self._nothing if record is None else record)

    def _advance(self, policy: Policy | None, last_day: int, record: records.Record) -> None:
        """Go on to ``last_day`` under a policy, or under ``_actions``."""
        family = GIVEN if policy is None else int(policy.family)
        n_farms = self.shared.n_farms
        parameters = np.zeros((n_farms, 0)) if policy is None else policy.farm_parameters(n_farms)
        episode.run(
            self._world,
            family,
            parameters,
            self._actions,
            self.day,
            last_day,
            record,
            0,
            n_farms,
            episode.WHOLE_DAY,
        )
        self.day = last_day

    def step(self, actions: np.ndarray) -> None:
        """Advance by one day under ``actions`` int64[n_farms]: treatments by number, then fallow, then none.

        Raises
        ------
        ValueError
            For a number of actions that is not that of the farms, an action out of range, before ``reset``, or
            after the last day.
        """
        chosen = np.asarray(actions)
        n_actions = self.shared.n_treatments + 2
        if chosen.shape != (self.shared.n_farms,) or not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(f"actions must be {self.shared.n_farms} integers, one per farm, got {actions!r}")
        if chosen.min() < 0 or chosen.max() >= n_actions:
            raise ValueError(f"an action is 0 .. {n_actions - 1}, got {actions!r}")
        if self.day >= self.shared.n_days:
            raise ValueError(f"no run of {self.shared.n_days} days is under way; call reset(seed) first")
        self._actions[:] = chosen
        self._advance(None, self.day + 1, self._nothing)

    def outcome(self) -> Outcome:
        """Totals up to the current day."""
        by_genotype = self.state.lice.sum(axis=(0, 1))
        total = by_genotype.sum()
        with np.errstate(invalid="ignore"):
            resistance = by_genotype @ dominant_share(self.shared.gene_digit.shape[1]) / np.float64(total)
        return Outcome(
            payoff=self.state.total_payoff.copy(),
            aggregation=self.state.total_aggregation / max(1, self.day),
            resistance=resistance,
            treatments=self.state.treatments_used.copy(),
            fish=self.state.fish_population.copy(),
        )
