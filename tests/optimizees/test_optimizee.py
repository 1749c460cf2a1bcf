"""The base of all optimizees."""

import pytest

from l2l.optimizees.optimizee import Optimizee, OptimizeeParameters
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


class Square(Optimizee):
    def create_individual(self):
        return {"x": 1.0}

    def simulate(self, traj):
        return (traj.individual.x**2,)


def test_constructor_makes_a_group_for_the_individual():
    traj = Trajectory(name="t")
    Square(traj)
    assert traj.par.individual.params == {}
    assert OptimizeeParameters() == ()


def test_a_worker_gets_what_simulate_returns():
    traj = Trajectory(name="t")
    optimizee = Square(traj)
    traj.individual = Individual(0, 0, {"individual.x": 3.0})
    assert optimizee.simulate_(traj) == (9.0,)
    assert not optimizee.reusable


def test_hooks_do_nothing_unless_overridden():
    optimizee = Square(Trajectory(name="t"))
    assert optimizee.warm_up() is None
    assert optimizee.conclude(None) is None


def test_an_optimizee_without_simulate_cannot_be_made():
    class Half(Optimizee):
        def create_individual(self):
            return {}

    with pytest.raises(TypeError, match="simulate"):
        Half(Trajectory(name="t"))
