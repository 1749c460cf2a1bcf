"""Optuna's samplers as optimizers."""

import json

import cloudpickle
import numpy as np
import pytest

from l2l.errors import L2LError
from l2l.optimizers.optuna import OptunaOptimizer, OptunaParameters
from l2l.space import Category, Float, Integer
from l2l.testing import SteadyStateContract, evaluate
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

optuna = pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'l2l[optuna]'")


class TestOptunaContract(SteadyStateContract):
    sphere_bar = 0.1
    success_bar = 0.25  # its CmaEs learns nothing of trials that failed

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = OptunaParameters(seed=1, pop_size=8, n_iteration=n_iteration, sampler="CmaEs", weighted_sum=True)
        return OptunaOptimizer(traj, create_individual, weights, parameters, bounding_func)


@pytest.fixture
def make(every_kind):
    def made(create_individual=every_kind.create_individual, weights=(-1.0,), **parameters):
        traj = Trajectory(name="optuna")
        given = OptunaParameters(**{"sampler": "Random", "pop_size": 20, "n_iteration": 5, **parameters})
        return OptunaOptimizer(traj, create_individual, weights, given), traj

    return made


def study_of(optimizer):
    with optimizer.search._running() as search:
        return search.study


def test_every_kind_of_parameter_is_optunas_own(make):
    optimizer, _ = make()
    trials = study_of(optimizer).get_trials()
    distributions = {name: d for trial in trials for name, d in trial.distributions.items()}
    for name in ("free", "positive"):  # between the bounds of a box
        assert type(distributions.pop(name)) is optuna.distributions.FloatDistribution
    assert distributions == {
        "kind": optuna.distributions.CategoricalDistribution(("0: none", "1: poly", "2: ('a', 1)")),
        "degree": optuna.distributions.IntDistribution(2, 4),
        "rate": optuna.distributions.FloatDistribution(1e-4, 1.0, log=True),
        "size": optuna.distributions.IntDistribution(1, 1000, log=True),
        "v[0]": optuna.distributions.FloatDistribution(0.0, 2.0),
        "v[1]": optuna.distributions.FloatDistribution(-1.0, 2.0),
        **{f"w[{k}]": optuna.distributions.IntDistribution(0, 3) for k in range(4)},
        "low": optuna.distributions.FloatDistribution(0.0, 1.0),
        "high": optuna.distributions.FloatDistribution(0.0, 1.0),
    }
    assert {"degree" in trial.params for trial in trials} == {True, False}


def test_individuals_are_of_the_declared_kinds_and_keep_conditions(make, every_kind):
    optimizer, _ = make()
    for individual in optimizer.eval_pop:
        every_kind.check(individual)
    assert len({json.dumps(ind, default=str) for ind in optimizer.eval_pop}) == 20


def test_choices_that_a_study_can_hold_are_themselves(make):
    class Plain:
        def space(self):
            return {"k": Category((None, 2, "c"))}

        def create_individual(self):
            return {"k": 2}

    optimizer, _ = make(Plain().create_individual)
    assert {individual["k"] for individual in optimizer.eval_pop} == {None, 2, "c"}
    assert study_of(optimizer).trials[0].distributions["k"].choices == (None, 2, "c")


def test_floats_without_bounds_are_searched_where_the_individuals_are(make, caplog):
    rng = np.random.RandomState(1)
    optimizer, _ = make(lambda: {"a": rng.uniform(100, 200), "b": rng.uniform(-1e-3, 1e-3)}, pop_size=200)
    a, b = (np.array([individual[name] for individual in optimizer.eval_pop]) for name in "ab")
    assert 30 < np.ptp(a) < 200 and 100 < a.mean() < 200
    assert 5e-4 < np.ptp(b) < 4e-3
    assert "bounds lack: a from" in caplog.text and "b from" in caplog.text


def loss_of(individual):
    return float(sum(np.sum(v) for v in individual.values() if isinstance(v, int | float | np.ndarray)))


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("sampler", ["TPE", "NSGA-II", "NSGAIIISampler", "qmc", optuna.samplers.RandomSampler])
def test_samplers_run_by_name_or_class_and_go_on_after_pickling(make, sampler):
    optimizer, traj = make(sampler=sampler, pop_size=6, n_iteration=9)
    play(optimizer, traj, 4)
    copied, copied_traj = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
    assert play(optimizer, traj, 3) == play(copied, copied_traj, 3)


def play(optimizer, traj, n):
    """Texts of the individuals of the next n generations."""
    texts = []
    for _ in range(n):
        optimizer.post_process(traj, evaluate(optimizer, loss_of))
        texts.append(str(optimizer.eval_pop))
    return texts


class Grid:
    def space(self):
        return {"a": Integer(0, 2), "b": Category(("x", "y"))}

    def create_individual(self):
        return {"a": 0, "b": "x"}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize(
    "given",
    [
        {"sampler": "BruteForce"},
        {"sampler": "Grid", "sampler_params": {"search_space": {"a": [0, 1, 2], "b": ["x", "y"]}}},
    ],
)
def test_a_sampler_that_has_tried_everything_ends_the_run(make, given):
    optimizer, traj = make(Grid().create_individual, **given, pop_size=3, n_iteration=9)
    asked = list(optimizer.eval_pop)
    while optimizer.stop_reason is None:
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: float(ind["a"])))
        asked += optimizer.eval_pop if optimizer.stop_reason is None else []
    assert sorted((ind["a"], ind["b"]) for ind in asked) == [(a, b) for a in range(3) for b in "xy"]
    assert "Sampler has tried everything" in optimizer.stop_reason


def test_an_object_is_a_sampler_too_and_is_left_as_it_was(make):
    sampler = optuna.samplers.RandomSampler(seed=3)
    one, other = (make(sampler=sampler)[0].eval_pop for _ in range(2))
    assert str(one) == str(other)
    assert str(one) != str(make(sampler=optuna.samplers.RandomSampler(seed=4))[0].eval_pop)


def test_a_sampler_without_a_seed_says_so_when_it_is_resumed(make):
    optimizer, traj = make(sampler=optuna.samplers.RandomSampler())
    copied = cloudpickle.loads(cloudpickle.dumps(optimizer))
    with pytest.raises(L2LError, match="draws random numbers without a seed"):
        copied.post_process(traj, evaluate(copied, loss_of))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sampler": "TPA"}, "no sampler 'TPA'; did you mean 'TPE'"),
        ({"sampler": 3}, "no sampler 3"),
        (
            {"sampler": "TPE", "sampler_params": {"n_startup_trial": 3}},
            "did you mean 'n_startup_trials'",
        ),
        (
            {"sampler": optuna.samplers.RandomSampler(1), "sampler_params": {"seed": 3}},
            "sampler_params are for",
        ),
        ({"sampler": "CmaEs", "weights": (1.0, 1.0)}, "2 fitness weights; give weighted_sum=True"),
        ({"pop_size": 0}, "pop_size must be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_is_refused(make, given, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make(**given)


def test_arguments_reach_the_sampler(make):
    optimizer, _ = make(sampler="TPE", sampler_params={"n_startup_trials": 3})
    assert study_of(optimizer).sampler._n_startup_trials == 3


def told(optimizer):
    return [(trial.state.name, trial.values, trial.constraints) for trial in study_of(optimizer).trials]


def test_failed_individuals_are_failed_trials_and_each_weight_is_an_objective(make):
    optimizer, traj = make(sampler="NSGAII", weights=(-1.0, 2.0), pop_size=3, n_iteration=1)
    results = [(0, (1.0, 5.0)), (1, (np.nan, 0.0)), (2, ConstrainedFitness((3.0, 4.0), (-1.0, 0.5)))]
    optimizer.post_process(traj, results)
    assert told(optimizer) == [
        ("COMPLETE", [1.0, -10.0], {}),
        ("FAIL", None, {}),
        ("COMPLETE", [3.0, -8.0], {"violation": 0.5}),
    ]


def test_weights_are_added_up_on_demand(make):
    optimizer, traj = make(weights=(-1.0, 2.0), pop_size=1, n_iteration=1, weighted_sum=True)
    optimizer.post_process(traj, [(0, (1.0, 5.0))])
    assert told(optimizer) == [("COMPLETE", [-9.0], {})]


def test_samplers_that_know_no_constraints_see_a_loss_beyond_all_that_satisfy_them(make):
    optimizer, traj = make(sampler="CmaEs", create_individual=Grid().create_individual, pop_size=3, n_iteration=1)
    optimizer.post_process(traj, [(0, (7.0,)), (1, (4.0,)), (2, ConstrainedFitness((-9.0,), (0.5,)))])
    assert [values for _, values, _ in told(optimizer)] == [[7.0], [4.0], [7.5]]


def test_constraints_steer_the_sampler(make):
    class Line:
        def space(self):
            return {"x": Float(0.0, 1.0)}

        def create_individual(self):
            return {"x": 0.5}

    for sampler in ("TPE", "CmaEs"):
        optimizer, traj = make(Line().create_individual, sampler=sampler, n_iteration=8)
        for _ in range(8):
            asked = [ind["x"] for ind in optimizer.eval_pop]
            results = [(k, ConstrainedFitness((x,), (0.6 - x,))) for k, x in enumerate(asked)]
            optimizer.post_process(traj, results)
        assert 0.6 <= optimizer.best_individual["x"] < 0.65
        assert np.mean(np.array(asked) > 0.5) > 0.7
