"""The samplers of Optuna, and the way of runs to and from its studies."""

from l2l.optimizers.optuna.optimizer import OptunaOptimizer, OptunaParameters

__all__ = ["OptunaOptimizer", "OptunaParameters"]
