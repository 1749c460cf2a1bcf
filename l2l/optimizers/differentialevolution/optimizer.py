"""Differential evolution."""

from collections import deque, namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import one_of, positive, probability, whole
from l2l.optimizers.constraints import gains
from l2l.optimizers.region import Region

STRATEGIES = ("best1", "rand1", "current-to-best1")

DifferentialEvolutionParameters = namedtuple(
    "DifferentialEvolutionParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # None: five for each dimension, at least 10
        "n_iteration",  # number of generations
        "strategy",  # what the differences are added to: "best1", "rand1" or "current-to-best1"
        "mutation",  # (low, high) of the factor F of a difference, drawn anew in each generation; or one number
        "crossover",  # probability CR of a coordinate to come from the mutant
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    defaults=[0, None, 100, "best1", (0.5, 1.0), 0.7, None],
)


class DifferentialEvolutionOptimizer(AskTellOptimizer):
    """Differential evolution (Storn & Price 1997), with binomial crossover and a dithered factor.

    Each member of the population is challenged by a trial, and replaced where the trial is at least as good: whoever
    violates constraints is worse than whoever satisfies them, the more it does (Deb 2000). With bounds, a coordinate of
    a trial that leaves them is drawn anew between the member's and the bound.

    Without generations (``asynchronous=True``) trials of one member after the other are made from the population as it
    is at the moment.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : DifferentialEvolutionParameters

    Attributes
    ----------
    members : float64[pop_size, dim]
    member_fitness, member_violations : float64[pop_size]
        -inf and inf where a member was not evaluated yet, or failed.
    """

    kept = ("seed", "bounds", "pop_size")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        self.rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.region = Region(self, p.bounds)
        self.pop_size = p.pop_size or max(10, 5 * self.region.dim)
        self.members = self.region.first_points(self.rng, self.pop_size)
        self.member_fitness, self.member_violations = np.full(self.pop_size, -np.inf), np.full(self.pop_size, np.inf)
        self.evaluated = False
        self._member = -1  # for which a trial was asked last, one by one
        self._asked: deque[tuple[int, np.ndarray]] = deque()  # member and trial, the oldest first
        traj.f_add_parameter("pop_size", self.pop_size)

    def ask(self) -> list[dict[str, Any]]:
        self._asked.clear()
        points = self.members
        if self.evaluated:
            factor = self._factor()
            points = np.array([self._trial(i, factor) for i in range(self.pop_size)])
        population, self.trials = self.region.propose(points)
        self._asked.extend(enumerate(self.trials))
        return population

    def ask_one(self) -> dict[str, Any]:
        self._member = (self._member + 1) % self.pop_size
        trial = self._trial(self._member, self._factor())
        (individual,), (place,) = self.region.propose(trial[None, :])
        self._asked.append((self._member, place))
        return individual

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        self.evaluated = True
        self._challenge(np.arange(self.pop_size), self.trials, objectives.sum(axis=1), violations)

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        i, place = self._asked.popleft()
        self._challenge(np.array([i]), place[None, :], objectives.sum(keepdims=True), np.array([violation]))

    def _challenge(self, i: np.ndarray, trials: np.ndarray, fitness: np.ndarray, violations: np.ndarray) -> None:
        """Replace the members ``i``, int64[n], that trials are at least as good as."""
        better = gains(fitness, violations, self.member_fitness[i], self.member_violations[i]) >= 0
        won = i[better]
        self.members[won], self.member_fitness[won] = trials[better], fitness[better]
        self.member_violations[won] = violations[better]

    def _factor(self) -> float:
        return float(self.rng.uniform(*np.broadcast_to(self.parameters.mutation, 2)))

    def _trial(self, i: int, factor: float) -> np.ndarray:
        """A challenger of member ``i``, float64[dim]."""
        members, dim = self.members, self.region.dim
        others = self.rng.choice(self.pop_size - 1, 3, replace=False)
        r1, r2, r3 = others + (others >= i)  # all different, and none of them i
        best = members[np.lexsort((-self.member_fitness, self.member_violations))[0]]
        if self.parameters.strategy == "best1":
            mutant = best + factor * (members[r1] - members[r2])
        elif self.parameters.strategy == "rand1":
            mutant = members[r1] + factor * (members[r2] - members[r3])
        else:
            mutant = members[i] + factor * (best - members[i]) + factor * (members[r1] - members[r2])
        crossed = self.rng.random(dim) < self.parameters.crossover
        crossed[self.rng.integers(dim)] = True  # at least one coordinate is the mutant's
        trial = np.where(crossed, mutant, members[i])
        bound = self.region.clip(trial)
        return np.where(bound == trial, trial, members[i] + self.rng.random(dim) * (bound - members[i]))

    def describe(self) -> dict[str, Any]:
        finite = self.member_fitness[np.isfinite(self.member_fitness)]
        return {"spread": float(np.ptp(finite)) if finite.size else float("nan")}


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    if parameters.pop_size is not None:
        whole("pop_size", parameters.pop_size, 4)  # a member, and three others
    one_of("strategy", parameters.strategy, STRATEGIES)
    if np.shape(parameters.mutation) not in ((), (2,)):
        raise ValueError(f"mutation must be a number or (low, high), got {parameters.mutation!r}")
    for factor in np.broadcast_to(parameters.mutation, 2):
        positive("mutation", factor)
    if np.diff(np.broadcast_to(parameters.mutation, 2))[0] < 0:
        raise ValueError(f"mutation must be (low, high) with low <= high, got {parameters.mutation!r}")
    probability("crossover", parameters.crossover)
