"""Grid search: every point of a grid, in one generation."""

import itertools
import math
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import whole
from l2l.space.parameters import Category, Numeric, Parameter

GridSearchParameters = namedtuple(
    "GridSearchParameters",
    [
        "param_grid",  # dict of parameter name to (low, high, n_steps); None: 10 steps between the declared bounds
    ],
    defaults=[None],
)

DEFAULT_STEPS = 10
MOST_POINTS = 10_000_000
"""More individuals than that are refused before they fill the memory."""


class GridSearchOptimizer(AskTellOptimizer):
    """Evaluates all combinations of evenly spaced values: ``n_steps + 1`` of each number, ends included.

    The elements of an array have the same bounds and steps, and all combinations as well. Numbers on a logarithmic
    scale are spaced on that scale, whole numbers are rounded; of a category all choices are taken. The parameter with
    the first name varies slowest. Points that are the same individual, after rounding, conditions and bounds, are
    evaluated once. There is one generation, however many are asked for.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : GridSearchParameters

    Attributes
    ----------
    size : int
        Number of individuals.
    param_list : dict of str to list
        The values of each parameter, in the order of the individuals.
    """

    def set_up(self, traj: Any) -> None:
        self.space = self.make_space()
        self._grid = self._individuals(self.parameters.param_grid)
        self.size = len(self._grid)
        self.param_list = {name: [individual[name] for individual in self._grid] for name in self.space.names}
        traj.f_add_parameter("n_iteration", 1)

    def _individuals(self, param_grid: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        for name in param_grid or ():
            if name not in self.space.parameters:
                raise ValueError(f"param_grid names {name!r}, but no parameter is{nearest(name, self.space.names)}")
        axes = [
            axis for name, parameter in self.space.parameters.items() for axis in _axes(name, parameter, param_grid)
        ]
        size = math.prod(map(len, axes))
        if size > MOST_POINTS:
            raise ValueError(f"the grid has {size} points, more than {MOST_POINTS}; take fewer steps")
        distinct: dict[bytes, dict[str, Any]] = {}
        for coordinates in itertools.product(*axes):
            individual = self.bounded(self.space.individual(np.concatenate(coordinates)))
            distinct.setdefault(self.space.vector(individual).tobytes(), individual)
        return list(distinct.values())

    def ask(self) -> list[dict[str, Any]]:
        return self._grid

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.stop_reason = "the whole grid has been evaluated"

    def describe(self) -> dict[str, Any]:
        return {"size": self.size}


def _axes(name: str, parameter: Parameter, param_grid: Mapping[str, Any] | None) -> list[np.ndarray]:
    """What the coordinates of a parameter take, one axis after the other, float64[n_points, n_coordinates] each."""
    element = parameter.scalar
    if not isinstance(element, Numeric):
        if name in (param_grid or ()):
            raise ValueError(f"param_grid can set numbers only, and {name!r} is none; leave it out")
        return [np.eye(len(element.choices))] if isinstance(element, Category) else []
    if param_grid is None:
        if not np.isfinite([parameter.lows, parameter.highs]).all():
            raise ValueError(f"{name!r} has no bounds; give param_grid={{{name!r}: (low, high, n_steps), ...}}")
        return [_axis(low, high, DEFAULT_STEPS) for low, high in zip(parameter.lows, parameter.highs, strict=True)]
    if name not in param_grid:
        raise ValueError(f"param_grid lacks {name!r}; give (low, high, n_steps) for each parameter that is a number")
    low, high, n_steps = _read(name, param_grid[name])
    ends = element.coordinates(name, [low, high])
    return [_axis(ends[0], ends[1], n_steps)] * parameter.lows.size


def _axis(low: float, high: float, n_steps: int) -> np.ndarray:
    return np.linspace(low, high, n_steps + 1)[:, None]


def _read(name: str, given: Any) -> tuple[float, float, int]:
    try:
        low, high, n_steps = given
        low, high = float(low), float(high)
    except (TypeError, ValueError) as error:
        raise ValueError(f"param_grid of {name!r} must be (low, high, n_steps), got {given!r}") from error
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"param_grid of {name!r} must have finite low < high, got {given!r}")
    whole(f"n_steps of {name!r} in param_grid", n_steps, 1)
    return low, high, int(n_steps)
