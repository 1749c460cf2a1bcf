"""An optimizer that needs no settings: it looks at the function first, and then chooses."""

import logging
from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.auto.comparison import Comparison
from l2l.optimizers.auto.coordinate_search import CoordinateSearch
from l2l.optimizers.auto.probe import Probe
from l2l.optimizers.auto.quasi_newton import QuasiNewton
from l2l.optimizers.bayesian.search import BayesianSearch
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
MOST_UNDER_NOISE, MOST_UNDER_OUTLIERS = 10, 3  # populations of usual size; ranks bear outliers better than the rest
SIGMA = 0.2  # first step size of CMA-ES, in widths of the region
MODELLED = 500  # evaluations of a Bayesian search, after which another one begins
MODELLED_SHARE = 0.75  # of the budget, for such searches
MODELLED_DIM = 30  # coordinates beyond which it needs more evaluations than it can use
REPEATS = 8  # evaluations of one individual that tell how loud the noise is
LOUD = 0.5  # spread of those, in the spread of values over the region, from which a model is of no use
OUTLYING = 10.0  # spread of those, in their median deviation, from which some are outliers, which mislead a model
LOOK_AGAIN = 4  # factor of the number of evaluations after which the best is repeated, though there seemed no noise
FINE_SIGMA = 0.1  # first step size after Bayesian searches
COMPARED_SHARE = 0.05  # of the budget, to choose among what they and CMA-ES have found

Stage = Probe | CoordinateSearch | QuasiNewton | BayesianSearch | Descents | Comparison


class AutoOptimizer(AskTellOptimizer):
    """Chooses the method by what the parameters are and what the function turns out to be.

    1. Two small generations probe whether the function is a sum of functions of one coordinate each; the second also
       repeats an individual of the first, to see whether the fitness is noisy. Later ones seldom repeat the best, for
       noise that shows now and then.
    2. If it is noisy: searches by a model (:class:`BayesianSearch`), then CMA-ES from the best of their points, which
       recommends its mean; at the end these are compared. If the noise is as large as the differences or there are many
       coordinates, only one run of CMA-ES with up to ten times the population; three times if the noise has outliers.
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
    stage : Probe, CoordinateSearch, QuasiNewton, BayesianSearch, Descents or Comparison
        What proposes individuals now.
    noisy : bool or None
        None until it is known.
    evaluations : int
        How many have come back.
    """

    kept = ("seed", "bounds", "noisy")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        self.rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.region = Region(self, p.bounds)
        self.usual_size = default_pop_size(self.region.dim)
        self._plan(traj)
        self.variant = default_variant(self.region)
        self.continuous = self.variant == "full" or self.region.dim == 1
        self.noisy, self.constrained = p.noisy, False
        self.evaluations = 0
        self.repeated: np.ndarray | None = None  # a point that is evaluated several times,
        self.repeats: list[float] = []  # and its values
        self.next_look = 0  # evaluations from which the best is repeated
        self.repeating = False  # whether it is the last one of the present generation
        self.seen: list[tuple[np.ndarray, np.ndarray]] = []  # points and values, until it is known if they are noisy
        self.best_point = self.region.starts[0]
        self.found: list[tuple[float, np.ndarray]] = []  # by Bayesian searches: expected value, and point
        self.rough = False  # whether the stage was chosen for one
        self.descents: Descents | None = None
        self.polished = False
        if self.continuous and not self.noisy:
            self._enter(Probe(self.best_point, self.region.sample(self.rng, 1)[0]))
        else:
            self._begin_rough()

    def _plan(self, traj: Any) -> None:
        p = self.parameters
        self.limit = p.max_evaluations or traj.parameters["n_iteration"] * (p.pop_size or self.usual_size)
        self.budget = min(self.limit, traj.max_evaluations)  # the run may end before, but also be resumed with more

    def take_parameters(self, traj: Any) -> None:
        super().take_parameters(traj)
        spent = self.stop_reason is not None and self.stop_reason == self._spent()
        self._plan(traj)
        if spent and self.evaluations < self.limit:
            self.stop_reason = None
            if isinstance(self.stage, Comparison) and self.descents is not None:
                self._enter(self.descents)  # to compare is for the end

    # --- generations

    def ask(self) -> list[dict[str, Any]]:
        stage = self.stage
        if isinstance(stage, BayesianSearch | Descents):
            points = stage.ask()
        else:
            points = stage.ask(self.parameters.pop_size or 1)
        if self.noisy is False and self.parameters.noisy is None and self.evaluations >= self.next_look:
            self._look_again()
        self.repeating = self._wants_repeats()
        if self.repeated is not None and self.repeating:
            if isinstance(stage, BayesianSearch):
                points[-1] = self.repeated  # which the model may know of
            else:
                points = np.vstack([points, self.repeated])
        population, self.points = self.region.propose(points)
        return population

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        self.constrained = self.constrained or bool(((violations > 0) & np.isfinite(violations)).any())
        values = -constrained(objectives.sum(axis=1), violations)
        self.evaluations += len(values)
        if self.noisy is None and not self.rough:
            self.seen.append((self.points, values))
        for point, individual in zip(self.points, population, strict=True):
            if individual is self.best_individual:
                self.best_point = point
        self._look_for_noise(values)
        n = len(values) - (self.repeating and not isinstance(self.stage, BayesianSearch))
        if isinstance(self.stage, Descents):
            self.stage.tell(self.points[:n], values[:n], violations[:n])
        else:
            self.stage.tell(self.points[:n], values[:n])
        if self._is_rough() and not self.rough:
            self._begin_rough()
        else:
            self._go_on()
        if self.evaluations >= self.limit:
            self.stop_reason = self._spent()
        self.stop_if_reached()

    def _spent(self) -> str:
        return f"the budget of {self.limit} evaluations is spent"

    def _wants_repeats(self) -> bool:
        """Whether it is to be found out if there is noise, or how loud it is."""
        modelled = isinstance(self.stage, BayesianSearch) and len(self.repeats) < REPEATS
        return self.repeated is not None and not self.constrained and (self.noisy is None or modelled)

    def _look_again(self) -> None:
        """Doubt the best, which is what noise that shows now and then has favoured."""
        self.next_look = LOOK_AGAIN * self.evaluations
        if not self.constrained:
            self.noisy, self.repeated, self.repeats = None, self.best_point, [-self.best_fitness]

    def _look_for_noise(self, values: np.ndarray) -> None:
        """Compare an individual of an earlier generation with itself."""
        if self.repeating:
            self.repeats += [float(values[-1])] if np.isfinite(values[-1]) else []
        elif self.repeated is None and np.isfinite(values[0]):
            self.repeated, self.repeats = self.points[0], [float(values[0])]
        if self.noisy is None and len(self.repeats) > 1:
            before, now = self.repeats
            self.noisy = abs(now - before) > SAME * max(abs(now), abs(before))
            self.seen = self.seen if self.noisy else []
            self.next_look = self.next_look or LOOK_AGAIN * self.evaluations
            logger.info("the fitness is noisy" if self.noisy else "the fitness is not noisy")

    def _is_loud(self) -> bool:
        """Whether the noise is as large as what the first values of a search differ by."""
        if len(self.repeats) < REPEATS or not isinstance(self.stage, BayesianSearch):
            return False
        first = self.stage.values[: self.stage.n_first]
        return bool(np.std(self.repeats) > LOUD * first[np.isfinite(first)].std())  # outliers count

    def _has_outliers(self) -> bool:
        """Whether some of the repeats are far from the others."""
        if len(self.repeats) < REPEATS:
            return False
        usual = np.median(np.abs(np.array(self.repeats) - np.median(self.repeats)))
        return bool(np.std(self.repeats) > OUTLYING * usual)

    def _is_rough(self) -> bool:
        """Whether differences of values mean nothing: under noise, and where ranks depend on violations."""
        return bool(self.noisy) or self.constrained

    # --- stages

    def _enter(self, stage: Stage) -> None:
        self.stage, self.stage_began = stage, self.evaluations
        logger.info("after %d evaluations: %s", self.evaluations, type(stage).__name__)

    def _begin_rough(self) -> None:
        self.rough = True
        if self.noisy and not self.constrained and self.region.dim <= MODELLED_DIM:
            self._model()
        else:
            self._evolve(self.best_point, SIGMA)

    def _model(self) -> None:
        most = MODELLED if self.budget > 2 * MODELLED else self.budget
        size = max(self.usual_size, self.parameters.pop_size or 0)
        search = BayesianSearch(self.region, self.rng, size, int(most))
        while self.seen:
            search.tell(*self.seen.pop(0))
        self._enter(search)

    def _evolve(self, mean: np.ndarray, sigma: float) -> None:
        size = self.usual_size
        if self.noisy:
            most = MOST_UNDER_OUTLIERS if self._has_outliers() else MOST_UNDER_NOISE
            size = int(np.clip(self.budget / NOISY_GENERATIONS, size, most * size))
        self.descents = Descents(
            self.region,
            self.rng,
            sigma,
            max(size, self.parameters.pop_size or 0),
            restarts=None if self.noisy else "bipop",
            variant=self.variant,
            mean=mean,
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
            if self.found and left <= COMPARED_SHARE * self.budget and stage.recommended is not None:
                self._enter(Comparison(np.array([point for _, point in self.found] + [stage.recommended])))
            elif stage.done is not None:
                self.stop_reason = stage.done
            elif self._may_polish() and left <= min(POLISH_PER_DIM * dim, POLISH_SHARE * self.budget):
                self.polished = True
                self._descend(anywhere=True)
        elif isinstance(stage, BayesianSearch):
            if self.constrained or self._is_loud() or self._has_outliers():
                self._evolve(self.region.starts[0], SIGMA)
            elif stage.done is not None:
                self._leave_model(stage)
        elif isinstance(stage, Probe):
            if stage.separable:
                corners = np.array([self.region.low, self.region.high])
                low, high = self.region.bounds
                self._enter(CoordinateSearch(self.best_point, low, high, corners))
            elif stage.done is not None:
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
            self._evolve(self.best_point, SIGMA)

    def _leave_model(self, stage: BayesianSearch) -> None:
        if stage.recommended is not None:
            self.found.append((stage.expected, stage.recommended))
        if self.evaluations + MODELLED <= MODELLED_SHARE * self.budget:
            self._model()
        elif self.found:
            self._evolve(min(self.found, key=lambda found: found[0])[1], FINE_SIGMA)
        else:
            self._evolve(self.best_point, SIGMA)

    def _may_polish(self) -> bool:
        return self.continuous and not self._is_rough() and not self.polished

    def recommend(self) -> dict[str, Any] | None:
        """Under noise what the stage recommends, else the best individual."""
        stage = self.stage
        if self.noisy and isinstance(stage, BayesianSearch | Descents | Comparison) and stage.recommended is not None:
            return self.region.individual(stage.recommended)
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
