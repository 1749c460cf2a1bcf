"""Genetic algorithms for several objectives, by non-dominated sorting."""

from l2l.optimizers.nsga.nsga2 import NSGA2Optimizer, NSGA2Parameters
from l2l.optimizers.nsga.nsga3 import NSGA3Optimizer, NSGA3Parameters

__all__ = ["NSGA2Optimizer", "NSGA2Parameters", "NSGA3Optimizer", "NSGA3Parameters"]
