"""Sobol search: a low-discrepancy sequence in place of random points."""

from collections import namedtuple

import numpy as np

from l2l.optimizers.randomsearch import RandomSearchOptimizer

SobolParameters = namedtuple(
    "SobolParameters",
    [
        "seed",  # of the scrambling, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation; all of a run fill the space best if they are a power of two
        "n_iteration",  # number of generations
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    defaults=[0, 64, 64, None],
)


class SobolOptimizer(RandomSearchOptimizer):
    """Sobol search: a scrambled sequence (Sobol 1967; Owen 1998), in the box that random search draws from.

    Any first part of the sequence covers the box more evenly than random points do, so a run may end at any time.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : SobolParameters
    """

    def _seed(self, seed: int) -> None:
        from scipy.stats import qmc

        self.sequence = qmc.Sobol(self.region.dim, seed=seed)

    def _point(self) -> np.ndarray:
        # one by one: of several at a time SciPy expects a power of two
        return self.region.low + self.sequence.random(1)[0] * (self.region.high - self.region.low)
