"""Sobol search."""

import numpy as np
import pytest

from l2l.optimizers.sobol import SobolOptimizer, SobolParameters
from l2l.testing import SteadyStateContract, run
from l2l.utils.trajectory import Trajectory


class TestSobolContract(SteadyStateContract):
    sphere_bar = 6.0
    success_bar = 0.1

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = SobolParameters(seed=1, pop_size=32, n_iteration=n_iteration)
        return SobolOptimizer(traj, create_individual, weights, parameters, bounding_func)


def points(**parameters):
    traj = Trajectory(name="sobol")
    given = SobolParameters(bounds={"x": (0.0, 1.0), "y": (0.0, 1.0)}, **parameters)
    optimizer = SobolOptimizer(traj, lambda: {"x": 0.5, "y": 0.5}, (-1.0,), given)
    return np.array([x for _, population in run(optimizer, traj, lambda ind: 0.0) for x in population])


def test_each_cell_of_a_grid_has_the_same_number_of_points_whatever_the_generations():
    for pop_size, n_iteration in ((64, 1), (16, 4)):
        cells = np.floor(points(pop_size=pop_size, n_iteration=n_iteration) * 8).astype(int)
        counts = np.bincount(cells[:, 0] * 8 + cells[:, 1], minlength=64)
        assert (counts == 1).all()  # a (0, 6, 2)-net in base 2


def test_another_seed_scrambles_otherwise():
    assert not np.array_equal(points(seed=1, n_iteration=1), points(seed=2, n_iteration=1))


@pytest.mark.parametrize("name", ["pop_size", "n_iteration"])
def test_an_empty_run_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1, got 0"):
        points(**{name: 0})
