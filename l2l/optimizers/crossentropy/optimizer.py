"""The cross-entropy method."""

import copy
import logging
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from l2l.optimizers.checks import at_least, probability, whole
from l2l.optimizers.crossentropy.distribution import Distribution, Gaussian
from l2l.optimizers.optimizer import Optimizer

logger = logging.getLogger("optimizers.crossentropy")

CrossEntropyParameters = namedtuple(
    "CrossEntropyParameters",
    [
        "pop_size",
        "rho",  # fraction of the population that is elite
        "smoothing",  # weight of the old distribution in an update, in [0, 1)
        "temp_decay",  # factor of the temperature per generation; 0: only the elite counts
        "n_iteration",  # number of generations
        "distribution",  # None: a Gaussian
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
    ],
    defaults=[50, 0.2, 0.2, 0.0, 100, None, np.inf, 0],
)


class CrossEntropyOptimizer(Optimizer):
    """Fits a distribution to the best individuals, and draws the next from it.

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

    def __init__(
        self,
        traj: Any,
        optimizee_create_individual: Callable[[], dict[str, Any]],
        optimizee_fitness_weights: Sequence[float],
        parameters: Any,
        optimizee_bounding_func: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(
            traj,
            optimizee_create_individual=optimizee_create_individual,
            optimizee_fitness_weights=optimizee_fitness_weights,
            optimizee_bounding_func=optimizee_bounding_func,
            parameters=parameters,
        )
        self.space = self.make_space()
        if self.space.dim < 2:
            raise ValueError(
                f"the cross-entropy method needs individuals of at least 2 numbers, got only {self.space.names}"
            )
        self.random_state = np.random.RandomState(self.seed_from(traj, parameters.seed))
        given = Gaussian() if parameters.distribution is None else parameters.distribution
        _check(parameters, given)
        self.distribution: Distribution = copy.deepcopy(given)
        self.distribution.init_random_state(self.random_state)
        self.n_elite = max(1, int(parameters.rho * parameters.pop_size))
        self.temperature = 1.0
        self.gamma = -np.inf
        self._first = [self.bounded(optimizee_create_individual()) for _ in range(parameters.pop_size)]
        self.distribution.fit(self.space.matrix(self._first))
        self.start(traj)

    def ask(self) -> list[dict[str, Any]]:
        if self.g == 0 and not self.eval_pop:
            return self._first
        samples = self.distribution.sample(self.parameters.pop_size)
        return [self.bounded(self.space.individual(point)) for point in samples]

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        chosen = self._select(fitness)
        if len(chosen) >= self.distribution.min_points:
            points = self.space.matrix([population[i] for i in chosen])
            self.distribution.fit(points, self.parameters.smoothing)
        self.temperature *= self.parameters.temp_decay
        if fitness.max() >= self.parameters.stop_criterion:
            self.stop_reason = f"fitness {fitness.max()} reached the stop criterion"

    def _select(self, fitness: np.ndarray) -> np.ndarray:
        """The places of the elite and of those that the temperature lets in."""
        order = np.argsort(-fitness, kind="stable")
        order = order[np.isfinite(fitness[order])]
        elite, others = order[: self.n_elite], order[self.n_elite :]
        if not elite.size:
            return elite
        self.gamma = float(fitness[elite[-1]])
        if self.parameters.temp_decay == 0:
            return elite
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            chance = np.exp((fitness[others] - self.gamma) / self.temperature)
        # NaN where temperature and difference are zero: equal to the worst of the elite
        accepted = self.random_state.random_sample(others.size) < np.nan_to_num(chance, nan=1.0)
        return np.concatenate([elite, others[accepted]])

    def describe(self) -> dict[str, Any]:
        return {
            "n_elite": self.n_elite,
            "gamma": self.gamma,
            "temperature": self.temperature,
            "distribution": self.distribution.get_params(),
        }


def _check(parameters: Any, distribution: Any) -> None:
    whole("pop_size", parameters.pop_size, 1)
    whole("n_iteration", parameters.n_iteration, 1)
    probability("rho", parameters.rho)
    probability("temp_decay", parameters.temp_decay)
    probability("smoothing", parameters.smoothing)
    if parameters.smoothing == 1:
        raise ValueError("smoothing must be below 1: at 1 the distribution never changes")
    if np.isnan(parameters.stop_criterion):
        raise ValueError("stop_criterion must be a number, got nan")
    if not isinstance(distribution, Distribution):
        raise ValueError(f"distribution must be a Distribution, got {distribution!r}")
    n_elite = int(parameters.rho * parameters.pop_size)
    at_least("rho * pop_size, the number of the elite,", max(1, n_elite), distribution.min_points)
