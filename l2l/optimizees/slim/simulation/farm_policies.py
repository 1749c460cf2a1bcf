"""Policies as Python objects, asked day by day: anything with ``predict(observation, agent)`` is one.

SLIM's own are here by their names.  They decide as the compiled families do, with the same kernels and, for the same
seed, the same draws; but an observation is rounded to ``float32``, so that an aggregation within 1e-7 of a threshold
may fall on its other side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from l2l.errors import UnknownNameError, nearest

from ..kernels import policies as kernels
from ..kernels.sampling import make_streams
from .action_table import read_action_table
from .config import Config
from .features import Features
from .observation import ObservationSpace
from .policies import Policy
from .shared import build_shared
from .state import sequence_of

_one_draws = Lock()


class FarmPolicy(Protocol):
    """Decides for one farm at a time.

    If it has a method ``reset(seed)``, that is called at the start of a run, with the ``SeedSequence`` of the run.
    """

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        """Action of today of ``agent`` ("farm_0", ...), from what it saw at the end of yesterday."""


class OrganisationPolicy(Protocol):
    """Decides for all farms together; ``reset`` as for a ``FarmPolicy``."""

    def predict_all(self, observations: Sequence[ObservationSpace]) -> Sequence[int]:
        """Action of each farm, from what each saw."""


AnyPolicy = Policy | FarmPolicy | OrganisationPolicy


def begin_run(policy: AnyPolicy, seed: np.random.SeedSequence) -> None:
    """Tell ``policy`` that the run of ``seed`` begins, if it wants to know."""
    if hasattr(policy, "reset") and not isinstance(policy, type):
        policy.reset(seed)


def decisions(policy: FarmPolicy | OrganisationPolicy) -> Callable[[Sequence[ObservationSpace]], Sequence[int]]:
    """What turns the farms' observations of a day into their actions.

    Raises
    ------
    TypeError
        If ``policy`` cannot.
    """
    predict_all: Any = getattr(policy, "predict_all", None)
    predict: Any = getattr(policy, "predict", None)
    if isinstance(policy, type) or (predict_all is None and predict is None):
        raise TypeError(
            f"a policy is a Policy (see load_policy) or an object with predict(observation, agent), got {policy!r}"
        )
    return predict_all or (lambda seen: [predict(one, f"farm_{f}") for f, one in enumerate(seen)])


def farm_number(agent: str, n_farms: int) -> int:
    """Of ``farm_7``: 7.

    Raises
    ------
    UnknownNameError
        If it is none of the ``n_farms`` agents.
    """
    agents = [f"farm_{f}" for f in range(n_farms)]
    if agent not in agents:
        raise UnknownNameError(f"no agent {agent!r}{nearest(agent, agents)}")
    return agents.index(agent)


class UntreatedPolicy:
    """Never do anything."""

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        return len(observation["current_treatments"])  # treatments and fallow come before


class BernoullianPolicy:
    """Treat at random when the organisation asks for it, and always above the enforcement threshold."""

    def __init__(self, cfg: Config):
        self._shared = build_shared(cfg)
        self.reset(cfg.seed)

    def reset(self, seed: int | np.random.SeedSequence) -> None:
        """Draw from the streams that the farms' policies have in the run of ``seed``."""
        self._streams = make_streams(sequence_of(seed), 1 + 2 * self._shared.n_farms)[2::2]

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent, self._shared.n_farms)
        return kernels.bernoulli.py_func(
            self._streams[farm],
            observation["aggregation"][0],
            observation["asked_to_treat"][0],
            self._shared.enforcement_threshold[farm],
            self._shared.defection_proba[farm],
            self._shared.allowed[farm],
        )


class MosaicPolicy:
    """Take the treatments in turn, whenever the organisation asks for one and there are many lice."""

    def __init__(self, cfg: Config):
        self._shared = build_shared(cfg)
        self._turns = np.zeros((self._shared.n_farms, 1), np.int64)

    def reset(self, seed: int | np.random.SeedSequence | None = None) -> None:
        """Begin with the first treatment again."""
        self._turns[:] = 0

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent, self._shared.n_farms)
        return kernels.mosaic.py_func(
            observation["aggregation"][0],
            observation["asked_to_treat"][0],
            self._shared.allowed[farm],
            self._turns[farm],
        )


class PilotedPolicy:
    """Do what a table says (see ``read_action_table``), from the first day of the scenario on.

    An observation does not tell the date: each call of ``predict`` for a farm is its next day, until ``reset``.
    """

    def __init__(self, cfg: Config, table: str | Path):
        self._actions = read_action_table(table, cfg)
        self.reset()

    def reset(self, seed: int | np.random.SeedSequence | None = None) -> None:
        """Go back to the first day."""
        self._days = np.zeros(self._actions.shape[1], np.int64)

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent, len(self._days))
        day = self._days[farm]
        if day == len(self._actions):
            raise ValueError(f"{agent}: the table of actions has {day} days, and all are over; call reset()")
        self._days[farm] += 1
        return int(self._actions[day, farm])


class LearnedPolicy:
    """A model of stable-baselines3, trained on ``OrganisationEnv``, as the policy of all farms.

    Parameters
    ----------
    model
        Has ``predict(features, state=..., deterministic=...)``, which returns the actions of all farms and the state
        for the next day, none but for recurrent models.
    scenario : Config
        The one it is used on, with the farms it was trained for.
    deterministic : bool
        Take the most probable actions rather than drawing them.  The draws of a run follow from its seed.
    """

    def __init__(self, model: Any, scenario: Config, deterministic: bool = True):
        self._model = model
        self._features = Features(build_shared(scenario))
        self._deterministic = deterministic
        self.reset(scenario.seed)

    def reset(self, seed: int | np.random.SeedSequence) -> None:
        """Draw from a stream of the run, and let the model forget what it has seen."""
        self._rng = np.random.default_rng(sequence_of(seed))
        self._memory = None  # that of a recurrent model

    def predict_all(self, observations: Sequence[ObservationSpace]) -> Sequence[int]:
        features = self._features(observations)
        if self._deterministic:
            actions, self._memory = self._model.predict(features, state=self._memory, deterministic=True)
        else:
            actions, self._memory = self._draw(features)
        return actions

    def _draw(self, features: np.ndarray) -> tuple[Sequence[int], Any]:
        """Let the model draw with torch's generator, which all threads share, from the run's stream."""
        import torch

        with _one_draws, torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self._rng.integers(2**63)))
            return self._model.predict(features, state=self._memory, deterministic=False)

    def __deepcopy__(self, memo: dict) -> LearnedPolicy:
        """One of its own over the same model, which may be large and is only read."""
        twin = copy(self)
        twin._rng, twin._memory = deepcopy((self._rng, self._memory), memo)
        return twin
