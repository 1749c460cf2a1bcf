"""Optimizers that learn do better than random search at equal evaluations."""

import numpy as np
import pytest

from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.optimizers.face import FACEOptimizer, FACEParameters
from l2l.optimizers.gradientdescent import (
    AdaMaxParameters,
    AdamParameters,
    ClassicGDParameters,
    GradientDescentOptimizer,
    RMSPropParameters,
    StochasticGDParameters,
)
from l2l.optimizers.multigradientdescent import MultiAdamParameters, MultiGradientDescentOptimizer
from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.optimizers.paralleltempering import ParallelTemperingOptimizer, ParallelTemperingParameters
from l2l.optimizers.simulatedannealing import SimulatedAnnealingOptimizer, SimulatedAnnealingParameters
from l2l.testing import evaluate
from l2l.utils.trajectory import Trajectory

DIM, BUDGET, SEEDS = 10, 1500, (1, 2, 3)
CURVATURE = {"sphere": np.ones(DIM), "ellipsoid": np.logspace(0, 6, DIM)}
CASES = {
    "CE": (CrossEntropyOptimizer, CrossEntropyParameters()),
    "FACE": (FACEOptimizer, FACEParameters()),
    "ES": (EvolutionStrategiesOptimizer, EvolutionStrategiesParameters()),
    "NES": (NaturalEvolutionStrategiesOptimizer, NaturalEvolutionStrategiesParameters()),
    "classic": (GradientDescentOptimizer, ClassicGDParameters()),
    "stochastic": (GradientDescentOptimizer, StochasticGDParameters()),
    "Adam": (GradientDescentOptimizer, AdamParameters()),
    "AdaMax": (GradientDescentOptimizer, AdaMaxParameters()),
    "RMSProp": (GradientDescentOptimizer, RMSPropParameters()),
    "GA": (GeneticAlgorithmOptimizer, GeneticAlgorithmParameters()),
    "SA": (SimulatedAnnealingOptimizer, SimulatedAnnealingParameters()),
    "PT": (ParallelTemperingOptimizer, ParallelTemperingParameters()),
    "MultiAdam": (MultiGradientDescentOptimizer, MultiAdamParameters(n_inner_params=3)),
}

# steps in proportion to the gradient need to know the scale of each coordinate, where scales differ by so much
SETTINGS = {
    ("classic", "ellipsoid"): {"learning_rate": 0.1 / CURVATURE["ellipsoid"]},
    ("stochastic", "ellipsoid"): {"learning_rate": 0.1 / CURVATURE["ellipsoid"]},
}


def problem(name, seed):
    """A function with its optimum anywhere in [-4, 4], and random points in [-5, 5]."""
    rng = np.random.RandomState(seed)
    optimum = rng.uniform(-4, 4, DIM)
    return lambda x: float(CURVATURE[name] @ (x - optimum) ** 2), lambda: {"x": rng.uniform(-5, 5, DIM)}


def best_of_random(name, seed):
    function, create_individual = problem(name, seed)
    return min(function(create_individual()["x"]) for _ in range(BUDGET))


def best_of(cls, parameters, name, seed):
    function, create_individual = problem(name, seed)
    traj = Trajectory(name="race")
    parameters = parameters._replace(seed=seed, n_iteration=BUDGET)
    bounding = lambda ind: {"x": np.clip(ind["x"], -5, 5)}  # noqa: E731
    optimizer = cls(traj, create_individual, (-1.0,), parameters, bounding)
    evaluations = len(optimizer.individuals())
    while evaluations <= BUDGET and optimizer.stop_reason is None:
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: function(ind["x"])))
        evaluations += len(optimizer.individuals())
    return -optimizer.best_fitness


@pytest.mark.parametrize("name", CURVATURE)
@pytest.mark.parametrize("case", CASES)
def test_it_beats_random_search(case, name):
    cls, parameters = CASES[case]
    parameters = parameters._replace(**SETTINGS.get((case, name), {}))
    ours = np.median([best_of(cls, parameters, name, seed) for seed in SEEDS])
    random = np.median([best_of_random(name, seed) for seed in SEEDS])
    assert ours < random / 2, f"{ours:.3g} of {case} against {random:.3g} of random search"
