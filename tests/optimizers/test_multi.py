"""Optimizers that pack several individuals into one."""

from collections import namedtuple

import numpy as np
import pytest

from l2l.optimizers.multi import MultiOptimizer
from l2l.optimizers.optimizer import Optimizer
from l2l.testing import evaluate
from l2l.utils.trajectory import Trajectory

Parameters = namedtuple("Parameters", ["n_iteration", "n_inner_params"])


class Counting(Optimizer):
    """Proposes 6 individuals a generation, counting upwards."""

    def __init__(self, traj, parameters):
        super().__init__(traj, dict, (-1.0,), parameters=parameters)
        self.told = []
        self.start(traj)

    def ask(self):
        return [{"x": 6.0 * len(self.told) + i, "y": np.full(2, float(i))} for i in range(6)]

    def tell(self, population, fitness):
        self.told.append(([ind["x"] for ind in population], fitness.tolist()))


class MultiCounting(MultiOptimizer, Counting):
    pass


def make(n_inner_params=3, n_iteration=2):
    traj = Trajectory(name="multi")
    return MultiCounting(traj, Parameters(n_iteration, n_inner_params)), traj


def test_individuals_are_packed_as_lists_for_the_workers():
    optimizer, traj = make()
    assert traj.inner_params == 3
    assert [ind.x for ind in traj.individuals[0]] == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert len(optimizer.eval_pop) == 2
    assert [ind["x"] for ind in optimizer.individuals()] == [0, 1, 2, 3, 4, 5]


def test_the_optimizer_is_told_of_each_alone_whatever_the_order_of_results():
    optimizer, traj = make()
    optimizer.post_process(traj, [(1, [(3.0,), (np.nan,), (5.0,)]), (0, [(10.0,), (1.0,), (2.0,)])])
    assert optimizer.told == [([0, 1, 2, 3, 4, 5], [-10, -1, -2, -3, -np.inf, -5])]
    assert optimizer.best_individual["x"] == 1.0
    assert [ind.x for ind in traj.individuals[1]] == [[6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]
    assert traj.results.generation_params.generation_0.algorithm_params["pop_size"] == 6


def test_packing_and_unpacking_are_inverse():
    optimizer, _ = make()
    population = [{"x": float(i), "y": np.arange(2.0) + i} for i in range(6)]
    again = optimizer.expand_individual(optimizer.compress_individual(population, 3))
    assert [ind["x"] for ind in again] == [ind["x"] for ind in population]
    assert all(np.array_equal(a["y"], b["y"]) for a, b in zip(again, population, strict=True))


def test_one_at_a_time_is_not_packed():
    optimizer, traj = make(n_inner_params=1)
    assert traj.inner_params == 1 and traj.individuals[0][1].x == 1.0
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: ind["x"]))
    assert optimizer.told[0][1] == [0, -1, -2, -3, -4, -5]


@pytest.mark.parametrize("result", [(1.0,), [(1.0,), (2.0,)], 1.0])
def test_a_result_of_the_wrong_length_is_an_error(result):
    optimizer, traj = make()
    with pytest.raises(ValueError, match="individual 1 packs 3 individuals.* list of 3"):
        optimizer.post_process(traj, [(0, [(1.0,)] * 3), (1, result)])


def test_what_cannot_be_packed_evenly_is_an_error():
    with pytest.raises(ValueError, match="6 individuals cannot be packed 4 at a time"):
        make(n_inner_params=4)
    with pytest.raises(ValueError, match="n_inner_params must be a whole number"):
        make(n_inner_params=0)
