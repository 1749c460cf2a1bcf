"""The optimizee that is only busy."""

import pytest

from l2l.optimizees.active_wait import AWOptimizee, AWOptimizeeParameters
from l2l.optimizees.active_wait.optimizee_aw import count_primes
from l2l.testing import OptimizeeContract
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


class TestActiveWaitContract(OptimizeeContract):
    def make_optimizee(self, traj):
        return AWOptimizee(traj, AWOptimizeeParameters(difficulty=100.0))


@pytest.mark.parametrize(("below", "count"), [(0, 0), (2, 0), (3, 1), (30, 10), (1000, 168)])
def test_primes_are_counted(below, count):
    assert count_primes(below) == count


def test_the_fitness_is_zero_for_each_parameter_set():
    traj = Trajectory(name="aw")
    optimizee = AWOptimizee(traj, AWOptimizeeParameters(difficulty=10.0))
    assert optimizee.bound == [10.0, 10.0]
    traj.individual = Individual(0, 0, {"individual.difficulty": 10.0})
    assert optimizee.simulate_(traj) == (0,)
    traj.inner_params = 3
    traj.individual = Individual(0, 0, {"individual.difficulty": [10.0] * 3})
    assert optimizee.simulate_(traj) == [0, 0, 0]
