"""A genetic algorithm: tournaments, blend crossover, Gaussian mutation."""

from l2l.optimizers.evolution.optimizer import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters

__all__ = ["GeneticAlgorithmOptimizer", "GeneticAlgorithmParameters"]
