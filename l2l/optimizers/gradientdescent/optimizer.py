"""Gradient ascent on the fitness, with gradients from finite differences in random directions."""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np

from l2l.helpers import DictEntryType
from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import at_least, number, probability, whole
from l2l.optimizers.gradientdescent.rules import Adam, AdaMax, Classic, RMSProp, Rule, Stochastic
from l2l.optimizers.steps import accepted, least_steps, per_coordinate, proposed, widths

# Of all five: learning_rate and exploration_step_size are one number or one per coordinate; a learning_rate of None
# makes the first step a fraction of the region's width, FIRST_STEP of the rule; an exploration_step_size of None is
# EXPLORATION or COARSE_EXPLORATION of it; n_random_steps of None is one or two per coordinate; stop_criterion is the
# fitness (weighted) at which the search is over; seed is of all draws, in [0, 2**32), None: the experiment's.

ClassicGDParameters = namedtuple(
    "ClassicGDParameters",
    [
        "learning_rate",  # step over gradient; up to twice the inverse of the largest curvature
        "exploration_step_size",  # standard deviation of the random steps that the gradient is estimated from
        "n_random_steps",  # how many of them in each generation
        "n_iteration",  # number of generations
        "stop_criterion",
        "seed",
    ],
    defaults=[None, None, None, 100, np.inf, 0],
)

StochasticGDParameters = namedtuple(
    "StochasticGDParameters",
    [
        "learning_rate",
        "stochastic_deviation",  # standard deviation of the noise that is added to the gradient
        "stochastic_decay",  # its factor per generation
        "exploration_step_size",
        "n_random_steps",
        "n_iteration",
        "stop_criterion",
        "seed",
    ],
    defaults=[None, 1.0, 0.95, None, None, 100, np.inf, 0],
)

AdamParameters = namedtuple(
    "AdamParameters",
    [
        "learning_rate",  # length of a step, at first
        "exploration_step_size",
        "n_random_steps",
        "first_order_decay",  # of the mean gradient
        "second_order_decay",  # of the mean square of the gradient
        "n_iteration",
        "stop_criterion",
        "seed",
    ],
    defaults=[None, None, None, 0.9, 0.999, 100, np.inf, 0],
)

AdaMaxParameters = namedtuple(
    "AdaMaxParameters",
    [
        "learning_rate",  # length of a step, at first
        "exploration_step_size",
        "n_random_steps",
        "first_order_decay",  # of the mean gradient
        "second_order_decay",  # of the greatest gradient
        "n_iteration",
        "stop_criterion",
        "seed",
    ],
    defaults=[None, None, None, 0.9, 0.999, 100, np.inf, 0],
)

RMSPropParameters = namedtuple(
    "RMSPropParameters",
    [
        "learning_rate",  # length of a step
        "exploration_step_size",
        "n_random_steps",
        "momentum_decay",  # of the mean square of the gradient
        "n_iteration",
        "stop_criterion",
        "seed",
    ],
    defaults=[None, None, None, 0.9, 100, np.inf, 0],
)

GradientDescentParameters = AdamParameters  # where none is named, as in a YAML file

EXPLORATION = 1e-4  # of the width of the region
COARSE_EXPLORATION = 0.1  # where there are whole numbers or categories


class GradientDescentOptimizer(AskTellOptimizer):
    """Gradient descent (classic, stochastic, RMSProp, Adam, AdaMax); the type of the parameters says which.

    A generation is the current individual and ``n_random_steps`` others around it. The gradient g solves
    ``F(x_i) - F(x) = g . (x_i - x)`` by least squares, with the shortest g where there are fewer random steps than
    coordinates. It is that of the weighted fitness, and the search ascends.

    The search ends when the fitness of an individual reaches ``stop_criterion``.

    Failed individuals are left out; where the current one failed, the gradient is that of the plane through the
    others. Where all others failed it stays, and others around it are tried. A step after which all failed is taken
    back by half.

    With noise in the fitness ``exploration_step_size`` must be so large that fitness changes by more than the noise.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. The search begins at an individual of the optimizee.
    parameters : ClassicGDParameters, StochasticGDParameters, RMSPropParameters, AdamParameters or AdaMaxParameters

    Attributes
    ----------
    current_individual : float64[dim]
    current_fitness : float
        Of the individual before the last step; -inf while there is none.
    """

    rules: Mapping[type, type[Rule]] = {
        ClassicGDParameters: Classic,
        StochasticGDParameters: Stochastic,
        AdamParameters: Adam,
        AdaMaxParameters: AdaMax,
        RMSPropParameters: RMSProp,
    }

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        if type(p) not in self.rules:
            known = ", ".join(kind.__name__ for kind in self.rules)
            raise TypeError(f"parameters must be one of {known}; got {p!r}")
        _check(p)
        self.space = self.make_space()
        (start,) = self.first_population(1)
        self._set_steps(start)
        self.random_state = np.random.RandomState(self.seed_from(traj, p.seed))
        self.current_individual = accepted(self, self.space, self.space.vector(start))
        self.current_fitness = -np.inf
        self._last_valid: np.ndarray | None = None  # where fitness was known before the last step

    def _set_steps(self, start: dict[str, Any]) -> None:
        rate, exploration = self.parameters.learning_rate, self.parameters.exploration_step_size
        width = np.ones(self.space.dim)
        if rate is None or exploration is None:
            width = widths(self, self.space, start)
        if exploration is None:
            least = least_steps(self.space)
            # steps between whole numbers are so coarse that those of floats must be seen beside them
            exploration = np.maximum((COARSE_EXPLORATION if least.any() else EXPLORATION) * width, least)
        if rate is not None:
            rate = per_coordinate("learning_rate", rate, self.space.dim)
        self.exploration_step_size = per_coordinate("exploration_step_size", exploration, self.space.dim)
        self.rule = self.rules[type(self.parameters)](self.parameters, rate, width)

    @property
    def n_random_individuals(self) -> int:
        """How many individuals there are in a generation besides the current one."""
        n = self.parameters.n_random_steps
        if n is None:
            # whole numbers and categories make steps out of slopes, and so noise
            return (2 if least_steps(self.space).any() else 1) * self.space.dim
        return n

    @property
    def optimizee_individual_dict_spec(self) -> list[tuple[str, DictEntryType, int]]:
        """What ``current_individual`` holds, as ``l2l.list_to_dict`` takes it."""
        return [
            (name, DictEntryType.Scalar if np.ndim(value) == 0 else DictEntryType.Sequence, np.size(value))
            for name, value in self.space.individual(self.current_individual).items()
        ]

    def ask(self) -> list[dict[str, Any]]:
        draws = self.random_state.randn(self.n_random_individuals, self.space.dim)
        points = [*(self.current_individual + self.exploration_step_size * draws), self.current_individual]
        population, places = zip(*(proposed(self, self.space, point) for point in points), strict=True)
        self._places = np.array(places)
        return list(population)

    def tell(self, population: list[dict[str, Any]], fitness: np.ndarray) -> None:
        self.current_fitness = float(fitness[-1])
        self.stop_if_reached()
        gradient = self._gradient(self._places, fitness)
        if gradient is None:
            if self._last_valid is not None and not np.isfinite(fitness).any():
                self.current_individual = (self.current_individual + self._last_valid) / 2
            return
        self._last_valid = self.current_individual
        with np.errstate(over="ignore", invalid="ignore"):
            moved = self.current_individual + self.rule.step(gradient, self.random_state)
        if np.isfinite(moved).all():
            self.current_individual = accepted(self, self.space, moved)
        else:
            self.stop_reason = "the search diverged: lower the learning rate"

    def _gradient(self, points: np.ndarray, fitness: np.ndarray) -> np.ndarray | None:
        """The slope of the fitness, float64[dim], at the last of the points; None where nothing is known."""
        finite = np.isfinite(fitness)
        if finite.sum() < 2:
            return None
        points, fitness, known = points[finite], fitness[finite], finite[-1]
        x, value = (points[-1], fitness[-1]) if known else (points.mean(axis=0), fitness.mean())
        # in units of the exploration, so that coordinates of different scale count alike
        steps = (points - x) / self.exploration_step_size
        slope, *_ = np.linalg.lstsq(steps, fitness - value, rcond=None)
        return slope / self.exploration_step_size

    def describe(self) -> dict[str, Any]:
        return {"current_fitness": self.current_fitness}


def _check(parameters: Any) -> None:
    whole("n_iteration", parameters.n_iteration, 1)
    number("stop_criterion", parameters.stop_criterion)
    if parameters.n_random_steps is not None:
        whole("n_random_steps", parameters.n_random_steps, 1)
    for name in ("first_order_decay", "second_order_decay", "momentum_decay"):
        value = getattr(parameters, name, 0.0)
        probability(name, value)
        if value == 1:
            raise ValueError(f"{name} must be below 1: at 1 nothing is learnt")
    at_least("stochastic_deviation", getattr(parameters, "stochastic_deviation", 0.0), 0)
    probability("stochastic_decay", getattr(parameters, "stochastic_decay", 0.0))
