"""Nevergrad's optimizers."""

import cloudpickle
import numpy as np
import pytest

from l2l.optimizers.nevergrad import NevergradOptimizer, NevergradParameters
from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space
from l2l.testing import SteadyStateContract, evaluate
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

ng = pytest.importorskip("nevergrad", reason="Nevergrad is not installed: pip install 'l2l[nevergrad]'")


class TestNevergradContract(SteadyStateContract):
    sphere_bar = 0.5

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NevergradParameters(seed=1, pop_size=8, n_iteration=n_iteration, name="DE", weighted_sum=True)
        return NevergradOptimizer(traj, create_individual, weights, parameters, bounding_func)


class Mixed:
    """An optimizee with every kind of parameter."""

    def space(self):
        return Space(
            {
                "kind": Category(("none", "poly", ("a", 1))),
                "degree": Integer(2, 4, when=("kind", "poly")),
                "rate": Float(1e-4, 1.0, log=True),
                "size": Integer(1, 1000, log=True),
                "v": Array(Float(np.array([0.0, -1.0]), 2.0), 2),
                "w": Array(Integer(0, 3), (2, 2)),
                "low": Float(0.0, 1.0),
                "high": Float(0.0, 1.0),
                "free": Float(),
                "positive": Float(0.0),
                "c": Fixed("x"),
            },
            [Ordered("low", "high")],
        )

    def create_individual(self):
        return {
            "kind": "poly", "degree": 3, "rate": 0.1, "size": 10, "v": np.ones(2), "w": np.ones((2, 2), dtype=int),
            "low": 0.2, "high": 0.3, "free": 100.0 + np.random.default_rng(3).random(), "positive": 1.0, "c": "x",
        }  # fmt: skip


def make(create_individual=None, weights=(-1.0,), **parameters):
    traj = Trajectory(name="nevergrad")
    create_individual = create_individual or Mixed().create_individual
    given = NevergradParameters(**{"name": "RandomSearch", "pop_size": 40, "n_iteration": 5, **parameters})
    return NevergradOptimizer(traj, create_individual, weights, given), traj


def library(optimizer):
    with optimizer.search._running() as search:
        return search._optimizer


def test_individuals_are_of_the_declared_kinds_and_keep_conditions():
    optimizer, _ = make()
    for individual in optimizer.eval_pop:
        assert individual["c"] == "x"
        assert type(individual["degree"]) is int if individual["kind"] == "poly" else individual["degree"] is None
        assert type(individual["rate"]) is float and 1e-4 <= individual["rate"] <= 1.0001
        assert type(individual["size"]) is int and 1 <= individual["size"] <= 1000
        assert individual["v"].shape == (2,) and (individual["v"] >= [0, -1]).all() and (individual["v"] <= 2).all()
        assert individual["w"].shape == (2, 2) and individual["w"].dtype == np.int64
        assert individual["low"] <= individual["high"]
        assert individual["positive"] >= 0
    drawn = {name: {str(individual[name]) for individual in optimizer.eval_pop} for name in optimizer.eval_pop[0]}
    assert len(drawn["kind"]) == 3 and drawn["degree"] == {"2", "3", "4", "None"}
    assert len(drawn["free"]) == 40


def test_random_points_fill_bounds_evenly_and_logarithms_too():
    optimizer, _ = make(pop_size=200)
    rate = np.log10([individual["rate"] for individual in optimizer.eval_pop])
    v = np.array([individual["v"] for individual in optimizer.eval_pop])
    assert np.histogram(rate, 4, (-4, 0))[0].min() > 28  # 50 expected
    assert v.min(axis=0) == pytest.approx([0, -1], abs=0.1) and v.max(axis=0) == pytest.approx([2, 2], abs=0.1)
    w = np.array([individual["w"] for individual in optimizer.eval_pop])
    assert np.bincount(w.ravel()).min() > 140  # 200 expected


def play(optimizer, traj, n):
    """Texts of the individuals of the next n generations."""
    texts = []
    for _ in range(n):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: (ind["free"] - 101.0) ** 2 + ind["rate"]))
        texts.append(str(optimizer.eval_pop))
    return texts


@pytest.mark.parametrize("name", ["CMA", "NGOpt", "TwoPointsDE", "DiscreteLenglerOnePlusOne", "ScrHammersleySearch"])
def test_optimizers_run_by_name_and_go_on_after_pickling(name):
    optimizer, traj = make(name=name, pop_size=6, n_iteration=12)
    play(optimizer, traj, 4)
    copied, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    assert play(optimizer, traj, 4) == play(copied, copied_traj, 4)


def test_optimizers_that_run_in_a_thread_go_on_after_pickling():
    optimizer, traj = make(name="Cobyla", pop_size=1, n_iteration=30)
    play(optimizer, traj, 20)
    copied, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    assert play(optimizer, traj, 5) == play(copied, copied_traj, 5)


def test_metamodels_find_their_scalars():
    class Plain:
        def space(self):
            return {"x": Array(Float(-5.0, 5.0), 4)}

        def create_individual(self):
            return {"x": np.zeros(4)}

    optimizer, traj = make(Plain().create_individual, name="NGOpt", pop_size=10, n_iteration=15)
    for _ in range(15):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: float(((ind["x"] - 1) ** 2).sum())))
    assert optimizer.best_fitness > -0.1


def test_failed_individuals_are_not_told_and_constraints_are():
    optimizer, traj = make(pop_size=3, n_iteration=1)
    optimizer.post_process(traj, [(0, (7.0,)), (1, (np.nan,)), (2, ConstrainedFitness((3.0,), (0.5,)))])
    assert library(optimizer).num_tell == 2
    assert library(optimizer).current_bests["pessimistic"].mean == 7.0


def test_each_weight_is_an_objective_and_they_are_added_up_on_demand():
    optimizer, traj = make(pop_size=2, n_iteration=1, weights=(-1.0, 2.0))
    optimizer.post_process(traj, [(0, (1.0, 5.0)), (1, (2.0, 6.0))])
    assert sorted(tuple(found.losses) for found in library(optimizer).pareto_front()) == [(1.0, -10.0), (2.0, -12.0)]
    optimizer, traj = make(pop_size=1, n_iteration=1, weights=(-1.0, 2.0), weighted_sum=True)
    optimizer.post_process(traj, [(0, (1.0, 5.0))])
    assert library(optimizer).current_bests["minimum"].mean == -9.0


def test_it_recommends_what_nevergrad_recommends():
    optimizer, traj = make(name="TBPSA", pop_size=10, n_iteration=6)
    assert optimizer.recommend() is None
    play(optimizer, traj, 6)
    assert optimizer.recommend()["free"] != optimizer.best_individual["free"]  # a mean, which was never evaluated


def test_an_individual_is_where_its_value_is():
    optimizer, _ = make()
    with optimizer.search._running() as search:
        parametrization = search._parametrization
    for individual in optimizer.eval_pop[:5]:
        again = parametrization.individual(parametrization.value(individual))
        for name, value in individual.items():
            assert again[name] == value if isinstance(value, str | tuple | None) else np.allclose(again[name], value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "NGOpy"}, "Nevergrad has no optimizer 'NGOpy'; did you mean 'NGOpt"),
        (
            {"name": "Cobyla", "pop_size": 2},
            "evaluates one individual at a time: pop_size must be 1, got 2",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        make(**given)
