"""Sobol search: a low-discrepancy sequence in place of random points."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import whole
from l2l.optimizers.region import Region

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


class SobolOptimizer(AskTellOptimizer):
    """Sobol search: a scrambled sequence (Sobol 1967; Owen 1998), in the box that random search draws from.

    Any first part of the sequence covers the box more evenly than random points do, so a run may end at any time.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : SobolParameters
    """

    def set_up(self, traj: Any) -> None:
        from scipy.stats import qmc

        p = self.parameters
        whole("pop_size", p.pop_size, 1)
        whole("n_iteration", p.n_iteration, 1)
        self.region = Region(self, p.bounds)
        self.sequence = qmc.Sobol(self.region.dim, seed=self.seed_from(traj, p.seed))
        self._first = self.inherited()[: p.pop_size]

    def ask(self) -> list[dict[str, Any]]:
        return [self.ask_one() for _ in range(self.parameters.pop_size)]

    def ask_one(self) -> dict[str, Any]:
        # one by one: of several at a time SciPy expects a power of two
        unit = self.sequence.random(1)[0]
        return self.region.individual(self.region.low + unit * (self.region.high - self.region.low))

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        """Nothing is learnt; the base class keeps the best."""

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        """Nothing is learnt."""
