"""Parallel tempering."""

from l2l.optimizers.paralleltempering.optimizer import (
    AvailableCoolingSchedules,
    ParallelTemperingOptimizer,
    ParallelTemperingParameters,
)

__all__ = ["AvailableCoolingSchedules", "ParallelTemperingOptimizer", "ParallelTemperingParameters"]
