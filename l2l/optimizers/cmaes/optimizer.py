"""CMA-ES with bounds and restarts."""

from collections import deque, namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import at_least, number, one_of, positive, whole
from l2l.optimizers.cmaes.descents import RESTARTS, Descents
from l2l.optimizers.cmaes.strategies import VARIANTS, default_pop_size, default_variant
from l2l.optimizers.cmaes.warm_start import PROMISING, distribution_of, warm_start
from l2l.optimizers.constraints import constrained
from l2l.optimizers.region import Region

CMAESParameters = namedtuple(
    "CMAESParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # None: 4 + floor(3 ln dim), eq. 48 of Hansen (2016)
        "n_iteration",  # number of generations, over all restarts
        "sigma",  # first step size, in units of the width of the bounds
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "restarts",  # what to do when nothing moves any more: True or "ipop", "bipop", or False
        "stop_criterion",  # fitness (weighted) at which the search is over
        "population_growth",  # factor of the population at a restart
        "variant",  # "full", "separable" or "margin"; None: by the kinds of the parameters
        "warm_start",  # run folder or history of an earlier search, from which the first distribution is learnt
    ],
    defaults=[0, None, 100, 0.3, None, True, np.inf, 2.0, None, None],
)


class CMAESOptimizer(AskTellOptimizer):
    """CMA-ES: covariance matrix adaptation (Hansen 2016, arXiv:1604.00772), restarted after Auger & Hansen (2005).

    With bounds the search runs in the unit box they span: it starts at an individual of the optimizee,
    with steps of ``sigma`` times the width, samples outside are drawn again or mirrored at the bounds, and each
    restart begins at a point drawn uniformly. Without bounds it starts at an individual of the optimizee and measures
    ``sigma`` in units of the width that several of them spread over (where all are equal, of their size, or
    1 at zero); restarts begin at the others. ``optimizee_bounding_func`` moves samples to where the
    optimizee accepts them, and the strategy learns from the moved ones.

    Without generations (``asynchronous=True``) samples are drawn from the distribution as it is at the moment, and the
    distribution is updated whenever the results of ``pop_size`` of them are in.

    Integers and categories are searched with a margin, which keeps them from getting stuck; the separable variant
    learns a scale for each coordinate alone, for many of them.

    Failed individuals rank last; from a generation that failed as a whole nothing is learnt, and the next
    one is drawn from the same distribution.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : CMAESParameters
    """

    kept = tuple(name for name in CMAESParameters._fields if name not in ("n_iteration", "stop_criterion"))

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        self.region = Region(self, p.bounds)
        if p.variant in ("full", "separable") and self.region.dim == 1:
            raise ValueError(
                f"variant={p.variant!r} needs at least 2 coordinates, got only {self.region.space.names}; "
                "leave it out, or take 'margin'"
            )
        sigma, mean, cov = float(p.sigma), None, None
        if p.warm_start is not None:
            mean, sigma, cov = warm_start(
                p.warm_start, self.region, self.optimizee_create_individual, self.optimizee_fitness_weights
            )
        elif self.restart is not None:
            ranked = self.restart.ranked(self.optimizee_create_individual, self.optimizee_fitness_weights)
            if len(ranked) * PROMISING >= 1:
                mean, sigma, cov = distribution_of(ranked, self.region)
        pop_size = p.pop_size or default_pop_size(self.region.dim)
        self.descents = Descents(
            self.region,
            np.random.default_rng(self.seed_from(traj, p.seed)),
            sigma,
            pop_size,
            "ipop" if p.restarts is True else p.restarts or None,
            p.population_growth,
            p.variant or default_variant(self.region),
            mean,
            cov,
        )
        self._asked: deque[tuple[int, np.ndarray]] = deque()  # number of the descent, and point; the oldest first
        self._told: list[tuple[np.ndarray, dict[str, Any], np.ndarray, float]] = []  # one by one, up to a population
        traj.f_add_parameter("pop_size", pop_size)

    def ask(self) -> list[dict[str, Any]]:
        self._asked.clear()
        population = [self.ask_one() for _ in range(self.descents.pop_size)]
        self.points = np.array([point for _, point in self._asked])
        return population

    def ask_one(self) -> dict[str, Any]:
        (individual,), (point,) = self.region.propose(self.descents.ask_one()[None, :])
        self._asked.append((self.descents.n_restarts, point))
        return individual

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        descent, point = self._asked.popleft()
        if descent != self.descents.n_restarts:
            return  # it has ended
        self._told.append((point, individual, objectives, violation))
        if len(self._told) == self.descents.pop_size:
            points, population, fitness, violations = zip(*self._told, strict=True)
            self._told, self.points = [], np.array(points)
            self.learn(list(population), np.array(fitness), np.array(violations))

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        self.descents.tell(self.points, -constrained(objectives.sum(axis=1), violations), violations)
        self.stop_reason = self.descents.done
        self.stop_if_reached()

    def recommend(self) -> dict[str, Any] | None:
        """The mean of the distribution that found the best individual: under noise the better guess."""
        mean = self.descents.recommended
        return self.best_individual if mean is None else self.region.individual(mean)

    def describe(self) -> dict[str, Any]:
        return {"sigma": self.descents.strategy.sigma, "n_restarts": self.descents.n_restarts}


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    positive("sigma", parameters.sigma)
    if parameters.pop_size is not None:
        whole("pop_size", parameters.pop_size, 2)  # half of them are parents
    number("stop_criterion", parameters.stop_criterion)
    one_of("restarts", parameters.restarts, (True, False, *RESTARTS))
    one_of("variant", parameters.variant, (None, *VARIANTS))
    positive("population_growth", parameters.population_growth)
    at_least("population_growth", parameters.population_growth, 1)
