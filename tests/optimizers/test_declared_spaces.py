"""Every optimizer searches spaces of all kinds of parameters, with conditions between them, and constraints."""

import numpy as np
import pytest

from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.differentialevolution import DifferentialEvolutionOptimizer, DifferentialEvolutionParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.optimizers.face import FACEOptimizer, FACEParameters
from l2l.optimizers.gradientdescent import AdamParameters, GradientDescentOptimizer
from l2l.optimizers.multigradientdescent import MultiAdamParameters, MultiGradientDescentOptimizer
from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.optimizers.paralleltempering import ParallelTemperingOptimizer, ParallelTemperingParameters
from l2l.optimizers.particleswarm import ParticleSwarmOptimizer, ParticleSwarmParameters
from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.optimizers.simulatedannealing.optimizer import SimulatedAnnealingOptimizer, SimulatedAnnealingParameters
from l2l.optimizers.sobol import SobolOptimizer, SobolParameters
from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space
from l2l.testing import evaluate
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

SPACE = Space(
    {
        "rate": Float(1e-4, 1.0, log=True),
        "n": Integer(0, 9),
        "kind": Category(["plain", "rich"]),
        "extra": Float(0.0, 1.0, when=("kind", "rich")),
        "low": Float(0.0, 10.0),
        "high": Float(0.0, 10.0),
        "sizes": Array(Integer(1, 100, log=True), 2),
        "name": Fixed("model"),
    },
    [Ordered("low", "high")],
)

OPTIMIZERS = [
    (CMAESOptimizer, CMAESParameters()),
    (CrossEntropyOptimizer, CrossEntropyParameters()),
    (DifferentialEvolutionOptimizer, DifferentialEvolutionParameters()),
    (EvolutionStrategiesOptimizer, EvolutionStrategiesParameters()),
    (FACEOptimizer, FACEParameters()),
    (GeneticAlgorithmOptimizer, GeneticAlgorithmParameters()),
    (GradientDescentOptimizer, AdamParameters(n_random_steps=20)),
    (MultiGradientDescentOptimizer, MultiAdamParameters(n_random_steps=7, n_inner_params=3)),
    (NaturalEvolutionStrategiesOptimizer, NaturalEvolutionStrategiesParameters()),
    (ParallelTemperingOptimizer, ParallelTemperingParameters()),
    (ParticleSwarmOptimizer, ParticleSwarmParameters()),
    (RandomSearchOptimizer, RandomSearchParameters()),
    (SimulatedAnnealingOptimizer, SimulatedAnnealingParameters()),
    (SobolOptimizer, SobolParameters()),
]


class Model:
    """An optimizee, as far as optimizers see it."""

    def __init__(self):
        self.rng = np.random.default_rng(5)

    def space(self):
        return SPACE

    def create_individual(self):
        return SPACE.sample(self.rng)

    def bounding_func(self, individual):
        return SPACE.repaired(individual)


def loss(individual):
    """Least with a rate of 0.01, 7, rich, much extra, low and high far apart, and small sizes."""
    extra = 1.0 if individual["kind"] == "plain" else -individual["extra"]
    gap = individual["high"] - individual["low"]
    return (
        (np.log10(individual["rate"]) + 2) ** 2 + abs(individual["n"] - 7) + extra - gap + sum(individual["sizes"]) / 50
    )


def check(individual):
    """Whether it lies in the space, each parameter of its type."""
    assert list(individual) == SPACE.names
    assert 1e-4 <= individual["rate"] <= 1.0 and type(individual["rate"]) is float
    assert 0 <= individual["n"] <= 9 and type(individual["n"]) is int
    assert (individual["extra"] is None) == (individual["kind"] == "plain")
    assert 0.0 <= individual["low"] <= individual["high"] <= 10.0
    assert individual["sizes"].dtype == np.int64 and individual["sizes"].min() >= 1 and individual["sizes"].max() <= 100
    assert individual["name"] == "model"


def generations(cls, parameters, function, n):
    """The optimizer after n generations, and the best value of the first and of all."""
    model, traj = Model(), Trajectory(name="declared")
    parameters = parameters._replace(seed=3, n_iteration=n)
    optimizer = cls(traj, model.create_individual, (-1.0,), parameters, model.bounding_func)
    first = min(loss(individual) for individual in optimizer.individuals())
    for _ in range(n):
        for individual in optimizer.individuals():
            check(individual)
        optimizer.post_process(traj, evaluate(optimizer, function))
    return optimizer, first


@pytest.mark.parametrize(("cls", "parameters"), OPTIMIZERS, ids=lambda thing: getattr(thing, "__name__", ""))
def test_individuals_stay_in_the_space_and_get_better(cls, parameters):
    optimizer, first = generations(cls, parameters, loss, 25)
    check(optimizer.recommend())
    assert loss(optimizer.best_individual) < first
    assert optimizer.best_fitness == -loss(optimizer.best_individual)


@pytest.mark.parametrize(("cls", "parameters"), OPTIMIZERS, ids=lambda thing: getattr(thing, "__name__", ""))
def test_constraints_are_satisfied_by_the_best(cls, parameters):
    def constrained(individual):
        return ConstrainedFitness((loss(individual),), (individual["high"] - 5.0,))

    optimizer, _ = generations(cls, parameters, constrained, 25)
    assert optimizer.best_violation == 0 and optimizer.best_individual["high"] <= 5.0
