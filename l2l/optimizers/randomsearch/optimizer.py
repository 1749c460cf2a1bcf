"""Random search: what every other optimizer has to beat."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import whole
from l2l.optimizers.region import Region

RandomSearchParameters = namedtuple(
    "RandomSearchParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation
        "n_iteration",  # number of generations
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    defaults=[0, 50, 100, None],
)


class RandomSearchOptimizer(AskTellOptimizer):
    """Random search, uniform within the bounds; without bounds, over the width that the optimizee's individuals spread.

    A run that starts from another evaluates individuals of that one first.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : RandomSearchParameters
    """

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        whole("pop_size", p.pop_size, 1)
        whole("n_iteration", p.n_iteration, 1)
        self.region = Region(self, p.bounds)
        self._inherited = self.inherited()[: p.pop_size]
        self._seed(self.seed_from(traj, p.seed))

    def _seed(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def _point(self) -> np.ndarray:
        """The next point of the region, float64[dim]."""
        return self.region.sample(self.rng, 1)[0]

    def ask(self) -> list[dict[str, Any]]:
        first = [] if self.eval_pop else self._inherited
        return [*first, *(self.ask_one() for _ in range(self.parameters.pop_size - len(first)))]

    def ask_one(self) -> dict[str, Any]:
        return self.region.individual(self._point())

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        """Nothing is learnt; the base class keeps the best."""

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        """Nothing is learnt."""
