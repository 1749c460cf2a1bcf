"""An optimizee that only keeps its processor busy."""

from l2l.optimizees.active_wait.optimizee_aw import AWOptimizee, AWOptimizeeParameters

__all__ = ["AWOptimizee", "AWOptimizeeParameters"]
