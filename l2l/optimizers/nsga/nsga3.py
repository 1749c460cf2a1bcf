"""NSGA-III."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.checks import fitness_weights, whole
from l2l.optimizers.domination import ranks
from l2l.optimizers.nsga.niches import Niches, directions
from l2l.optimizers.nsga.optimizer import NSGAOptimizer

NSGA3Parameters = namedtuple(
    "NSGA3Parameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation; at least as many as reference directions is best
        "n_iteration",  # number of generations
        "divisions",  # of an edge of the simplex of reference directions, or (outer, inner) for two layers of them;
        # None: as many as give at most pop_size directions
        "cx_prob",  # of a pair to be crossed
        "cx_eta",  # the larger, the nearer children are to their parents
        "mut_prob",  # of a coordinate to be mutated; None: one of each individual on average
        "mut_eta",  # the larger, the smaller mutations are
        "reference_point",  # fitness up to which the hypervolume is measured; None: the worst of the first generation
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    defaults=[0, 92, 100, None, 1.0, 30.0, None, 20.0, None, None],
)


class NSGA3Optimizer(NSGAOptimizer):
    """NSGA-III, a genetic algorithm for many objectives (Deb & Jain 2014, doi:10.1109/TEVC.2013.2281535).

    Constraints: Jain & Deb (2014), doi:10.1109/TEVC.2013.2281534. Front by front survives; of the front of which not
    all do, those that fill the emptiest niches around reference directions. For three objectives and more.

    Attributes
    ----------
    niches : Niches
    """

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        fitness_weights(self.optimizee_fitness_weights)
        whole("pop_size", p.pop_size, 2)
        for layer in np.ravel([] if p.divisions is None else p.divisions):
            whole("divisions", layer, 1)
        self.niches = Niches(directions(len(self.optimizee_fitness_weights), p.pop_size, p.divisions))
        super().set_up(traj)

    def survivors(self, objectives: np.ndarray, violations: np.ndarray) -> np.ndarray:
        rank = ranks(objectives, violations)
        feasible = np.flatnonzero(violations == 0)
        if feasible.size <= self.pop_size:
            chance = self.rng.random(len(rank))
            if feasible.size:
                self.niches.adapt(-objectives[feasible], rank[feasible])
            return np.lexsort((chance, rank))[: self.pop_size]
        return feasible[self.niches.select(self.rng, -objectives[feasible], rank[feasible], self.pop_size)]

    def wins(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        # section III of part II: chance decides between those that satisfy the constraints
        v = self.violations
        return np.where(v[one] == v[other], self.rng.random(one.size) < 0.5, v[one] < v[other])
