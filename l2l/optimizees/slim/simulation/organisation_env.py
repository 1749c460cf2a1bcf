"""The organisation as the single agent of a gymnasium environment: it decides for all farms.

Importing this registers ``SlimOrganisation-v0``; or, in one step,
``gymnasium.make("l2l.optimizees.slim.simulation.organisation_env:SlimOrganisation-v0", scenario="Fyne")``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from .config import Config
from .config_checks import is_number
from .day_table import day_table
from .features import Features
from .observation import observations
from .simulator import Simulator
from .spaces import checked_render_mode, feature_space


class OrganisationEnv(gymnasium.Env):
    """A run of a scenario, a day per step; it is truncated at the end of the scenario, and never terminates before.

    An action is that of each farm, int64[n_farms]: treatments by number, then fallow, then none.  An observation is
    the vector ``Features`` of what the farms see, float32[n_features].

    Parameters
    ----------
    scenario : str, Path or Config
        Name of a scenario, its folder, or what ``Config`` reads of it.
    reward_scale : float
        The reward is what all farms together earn on the day (GBP), times this.  A learner wants rewards of order
        one: 1e-4 for two farms.
    render_mode : "ansi", optional
        ``render`` then returns a table of the day as text.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}

    def __init__(
        self, scenario: str | Path | Config = "Fyne", reward_scale: float = 1.0, render_mode: str | None = None
    ):
        self.config = scenario if isinstance(scenario, Config) else Config.scenario(scenario)
        if not is_number(reward_scale) or reward_scale <= 0:
            raise ValueError(f"reward_scale must be a finite number > 0, got {reward_scale!r}")
        self.reward_scale = reward_scale
        self.render_mode = checked_render_mode(render_mode)
        self.simulator = Simulator(self.config)
        shared = self.simulator.shared
        self.action_space = gymnasium.spaces.MultiDiscrete([shared.n_treatments + 2] * shared.n_farms)
        self.observation_space = feature_space(shared)
        self._features = Features(shared)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Go back to the first day: of the run of ``seed``, or of the next that follows from the last seed given."""
        super().reset(seed=seed)
        self.simulator.reset(int(self.np_random.integers(2**63)) if seed is None else seed)
        return self._observe(), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Let a day go by under the actions of all farms."""
        self.simulator.step(action)
        reward = float(self.simulator.state.payoff.sum()) * self.reward_scale
        return self._observe(), reward, False, self.simulator.day == self.config.n_days, {}

    def render(self) -> str | None:
        """The day as a table, a row per farm, if ``render_mode`` is "ansi"."""
        return day_table(self.config, self.simulator) if self.render_mode == "ansi" else None

    def _observe(self) -> np.ndarray:
        return self._features(observations(self.simulator.state))


gymnasium.register("SlimOrganisation-v0", entry_point=f"{__name__}:OrganisationEnv")
