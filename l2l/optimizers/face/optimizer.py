"""FACE: the cross-entropy method with a population that grows where nothing gets better."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.checks import whole
from l2l.optimizers.constraints import constrained
from l2l.optimizers.crossentropy.elite import EliteOptimizer, check_common, default_pop_size

FACEParameters = namedtuple(
    "FACEParameters",
    [
        "min_pop_size",  # individuals in the first generation, the fewest; None: ten for each coordinate, at least 50
        "max_pop_size",  # individuals in a generation at most; None: ten times min_pop_size
        "n_elite",  # individuals that the distribution is fitted to; None: a fifth of min_pop_size
        "smoothing",  # weight of the old distribution in an update, in [0, 1)
        "temp_decay",  # factor per generation of the temperature, 1 unit of fitness at first; 0: only the elite counts
        "n_iteration",  # number of generations
        "distribution",  # of l2l.optimizers.crossentropy.distribution, what is fitted to the elite; None: a Gaussian
        "stop_criterion",  # fitness (weighted) at which the search is over
        "n_expand",  # individuals by which the population grows; None: min_pop_size
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
    ],
    defaults=[None, None, None, 0.5, 0.0, 100, None, np.inf, None, 0],
)


class FACEOptimizer(EliteOptimizer):
    """Fully adaptive cross-entropy: Rubinstein & Kroese (2004), "The Cross-Entropy Method".

    The elite are the ``n_elite`` best. When the best of a generation is better than all before, or the worst of its
    elite better than that of the last fit, the distribution is fitted to the elite, and the population shrinks half
    of the way to ``min_pop_size``. Otherwise the same distribution is sampled again with ``n_expand`` individuals
    more; with ``max_pop_size`` of them and nothing better still, the search ends.

    An individual of fitness F below the worst of the elite, gamma, joins it with probability
    ``exp((F - gamma) / T)`` at a temperature T > 0, which starts at 1. Failed individuals are never elite; a
    generation that failed as a whole is drawn again.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. The distribution is fitted to bounded individuals.
    parameters : FACEParameters
        Its ``distribution`` is copied, so that parameters can be used again.

    Raises
    ------
    ValueError
        If the individuals are a single number: use another optimizer for that.
    """

    kept = ("seed", "min_pop_size", "max_pop_size", "n_elite", "n_expand", "distribution")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        self.space = self.make_space()
        self.min_pop_size = default_pop_size(self.space.dim) if p.min_pop_size is None else p.min_pop_size
        check_common(p)
        whole("min_pop_size", self.min_pop_size, 2)  # one individual has no spread
        self.max_pop_size = 10 * self.min_pop_size if p.max_pop_size is None else p.max_pop_size
        self.n_expand = self.min_pop_size if p.n_expand is None else p.n_expand
        n_elite = max(1, self.min_pop_size // 5) if p.n_elite is None else p.n_elite
        whole("max_pop_size", self.max_pop_size, self.min_pop_size)
        whole("n_expand", self.n_expand, 1)
        whole("n_elite", n_elite, 1)
        if n_elite > self.min_pop_size:
            raise ValueError(f"n_elite must be at most min_pop_size, {self.min_pop_size}; got {n_elite}")
        self._draw_first(traj, self.min_pop_size, n_elite)
        # violation, and minus the fitness: of the best before, and of the worst elite at the last fit
        self._best_known = self._worst_elite = (np.inf, np.inf)

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        fitness = constrained(objectives.sum(axis=1), violations)
        chosen = self._select(fitness)
        self.temperature *= self.parameters.temp_decay
        if not chosen.size:
            return
        best, worst = (self.best_violation, -self.best_fitness), chosen[min(self.n_elite, len(chosen)) - 1]
        worst_elite = (float(violations[worst]), -self.gamma)
        if best < self._best_known or worst_elite < self._worst_elite:
            self._fit(population, chosen)
            self._worst_elite = worst_elite
            self.pop_size = (self.pop_size + self.min_pop_size) // 2
        elif self.pop_size < self.max_pop_size:
            self.pop_size = min(self.pop_size + self.n_expand, self.max_pop_size)
        else:
            self.stop_reason = f"{self.pop_size} individuals, the most there may be, brought nothing better"
        self._best_known = best
        self.stop_if_reached()
