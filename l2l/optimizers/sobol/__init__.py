"""Sobol search: points that fill the space evenly."""

from l2l.optimizers.sobol.optimizer import SobolOptimizer, SobolParameters

__all__ = ["SobolOptimizer", "SobolParameters"]
