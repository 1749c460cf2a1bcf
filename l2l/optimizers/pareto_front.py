"""The Pareto front of a run, and its hypervolume by generation."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from l2l.optimizers.domination import crowding_distances

MOST_POINTS = {5: 500, 6: 200, 7: 100}  # by number of objectives, with which the time for the hypervolume explodes
MOST_POINTS_OF_FEW, MOST_POINTS_OF_MANY = 1000, 50


class ParetoFront:
    """The individuals of a run that satisfy all constraints and that no other such individual dominates.

    One dominates another if it is at least as good in every objective and better in one. Of those with equal
    objectives the first is kept. When they become too many, the most crowded ones are dropped.

    Parameters
    ----------
    weights : sequence of float
        Of the components of the fitness; those of weight 0 are no objectives.
    reference_point : sequence of float, optional
        A fitness, with one number for each weight, up to which the hypervolume is measured; the worst of each
        component in the first generation with individuals that satisfy the constraints by default.

    Attributes
    ----------
    individuals : list of dict
    places : int64[n, 2]
        Generation of each, and its index there.
    objectives : float64[n, n_objectives]
        Weighted, greater is better.
    hypervolumes : list of (generation, hypervolume)
        Of the front as it was after each generation, in units of the weighted objectives.
    """

    def __init__(self, weights: Sequence[float] | np.ndarray, reference_point: Sequence[float] | None = None) -> None:
        given = np.asarray(weights, dtype=float)
        self.components = np.flatnonzero(given)
        self.weights = given[self.components]
        self.individuals: list[dict[str, Any]] = []
        self.places = np.zeros((0, 2), dtype=np.int64)
        self.objectives = np.zeros((0, self.weights.size))
        self.hypervolumes: list[tuple[int, float]] = []
        self._worst = np.full(self.weights.size, np.inf)
        self._reference: np.ndarray | None = None
        if reference_point is not None:
            point = np.asarray(reference_point, dtype=float)
            if point.shape != given.shape or not np.isfinite(point).all():
                raise ValueError(
                    f"reference_point must be {given.size} finite numbers, one for each fitness weight, "
                    f"got {reference_point!r}"
                )
            self._reference = (point * given)[self.components]

    @property
    def most(self) -> int:
        """How many points are kept at most."""
        few = self.weights.size < min(MOST_POINTS)
        return MOST_POINTS.get(self.weights.size, MOST_POINTS_OF_FEW if few else MOST_POINTS_OF_MANY)

    @property
    def fitness(self) -> np.ndarray:
        """The components of weight other than 0 as the optimizee returned them, float64[n, n_objectives]."""
        return self.objectives / self.weights

    def __len__(self) -> int:
        return len(self.individuals)

    def add(
        self,
        generation: int,
        indices: Sequence[int],
        population: Sequence[dict[str, Any]],
        objectives: np.ndarray,
        violations: np.ndarray,
    ) -> None:
        """Take up individuals.

        Parameters
        ----------
        generation : int
        indices : sequence of int
            Of the individuals in their generation.
        population : sequence of dict
        objectives, violations
            As `Optimizer.learn` takes them.
        """
        from moocore import is_nondominated

        feasible = np.flatnonzero(violations == 0)
        found = objectives[np.ix_(feasible, self.components)]
        if self._reference is None:
            self._worst = np.minimum(self._worst, found.min(axis=0, initial=np.inf))
        together = np.concatenate([self.objectives, found])
        own_places = [(generation, indices[i]) for i in feasible.tolist()]
        places = np.concatenate([self.places, np.array(own_places, dtype=np.int64).reshape(-1, 2)])
        individuals = [*self.individuals, *(dict(population[i]) for i in feasible.tolist())]
        kept = np.flatnonzero(is_nondominated(together, maximise=True))
        kept = kept[thinned(together[kept], self.most)]
        self.objectives, self.places = together[kept], places[kept]
        self.individuals = [individuals[i] for i in kept]

    def measured(self, generation: int) -> dict[str, Any]:
        """Size and hypervolume once a generation is complete."""
        if self._reference is None and np.isfinite(self._worst).all():
            self._reference = self._worst
        self.hypervolumes.append((generation, self.hypervolume()))
        return {"front_size": len(self), "hypervolume": self.hypervolumes[-1][1]}

    def hypervolume(self) -> float:
        """The volume of what the front dominates down to the reference point; 0 without one.

        Exact, after Guerreiro, Fonseca & Paquete (2021), doi:10.1145/3453474, as `moocore` computes it.
        """
        from moocore import hypervolume

        if self._reference is None:
            return 0.0
        return float(hypervolume(self.objectives, ref=self._reference, maximise=True))

    def compromise(self) -> dict[str, Any] | None:
        """The individual nearest to the best of every objective, each in units of its range over the front."""
        return self.individuals[self.compromise_index()] if self.individuals else None

    def compromise_index(self) -> int:
        """The place of that individual among those of the front, which must not be empty."""
        best, worst = self.objectives.max(axis=0), self.objectives.min(axis=0)
        losses = (best - self.objectives) / np.where(best > worst, best - worst, 1.0)
        return int(np.argmin((losses**2).sum(axis=1)))


def thinned(objectives: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most so many points, without those that have the nearest neighbours, one after the other."""
    kept = np.arange(len(objectives))
    while kept.size > most:
        kept = np.delete(kept, np.argmin(crowding_distances(objectives[kept])))
    return kept
