"""Random search."""

from l2l.optimizers.randomsearch.optimizer import RandomSearchOptimizer, RandomSearchParameters

__all__ = ["RandomSearchOptimizer", "RandomSearchParameters"]
