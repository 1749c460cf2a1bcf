"""Evolution strategies as a stochastic gradient method."""

from l2l.optimizers.evolutionstrategies.optimizer import EvolutionStrategiesOptimizer, EvolutionStrategiesParameters

__all__ = ["EvolutionStrategiesOptimizer", "EvolutionStrategiesParameters"]
