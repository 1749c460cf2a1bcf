"""The optimizers of Nevergrad."""

from l2l.optimizers.nevergrad.optimizer import NevergradOptimizer, NevergradParameters

__all__ = ["NevergradOptimizer", "NevergradParameters"]
