"""Simulated annealing."""

from l2l.optimizers.simulatedannealing.cooling import AvailableCoolingSchedules
from l2l.optimizers.simulatedannealing.optimizer import SimulatedAnnealingOptimizer, SimulatedAnnealingParameters

__all__ = ["AvailableCoolingSchedules", "SimulatedAnnealingOptimizer", "SimulatedAnnealingParameters"]
