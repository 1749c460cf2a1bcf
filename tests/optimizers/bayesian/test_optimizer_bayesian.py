"""Bayesian optimisation."""

import numpy as np
import pytest

from l2l.optimizers.bayesian import BayesianOptimizer, BayesianParameters
from l2l.space import Category, Float, Integer
from l2l.testing import OptimizerContract, run
from l2l.utils.trajectory import Trajectory


class TestBayesianContract(OptimizerContract):
    sphere_bar = 1e-2

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = BayesianParameters(seed=1, n_iteration=n_iteration)
        return BayesianOptimizer(traj, create_individual, weights, parameters, bounding_func)


class Mixed:
    def space(self):
        return {"x": Float(-5.0, 5.0), "n": Integer(0, 9), "kind": Category(["a", "b", "c"])}

    def create_individual(self):
        return {"x": 4.0, "n": 0, "kind": "a"}


def mixed(ind):
    return (ind["x"] - 1.5) ** 2 + (ind["n"] - 7) ** 2 + 20.0 * (ind["kind"] != "b")


def make(**parameters):
    traj = Trajectory(name="bayesian")
    return BayesianOptimizer(traj, Mixed().create_individual, (-1.0,), BayesianParameters(seed=2, **parameters)), traj


def test_numbers_and_categories_are_found_in_a_hundred_evaluations():
    optimizer, traj = make(pop_size=5, n_iteration=19)
    run(optimizer, traj, mixed)
    assert optimizer.best_individual["kind"] == "b" and optimizer.best_individual["n"] == 7
    assert optimizer.best_fitness > -0.1


def test_it_recommends_what_the_model_expects_most_of():
    rng = np.random.default_rng(1)
    optimizer, traj = make(pop_size=8, n_iteration=15)
    run(optimizer, traj, lambda ind: mixed(ind) + rng.standard_normal())
    assert mixed(optimizer.recommend()) < 2.0


def test_a_run_ends_at_the_stop_criterion():
    optimizer, traj = make(stop_criterion=-30.0)
    run(optimizer, traj, mixed)
    assert optimizer.g < 10 and "reached the stop criterion" in optimizer.stop_reason


@pytest.mark.parametrize("name", ["pop_size", "n_iteration"])
def test_an_empty_run_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1, got 0"):
        make(**{name: 0})
