"""Random search."""

import numpy as np
import pytest

from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.optimizers.sobol import SobolOptimizer
from l2l.testing import SteadyStateContract, run
from l2l.testing.optimizer_contract import write_run
from l2l.utils.restart import Restart
from l2l.utils.trajectory import Trajectory


class TestRandomSearchContract(SteadyStateContract):
    sphere_bar = 6.0
    success_bar = 0.1

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = RandomSearchParameters(seed=1, pop_size=50, n_iteration=n_iteration)
        return RandomSearchOptimizer(traj, create_individual, weights, parameters, bounding_func)


def points(create_individual, **parameters):
    traj = Trajectory(name="random")
    given = RandomSearchParameters(**{"pop_size": 400, "n_iteration": 1, **parameters})
    optimizer = RandomSearchOptimizer(traj, create_individual, (-1.0,), given)
    return np.array([x for _, population in run(optimizer, traj, lambda ind: 0.0) for x in population])


def test_points_fill_the_bounds_evenly():
    drawn = points(lambda: {"v": np.array([1.0, 0.0])}, bounds={"v": ([0.0, -10.0], [2.0, 10.0])})
    assert drawn.min(axis=0) == pytest.approx([0, -10], abs=0.2)
    assert drawn.max(axis=0) == pytest.approx([2, 10], abs=0.2)
    assert drawn.mean(axis=0) == pytest.approx([1, 0], abs=1)


def test_without_bounds_points_spread_as_wide_as_individuals_of_the_optimizee():
    rng = np.random.RandomState(1)
    drawn = points(lambda: {"a": rng.uniform(100, 200), "b": rng.uniform(-1e-3, 1e-3)})
    assert 30 < np.ptp(drawn[:, 0]) < 200 and 100 < drawn[:, 0].mean() < 200
    assert 5e-4 < np.ptp(drawn[:, 1]) < 4e-3


@pytest.mark.parametrize("name", ["pop_size", "n_iteration"])
def test_an_empty_run_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1, got 0"):
        points(lambda: {"x": 1.0}, **{name: 0})


@pytest.mark.parametrize("cls", [RandomSearchOptimizer, SobolOptimizer])
def test_individuals_of_an_earlier_run_are_evaluated_first(cls, tmp_path):
    population = [{"x": 0.25 * k} for k in range(5)]
    traj = Trajectory(name="again")
    traj.f_add_parameter_group("individual")
    traj.restart = Restart(write_run(tmp_path / "run", population, lambda individual: individual["x"]))
    parameters = RandomSearchParameters(pop_size=8, n_iteration=2, bounds={"x": (0.0, 10.0)})
    (_, first), (_, second) = run(cls(traj, lambda: {"x": 1.0}, (-1.0,), parameters), traj, lambda individual: 0.0)
    assert np.ravel(first)[:5].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert (len(first), len(second)) == (8, 8)
    assert not set(np.ravel(first[:5])) & set(np.ravel(second))
