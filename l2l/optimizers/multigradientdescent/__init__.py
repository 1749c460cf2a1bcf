"""Gradient methods that evaluate several individuals in one call of a worker."""

from l2l.optimizers.multigradientdescent.optimizer import (
    MultiAdaMaxParameters,
    MultiAdamParameters,
    MultiClassicGDParameters,
    MultiGradientDescentOptimizer,
    MultiRMSPropParameters,
    MultiStochasticGDParameters,
)

__all__ = [
    "MultiAdaMaxParameters",
    "MultiAdamParameters",
    "MultiClassicGDParameters",
    "MultiGradientDescentOptimizer",
    "MultiRMSPropParameters",
    "MultiStochasticGDParameters",
]
