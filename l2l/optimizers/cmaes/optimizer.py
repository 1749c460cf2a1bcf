"""CMA-ES with bounds and restarts."""

import logging
from collections import deque, namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import cmaes
import numpy as np

from l2l.optimizers.checks import positive, whole
from l2l.optimizers.optimizer import Optimizer
from l2l.space import Space

logger = logging.getLogger("optimizers.cmaes")

CMAESParameters = namedtuple(
    "CMAESParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # None: 4 + floor(3 ln dim), eq. 48 of Hansen (2016)
        "n_iteration",  # number of generations, over all restarts
        "sigma",  # first step size, in units of the width of the bounds
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "restarts",  # whether to start anew, up to 9 times, with twice the population, when nothing moves any more
        "stop_criterion",  # fitness (weighted) at which the search is over
    ],
    defaults=[0, None, 100, 0.3, None, True, np.inf],
)

MOST_RESTARTS = 9  # by then the population is 512 times the first one
N_SCALE_DRAWS = 16  # individuals drawn to learn the scale of an unbounded space


class CMA(cmaes.CMA):
    """The strategy, pickled whole: its random stream too, and the covariance matrix to the last bit."""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


class CMAESOptimizer(Optimizer):
    """Covariance matrix adaptation (Hansen 2016, arXiv:1604.00772), restarted after Auger & Hansen (2005).

    With ``bounds`` the search runs in the unit box they span: it starts at an individual of the optimizee,
    with steps of ``sigma`` times the width, samples outside are drawn again, and each restart begins at a
    point drawn uniformly. Without bounds it starts at an individual of the optimizee and measures
    ``sigma`` in units of the width that several of them spread over (where all are equal, of their size, or
    1 at zero); restarts begin at the others. ``optimizee_bounding_func`` moves samples to where the
    optimizee accepts them, and the strategy learns from the moved ones.

    Without generations (``asynchronous=True``) samples are drawn from the distribution as it is at the moment, and the
    distribution is updated whenever the results of ``pop_size`` of them are in.

    Failed individuals rank last; from a generation that failed as a whole nothing is learnt, and the next
    one is drawn from the same distribution.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : CMAESParameters
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
        _check(parameters)
        self.random_state = np.random.RandomState(self.seed_from(traj, parameters.seed))
        first = optimizee_create_individual()
        self.space = self.make_space(parameters.bounds, first)
        points = self.space.vector(first)[None, :]
        if not self.space.bounded:
            draws = [first, *(optimizee_create_individual() for _ in range(N_SCALE_DRAWS - 1))]
            points = self.space.matrix(draws)
            self.space = Space(self.space.parameters, self.space.conditions, scale=_widths(points))
        inherited = self.inherited()
        if inherited:
            points = self.space.matrix(inherited)
        # where descents start: the optimizee's own points first, then (with bounds) random ones
        self._starts = [self.space.to_unit(self.space.clip(point)) for point in points]
        self.n_restarts = 0
        self.pop_size = parameters.pop_size or 4 + int(3 * np.log(self.space.dim))
        self._begin_descent()
        self._descents: deque[int] = deque()  # of those asked for and not told one by one, the oldest first
        self._told: list[tuple[dict[str, Any], np.ndarray, float]] = []  # one by one, up to a population
        self._best_seen = -np.inf
        self._leading = False  # whether this descent found the best of the run
        self._recommended: np.ndarray | None = None
        self.start(traj)
        traj.f_add_parameter("pop_size", self.pop_size)

    def _begin_descent(self) -> None:
        if self.n_restarts < len(self._starts) or not self.space.bounded:
            mean = self._starts[self.n_restarts % len(self._starts)]
        else:
            mean = self.random_state.rand(self.space.dim)
        box = np.tile([0.0, 1.0], (self.space.dim, 1)) if self.space.bounded else None
        self.cma = CMA(
            mean=mean,
            sigma=float(self.parameters.sigma),
            bounds=box,
            seed=int(self.random_state.randint(2**32, dtype=np.uint32)),
            population_size=self.pop_size,
        )

    def ask(self) -> list[dict[str, Any]]:
        self._descents.clear()
        return [self.ask_one() for _ in range(self.pop_size)]

    def ask_one(self) -> dict[str, Any]:
        self._descents.append(self.n_restarts)
        return self.bounded(self.space.individual(self.space.from_unit(self.cma.ask())))

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        if self._descents.popleft() != self.n_restarts:
            return  # of a descent that has ended
        self._told.append((individual, objectives, violation))
        if len(self._told) == self.pop_size:
            population, fitness, violations = zip(*self._told, strict=True)
            self._told = []
            self.learn(list(population), np.array(fitness), np.array(violations))

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        finite = np.isfinite(fitness)
        if not finite.any():
            return
        # the strategy minimises; a finite value beyond all others keeps its tests of stagnation meaningful
        values = -fitness
        span = np.ptp(values[finite])
        values[~finite] = values[finite].max() + (span if span > 0 else 1.0)
        units = self.space.to_unit(self.space.matrix(population))
        self.cma.tell(list(zip(units, values.tolist(), strict=True)))

        if fitness.max() > self._best_seen:
            self._best_seen = float(fitness.max())
            self._leading = True
        if self._leading:
            self._recommended = self.cma.mean.copy()
        if self._best_seen >= self.parameters.stop_criterion:
            self.stop_reason = f"fitness {self._best_seen} reached the stop criterion"
        elif self.cma.should_stop():
            self._restart_or_stop()

    def _restart_or_stop(self) -> None:
        if not self.parameters.restarts:
            self.stop_reason = "CMA-ES converged"
            return
        if self.n_restarts == MOST_RESTARTS:
            self.stop_reason = f"CMA-ES converged, also after {MOST_RESTARTS} restarts"
            return
        self.n_restarts += 1
        self.pop_size *= 2
        self._leading = False
        self._begin_descent()
        logger.info("restart %d with %d individuals", self.n_restarts, self.pop_size)

    def recommend(self) -> dict[str, Any] | None:
        """The mean of the distribution that found the best individual: under noise the better guess."""
        if self._recommended is None:
            return self.best_individual
        return self.bounded(self.space.individual(self.space.from_unit(self._recommended)))

    def describe(self) -> dict[str, Any]:
        return {"sigma": float(self.cma._sigma), "n_restarts": self.n_restarts}


def _widths(points: np.ndarray) -> np.ndarray:
    """The width of the region that points, float64[n, dim], were drawn from, as if uniformly."""
    spread = points.std(axis=0) * np.sqrt(12)
    size = np.abs(points).max(axis=0)
    return np.where(spread > 1e-12 * size, spread, np.where(size > 0, size, 1.0))


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    positive("sigma", parameters.sigma)
    if parameters.pop_size is not None:
        whole("pop_size", parameters.pop_size, 2)  # half of them are parents
    if np.isnan(parameters.stop_criterion):
        raise ValueError("stop_criterion must be a number, got nan")
