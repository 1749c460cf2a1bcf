"""Evolution strategies: a gradient estimated from random perturbations of one point."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import number, positive, whole
from l2l.optimizers.shaping import utilities, with_failed_as_worst
from l2l.optimizers.steps import accepted, least_steps, per_coordinate, widths

EvolutionStrategiesParameters = namedtuple(
    "EvolutionStrategiesParameters",
    [
        "learning_rate",  # None: n noise_std^2, with which the point goes to the weighted mean of the perturbed ones
        "noise_std",  # of the perturbations, one or one per coordinate; None: a tenth of the region's width, or more
        "mirrored_sampling_enabled",  # whether every perturbation is tried with both signs
        "fitness_shaping_enabled",  # whether utilities by rank take the place of fitness
        "pop_size",  # number of perturbations; twice as many individuals if mirrored, and the point itself
        "n_iteration",  # number of generations
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
    ],
    defaults=[None, None, True, True, 20, 100, np.inf, 0],
)

NOISE_STD = 0.1  # of the width of the region


class EvolutionStrategiesOptimizer(AskTellOptimizer):
    """Evolution strategies as stochastic gradients (Salimans et al. 2017, arXiv:1703.03864).

    Its algorithm 1, with mirrored sampling and fitness shaping (Wierstra et al. 2014). The size of the
    perturbations is constant: the search comes as near to an optimum as that allows.

    A failed individual counts as the worst of its generation; from a generation that failed as a whole nothing is
    learnt, and the next one has new perturbations of the same point.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. The search begins at an individual of the optimizee.
    parameters : EvolutionStrategiesParameters

    Attributes
    ----------
    current_individual_arr : float64[dim]
        The point that is perturbed.
    current_individual_fitness : float
        Its fitness before the last step; -inf while there is none.
    eval_pop_arr : float64[n + 1, dim]
        The individuals that are evaluated; the last is the point itself.
    """

    kept = ("seed", "noise_std")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        (first,) = self.first_population(1)
        self.space = self.make_space(example=first)
        if p.noise_std is None:
            # so wide that whole numbers and categories change: the point itself is never rounded
            self.noise_std = np.maximum(NOISE_STD * widths(self, self.space, first), least_steps(self.space) / 2)
        else:
            self.noise_std = per_coordinate("noise_std", p.noise_std, self.space.dim)
        self.random_state = np.random.RandomState(self.seed_from(traj, p.seed))
        self.current_individual_arr = accepted(self, self.space, self.space.vector(first))
        self.current_individual_fitness = -np.inf

    def ask(self) -> list[dict[str, Any]]:
        noise = self.noise_std * self.random_state.randn(self.parameters.pop_size, self.space.dim)
        self.perturbations = np.concatenate([noise, -noise]) if self.parameters.mirrored_sampling_enabled else noise
        points = [*(self.current_individual_arr + self.perturbations), self.current_individual_arr]
        population = [self.bounded(self.space.individual(point)) for point in points]
        self.eval_pop_arr = self.space.matrix(population)
        return population

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.current_individual_fitness = float(fitness[-1])
        self.stop_if_reached()
        perturbed = fitness[:-1]
        if not np.isfinite(perturbed).any():
            return
        # the update of algorithm 1, with sigma in the perturbations; those are not bounded, since the expected fitness
        # is a function of them whatever the optimizee makes of the individuals
        with np.errstate(over="ignore", invalid="ignore"):
            step = self._weights(perturbed) @ self.perturbations
            if self.parameters.learning_rate is not None:
                step *= self.parameters.learning_rate / (perturbed.size * self.noise_std**2)
            moved = self.current_individual_arr + step
        if np.isfinite(moved).all():
            self.current_individual_arr = accepted(self, self.space, moved)
        else:
            self.stop_reason = "the search diverged: lower the learning rate, or enable fitness shaping"

    def _weights(self, fitness: np.ndarray) -> np.ndarray:
        if self.parameters.fitness_shaping_enabled:
            return utilities(fitness)
        return with_failed_as_worst(fitness)

    def recommend(self) -> dict[str, Any] | None:
        """The point that is perturbed: under noise a better guess than the best individual."""
        if self.best_individual is None:
            return None
        return self.bounded(self.space.individual(self.current_individual_arr))

    def describe(self) -> dict[str, Any]:
        return {"current_individual_fitness": self.current_individual_fitness}


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    whole("pop_size", parameters.pop_size, 1)
    number("stop_criterion", parameters.stop_criterion)
    if parameters.learning_rate is not None:
        positive("learning_rate", parameters.learning_rate)
    elif not parameters.fitness_shaping_enabled:
        raise ValueError("without fitness shaping learning_rate depends on the scale of the fitness: give a number")
    if parameters.fitness_shaping_enabled and parameters.pop_size == 1 and not parameters.mirrored_sampling_enabled:
        raise ValueError("pop_size must be at least 2 for ranks to differ, unless sampling is mirrored; got 1")
