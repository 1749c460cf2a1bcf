"""The spaces of observations and actions, as gymnasium describes them."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from .features import Features
from .observation import ObservationSpace
from .shared import Shared

MOST_PER_FISH = float(np.finfo(np.float32).max)  # nothing in the model keeps lice from gathering on the last fish


def observation_space(shared: Shared) -> spaces.Dict:
    """Everything that a farm can come to see: one space for all farms, as wide as the largest needs it."""
    top = _most(shared)
    return spaces.Dict(
        {
            "aggregation": spaces.Box(0, top["aggregation"], dtype=np.float32),
            "reported_aggregation": spaces.Box(0, top["reported_aggregation"], dtype=np.float32),
            "fish_population": spaces.Box(0, top["fish_population"], dtype=np.int64),
            "cleaner_fish": spaces.Box(0, top["cleaner_fish"], dtype=np.int64),
            "current_treatments": spaces.MultiBinary(len(top["current_treatments"])),
            "allowed_treatments": spaces.Discrete(top["allowed_treatments"] + 1),
            "asked_to_treat": spaces.MultiBinary(1),
        }
    )


def feature_space(shared: Shared) -> spaces.Box:
    """Everything that the vector of `Features` can come to hold."""
    high = Features(shared)([_most(shared, slice(f, f + 1)) for f in range(shared.n_farms)])
    return spaces.Box(np.zeros_like(high), high, dtype=np.float32)


def checked_render_mode(render_mode: str | None) -> str | None:
    """That of an environment, which has but one."""
    if render_mode not in (None, "ansi"):
        raise ValueError(f"render_mode must be 'ansi' or None, got {render_mode!r}")
    return render_mode


def _most(shared: Shared, farms: slice = slice(None)) -> ObservationSpace:
    """The greatest value of everything that any of the ``farms`` can see."""
    cages = np.diff(shared.first_cage)[farms]
    fish = int(shared.stocked_fish[farms].max())
    # every day as many restockings as a cage has room for treatments
    restocked = shared.n_days * shared.n_slots * (float(shared.restock_fraction.max(initial=0)) * fish + cages.max())
    return ObservationSpace(
        aggregation=np.array([MOST_PER_FISH], np.float32),
        reported_aggregation=np.array([MOST_PER_FISH], np.float32),
        fish_population=np.array([fish]),
        cleaner_fish=np.array([min(int(restocked), 2**62)]),
        current_treatments=np.ones(shared.n_treatments + 1, np.int8),
        allowed_treatments=int(shared.max_num_treatments[farms].max()),
        asked_to_treat=np.ones(1, np.int8),
    )
