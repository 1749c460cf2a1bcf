"""What the cross-entropy methods share: a distribution that is fitted to the elite and sampled."""

import copy
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import number, probability, whole
from l2l.optimizers.crossentropy.distribution import Distribution, Gaussian
from l2l.space import Space


class EliteOptimizer(AskTellOptimizer):
    """Samples a distribution; a subclass says in ``tell`` when it is fitted to the elite.

    Attributes
    ----------
    space : Space
        Set by the subclass.
    distribution : Distribution
    pop_size : int
        Individuals in the next generation.
    n_elite : int
    gamma : float
        Fitness of the worst of the elite of the last generation.
    temperature : float
        1 at first; with one above 0, an individual of fitness F below gamma joins the elite with probability
        ``exp((F - gamma) / temperature)``.
    """

    space: Space

    def _draw_first(self, traj: Any, pop_size: int, n_elite: int, elite_is: str = "n_elite") -> None:
        """Draw the first generation in ``space``, and fit the distribution to it.

        ``elite_is`` names ``n_elite`` to the user.
        """
        self.pop_size, self.n_elite = pop_size, n_elite
        given = Gaussian() if self.parameters.distribution is None else self.parameters.distribution
        if not isinstance(given, Distribution):
            raise ValueError(f"distribution must be a Distribution, got {given!r}")
        if n_elite < given.min_points:
            raise ValueError(
                f"{elite_is} is the number of the elite, which must be at least {given.min_points} for "
                f"{type(given).__name__}; got {n_elite}"
            )
        if self.space.dim < 2:
            raise ValueError(
                f"the cross-entropy method needs individuals of at least 2 numbers, got only {self.space.names}"
            )
        self.random_state = np.random.RandomState(self.seed_from(traj, self.parameters.seed))
        self.distribution: Distribution = copy.deepcopy(given)
        self.distribution.init_random_state(self.random_state)
        self.temperature = 1.0
        self.gamma = -np.inf
        self._first = [self.bounded(individual) for individual in self.first_population(pop_size)]
        self.distribution.fit(self.space.matrix(self._first))
        traj.f_add_parameter("pop_size", pop_size)

    def ask(self) -> list[dict[str, Any]]:
        if not self.eval_pop:
            return self._first
        samples = self.distribution.sample(self.pop_size)
        return [self.bounded(self.space.individual(point)) for point in samples]

    def _fit(self, population: list[dict[str, Any]], chosen: np.ndarray) -> None:
        """Fit the distribution to those of a population, unless they are too few for it."""
        if len(chosen) >= self.distribution.min_points:
            points = self.space.matrix([population[i] for i in chosen])
            self.distribution.fit(points, self.parameters.smoothing)

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


def default_pop_size(dim: int) -> int:
    """So many that a fifth of them spread over all directions."""
    return max(50, 10 * dim)


def check_common(parameters: Any) -> None:
    """Check the parameters that the cross-entropy methods have in common."""
    whole("n_iteration", parameters.n_iteration, 1)
    probability("temp_decay", parameters.temp_decay)
    probability("smoothing", parameters.smoothing)
    if parameters.smoothing == 1:
        raise ValueError("smoothing must be below 1: at 1 the distribution never changes")
    number("stop_criterion", parameters.stop_criterion)
