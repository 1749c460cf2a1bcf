"""What the algorithms by non-dominated sorting have in common."""

from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import at_least, probability, whole
from l2l.optimizers.nsga.variation import polynomial_mutation, simulated_binary_crossover
from l2l.optimizers.pareto_front import ParetoFront
from l2l.optimizers.region import Region
from l2l.space import Category, Integer, Parameter, Space

MOST_ATTEMPTS = 10  # at offspring that equal nobody


class NSGAOptimizer(AskTellOptimizer):
    """Keeps the best of parents and offspring; how, is up to the subclass.

    Offspring come from tournaments, simulated binary crossover and polynomial mutation. Those equal to a member of the
    population, or to each other, are drawn anew.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_bounding_func
        See :class:`Optimizer`.
    optimizee_fitness_weights : sequence of float
        Direction and scale of each objective; none may be 0.
    parameters : NSGA2Parameters or NSGA3Parameters

    Attributes
    ----------
    members : float64[n, dim]
        The population, in units of the width of the region; empty before the first generation.
    objectives : float64[n, n_objectives]
        Weighted, greater is better; -inf where a member failed.
    violations : float64[n]
    """

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        weights = np.asarray(self.optimizee_fitness_weights, dtype=float)
        if not weights.all():
            raise ValueError(f"an objective of weight 0 has no direction; got {self.optimizee_fitness_weights!r}")
        if self.pareto_front is not None:
            self.pareto_front = ParetoFront(weights, p.reference_point)
        elif p.reference_point is not None:
            raise ValueError(f"reference_point is for several objectives, but there is one; got {p.reference_point!r}")
        self.rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.region = Region(self, p.bounds)
        self.members = np.zeros((0, self.region.dim))
        self.objectives, self.violations = np.zeros((0, weights.size)), np.zeros(0)
        self.keys: list[bytes] = []  # of the members, to know what equals them
        self._low, self._high = self.region.clip(np.array([[-np.inf], [np.inf]]))
        self._mut_eta = np.minimum(p.mut_eta, np.maximum(0, _n_values(self.region.space) - 2))

    @property
    def pop_size(self) -> int:
        """Individuals in a generation."""
        return self.parameters.pop_size

    # ---- what a subclass implements

    def survivors(self, objectives: np.ndarray, violations: np.ndarray) -> np.ndarray:
        """Indices of the ``pop_size`` individuals that make up the next population."""
        raise NotImplementedError(f"{type(self).__name__} must implement survivors()")

    def wins(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Which of two members wins a tournament, for pairs of indices int64[n]: bool[n], True for ``one``."""
        raise NotImplementedError(f"{type(self).__name__} must implement wins()")

    # ---- asked and told

    def ask(self) -> list[dict[str, Any]]:
        if len(self.members):
            return self._offspring()
        population, self.trials = self.region.propose(self.region.first_points(self.rng, self.pop_size))
        self.trial_keys = [self._key(individual) for individual in population]
        return population

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        points = np.concatenate([self.members, self.trials])
        keys = [*self.keys, *self.trial_keys]
        objectives = np.concatenate([self.objectives, objectives])
        violations = np.concatenate([self.violations, violations])
        kept = self.survivors(objectives, violations)
        self.members, self.objectives, self.violations = points[kept], objectives[kept], violations[kept]
        self.keys = [keys[i] for i in kept]

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        if self.objectives.shape[1] > 1:
            raise TypeError(f"{type(self).__name__} has several objectives: call learn(), not tell()")
        self.learn(population, fitness[:, None], np.where(np.isfinite(fitness), 0.0, np.inf))

    def recommend(self) -> dict[str, Any] | None:
        """The compromise of the Pareto front; the best individual where there is one objective, or no front yet."""
        compromise = None if self.pareto_front is None else self.pareto_front.compromise()
        return self.best_individual if compromise is None else compromise

    def _offspring(self) -> list[dict[str, Any]]:
        seen = set(self.keys)
        population: list[dict[str, Any]] = []
        places, self.trial_keys = [], []
        for attempt in range(MOST_ATTEMPTS):
            children, points = self.region.propose(self._children(self.pop_size - len(population)))
            for child, point in zip(children, points, strict=True):
                key = self._key(child)
                if key not in seen or attempt == MOST_ATTEMPTS - 1:  # a small space may have no others
                    seen.add(key)
                    population.append(child)
                    places.append(point)
                    self.trial_keys.append(key)
            if len(population) == self.pop_size:
                break
        self.trials = np.array(places)
        return population

    def _key(self, individual: dict[str, Any]) -> bytes:
        """Equal where individuals are."""
        return self.region.space.vector(individual).tobytes()

    def _children(self, n: int) -> np.ndarray:
        """Points made by crossover and mutation of members, float64[n, dim]."""
        p, low, high = self.parameters, self._low, self._high
        one, other = self.members[self._parents(n + n % 2).reshape(2, -1)]
        crossed = simulated_binary_crossover(self.rng, one, other, low, high, p.cx_prob, p.cx_eta)
        mut_prob = min(0.5, 1 / self.region.dim) if p.mut_prob is None else p.mut_prob
        return polynomial_mutation(self.rng, np.concatenate(crossed)[:n], low, high, mut_prob, self._mut_eta)

    def _parents(self, n: int) -> np.ndarray:
        """Winners of ``n`` tournaments of two, int64[n]; every member takes part about as often."""
        size = len(self.members)
        rounds = -(-2 * n // size)
        one, other = np.concatenate([self.rng.permutation(size) for _ in range(rounds)])[: 2 * n].reshape(n, 2).T
        return np.where(self.wins(one, other), one, other)


def _n_values(space: Space) -> np.ndarray:
    """How many values each coordinate tells apart, float64[dim]; infinite for a float, two for a choice."""
    return np.concatenate([_values_of(parameter) for parameter in space.parameters.values()])


def _values_of(parameter: Parameter) -> np.ndarray:
    if isinstance(parameter, Category):
        return np.full(parameter.lows.size, 2.0)
    element = parameter.scalar
    if not isinstance(element, Integer):
        return np.full(parameter.lows.size, np.inf)
    low, high = (np.exp(limit) if element.log else limit for limit in (parameter.lows, parameter.highs))
    return high - low


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    whole("pop_size", parameters.pop_size, 2)
    probability("cx_prob", parameters.cx_prob)
    at_least("cx_eta", parameters.cx_eta, 0)
    if parameters.mut_prob is not None:
        probability("mut_prob", parameters.mut_prob)
    at_least("mut_eta", parameters.mut_eta, 0)
