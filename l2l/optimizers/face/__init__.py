"""The fully adaptive cross-entropy method."""

from l2l.optimizers.face.optimizer import FACEOptimizer, FACEParameters

__all__ = ["FACEOptimizer", "FACEParameters"]
