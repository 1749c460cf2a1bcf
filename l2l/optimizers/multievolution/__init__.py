"""A genetic algorithm whose workers evaluate several individuals in one call."""

from l2l.optimizers.multievolution.optimizer import MultiGeneticAlgorithmOptimizer, MultiGeneticAlgorithmParameters

__all__ = ["MultiGeneticAlgorithmOptimizer", "MultiGeneticAlgorithmParameters"]
