"""The region that a search begins in."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from l2l.optimizers.optimizer import Optimizer
from l2l.space import Space

N_DRAWS = 16  # individuals drawn to learn the scale of coordinates without bounds


class Region:
    """The box of the bounds, or where they lack, one as wide as individuals of the optimizee spread.

    Its points are vectors in units of its width. Within bounds that is the unit box; without, a search may leave it.

    Parameters
    ----------
    optimizer : Optimizer
        Whose individuals are searched.
    bounds : dict of str to (low, high), optional
        In place of those that the optimizee declares.

    Attributes
    ----------
    space : Space
    starts : float64[n, dim]
        Individuals of the optimizee: one within bounds, several where there are none. All that were inherited, if any.
    bounds : float64[2, dim]
        Lower and upper; infinite where there are none.
    low, high : float64[dim]
        Of the box that random points are drawn from.
    bounded : bool
        Whether it must not be left.
    """

    def __init__(self, optimizer: Optimizer, bounds: Mapping[str, Any] | None = None) -> None:
        self._bounded = optimizer.bounded
        first = optimizer.optimizee_create_individual()
        space = optimizer.make_space(bounds, first)
        points = space.vector(first)[None, :]
        if not space.bounded:
            draws = [first, *(optimizer.optimizee_create_individual() for _ in range(N_DRAWS - 1))]
            points = space.matrix(draws)
            space = Space(space.parameters, space.conditions, scale=widths_of(points))
        inherited = optimizer.inherited()
        if inherited:
            points = space.matrix(inherited)
        self.space = space
        self.bounded = space.bounded
        self.starts = space.to_unit(space.clip(points))
        self.bounds = space.to_unit(np.array([space.low, space.high]))
        middle = np.where(space.finite, 0.5, self.starts.mean(axis=0))
        corners = np.array([middle - 0.5, middle + 0.5])
        self.low, self.high = self.clip(corners)

    @property
    def dim(self) -> int:
        return self.space.dim

    def clip(self, units: np.ndarray) -> np.ndarray:
        """The nearest points within the bounds."""
        return np.clip(units, *self.bounds)

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Random points, float64[n, dim], uniform in the box."""
        return rng.uniform(self.low, self.high, (n, self.dim))

    def first_points(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Points to begin with, float64[n, dim]: the first of :attr:`starts`, and random ones."""
        points, starts = self.sample(rng, n), self.starts[:n]
        points[: len(starts)] = starts
        return points

    def individual(self, point: np.ndarray) -> dict[str, Any]:
        """The individual at a point, moved to where the optimizee accepts it."""
        return self._bounded(self.space.individual(self.space.from_unit(point)))

    def propose(self, points: np.ndarray) -> tuple[list[dict[str, Any]], np.ndarray]:
        """The individuals at points, float64[n, dim], and where they are once the optimizee has moved them.

        A point that stays keeps its coordinates, also between whole numbers and between categories.
        """
        population, places = [], np.array(points)
        for k, point in enumerate(points):
            individual = self.space.individual(self.space.from_unit(point))
            vector = self.space.vector(individual)
            population.append(self._bounded(individual))
            moved = self.space.vector(population[k])
            if not np.array_equal(moved, vector):
                places[k] = self.space.to_unit(moved)
        return population, places


def widths_of(points: np.ndarray) -> np.ndarray:
    """The width of the region that points, float64[n, dim], were drawn from, as if uniformly."""
    spread = points.std(axis=0) * np.sqrt(12)
    size = np.abs(points).max(axis=0)
    return np.where(spread > 1e-12 * size, spread, np.where(size > 0, size, 1.0))
