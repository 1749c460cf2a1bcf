"""Separable natural evolution strategies: a Gaussian with a step size per coordinate follows its natural gradient."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import number, positive, whole
from l2l.optimizers.shaping import utilities, with_failed_as_worst
from l2l.optimizers.steps import accepted, per_coordinate, widths

NaturalEvolutionStrategiesParameters = namedtuple(
    "NaturalEvolutionStrategiesParameters",
    [
        "learning_rate_mu",  # None: 1
        "learning_rate_sigma",  # None: (3 + ln dim) / (5 sqrt(dim))
        "mu",  # where the search begins, one number or one per coordinate; None: an individual of the optimizee
        "sigma",  # first step size, one number or one per coordinate; None: 0.3 of the region's width
        "mirrored_sampling_enabled",  # whether every draw is taken with both signs
        "fitness_shaping_enabled",  # whether utilities by rank take the place of fitness
        "pop_size",  # number of draws, twice as many individuals if mirrored; None: 4 + floor(3 ln dim)
        "n_iteration",  # number of generations
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
    ],
    defaults=[None, None, None, None, True, True, None, 100, np.inf, 0],
)

SIGMA = 0.3  # of the width of the region


class NaturalEvolutionStrategiesOptimizer(AskTellOptimizer):
    """Separable natural evolution strategies (SNES) on a Gaussian with mean ``mu`` and step sizes ``sigma``.

    Schaul, Glasmachers & Schmidhuber (2011), "High dimensions and heavy tails for natural evolution strategies";
    Wierstra et al. (2014), "Natural evolution strategies", JMLR 15, 949-980.

    A failed individual counts as the worst of its generation; from a generation that failed as a whole nothing is
    learnt.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : NaturalEvolutionStrategiesParameters

    Attributes
    ----------
    mu, sigma : float64[dim]
    eval_pop_arr : float64[n, dim]
        The individuals that are evaluated.
    best_individual_in_run : float64[dim] or None
        ``best_individual`` as a vector.
    """

    kept = ("seed", "pop_size", "mu", "sigma", "learning_rate_mu", "learning_rate_sigma")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        (first,) = self.first_population(1)
        self.space = self.make_space(example=first)
        dim = self.space.dim
        at_first = p.mu is None or self.restart is not None
        mu = self.space.vector(first) if at_first else per_coordinate("mu", p.mu, dim, least=-np.inf)
        self.mu = accepted(self, self.space, mu)
        if p.sigma is None:
            self.sigma = SIGMA * widths(self, self.space, first)
        else:
            self.sigma = per_coordinate("sigma", p.sigma, dim)
        # defaults of Wierstra et al. (2014)
        self.learning_rate_mu = 1.0 if p.learning_rate_mu is None else p.learning_rate_mu
        default = (3 + np.log(dim)) / (5 * np.sqrt(dim))
        self.learning_rate_sigma = default if p.learning_rate_sigma is None else p.learning_rate_sigma
        self.pop_size = 4 + int(3 * np.log(dim)) if p.pop_size is None else p.pop_size
        self.random_state = np.random.RandomState(self.seed_from(traj, p.seed))
        traj.f_add_parameter("pop_size", self.pop_size)

    def ask(self) -> list[dict[str, Any]]:
        draws = self.random_state.randn(self.pop_size, self.space.dim)
        self.draws = np.concatenate([draws, -draws]) if self.parameters.mirrored_sampling_enabled else draws
        points = self.mu + self.sigma * self.draws
        population = [self.bounded(self.space.individual(point)) for point in points]
        self.eval_pop_arr = self.space.matrix(population)
        return population

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.stop_if_reached()
        if not np.isfinite(fitness).any():
            return
        weights = self._weights(fitness)
        # natural gradients of the expected fitness by mu and by ln sigma, in the coordinates of the draws
        with np.errstate(over="ignore", invalid="ignore"):
            mu = self.mu + self.learning_rate_mu * self.sigma * (weights @ self.draws)
            sigma = self.sigma * np.exp(self.learning_rate_sigma / 2 * (weights @ (self.draws**2 - 1)))
        if not (np.isfinite(mu).all() and np.isfinite(sigma).all()):
            self.stop_reason = "the search diverged: lower the learning rates, or enable fitness shaping"
            return
        self.mu, self.sigma = accepted(self, self.space, mu), sigma
        if (self.mu + self.sigma == self.mu).all():
            self.stop_reason = "the steps have become too small to matter"

    def _weights(self, fitness: np.ndarray) -> np.ndarray:
        if self.parameters.fitness_shaping_enabled:
            return utilities(fitness)
        return with_failed_as_worst(fitness) / fitness.size

    @property
    def best_individual_in_run(self) -> np.ndarray | None:
        return None if self.best_individual is None else self.space.vector(self.best_individual)

    def recommend(self) -> dict[str, Any] | None:
        """The mean of the distribution: under noise a better guess than the best individual."""
        if self.best_individual is None:
            return None
        return self.bounded(self.space.individual(self.mu))

    def describe(self) -> dict[str, Any]:
        return {"mu": self.mu.tolist(), "sigma": self.sigma.tolist()}


def _check(parameters: Any) -> None:
    p = parameters
    whole("n_iteration", p.n_iteration, 1)
    number("stop_criterion", p.stop_criterion)
    for name in ("learning_rate_mu", "learning_rate_sigma"):
        if getattr(p, name) is not None:
            positive(name, getattr(p, name))
    if p.pop_size is not None:
        whole("pop_size", p.pop_size, 1)
        if p.fitness_shaping_enabled and p.pop_size == 1 and not p.mirrored_sampling_enabled:
            raise ValueError("pop_size must be at least 2 for ranks to differ, unless sampling is mirrored; got 1")
