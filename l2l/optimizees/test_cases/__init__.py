"""Optimizees to try out the runner."""

from l2l.optimizees.test_cases.optimizee_testcase import TestcaseOptimizee, TestcaseOptimizeeParameters

__all__ = ["TestcaseOptimizee", "TestcaseOptimizeeParameters"]
