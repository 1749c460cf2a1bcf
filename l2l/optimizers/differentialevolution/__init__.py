"""Differential evolution."""

from l2l.optimizers.differentialevolution.optimizer import (
    DifferentialEvolutionOptimizer,
    DifferentialEvolutionParameters,
)

__all__ = ["DifferentialEvolutionOptimizer", "DifferentialEvolutionParameters"]
