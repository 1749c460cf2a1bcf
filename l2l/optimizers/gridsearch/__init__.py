"""Grid search."""

from l2l.optimizers.gridsearch.optimizer import GridSearchOptimizer, GridSearchParameters

__all__ = ["GridSearchOptimizer", "GridSearchParameters"]
