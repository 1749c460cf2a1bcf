"""Natural evolution strategies."""

from l2l.optimizers.naturalevolutionstrategies.optimizer import (
    NaturalEvolutionStrategiesOptimizer,
    NaturalEvolutionStrategiesParameters,
)

__all__ = ["NaturalEvolutionStrategiesOptimizer", "NaturalEvolutionStrategiesParameters"]
