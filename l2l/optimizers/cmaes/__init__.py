"""CMA-ES: evolution strategy with covariance matrix adaptation."""

from l2l.optimizers.cmaes.optimizer import CMAESOptimizer, CMAESParameters

__all__ = ["CMAESOptimizer", "CMAESParameters"]
