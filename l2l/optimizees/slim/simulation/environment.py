"""The farms as agents of PettingZoo: in turns (``SimulatorPZEnv``) or all at once (``SimulatorParallelEnv``).

Every agent acts once a day; then the day is simulated, in one kernel call.  An agent's reward is what its farm earns
on the day (GBP).  A run is truncated at the end of the scenario, and never terminates before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.seeding import np_random
from pettingzoo import AECEnv, ParallelEnv

from l2l.errors import UnknownNameError, nearest

from ..types.actions import InvalidActionError, checked_action
from ..types.numbers import whole_number
from .config import Config
from .day_table import day_table
from .features import Features
from .observation import ObservationSpace, observations
from .simulator import Simulator
from .spaces import checked_render_mode, feature_space, observation_space


class _Farms:
    """What both kinds of environment share: the agents, their spaces, and the simulation they act in.

    Parameters
    ----------
    scenario : str, Path or Config
        Name of a scenario, its folder, or what ``Config`` reads of it.
    max_cycles : int, optional
        Days after which to truncate a run; by default the whole scenario.
    render_mode : "ansi", optional
        ``render`` then returns a table of the day as text.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "name": "slim_v0", "is_parallelizable": True}

    def __init__(
        self,
        scenario: str | Path | Config = "Fyne",
        max_cycles: int | None = None,
        render_mode: str | None = None,
    ):
        self.config = scenario if isinstance(scenario, Config) else Config.scenario(scenario)
        self.max_cycles = self.config.n_days if max_cycles is None else whole_number(max_cycles, "max_cycles", least=1)
        self.render_mode = checked_render_mode(render_mode)
        self.simulator = Simulator(self.config)
        shared = self.simulator.shared
        self.possible_agents = [f"farm_{i}" for i in range(shared.n_farms)]
        self._number = {agent: number for number, agent in enumerate(self.possible_agents)}
        self.agents: list[str] = []
        self.observation_spaces = {agent: observation_space(shared) for agent in self.possible_agents}
        self.action_spaces = {
            agent: gymnasium.spaces.Discrete(shared.n_treatments + 2) for agent in self.possible_agents
        }
        self.state_space = feature_space(shared)
        self._features = Features(shared)
        self._rng: np.random.Generator | None = None
        self._seen: list[ObservationSpace] | None = None

    def observation_space(self, agent: str) -> gymnasium.spaces.Dict:
        self._number_of(agent)
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Discrete:
        self._number_of(agent)
        return self.action_spaces[agent]

    def state(self) -> np.ndarray:
        """What all farms see, as one vector; see ``Features``."""
        return self._features(self._observations())

    def render(self) -> str | None:
        """The day as a table, a row per farm, if ``render_mode`` is "ansi"."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() does nothing without render_mode='ansi'")
            return None
        self._observations()
        return day_table(self.config, self.simulator)

    def close(self) -> None:
        """Nothing is held that needs it."""

    def _begin(self, seed: int | None) -> None:
        """Begin the run of ``seed``, or, without one, the next of those that follow from the last seed given."""
        if seed is not None or self._rng is None:
            self._rng, run_seed = np_random(seed)
        else:
            run_seed = int(self._rng.integers(2**63))
        self.simulator.reset(run_seed)
        self._seen = None
        self.agents = self.possible_agents[:]

    def _act(self, number: int, action: Any) -> None:
        """Note what farm ``number`` does today."""
        simulator = self.simulator
        simulator.actions[number] = checked_action(
            action, simulator.action_names, self.possible_agents[number], simulator.day
        )

    def _live(self) -> bool:
        """Simulate the day; return whether it was the last one."""
        self.simulator.pass_day()
        self._seen = None
        return self.simulator.day >= min(self.max_cycles, self.config.n_days)

    def _number_of(self, agent: str) -> int:
        if agent not in self._number:
            raise UnknownNameError(f"no agent {agent!r}{nearest(agent, self._number)}")
        return self._number[agent]

    def _observations(self) -> list[ObservationSpace]:
        if self._seen is None:
            if self._rng is None:
                raise RuntimeError("no run is under way; call reset() first")
            self._seen = observations(self.simulator.state)
        return self._seen


class SimulatorPZEnv(_Farms, AECEnv):
    """SLIM's environment: the farms act one after the other, then the day goes by."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.agent_selection = self.possible_agents[0]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Go back to the first day: of the run of ``seed``, or, without one, of another run."""
        self._begin(seed)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = self.rewards.copy()
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos: dict[str, dict] = {agent: {} for agent in self.agents}
        self.agent_selection = self.agents[0]
        self._skip_agent_selection = None

    def observe(self, agent: str) -> ObservationSpace:
        """What ``agent`` saw at the end of yesterday."""
        return self._observations()[self._number_of(agent)]

    def step(self, action: Any) -> None:
        """Let the selected agent do ``action`` today; ``None`` after the last day.

        Raises
        ------
        InvalidActionError
            If it is not one of the actions; nothing has happened then.
        RuntimeError
            Before ``reset`` and after all agents are done.
        """
        if not self.agents:
            raise RuntimeError("no run is under way; call reset() first")
        agent = self.agent_selection
        if self.truncations[agent]:
            self._was_dead_step(action)
            return
        number = self._number[agent]
        self._act(number, action)
        self._cumulative_rewards[agent] = 0.0
        if number + 1 < len(self.agents):
            if number == 0:
                self.rewards = dict.fromkeys(self.agents, 0.0)
            self.agent_selection = self.agents[number + 1]
            return
        if self._live():
            self.truncations = dict.fromkeys(self.agents, True)
        self.rewards = dict(zip(self.agents, self.simulator.state.payoff.tolist(), strict=True))
        self._cumulative_rewards = self.rewards.copy()
        self.agent_selection = self.agents[0]


class SimulatorParallelEnv(_Farms, ParallelEnv):
    """The same, with the actions of all farms in one dictionary a day."""

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, ObservationSpace], dict[str, dict]]:
        """Go back to the first day: of the run of ``seed``, or, without one, of another run."""
        self._begin(seed)
        return self._all_see(), self._no_infos()

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        """Let a day go by: observations, rewards, terminations, truncations and infos by agent.

        Raises
        ------
        InvalidActionError
            If an action is missing, not one of those there are, or of an agent that there is not; nothing has
            happened then.
        RuntimeError
            Before ``reset`` and after the last day.
        """
        if not self.agents:
            raise RuntimeError("no run is under way; call reset() first")
        if not isinstance(actions, Mapping):
            raise InvalidActionError(f"day {self.simulator.day}: expected a dictionary of actions, got {actions!r}")
        for number, agent in enumerate(self.agents):
            self._act(number, actions.get(agent))
        if len(actions) > len(self.agents):
            unknown = next(agent for agent in actions if agent not in self._number)
            raise InvalidActionError(
                f"day {self.simulator.day}: an action of {unknown!r}, which is no agent{nearest(unknown, self.agents)}"
            )
        last = self._live()
        agents = self.agents
        seen = self._all_see()
        rewards = dict(zip(agents, self.simulator.state.payoff.tolist(), strict=True))
        terminations, truncations = dict.fromkeys(agents, False), dict.fromkeys(agents, last)
        infos = self._no_infos()
        if last:
            self.agents = []
        return seen, rewards, terminations, truncations, infos

    def _all_see(self) -> dict[str, ObservationSpace]:
        return dict(zip(self.agents, self._observations(), strict=True))

    def _no_infos(self) -> dict[str, dict]:
        return {agent: {} for agent in self.agents}


# the usual names of PettingZoo; checks of order and actions are the environment's own, so that nothing wraps it
raw_env = env = SimulatorPZEnv
parallel_env = SimulatorParallelEnv
