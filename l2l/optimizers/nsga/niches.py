"""The niches of NSGA-III: reference directions, and who is near them."""

from math import comb
from typing import Any

import numpy as np

OFF_AXIS = 1e6  # weight of the other objectives in the search for the extreme point of one


def directions(n_objectives: int, n_most: int, divisions: Any = None) -> np.ndarray:
    """Evenly spread points of the simplex, float64[n_directions, n_objectives]; each sums to 1.

    Das & Dennis (1998), doi:10.1137/S1052623496307510.

    Parameters
    ----------
    divisions : int or (int, int), optional
        Of an edge; of two layers, the inner of which is half as large. By default as many as give at most ``n_most``
        directions.
    """
    from deap.tools import uniform_reference_points

    if divisions is None:
        divisions = 1
        while n_objectives > 1 and comb(n_objectives + divisions, divisions + 1) <= n_most:
            divisions += 1
    layers = zip(np.ravel(divisions).tolist(), (None, 0.5), strict=False)
    points = [uniform_reference_points(n_objectives, p, scaling) for p, scaling in layers]
    return np.unique(np.concatenate(points), axis=0)


class Niches:
    """Selection by reference directions, Deb & Jain (2014), algorithms 2 to 4.

    Parameters
    ----------
    directions : float64[n_directions, n_objectives]

    Attributes
    ----------
    ideal, worst : float64[n_objectives]
        Least and greatest cost of the run.
    extremes : float64[k, n_objectives]
        The point nearest to each axis so far; empty at first.
    nadir : float64[n_objectives]
        Where the plane through the extreme points meets the axes.
    """

    def __init__(self, directions: np.ndarray) -> None:
        n_objectives = directions.shape[1]
        self.directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        self.ideal, self.worst = np.full(n_objectives, np.inf), np.full(n_objectives, -np.inf)
        self.nadir = np.full(n_objectives, np.inf)
        self.extremes = np.zeros((0, n_objectives))

    def adapt(self, costs: np.ndarray, rank: np.ndarray) -> None:
        """Algorithm 2: learn where the front lies.

        Parameters
        ----------
        costs : float64[n, n_objectives]
            To be minimised; of individuals that satisfy the constraints.
        rank : int64[n]
            The front that each belongs to; 0 is the best.
        """
        front = costs[rank == 0]
        self.ideal = np.minimum(self.ideal, costs.min(axis=0))
        self.worst = np.maximum(self.worst, costs.max(axis=0))
        candidates = np.concatenate([self.extremes, front])
        scale = _positive(front.max(axis=0) - self.ideal, self.worst - self.ideal)
        off_axis = np.where(np.eye(self.ideal.size) > 0, 1.0, OFF_AXIS)
        achievement = ((candidates - self.ideal) / scale * off_axis[:, None]).max(axis=2)  # eq. 4, (objective, point)
        self.extremes = candidates[achievement.argmin(axis=1)]
        nadir = self._intercepts()
        self.nadir = front.max(axis=0) if nadir is None else np.minimum(nadir, self.worst)
        self.nadir = self.ideal + _positive(self.nadir - self.ideal, self.worst - self.ideal)

    def _intercepts(self) -> np.ndarray | None:
        """Where the plane through the extreme points meets the axes; None where it does not."""
        spans = self.extremes - self.ideal
        try:
            plane = np.linalg.solve(spans, np.ones(self.ideal.size))
        except np.linalg.LinAlgError:
            return None
        if not (np.allclose(spans @ plane, 1.0) and (plane > 0).all()):
            return None
        return self.ideal + 1 / plane

    def associate(self, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Algorithm 3: the nearest direction of each point, int64[n], and the distance to it, float64[n]."""
        normalised = (costs - self.ideal) / (self.nadir - self.ideal)  # eq. 5
        along = normalised @ self.directions.T  # (n, n_directions)
        niche = ((normalised**2).sum(axis=1)[:, None] - along**2).argmin(axis=1)
        feet = along[np.arange(len(niche)), niche][:, None] * self.directions[niche]
        return niche, np.linalg.norm(normalised - feet, axis=1)

    def select(self, rng: np.random.Generator, costs: np.ndarray, rank: np.ndarray, n: int) -> np.ndarray:
        """Indices of ``n`` points: the best fronts, then those of the next that fill the emptiest niches."""
        self.adapt(costs, rank)
        last = np.sort(rank)[n - 1]
        kept = np.flatnonzero(rank < last)
        candidates = np.flatnonzero(rank == last)
        niche, distance = self.associate(costs)
        waiting = [candidates[niche[candidates] == k] for k in range(len(self.directions))]
        n_waiting = np.array([points.size for points in waiting])
        counts = np.bincount(niche[kept], minlength=len(self.directions))
        chosen: list[int] = []
        while kept.size + len(chosen) < n:  # algorithm 4
            emptiest = np.flatnonzero((n_waiting > 0) & (counts == counts[n_waiting > 0].min()))
            k = int(rng.choice(emptiest))
            at = int(distance[waiting[k]].argmin()) if counts[k] == 0 else int(rng.integers(n_waiting[k]))
            chosen.append(int(waiting[k][at]))
            waiting[k] = np.delete(waiting[k], at)
            n_waiting[k] -= 1
            counts[k] += 1
        return np.concatenate([kept, np.array(chosen, dtype=np.int64)])


def _positive(widths: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Widths, with something above zero where they vanish."""
    widths = np.where(widths > 1e-12 * np.abs(otherwise), widths, otherwise)
    return np.where(widths > 0, widths, 1.0)
