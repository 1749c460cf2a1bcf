"""The observations of all farms as one vector, in numbers of order one, as learners want them."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

import numpy as np

from .observation import ObservationSpace
from .shared import Shared


class Features:
    """What a farm sees, farm after farm, scaled by what the farm has at most.

    For each farm: ln(1 + aggregation), ln(1 + reported aggregation), fish and cleaner fish per fish stocked in all
    cages, each treatment under way, a cage fallow, share of the year's treatments left, asked to treat.

    Attributes
    ----------
    names : list of str
        ``farm_0.log_aggregation``, ...
    """

    def __init__(self, shared: Shared):
        self._scales = [
            (max(1, int(fish)), max(1, int(treatments)))
            for fish, treatments in zip(shared.stocked_fish, shared.max_num_treatments, strict=True)
        ]
        names = ["log_aggregation", "log_reported", "fish_left", "cleaner_fish"]
        names += [f"under_{t}" for t in range(shared.n_treatments)] + ["a_cage_fallow", "quota_left", "asked"]
        self.names = [f"farm_{f}.{name}" for f in range(shared.n_farms) for name in names]

    def __call__(self, observations: Sequence[ObservationSpace]) -> np.ndarray:
        """The vector float32[n_features] of one observation per farm."""
        values: list[float] = []
        for seen, (stocked, quota) in zip(observations, self._scales, strict=True):
            values += (
                log1p(seen["aggregation"][0]),
                log1p(seen["reported_aggregation"][0]),
                seen["fish_population"][0] / stocked,
                seen["cleaner_fish"][0] / stocked,
                *seen["current_treatments"].tolist(),
                seen["allowed_treatments"] / quota,
                seen["asked_to_treat"][0],
            )
        return np.array(values, np.float32)
