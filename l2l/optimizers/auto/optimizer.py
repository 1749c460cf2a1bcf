"""An optimizer that needs no settings: it looks at the function first, and then chooses."""

import logging
from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.auto.coordinate_search import CoordinateSearch
from l2l.optimizers.auto.probe import Probe
from l2l.optimizers.auto.quasi_newton import QuasiNewton
from l2l.optimizers.checks import number, one_of, whole
from l2l.optimizers.cmaes.descents import Descents
from l2l.optimizers.cmaes.strategies import default_pop_size, default_variant
from l2l.optimizers.constraints import constrained
from l2l.optimizers.region import Region

logger = logging.getLogger("optimizers.auto")

AutoParameters = namedtuple(
    "AutoParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # individuals in a generation, at least, such as there are workers; None: as few as suit the method
        "n_iteration",  # number of generations, at most
        "max_evaluations",  # budget of the search; None: n_iteration times pop_size, or times 4 + floor(3 ln dim)
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
        "noisy",  # whether the same individual may have another fitness; None: find out
        "stop_criterion",  # fitness (weighted) at which the search is over
    ],
    defaults=[0, None, 100, None, None, None, np.inf],
)

SAME = 1e-10  # relative difference of two evaluations that is no noise
LOCAL_PER_DIM, LOCAL_SHARE = 100, 0.2  # evaluations of the descent: per dimension, or of the budget; the larger
POLISH_PER_DIM, POLISH_SHARE = 40, 0.2  # of the descent at the end: the smaller
NOISY_GENERATIONS = 50  # that the population leaves room for under noise
SIGMA = 0.2  # first step size of CMA-ES, in widths of the region

Stage = Probe | CoordinateSearch | QuasiNewton | Descents


class AutoOptimizer(AskTellOptimizer):
    """Chooses the method by what the parameters are and what the function turns out to be.

    1. The first generation probes whether the function is a sum of functions of one coordinate each; the second
       repeats an individual, to see whether the fitness is noisy.
    2. If it is noisy: one run of CMA-ES with up to ten times the population, which recommends its mean.
    3. With integers, categories or constraints: CMA-ES with margin and restarts.
    4. A sum: search along all coordinates at a time (:class:`CoordinateSearch`).
    5. Else a quasi-Newton descent by finite differences (:class:`QuasiNewton`), for a share of the budget, unless
       the function curves downwards in many directions at the start.
    6. Then CMA-ES with restarts (bipop) from the best point, and a descent from its best near the end of the budget.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : AutoParameters

    Attributes
    ----------
    stage : Probe, CoordinateSearch, QuasiNewton or Descents
        What proposes individuals now.
    noisy : bool or None
        None until it is known.
    evaluations : int
        How many have come back.
    """

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        self.rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.region = Region(self, p.bounds)
        self.usual_size = default_pop_size(self.region.dim)
        self.limit = p.max_evaluations or traj.parameters["n_iteration"] * (p.pop_size or self.usual_size)
        self.budget = min(self.limit, traj.max_evaluations)  # the run may end before, but also be resumed with more
        self.variant = default_variant(self.region)
        self.continuous = self.variant == "full" or self.region.dim == 1
        self.noisy, self.constrained = p.noisy, False
        self.evaluations = 0
        self.repeated: tuple[np.ndarray, float] | None = None  # a point that is evaluated twice, and its value
        self.best_point = self.region.starts[0]
        self.rough = False  # whether the stage was chosen for one
        self.descents: Descents | None = None
        self.polished = False
        if self.continuous and not self.noisy:
            self._enter(Probe(self.best_point, self.region.sample(self.rng, 1)[0]))
        else:
            self._evolve()

    # --- generations

    def ask(self) -> list[dict[str, Any]]:
        stage = self.stage
        points = stage.ask() if isinstance(stage, Descents) else stage.ask(self.parameters.pop_size or 1)
        self.n_asked = len(points)
        if self.noisy is None and self.repeated is not None:
            points = np.vstack([points, self.repeated[0]])
        population, self.points = self.region.propose(points)
        return population

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        self.constrained = self.constrained or bool(((violations > 0) & np.isfinite(violations)).any())
        values, n = -constrained(objectives.sum(axis=1), violations), self.n_asked
        self.evaluations += len(values)
        for point, individual in zip(self.points, population, strict=True):
            if individual is self.best_individual:
                self.best_point = point
        self._look_for_noise(values)
        if isinstance(self.stage, Descents):
            self.stage.tell(self.points[:n], values[:n], violations[:n])
        else:
            self.stage.tell(self.points[:n], values[:n])
        if self._is_rough() and not self.rough:
            self._evolve()
        else:
            self._go_on()
        if self.evaluations >= self.limit:
            self.stop_reason = f"the budget of {self.limit} evaluations is spent"
        self.stop_if_reached()

    def _look_for_noise(self, values: np.ndarray) -> None:
        """Compare an individual of an earlier generation with itself."""
        if self.noisy is not None or self.constrained:
            return
        if self.repeated is None:
            if np.isfinite(values[0]):
                self.repeated = self.points[0], float(values[0])
        elif np.isfinite(values[-1]):
            before, now = self.repeated[1], float(values[-1])
            self.noisy = abs(now - before) > SAME * max(abs(now), abs(before))
            logger.info("the fitness is noisy" if self.noisy else "the fitness is not noisy")

    def _is_rough(self) -> bool:
        """Whether differences of values mean nothing: under noise, and where ranks depend on violations."""
        return bool(self.noisy) or self.constrained

    # --- stages

    def _enter(self, stage: Stage) -> None:
        self.stage, self.stage_began = stage, self.evaluations
        logger.info("after %d evaluations: %s", self.evaluations, type(stage).__name__)

    def _evolve(self) -> None:
        self.rough = self._is_rough()
        size = self.usual_size
        if self.noisy:
            size = int(np.clip(self.budget / NOISY_GENERATIONS, size, 10 * size))
        self.descents = Descents(
            self.region,
            self.rng,
            SIGMA,
            max(size, self.parameters.pop_size or 0),
            restarts=None if self.noisy else "bipop",
            variant=self.variant,
            mean=self.best_point,
        )
        self._enter(self.descents)

    def _descend(self, anywhere: bool) -> None:
        low, high = self.region.bounds
        self._enter(QuasiNewton(self.best_point, low, high, anywhere))

    def _go_on(self) -> None:
        """Go to the next stage where this one has ended."""
        stage, dim = self.stage, self.region.dim
        left = self.budget - self.evaluations
        if isinstance(stage, Descents):
            if stage.done is not None:
                self.stop_reason = stage.done
            elif self._may_polish() and left <= min(POLISH_PER_DIM * dim, POLISH_SHARE * self.budget):
                self.polished = True
                self._descend(anywhere=True)
        elif isinstance(stage, Probe):
            if stage.separable:
                corners = np.array([self.region.low, self.region.high])
                low, high = self.region.bounds
                self._enter(CoordinateSearch(self.best_point, low, high, corners))
            else:
                self._descend(anywhere=False)
        elif isinstance(stage, CoordinateSearch):
            if stage.done is not None:
                self._descend(anywhere=False)
        elif self.polished:
            if stage.done is not None and self.descents is not None:
                self._enter(self.descents)
        elif stage.done is not None or self.evaluations - self.stage_began > max(
            LOCAL_PER_DIM * dim, LOCAL_SHARE * self.budget
        ):
            self._evolve()

    def _may_polish(self) -> bool:
        return self.continuous and not self._is_rough() and not self.polished

    def recommend(self) -> dict[str, Any] | None:
        """Under noise the mean of the distribution, else the best individual."""
        if self.noisy and self.descents is not None and self.descents.recommended is not None:
            return self.region.individual(self.descents.recommended)
        return self.best_individual

    def describe(self) -> dict[str, Any]:
        return {"stage": type(self.stage).__name__, "evaluations": self.evaluations}


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    if parameters.pop_size is not None:
        whole("pop_size", parameters.pop_size, 1)
    if parameters.max_evaluations is not None:
        whole("max_evaluations", parameters.max_evaluations, 1)
    one_of("noisy", parameters.noisy, (True, False, None))
    number("stop_criterion", parameters.stop_criterion)
