"""NSGA-II."""

from collections import namedtuple

import numpy as np

from l2l.optimizers.domination import crowding_distances, ranks
from l2l.optimizers.nsga.optimizer import NSGAOptimizer

NSGA2Parameters = namedtuple(
    "NSGA2Parameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation
        "n_iteration",  # number of generations
        "cx_prob",  # of a pair to be crossed
        "cx_eta",  # the larger, the nearer children are to their parents
        "mut_prob",  # of a coordinate to be mutated; None: one of each individual on average
        "mut_eta",  # the larger, the smaller mutations are
        "reference_point",  # fitness up to which the hypervolume is measured; None: the worst of the first generation
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    defaults=[0, 100, 100, 0.9, 15.0, None, 20.0, None, None],
)


class NSGA2Optimizer(NSGAOptimizer):
    """NSGA-II, a genetic algorithm for several objectives (Deb et al. 2002, doi:10.1109/4235.996017).

    Front by front survives; of the front of which not all do, the least crowded. For two or three objectives.

    Attributes
    ----------
    ranks : int64[n]
        The front that each member belongs to; 0 is the best.
    crowding : float64[n]
        Crowding distance of each within its front.
    """

    def survivors(self, objectives: np.ndarray, violations: np.ndarray) -> np.ndarray:
        rank = ranks(objectives, violations)
        crowding = np.zeros(len(rank))
        for k in range(rank.max() + 1):
            front = np.flatnonzero((rank == k) & (violations == 0))
            if front.size:
                crowding[front] = crowding_distances(objectives[front])
        chance = self.rng.random(len(rank))  # among equals
        kept = np.lexsort((chance, -crowding, rank))[: self.pop_size]
        self.ranks, self.crowding = rank[kept], crowding[kept]
        return kept

    def wins(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        # the crowded-comparison operator, section III-B
        rank, crowding = self.ranks, self.crowding
        tie = crowding[one] == crowding[other]
        roomier = np.where(tie, self.rng.random(one.size) < 0.5, crowding[one] > crowding[other])
        return (rank[one] < rank[other]) | ((rank[one] == rank[other]) & roomier)
