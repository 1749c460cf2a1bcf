"""Metropolis chains, side by side: what simulated annealing and parallel tempering share."""

from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import number, whole
from l2l.optimizers.constraints import gains
from l2l.optimizers.simulatedannealing.cooling import AvailableCoolingSchedules
from l2l.optimizers.steps import per_coordinate, proposed, widths

NOISY_STEP = 0.2
"""Of the width of the region that is searched, where no step is given."""

COLDEST = np.finfo(float).tiny
"""Taken for a temperature of zero: any loss is refused."""


class ChainsOptimizer(AskTellOptimizer):
    """``n_parallel_runs`` chains, each of which steps to a neighbour in every generation, or stays.

    Metropolis et al. (1953), doi:10.1063/1.1699114, with the fitness F (weighted, greater is better) as minus the
    energy and a Boltzmann constant of 1. At temperature T a chain proposes ``x' = x + noisy_step T N(0, I)``, and goes
    there with probability ``min(1, exp((F' - F) / T))``. The first generation are the points where they start.
    Temperatures are in units of fitness.

    Where constraints are violated, the violations are compared in place of the fitness, and at temperature zero (Deb
    2000): no chain goes where they are violated more. A point that failed is left at the first opportunity.

    Attributes
    ----------
    current : float64[n_parallel_runs, dim]
        Where the chains are.
    current_fitness, current_violations : float64[n_parallel_runs]
    neighbours : float64[n_parallel_runs, dim]
        Where they may go next: what is being evaluated, but not rounded to whole numbers and choices.
    random_state : RandomState
    """

    kept: tuple[str, ...] = ("seed", "n_parallel_runs", "noisy_step", "cooling_schedule")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        self.space = self.make_space()
        _check(p)
        self.random_state = np.random.RandomState(self.seed_from(traj, p.seed))
        n_chains = p.n_parallel_runs
        self._first = [self.bounded(individual) for individual in self.first_population(n_chains)]
        if p.noisy_step is None:
            self.noisy_step = NOISY_STEP * widths(self, self.space, self._first[0])
        else:
            self.noisy_step = per_coordinate("noisy_step", p.noisy_step, self.space.dim)
        self.current = self.space.matrix(self._first)
        self.current_fitness, self.current_violations = np.full(n_chains, -np.inf), np.full(n_chains, np.inf)
        self.n_steps = 0
        self._plan(traj)

    def _plan(self, traj: Any) -> None:
        # the last generation is the result of the last step, from which no further one is taken
        self.most_steps = max(1, traj.parameters["n_iteration"] - 1)

    def take_parameters(self, traj: Any) -> None:
        super().take_parameters(traj)
        self._plan(traj)

    def temperatures(self) -> np.ndarray:
        """The temperature of each chain after ``n_steps`` of ``most_steps``, float64[n_parallel_runs]."""
        raise NotImplementedError(f"{type(self).__name__} must implement temperatures()")

    def ask(self) -> list[dict[str, Any]]:
        if not self.eval_pop:
            return self._first
        steps = self.random_state.standard_normal(self.current.shape) * self.temperatures()[:, None]
        neighbours = [proposed(self, self.space, point) for point in self.current + self.noisy_step * steps]
        self.neighbours = np.array([place for _, place in neighbours])
        return [individual for individual, _ in neighbours]

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        fitness = objectives.sum(axis=1)
        if self.g == self.first_g:
            self.current_fitness, self.current_violations = fitness, violations.copy()
        else:
            self._step(fitness, violations)
        self.stop_if_reached()

    def _step(self, fitness: np.ndarray, violations: np.ndarray) -> None:
        gain = gains(fitness, violations, self.current_fitness, self.current_violations)
        with np.errstate(over="ignore"):
            accepted = self._chosen(gain / np.maximum(self.temperatures(), COLDEST))
        self.current[accepted] = self.neighbours[accepted]
        self.current_fitness[accepted] = fitness[accepted]
        self.current_violations[accepted] = violations[accepted]
        self.n_steps += 1

    def _chosen(self, log_odds: np.ndarray) -> np.ndarray:
        """Draw with the probabilities ``min(1, exp(log_odds))``; bool[n]."""
        return self.random_state.random_sample(log_odds.size) < np.exp(np.minimum(log_odds, 0.0))


def cooling_schedule(name: str, value: Any) -> AvailableCoolingSchedules:
    """The schedule itself, or the one of a name (as experiments in YAML give it)."""
    if isinstance(value, AvailableCoolingSchedules):
        return value
    known = AvailableCoolingSchedules.__members__
    if value in known:
        return known[value]
    raise ValueError(f"{name} must be one of AvailableCoolingSchedules, got {value!r}{nearest(value, known)}")


def _check(parameters: Any) -> None:
    whole("n_parallel_runs", parameters.n_parallel_runs, 1)
    whole("n_iteration", parameters.n_iteration, 1)
    number("stop_criterion", parameters.stop_criterion)
