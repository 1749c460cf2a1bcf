"""The daily record of a run: one row per day, farm by farm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels.stages import N_STAGES
from .shared import Shared


class Record(NamedTuple):
    """What each day left behind; d days, f farms, s stages, g genotypes, t treatments."""

    lice: np.ndarray  # int64[d, f, s, g], at the end of the day
    action: np.ndarray  # int64[d, f]
    aggregation: np.ndarray  # float64[d, f], adult females per fish, mean over cages
    worst_aggregation: np.ndarray  # float64[d, f], of the worst cage
    reported_aggregation: np.ndarray  # float64[d, f], the same on sampling days, else 0
    fish_population: np.ndarray  # int64[d, f]
    cleaner_fish: np.ndarray  # int64[d, f]
    treating: np.ndarray  # int64[d, f, t + 1], last: a cage is fallow
    fallow_cages: np.ndarray  # int64[d, f]
    treatments_used: np.ndarray  # int64[d, f, t], accepted requests since the first day
    allowed_treatments: np.ndarray  # int64[d, f]
    asked_to_treat: np.ndarray  # int64[d, f]
    eggs: np.ndarray  # int64[d, f, g], laid
    allotted_eggs: np.ndarray  # int64[d, f], laid anywhere today and on their way to the farm
    arrivals: np.ndarray  # int64[d, f, g], larvae that entered L1 from farms
    influx_lice: np.ndarray  # int64[d, f], from the reservoir
    reservoir_ratios: np.ndarray  # float64[d, g], of the next day
    dead_lice: np.ndarray  # int64[d, f]
    removed_lice: np.ndarray  # int64[d, f], with sold fish
    dead_fish: np.ndarray  # int64[d, f]
    sold_fish: np.ndarray  # int64[d, f]
    cost: np.ndarray  # float64[d, f], GBP
    payoff: np.ndarray  # float64[d, f], GBP


def allocate(shared: Shared, n_days: int) -> Record:
    """Rows for ``n_days`` days, the last ones of a longer run; with 0 the kernels record nothing."""
    f, t, g = shared.n_farms, shared.n_treatments, shared.n_genotypes

    def integers(*shape: int) -> np.ndarray:
        return np.zeros((n_days, f, *shape), np.int64)

    def reals() -> np.ndarray:
        return np.zeros((n_days, f))

    return Record(
        lice=integers(N_STAGES, g),
        action=integers(),
        aggregation=reals(),
        worst_aggregation=reals(),
        reported_aggregation=reals(),
        fish_population=integers(),
        cleaner_fish=integers(),
        treating=integers(t + 1),
        fallow_cages=integers(),
        treatments_used=integers(t),
        allowed_treatments=integers(),
        asked_to_treat=integers(),
        eggs=integers(g),
        allotted_eggs=integers(),
        arrivals=integers(g),
        influx_lice=integers(),
        reservoir_ratios=np.zeros((n_days, g)),
        dead_lice=integers(),
        removed_lice=integers(),
        dead_fish=integers(),
        sold_fish=integers(),
        cost=reals(),
        payoff=reals(),
    )
