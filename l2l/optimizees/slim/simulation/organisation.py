"""The organisation: its farms as objects, the reservoir they share, and a day of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType

import numpy as np

from ..kernels import episode
from ..types.actions import checked_actions
from .config import Config
from .farm import Farm
from .farm_pool import FarmPool
from .observation import ObservationSpace, observations
from .simulator import Simulator


class Organisation:
    """The farms of a scenario, advanced together by a day at a time.

    Parameters
    ----------
    cfg : Config
        The scenario.
    n_actors : int
        How many actors update the farms at the same time; results do not depend on it.
    simulator : Simulator, optional
        Whose state it is a view on; by default it gets one of its own, at the first day under ``cfg.seed``.

    Attributes
    ----------
    name : str
    cfg : Config
    farms : tuple of Farm
    pool : FarmPool
    simulator : Simulator
    """

    def __init__(self, cfg: Config, n_actors: int = 1, *, simulator: Simulator | None = None) -> None:
        if simulator is None:
            simulator = Simulator(cfg)
            simulator.reset(cfg.seed)
        self.cfg = cfg
        self.name = cfg.name
        self.simulator = simulator
        self.pool = FarmPool(simulator, n_actors)
        self.farms = tuple(Farm(f, cfg, simulator=simulator) for f in range(len(cfg.farms)))

    def reset(self, seed: int | np.random.SeedSequence) -> None:
        """Go back to the first day, with the streams of ``seed``."""
        self.simulator.reset(seed)
        self.farms = tuple(Farm(f, self.cfg, simulator=self.simulator) for f in range(len(self.cfg.farms)))

    def step(self, cur_date: datetime, actions: Sequence[int] | np.ndarray) -> np.ndarray:
        """Advance all farms by a day under an action for each: a treatment's number, then fallow, then nothing.

        Returns
        -------
        float64[n_farms]
            Payoff of each farm, GBP.

        Raises
        ------
        InvalidActionError
            If there is not one of the actions that exist for each farm; nothing has happened then.
        """
        simulator = self.simulator
        chosen = checked_actions(actions, simulator.action_names, len(self.farms), simulator.day)
        for farm, action in zip(self.farms, chosen, strict=True):
            farm.apply_action(cur_date, action)
        for farm in self.farms:
            farm.begin_update()
        self.pool.step(self.simulator.day)
        return self.simulator.state.payoff.copy()

    def oversee(self, cur_date: datetime) -> None:
        """End a day on which each farm was updated, and its eggs dispersed, by itself.

        The reservoir and what is asked of the farms follow from the day; `step` does that, too.
        """
        for farm in self.farms:
            if farm.next_day != farm.day(cur_date) + 1:
                raise ValueError(f"{farm.name} goes on with {farm.date(farm.next_day)}, got {cur_date} to end")
        self.simulator.run_parts(self.simulator.day - 1, episode.OVERSEE, 0, len(self.farms))

    def get_external_pressure(self) -> tuple[int, np.ndarray]:
        """What the reservoir sends on the next day: lice per cage, and their genotypes float64[n_genotypes]."""
        state = self.simulator.state
        return int(state.influx[0]), state.reservoir_ratios.copy()

    @property
    def averaged_offspring(self) -> np.ndarray:
        """Eggs per day of all farms, averaged over the last days, float64[n_genotypes]."""
        return self.simulator.state.mean_eggs.copy()

    def get_gym_space(self) -> dict[str, ObservationSpace]:
        """What the policy of each farm sees, by agent ``"farm_0"``, ..."""
        return {f"farm_{f}": seen for f, seen in enumerate(observations(self.simulator.state))}

    def stop(self) -> None:
        """End the actors' threads."""
        self.pool.stop()

    def __enter__(self) -> Organisation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Organisation {self.name}: {', '.join(farm.name for farm in self.farms)}"
