"""What every optimizer and every optimizee must do, as test classes to inherit.

A plugin's test file needs a few lines::

    from l2l.testing import OptimizerContract


    class TestMyOptimizer(OptimizerContract):
        def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
            parameters = MyParameters(seed=1, n_iteration=n_iteration)
            return MyOptimizer(traj, create_individual, weights, parameters, bounding_func)
"""

from l2l.testing.multi_objective_contract import MultiObjectiveContract
from l2l.testing.optimizee_contract import OptimizeeContract
from l2l.testing.optimizer_contract import OptimizerContract, evaluate, run
from l2l.testing.steady_state_contract import SteadyStateContract, run_one_by_one

__all__ = [
    "MultiObjectiveContract",
    "OptimizeeContract",
    "OptimizerContract",
    "SteadyStateContract",
    "evaluate",
    "run",
    "run_one_by_one",
]
