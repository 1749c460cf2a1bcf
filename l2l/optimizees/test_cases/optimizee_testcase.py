"""An optimizee that ends its worker, to see what a runner does about that."""

import os
from collections import namedtuple
from typing import Any

from l2l.optimizees.optimizee import Optimizee

TestcaseOptimizeeParameters = namedtuple("TestcaseOptimizeeParameters", ["exit_code"])

DEADLY_ATTEMPTS = 2


class TestcaseOptimizee(Optimizee):
    """Ends its process with ``exit_code`` at the first two attempts, and has a fitness of 0 at the third.

    Parameters
    ----------
    traj : Trajectory
    parameters : TestcaseOptimizeeParameters
        ``exit_code``: from 0 to 255.
    """

    __test__ = False  # no test class, in spite of its name
    reusable = True

    def __init__(self, traj: Any, parameters: Any) -> None:
        super().__init__(traj)
        self.ind_idx = traj.individual.ind_idx
        self.generation = traj.individual.generation
        self.exit_code = float(parameters.exit_code)
        self.bound = [self.exit_code, self.exit_code]

    def create_individual(self) -> dict[str, Any]:
        """The exit code, the same for all."""
        return {"exit_code": self.exit_code}

    def bounding_func(self, individual: dict[str, Any]) -> dict[str, Any]:
        """Nothing is out of bounds."""
        return individual

    def simulate(self, traj: Any) -> tuple[int]:
        """Die, or be done."""
        if traj.retry < DEADLY_ATTEMPTS:
            os._exit(int(self.exit_code))
        return (0,)
