"""An optimizer that chooses the method by what the function turns out to be."""

from l2l.optimizers.auto.optimizer import AutoOptimizer, AutoParameters

__all__ = ["AutoOptimizer", "AutoParameters"]
