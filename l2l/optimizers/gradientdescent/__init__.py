"""Gradient methods on finite differences."""

from l2l.optimizers.gradientdescent.optimizer import (
    AdaMaxParameters,
    AdamParameters,
    ClassicGDParameters,
    GradientDescentOptimizer,
    RMSPropParameters,
    StochasticGDParameters,
)

__all__ = [
    "AdaMaxParameters",
    "AdamParameters",
    "ClassicGDParameters",
    "GradientDescentOptimizer",
    "RMSPropParameters",
    "StochasticGDParameters",
]
