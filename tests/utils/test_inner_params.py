"""Several individuals in one call of a worker: the runner parameter ``inner_params``."""

import os
import random
import sys
import time
from itertools import pairwise

import cloudpickle
import numpy as np
import pytest

from l2l.errors import GenerationFailedError, UsageError
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import Experiment
from l2l.utils.fitness import Evaluation
from l2l.utils.history import CIRCUMSTANCES, read_history

cloudpickle.register_pickle_by_value(sys.modules[__name__])

GUILTY = 3


def comparable(history):
    return [{k: v for k, v in record.items() if k not in CIRCUMSTANCES} for record in history]


def draws(traj):
    return traj.individual.x + random.random() + np.random.rand() + traj.individual.seed


@pytest.mark.parametrize("inner_params", [2, 3, 100])
def test_history_does_not_depend_on_how_many_are_packed(launch, inner_params):
    alone = launch(draws, 7, 3, name="alone")
    packed = launch(draws, 7, 3, name="packed", runner_params={"inner_params": inner_params})
    assert packed.outcomes == ["done"] * 21
    assert comparable(packed.history) == comparable(alone.history)
    assert packed.optimizer.told == alone.optimizer.told


class Together(Optimizee):
    """Evaluates all individuals of a call at once, and says how many they were."""

    def create_individual(self):
        return {"x": 0.5, "v": np.zeros(2)}

    def simulate(self, traj):
        raise AssertionError("simulate_ does it")

    def simulate_(self, traj):
        if traj.inner_params == 1:
            return (1.0, traj.individual.x)
        assert [v.shape for v in traj.individual.v] == [(2,)] * traj.inner_params
        return [(traj.inner_params, x) for x in traj.individual.x]


def run_together(root, **runner_params):
    experiment = Experiment(root)
    traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 1, **runner_params})
    optimizee = Together(traj)
    parameters = GeneticAlgorithmParameters(seed=1, pop_size=7, n_iteration=2)
    optimizer = GeneticAlgorithmOptimizer(traj, optimizee.create_individual, (0.0, 1.0), parameters)
    experiment.run_experiment(optimizer, optimizee)
    return experiment, list(read_history(experiment.history_path))


def test_optimizee_that_takes_lists_gets_lists(tmp_path):
    _, records = run_together(tmp_path, inner_params=3)
    assert [record["fitness"][0] for record in records] == [3, 3, 3, 3, 3, 3, 1] * 2
    assert [record["fitness"][1] for record in records] == [record["parameters"]["x"] for record in records]


def test_individuals_of_one_call_share_its_time_one_after_the_other(tmp_path):
    _, records = run_together(tmp_path, inner_params=7)
    first = records[:7]
    assert len({record["seconds"] for record in first}) == 1
    for before, after in pairwise(first):
        assert after["started"] == pytest.approx(before["started"] + before["seconds"], abs=2e-6)


def test_command_line_can_ask_for_it(tmp_path):
    with overriding(Overrides(inner_params=7, quiet=True)):
        experiment, records = run_together(tmp_path)
    assert {record["fitness"][0] for record in records} == {7}
    assert experiment.manifest.facts["runner_params"]["inner_params"] == 7


def raises():
    raise ValueError("no such x")


FAULTS = {"exception": (raises, "failed"), "exit": (lambda: os._exit(3), "died")}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("max_retries", [0, 1])
def test_only_the_guilty_one_of_a_group_fails(launch, fault, max_retries):
    fail, outcome = FAULTS[fault]

    def simulate(traj):
        if traj.individual.seed == guilty:
            fail()
        return traj.individual.x

    from l2l.utils.seeds import individual_seed

    guilty = individual_seed(0, 0, GUILTY)
    run = launch(simulate, 6, max_retries=max_retries, runner_params={"inner_params": 6})
    assert run.outcomes == ["done"] * 3 + [outcome] + ["done"] * 2
    assert [record["attempt"] for record in run.history] == [0, 0, 0, max_retries, 0, 0]
    assert run.optimizer.told[0][GUILTY] == -np.inf


def test_time_limit_of_a_group_is_that_of_its_individuals(launch):
    def simulate(traj):
        time.sleep(0.2)
        return 1.0

    run = launch(simulate, 4, timeout=0.5, max_retries=0, runner_params={"inner_params": 4, "max_workers": 1})
    assert run.outcomes == ["done"] * 4


def test_individual_that_hangs_in_a_group_is_found(launch):
    def simulate(traj):
        time.sleep(60 if traj.individual.x == worst else 0.0)
        return 1.0

    worst = launch(lambda traj: 1.0, 3, name="first").history[1]["parameters"]["x"]
    run = launch(simulate, 3, timeout=1.5, max_retries=0, runner_params={"inner_params": 3})
    assert run.outcomes == ["done", "timed out", "done"]
    assert "longer than 1.5 s" in run.history[1]["error"]["message"]


def test_fitness_that_is_not_finite_is_that_of_one(launch):
    values = {}

    def simulate(traj):
        values[len(values)] = 1
        return float("nan") if len(values) == 2 else Evaluation(1.0, [float(len(values))])

    run = launch(simulate, 3, runner_params={"inner_params": 3, "max_workers": 1})
    assert run.outcomes == ["done", "not finite", "done"]
    assert [record.get("violations") for record in run.history] == [[1.0], None, [3.0]]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "two"])
def test_number_must_be_above_zero(launch, wrong):
    with pytest.raises(UsageError, match="inner_params must be a whole number above 0"):
        launch(draws, runner_params={"inner_params": wrong})


class Packing:
    optimizee_fitness_weights = (1.0,)

    def __init__(self, traj, *args):
        traj.inner_params = 2
        traj.f_add_parameter("n_iteration", 1)
        traj.f_expand({"generation": [0], "ind_idx": [0], "individual.x": [[0.25, 0.75]]})

    def post_process(self, traj, results):
        raise AssertionError("nothing is evaluated")


def test_optimizer_that_packs_by_itself_is_not_packed_again(launch):
    run = launch(draws, optimizer=Packing, runner_params={"inner_params": 2})
    assert isinstance(run.error, UsageError)
    assert "the optimizer packs 2 parameter sets into each individual by itself" in str(run.error)


@pytest.mark.parametrize("simulate", [lambda traj: traj.individual.x**2, lambda traj: sum(traj.individual.x)])
def test_optimizee_that_expects_no_lists_is_told_of_them(launch, simulate):
    run = launch(simulate, optimizer=Packing, max_retries=0)
    assert isinstance(run.error, GenerationFailedError)
    assert "packs 2 individuals into one" in str(run.error) and "self.simulate_inner(traj)" in str(run.error)
