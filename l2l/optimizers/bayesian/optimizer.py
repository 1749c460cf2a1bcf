"""Bayesian optimisation: search by a model, for evaluations that are expensive."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.bayesian.search import BayesianSearch
from l2l.optimizers.checks import number, whole
from l2l.optimizers.cmaes.strategies import default_pop_size
from l2l.optimizers.region import Region

BayesianParameters = namedtuple(
    "BayesianParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation, such as there are workers; None: 4 + floor(3 ln dim)
        "n_iteration",  # number of generations; the first one has three individuals per dimension, if those are more
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "stop_criterion",  # fitness (weighted) at which the search is over
    ],
    defaults=[0, None, 30, None, np.inf],
)


class BayesianOptimizer(AskTellOptimizer):
    """Bayesian optimisation: a Gaussian process of all evaluations so far says where improvement is to be expected.

    For hundreds of evaluations in up to some thirty dimensions, noisy or not: it finds more with them than any other
    method here, but its own effort for an individual grows with the square of their number. Under noise give the
    individuals of a generation seeds of their own, not common ones: what they share would be taken for merit.
    See :class:`BayesianSearch`.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : BayesianParameters
    """

    kept = ("seed", "bounds", "pop_size")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        whole("n_iteration", p.n_iteration, 1)
        if p.pop_size is not None:
            whole("pop_size", p.pop_size, 1)
        number("stop_criterion", p.stop_criterion)
        self.region = Region(self, p.bounds)
        rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.search = BayesianSearch(self.region, rng, p.pop_size or default_pop_size(self.region.dim))

    def ask(self) -> list[dict[str, Any]]:
        population, self.points = self.region.propose(self.search.ask())
        return population

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.search.tell(self.points, -fitness)
        self.stop_if_reached()

    def recommend(self) -> dict[str, Any] | None:
        """The individual that the model expects most of."""
        point = self.search.recommended
        return self.best_individual if point is None else self.region.individual(point)
