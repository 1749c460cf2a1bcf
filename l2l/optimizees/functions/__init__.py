"""Benchmark functions of numerical optimisation, alone or as sums, with or without noise."""

from l2l.optimizees.functions.benchmarked_functions import BenchmarkedFunctions
from l2l.optimizees.functions.function_generator import FunctionGenerator
from l2l.optimizees.functions.optimizee import FunctionGeneratorOptimizee

__all__ = ["BenchmarkedFunctions", "FunctionGenerator", "FunctionGeneratorOptimizee"]
