"""How many individuals constructors draw, as those of L2L do: what a script draws afterwards depends on it."""

import numpy as np
import pytest

from l2l.optimizers.crossentropy import CrossEntropyOptimizer, CrossEntropyParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters
from l2l.optimizers.face import FACEOptimizer, FACEParameters
from l2l.optimizers.gradientdescent import GradientDescentOptimizer, RMSPropParameters
from l2l.optimizers.multigradientdescent import MultiGradientDescentOptimizer, MultiRMSPropParameters
from l2l.optimizers.naturalevolutionstrategies import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)
from l2l.utils.trajectory import Trajectory

RMSPROP = {"learning_rate": 0.01, "exploration_step_size": 0.01, "n_random_steps": 3}
CASES = [
    (CrossEntropyOptimizer, CrossEntropyParameters(pop_size=10), 12),
    (FACEOptimizer, FACEParameters(min_pop_size=10), 11),
    (EvolutionStrategiesOptimizer, EvolutionStrategiesParameters(noise_std=1.0), 1),
    (NaturalEvolutionStrategiesOptimizer, NaturalEvolutionStrategiesParameters(sigma=1.0), 1),
    (GradientDescentOptimizer, RMSPropParameters(**RMSPROP), 2),
    (MultiGradientDescentOptimizer, MultiRMSPropParameters(**RMSPROP), 2),
]


@pytest.mark.parametrize(("cls", "parameters", "expected"), CASES, ids=lambda thing: getattr(thing, "__name__", ""))
def test_constructors_draw_as_many_individuals_as_those_of_l2l(cls, parameters, expected):
    rng, drawn = np.random.RandomState(1), []

    def create_individual():
        drawn.append({"coords": rng.rand(2)})
        return drawn[-1]

    cls(Trajectory(name="draws"), create_individual, (-1.0,), parameters)
    assert len(drawn) == expected
