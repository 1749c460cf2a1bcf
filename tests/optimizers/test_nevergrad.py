"""Nevergrad's optimizers."""

import cloudpickle
import numpy as np
import pytest

from l2l.errors import L2LError, UsageError
from l2l.optimizers.nevergrad import NevergradOptimizer, NevergradParameters
from l2l.space import Array, Float
from l2l.testing import SteadyStateContract, evaluate
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

ng = pytest.importorskip("nevergrad", reason="Nevergrad is not installed: pip install 'l2l[nevergrad]'")


class TestNevergradContract(SteadyStateContract):
    sphere_bar = 0.5

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NevergradParameters(seed=1, pop_size=8, n_iteration=n_iteration, name="DE", weighted_sum=True)
        return NevergradOptimizer(traj, create_individual, weights, parameters, bounding_func)


@pytest.fixture
def make(every_kind):
    def made(create_individual=every_kind.create_individual, weights=(-1.0,), **parameters):
        traj = Trajectory(name="nevergrad")
        given = NevergradParameters(**{"name": "RandomSearch", "pop_size": 40, "n_iteration": 5, **parameters})
        return NevergradOptimizer(traj, create_individual, weights, given), traj

    return made


def library(optimizer):
    with optimizer.search._running() as search:
        return search._optimizer


def test_individuals_are_of_the_declared_kinds_and_keep_conditions(make, every_kind):
    optimizer, _ = make()
    for individual in optimizer.eval_pop:
        every_kind.check(individual)
    drawn = {name: {str(individual[name]) for individual in optimizer.eval_pop} for name in optimizer.eval_pop[0]}
    assert len(drawn["kind"]) == 3 and drawn["degree"] == {"2", "3", "4", "None"}
    assert len(drawn["free"]) == 40


def test_random_points_fill_bounds_evenly_and_logarithms_too(make):
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
def test_optimizers_run_by_name_and_go_on_after_pickling(make, name):
    optimizer, traj = make(name=name, pop_size=6, n_iteration=12)
    play(optimizer, traj, 4)
    copied, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    assert play(optimizer, traj, 4) == play(copied, copied_traj, 4)


def test_optimizers_that_run_in_a_thread_go_on_after_pickling(make):
    optimizer, traj = make(name="Cobyla", pop_size=1, n_iteration=30)
    play(optimizer, traj, 20)
    copied, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    assert play(optimizer, traj, 5) == play(copied, copied_traj, 5)


def test_metamodels_find_their_scalars(make):
    class Plain:
        def space(self):
            return {"x": Array(Float(-5.0, 5.0), 4)}

        def create_individual(self):
            return {"x": np.zeros(4)}

    optimizer, traj = make(Plain().create_individual, name="NGOpt", pop_size=10, n_iteration=15)
    for _ in range(15):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: float(((ind["x"] - 1) ** 2).sum())))
    assert optimizer.best_fitness > -0.1


def test_failed_individuals_are_not_told_and_constraints_are(make):
    optimizer, traj = make(pop_size=3, n_iteration=1)
    optimizer.post_process(traj, [(0, (7.0,)), (1, (np.nan,)), (2, ConstrainedFitness((3.0,), (0.5,)))])
    assert library(optimizer).num_tell == 2
    assert library(optimizer).current_bests["pessimistic"].mean == 7.0


def test_each_weight_is_an_objective_and_they_are_added_up_on_demand(make):
    optimizer, traj = make(pop_size=2, n_iteration=1, weights=(-1.0, 2.0))
    optimizer.post_process(traj, [(0, (1.0, 5.0)), (1, (2.0, 6.0))])
    assert sorted(tuple(found.losses) for found in library(optimizer).pareto_front()) == [(1.0, -10.0), (2.0, -12.0)]
    optimizer, traj = make(pop_size=1, n_iteration=1, weights=(-1.0, 2.0), weighted_sum=True)
    optimizer.post_process(traj, [(0, (1.0, 5.0))])
    assert library(optimizer).current_bests["minimum"].mean == -9.0


def test_it_recommends_what_nevergrad_recommends(make):
    optimizer, traj = make(name="TBPSA", pop_size=10, n_iteration=6)
    assert optimizer.recommend() is None
    play(optimizer, traj, 6)
    assert optimizer.recommend()["free"] != optimizer.best_individual["free"]  # a mean, which was never evaluated


def test_an_individual_is_where_its_value_is(make):
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
def test_what_cannot_be_is_refused(make, given, words):
    with pytest.raises(ValueError, match=words):
        make(**given)


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (RuntimeError(), L2LError, r"Breaking of Nevergrad failed \(RuntimeError\); another name, pop_size"),
        (ValueError("too\nfew"), L2LError, r"Breaking of Nevergrad failed \(ValueError: too few\)"),
        (ModuleNotFoundError("", name="nlopt"), UsageError, "Breaking of Nevergrad needs the module nlopt"),
    ],
)
def test_error_in_nevergrad_names_its_optimizer(make, monkeypatch, error, raised, message):
    class Breaking(ng.optimizers.base.Optimizer):
        def _internal_ask_candidate(self):
            raise error

    monkeypatch.setitem(ng.optimizers.registry, "Breaking", Breaking)
    with pytest.raises(raised, match=message):
        make(name="Breaking")
