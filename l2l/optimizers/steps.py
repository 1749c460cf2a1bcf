"""Steps of searches that move a point of the coordinates."""

from typing import Any

import numpy as np

from l2l.optimizers.optimizer import Optimizer
from l2l.optimizers.region import N_DRAWS, widths_of
from l2l.space import Category, Integer, Parameter, Space


def widths(optimizer: Optimizer, space: Space, first: dict[str, Any]) -> np.ndarray:
    """How wide the region of the search is, float64[dim]: as its bounds, or as individuals spread where it has none.

    Where all of them are equal it is their size, or 1 at zero.
    """
    if space.bounded:
        return space.high - space.low
    widths = widths_of(space.matrix([first, *(optimizer.optimizee_create_individual() for _ in range(N_DRAWS - 1))]))
    widths[space.finite] = (space.high - space.low)[space.finite]
    return widths


def least_steps(space: Space) -> np.ndarray:
    """The steps below which an individual may stay as it is, float64[dim]: 0 of floats."""
    return np.concatenate(
        [np.broadcast_to(_least_step(parameter), parameter.lows.size) for parameter in space.parameters.values()]
    )


def _least_step(parameter: Parameter) -> np.ndarray | float:
    element = parameter.scalar
    if isinstance(element, Category):
        return 1.0
    if isinstance(element, Integer):
        # on a logarithmic scale the distance of the least number and the next
        return np.log1p(np.exp(-element.lows)) if element.log else 1.0
    return 0.0


def per_coordinate(name: str, value: Any, dim: int, least: float = 0.0) -> np.ndarray:
    """A parameter that is one number for all coordinates or one for each, as float64[dim].

    Raises
    ------
    ValueError
        If it has another shape, or is not finite and above ``least``.
    """
    array = np.asarray(value, dtype=float)
    if array.shape not in ((), (dim,)):
        raise ValueError(f"{name} must be one number or {dim}, one for each coordinate; got shape {array.shape}")
    if not (np.isfinite(array).all() and (array > least).all()):
        raise ValueError(f"{name} must be finite and above {least}, got {value!r}")
    return np.broadcast_to(array, dim).copy()


def proposed(optimizer: Optimizer, space: Space, point: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    """The individual at a point, moved to where the optimizee accepts it, and the place it has then, float64[dim].

    Coordinates that were not moved stay as they are, also between whole numbers and between categories.
    """
    individual = space.individual(point)
    before = space.vector(individual)
    individual = optimizer.bounded(individual)
    after = space.vector(individual)
    return individual, space.clip(np.where(after == before, point, after))


def accepted(optimizer: Optimizer, space: Space, point: np.ndarray) -> np.ndarray:
    """The place of the individual :func:`proposed` at a point."""
    return proposed(optimizer, space, point)[1]
