"""Bayesian optimisation: search by a model, for evaluations that are expensive."""

from l2l.optimizers.bayesian.optimizer import BayesianOptimizer, BayesianParameters

__all__ = ["BayesianOptimizer", "BayesianParameters"]
