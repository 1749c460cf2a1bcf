"""What a farm's policy sees: SLIM's observation space, taken from the state."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from .state import State


class ObservationSpace(TypedDict):
    """One farm at the end of a day; the arrays are copies.

    Attributes
    ----------
    aggregation : float32[1]
        Adult females per fish, mean over the cages.
    reported_aggregation : float32[1]
        That of the worst cage on days when lice are counted, else 0.
    fish_population, cleaner_fish : int64[1]
        Of all cages.
    current_treatments : int8[n_treatments + 1]
        1 for each treatment that a cage is under; last, whether a cage is fallow.
    allowed_treatments : int
        Requests left this year.
    asked_to_treat : int8[1]
        1 if the organisation asks all farms to treat tomorrow.
    """

    aggregation: np.ndarray
    reported_aggregation: np.ndarray
    fish_population: np.ndarray
    cleaner_fish: np.ndarray
    current_treatments: np.ndarray
    allowed_treatments: int
    asked_to_treat: np.ndarray


def observations(state: State, farms: slice = slice(None)) -> list[ObservationSpace]:
    """What each of the ``farms`` sees, in their order."""
    columns = (
        state.aggregation[farms, None].astype(np.float32),
        state.reported_aggregation[farms, None].astype(np.float32),
        state.fish_population[farms, None].copy(),
        state.cleaner_population[farms, None].copy(),
        state.treating[farms].astype(np.int8),
        state.remaining[farms].tolist(),
        state.asked_to_treat[farms, None].astype(np.int8),
    )
    return [
        ObservationSpace(
            aggregation=aggregation,
            reported_aggregation=reported,
            fish_population=fish,
            cleaner_fish=cleaner,
            current_treatments=treatments,
            allowed_treatments=allowed,
            asked_to_treat=asked,
        )
        for aggregation, reported, fish, cleaner, treatments, allowed, asked in zip(*columns, strict=True)
    ]
