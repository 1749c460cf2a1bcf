"""The optimizee that ends its worker."""

import os

import pytest

from l2l.optimizees.test_cases import optimizee_testcase
from l2l.testing import OptimizeeContract
from l2l.utils.trajectory import Trajectory


def make(traj, exit_code):
    return optimizee_testcase.TestcaseOptimizee(traj, optimizee_testcase.TestcaseOptimizeeParameters(exit_code))


class TestTestcaseContract(OptimizeeContract):
    @pytest.fixture(autouse=True)
    def no_attempt_is_deadly(self, monkeypatch):
        monkeypatch.setattr(optimizee_testcase, "DEADLY_ATTEMPTS", 0)

    def make_optimizee(self, traj):
        return make(traj, 3)


@pytest.mark.parametrize("retry", [0, 1])
def test_process_ends_with_the_exit_code(monkeypatch, retry):
    def exited(code):
        raise InterruptedError(code)

    monkeypatch.setattr(os, "_exit", exited)
    traj = Trajectory(name="testcase")
    traj.retry = retry
    with pytest.raises(InterruptedError, match="200"):
        make(traj, 200).simulate_(traj)


def test_third_attempt_succeeds():
    traj = Trajectory(name="testcase")
    traj.retry = 2
    optimizee = make(traj, 200)
    assert optimizee.simulate_(traj) == (0,)
    assert optimizee.create_individual() == {"exit_code": 200.0} and optimizee.bound == [200.0, 200.0]
