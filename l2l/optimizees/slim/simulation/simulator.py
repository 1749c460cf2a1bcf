"""The simulator: a scenario, run whole under a policy or day by day under anybody's actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels import episode
from ..kernels.cache import compile_once
from ..kernels.genetics import dominant_share
from ..kernels.orders import order
from ..kernels.policies import GIVEN
from ..kernels.world import World, make_world
from ..types.actions import FALLOW, NONE, action_names, checked_actions
from ..types.numbers import whole_number
from . import record as records
from . import state as states
from .config import Config, ConfigError
from .farm_policies import (
    AnyPolicy,
    BernoullianPolicy,
    LearnedPolicy,
    MosaicPolicy,
    PilotedPolicy,
    UntreatedPolicy,
    begin_run,
    decisions,
)
from .observation import observations
from .policies import Policy, n_parameters
from .shared import Scenario, Shared, build_shared, freeze, vary_shared
from .state import sequence_of

if TYPE_CHECKING:
    from .environment import SimulatorPZEnv
    from .organisation import Organisation

__all__ = [
    "BernoullianPolicy",
    "LearnedPolicy",
    "MosaicPolicy",
    "Outcome",
    "PilotedPolicy",
    "Simulator",
    "SimulatorPZEnv",
    "UntreatedPolicy",
]


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
    like : Simulator or Scenario, optional
        Of a configuration that differs in part or not at all: tables of what does not differ are shared with it.
    """

    def __init__(self, scenario: Config | Shared, like: Simulator | Scenario | None = None):
        if isinstance(scenario, Config):
            if like is None or like.config is None:
                self.shared: Shared = build_shared(scenario)
            else:
                self.shared = vary_shared(like.shared, like.config, scenario)
            self.action_names = action_names(scenario)
        else:
            self.shared = freeze(scenario)
            self.action_names = (*(f"treatment {t}" for t in range(scenario.n_treatments)), FALLOW, NONE)
        self.config: Config | None = scenario if isinstance(scenario, Config) else None
        self.state: states.State = states.allocate(self.shared)
        self._nothing = records.allocate(self.shared, 0)
        self._no_parameters = np.zeros((self.shared.n_farms, 0))
        self.actions = np.zeros(self.shared.n_farms, np.int64)
        compile_once(self._run_kernels)
        self.day = self.shared.n_days  # no run has begun

    def _run_kernels(self) -> None:
        """Call each kernel that takes a world, to no effect."""
        self._advance(Policy.built_in("untreated"), 0, self._world)
        order(self._world, 0, 0, 0, False)  # refused: no treatment is left before a run has begun

    @cached_property
    def _world(self) -> World:
        # not before compile_once: it forgets kernels that were compiled from other sources
        return make_world(self.shared, self.state, self._nothing)

    def __reduce__(self) -> tuple:
        # the world of kernels cannot be copied, and arrays forget in a copy that they are read-only
        return _simulator_at, (type(self), self.config or self.shared, self.state._asdict(), self.actions)

    def reset(self, seed: int | np.random.SeedSequence) -> None:
        """Go back to the first day, with the streams of ``seed``."""
        states.begin(self.shared, self.state, sequence_of(seed))
        self.day = 0

    def restore(self, day: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Go to the start of ``day`` of a run whose state then held ``arrays``, as `State` names them."""
        if not 0 <= day <= self.shared.n_days:
            raise ValueError(f"day must lie in 0 .. {self.shared.n_days}, got {day}")
        states.restore(self.state, arrays)
        self.day = day

    def run(self, policy: AnyPolicy, seed: int | np.random.SeedSequence) -> Outcome:
        """Simulate all days: in one kernel call under a compiled ``Policy``, in one a day under any other."""
        self._follow(policy, seed)
        return self.outcome()

    def run_recorded(self, policy: AnyPolicy, seed: int | np.random.SeedSequence) -> records.Record:
        """Simulate all days and keep each of them."""
        record = records.allocate(self.shared, self.shared.n_days)
        self._follow(policy, seed, record)
        return record

    def _follow(
        self, policy: AnyPolicy, seed: int | np.random.SeedSequence, record: records.Record | None = None
    ) -> None:
        """Simulate a whole run."""
        self.reset(seed)
        begin_run(policy, sequence_of(seed))
        self.advance(policy, self.shared.n_days, record)

    def advance(self, policy: AnyPolicy, last_day: int, record: records.Record | None = None) -> None:
        """Go on to the start of ``last_day``; a run may be taken in any number of such pieces.

        Parameters
        ----------
        record
            Day d fills row d mod n of its n rows.
        """
        if not self.day <= last_day <= self.shared.n_days:
            raise ValueError(f"last_day must lie in {self.day} .. {self.shared.n_days}, got {last_day}")
        states.check_lice(self.shared, self.state, 0, self.shared.n_farms)
        world = self._world if record is None else make_world(self.shared, self.state, record)
        if isinstance(policy, Policy):
            self._advance(policy, last_day, world)
            return
        decide = decisions(policy)
        while self.day < last_day:
            try:
                actions = decide(observations(self.state))
            except Exception as error:
                error.add_note(f"raised by the policy {policy!r} on day {self.day}")
                raise
            self._choose(actions)
            self._advance(None, self.day + 1, world)

    def _advance(self, policy: Policy | None, last_day: int, world: World) -> None:
        """Go on to ``last_day`` under a policy, or under ``actions``."""
        if policy is None:
            family, parameters = GIVEN, self._no_parameters
        else:
            family, parameters = int(policy.family), policy.farm_parameters(self.shared.n_farms)
            n_expected = n_parameters(policy.family, self.shared.n_treatments, self.shared.n_days)
            if parameters.shape[1] != n_expected:
                raise ConfigError(
                    f"the {policy.family.name.lower()} policy has {parameters.shape[1]} parameters, expected "
                    f"{n_expected} for {self.shared.n_treatments} treatments and {self.shared.n_days} days"
                )
        episode.run(
            world,
            family,
            parameters,
            self.actions,
            self.day,
            last_day,
            0,
            self.shared.n_farms,
            episode.WHOLE_DAY,
        )
        self.day = last_day

    def step(self, actions: Sequence[int] | np.ndarray) -> None:
        """Advance by one day under ``actions``, one per farm: treatments by number, then fallow, then none.

        Raises
        ------
        InvalidActionError
            For a number of actions that is not that of the farms, or an action that there is not.
        ValueError
            Before ``reset``, or after the last day.
        """
        self._choose(actions)
        states.check_lice(self.shared, self.state, 0, self.shared.n_farms)
        self.pass_day()

    def _choose(self, actions: Sequence[int] | np.ndarray) -> None:
        self.actions[:] = checked_actions(actions, self.action_names, self.shared.n_farms, self.day)

    def pass_day(self) -> None:
        """Advance by one day under ``self.actions`` int64[n_farms], as they stand there.

        Raises
        ------
        ValueError
            Before ``reset`` or after the last day.
        """
        if self.day >= self.shared.n_days:
            raise ValueError(f"no run of {self.shared.n_days} days is under way; call reset(seed) first")
        self._advance(None, self.day + 1, self._world)

    def run_parts(self, day: int, parts: int, first_farm: int, last_farm: int) -> None:
        """Do these parts of a day, see `kernels.episode`, for the farms first_farm .. last_farm - 1 under ``actions``.

        Different farms may be updated by different threads at the same time.

        Raises
        ------
        ValueError
            For farms or a day that there are not, a farm that is to be updated for another day than its next, or lice
            that somebody has put where they cannot be.
        """
        shared, next_days = self.shared, self.state.next_day[first_farm:last_farm]
        if not 0 <= first_farm < last_farm <= shared.n_farms:
            raise ValueError(f"farms must lie in 0 .. {shared.n_farms - 1}, got {first_farm} .. {last_farm - 1}")
        if not 0 <= day < shared.n_days:
            raise ValueError(f"day must lie in 0 .. {shared.n_days - 1}, got {day}")
        if parts & episode.UPDATE:
            if (next_days != day).any():
                raise ValueError(f"the next days of farms {first_farm} .. {last_farm - 1} are {next_days}, got {day}")
            states.check_lice(shared, self.state, first_farm, last_farm)
        episode.run(
            self._world,
            GIVEN,
            self._no_parameters,
            self.actions,
            day,
            day + 1,
            first_farm,
            last_farm,
            parts,
        )

    def order(self, farm: int, action: int, day: int, force: bool = False) -> bool:
        """Have a farm treat, or fallow, between two days; return whether any cage does.  See `kernels.orders`.

        Raises
        ------
        ValueError
            For a farm, an action or a day that there is not.
        """
        n_farms, n_treatments = self.shared.n_farms, self.shared.n_treatments
        farm = whole_number(farm, "farm", most=n_farms - 1)
        action = whole_number(action, "a treatment, or fallow,", most=n_treatments)
        if day >= self.shared.n_days:
            raise ValueError(f"the run of {self.shared.n_days} days is over, or none has begun; call reset(seed) first")
        return bool(order(self._world, farm, action, day, force))

    @property
    def day(self) -> int:
        """The day to be simulated next."""
        return int(self.state.next_day[0])

    @day.setter
    def day(self, day: int) -> None:
        self.state.next_day[:] = day

    @cached_property
    def organisation(self) -> Organisation:
        """The farms of the run as objects.

        Raises
        ------
        ValueError
            If the simulator was made of a ``Shared``, which does not know names and dates.
        """
        from .organisation import Organisation

        if self.config is None:
            raise ValueError("a simulator knows its farms only if it is made of a Config; this one has a Shared")
        return Organisation(self.config, simulator=self)

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


def _simulator_at(
    kind: type[Simulator], scenario: Config | Shared, arrays: Mapping[str, np.ndarray], actions: np.ndarray
) -> Simulator:
    """A simulator in this state, for copies and pickles."""
    simulator = kind(scenario)
    states.restore(simulator.state, arrays)
    simulator.actions[:] = actions
    return simulator


if not TYPE_CHECKING:  # mypy would believe in every name

    def __getattr__(name: str) -> Any:
        if name == "SimulatorPZEnv":  # imports pettingzoo, which nothing else here needs
            from .environment import SimulatorPZEnv

            return SimulatorPZEnv
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
