"""The cross-entropy method."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.checks import positive, probability, whole
from l2l.optimizers.crossentropy.elite import EliteOptimizer, check_common, default_pop_size

CrossEntropyParameters = namedtuple(
    "CrossEntropyParameters",
    [
        "pop_size",  # individuals in a generation, at least 2; None: ten for each coordinate, at least 50
        "rho",  # share of the population that is elite, in (0, 1]; one individual at least
        "smoothing",  # weight of the old distribution in an update, in [0, 1)
        "temp_decay",  # factor per generation of the temperature, 1 unit of fitness at first; 0: only the elite counts
        "n_iteration",  # number of generations
        "distribution",  # of l2l.optimizers.crossentropy.distribution, what is fitted to the elite; None: a Gaussian
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
    ],
    defaults=[None, 0.2, 0.5, 0.0, 100, None, np.inf, 0],
)


class CrossEntropyOptimizer(EliteOptimizer):
    """Cross-entropy method: fits a distribution to the best individuals, and draws the next from it.

    Rubinstein (1999); de Boer et al. (2005), "A Tutorial on the Cross-Entropy Method". The elite are the
    ``rho * pop_size`` best; with a temperature T > 0 an individual of fitness F below the worst elite's
    ``gamma`` joins them with probability ``exp((F - gamma) / T)``. T starts at 1.

    Failed individuals are never elite. Where fewer are left than the distribution needs, it stays as it
    is and is sampled again.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. The distribution is fitted to bounded individuals.
    parameters : CrossEntropyParameters
        Its ``distribution`` is copied, so that parameters can be used again.

    Raises
    ------
    ValueError
        If the individuals are a single number: use another optimizer for that.
    """

    kept = ("seed", "pop_size", "rho", "distribution")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        check_common(p)
        if p.pop_size is not None:
            whole("pop_size", p.pop_size, 2)  # one individual has no spread
        positive("rho", p.rho)
        probability("rho", p.rho)
        self.space = self.make_space()
        pop_size = p.pop_size or default_pop_size(self.space.dim)
        self._draw_first(traj, pop_size, max(1, int(p.rho * pop_size)), elite_is="rho * pop_size")
        self.optimizee_create_individual()  # the last of L2L's draws, on which those of its scripts that follow depend

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self._fit(population, self._select(fitness))
        self.temperature *= self.parameters.temp_decay
        self.stop_if_reached()
