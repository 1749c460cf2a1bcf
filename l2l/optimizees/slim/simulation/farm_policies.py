"""Policies as Python objects, asked day by day: anything with ``predict(observation, agent)`` is one.

SLIM's own are here by their names.  They decide as the compiled families do, with the same kernels and, for the same
seed, the same draws; but an observation is rounded to ``float32``, so that an aggregation within 1e-7 of a threshold
may fall on its other side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..kernels import policies as kernels
from ..kernels.sampling import make_streams
from .action_table import read_action_table
from .config import Config
from .features import Features
from .observation import ObservationSpace
from .policies import Policy
from .shared import build_shared


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
    if hasattr(policy, "reset"):
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
    if predict_all is None and predict is None:
        raise TypeError(
            f"a policy is a Policy (see load_policy) or an object with predict(observation, agent), got {policy!r}"
        )
    return predict_all or (lambda seen: [predict(one, f"farm_{f}") for f, one in enumerate(seen)])


def farm_number(agent: str) -> int:
    """Of ``farm_7``: 7."""
    return int(agent.removeprefix("farm_"))


class UntreatedPolicy:
    """Never do anything."""

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        return len(observation["current_treatments"])  # treatments and fallow come before


class BernoullianPolicy:
    """Treat at random when the organisation asks for it, and always above the enforcement threshold."""

    def __init__(self, cfg: Config):
        self._shared = build_shared(cfg)
        self.reset(np.random.SeedSequence(cfg.seed))

    def reset(self, seed: np.random.SeedSequence) -> None:
        """Draw from the streams that the farms' policies have in the run of ``seed``."""
        self._streams = make_streams(seed, 1 + 2 * self._shared.n_farms)[2::2]

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent)
        return kernels.bernoulli.py_func(
            self._streams[farm],
            observation["aggregation"][0],
            observation["asked_to_treat"][0],
            self._shared.enforcement_threshold,
            self._shared.defection_proba[farm],
            self._shared.allowed[farm],
        )


class MosaicPolicy:
    """Take the treatments in turn, whenever the organisation asks for one and there are many lice."""

    def __init__(self, cfg: Config):
        self._shared = build_shared(cfg)
        self._turns = np.zeros((self._shared.n_farms, 1), np.int64)

    def reset(self, seed: np.random.SeedSequence | None = None) -> None:
        """Begin with the first treatment again."""
        self._turns[:] = 0

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent)
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

    def reset(self, seed: np.random.SeedSequence | None = None) -> None:
        """Go back to the first day."""
        self._days = np.zeros(self._actions.shape[1], np.int64)

    def predict(self, observation: ObservationSpace, agent: str) -> int:
        farm = farm_number(agent)
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
        Has ``predict(features, deterministic=...)``, which returns the actions of all farms and a state.
    scenario : Config
        The one it is used on, with the farms it was trained for.
    deterministic : bool
        Take the most probable actions rather than drawing them.  The draws of a run follow from its seed.
    """

    def __init__(self, model: Any, scenario: Config, deterministic: bool = True):
        self._model = model
        self._features = Features(build_shared(scenario))
        self._deterministic = deterministic

    def reset(self, seed: np.random.SeedSequence) -> None:
        """Draw from a stream of the run."""
        if not self._deterministic:
            self._model.set_random_seed(int(seed.generate_state(1)[0]))

    def predict_all(self, observations: Sequence[ObservationSpace]) -> Sequence[int]:
        actions, _ = self._model.predict(self._features(observations), deterministic=self._deterministic)
        return actions
