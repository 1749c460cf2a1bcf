"""Runs without generations."""

import json
import os
import sys
import time
from collections import deque, namedtuple
from importlib.metadata import EntryPoint

import cloudpickle
import numpy as np
import pytest

from l2l.errors import GenerationFailedError, RunFolderError, UsageError
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.steady_state import SteadyState, check_steady, steady_optimizers, window_of
from l2l.utils.trajectory import Trajectory

cloudpickle.register_pickle_by_value(sys.modules[__name__])


Parameters = namedtuple("Parameters", ("pop_size", "n_iteration", "seed"))


class Climb(Optimizer):
    """Steps from the best of the last five; notes in which order it was asked and told."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.last = deque(maxlen=5)
        self.calls = []
        self.start(traj)

    def ask(self):
        return [self.ask_one() for _ in range(self.parameters.pop_size)]

    def ask_one(self):
        self.calls.append("ask")
        middle = max(self.last, default=(0.0, 0.5))[1]
        return {"x": middle + float(self.rng.normal())}

    def tell_one(self, individual, objectives, violation):
        self.calls.append("tell")
        self.last.append((float(objectives.sum()), individual["x"]))

    def describe(self):
        return {"told": self.calls.count("tell")}


def comparable(history):
    return [{k: v for k, v in record.items() if k not in (*CIRCUMSTANCES, "attempt")} for record in history]


def uneven(traj):
    """As long as its seed says; the first of all takes longest."""
    time.sleep(0.15 if traj.individual.ind_idx == traj.individual.generation == 0 else traj.individual.seed % 7 / 500)
    return -abs(traj.individual.x) + np.random.rand()


@pytest.fixture
def steady():
    """Four individuals a generation, three generations, three under way at a time."""
    traj = Trajectory(name="steady")
    return SteadyState(traj, Climb(traj, dict, (1.0,), Parameters(4, 3, 1)), window=3)


def test_next_one_is_asked_for_once_the_window_has_room(steady):
    assert steady.places_in_flight() == [(0, 0), (0, 1), (0, 2), (0, 3)]
    asked = []
    while steady.in_flight:
        steady.tell((1.0,))
        asked.append(steady.ask())
    assert asked == [[], [(1, 0)], [(1, 1)], [(1, 2)], [(1, 3)], [(2, 0)], [(2, 1)], [(2, 2)], [(2, 3)], [], [], []]
    assert steady.optimizer.calls == ["ask"] * 4 + ["tell"] + ["tell", "ask"] * 8 + ["tell"] * 3


def test_results_come_by_generation_with_what_the_optimizer_says_of_itself(steady):
    results = []
    for k in range(12):
        results.append(steady.tell((float(k),)))
        steady.ask()
    assert results[3] == [(0, (0.0,)), (1, (1.0,)), (2, (2.0,)), (3, (3.0,))]
    assert [k for k in range(12) if results[k] is not None] == [3, 7, 11]
    recorded = steady.traj.results.generation_params.generation_1.algorithm_params
    assert (recorded["average_fitness_in_run"], recorded["pop_size"], recorded["told"]) == (5.5, 4, 8)
    assert [len(steady.traj.individuals[g]) for g in range(3)] == [4, 4, 4]
    assert (steady.optimizer.g, steady.optimizer.best_fitness) == (2, 11.0)


def test_reason_to_stop_ends_the_asking_and_the_rest_is_told(steady):
    for _ in range(5):
        steady.tell((1.0,))
        steady.ask()
    steady.optimizer.stop_reason = "enough"
    results = []
    while steady.in_flight:
        assert steady.ask() == []
        results.append(steady.tell((1.0,)))
    assert results == [None, None, [(0, (1.0,)), (1, (1.0,)), (2, (1.0,)), (3, (1.0,))]]
    assert steady.optimizer.calls.count("ask") == steady.optimizer.calls.count("tell") == 8


def test_generation_that_stays_incomplete_has_results_too(steady):
    steady.window = 4
    for _ in range(6):
        steady.tell((1.0,))
        steady.ask()
    steady.optimizer.stop_reason = "enough"
    results = [steady.tell((2.0,)) for _ in range(4)]
    assert results[1] is not None and results[3] == [(0, (2.0,)), (1, (2.0,))]


def test_what_is_under_way_when_the_asking_is_closed_has_results(steady):
    for _ in range(4):
        steady.tell((1.0,))
        steady.ask()
    steady.closed = True
    assert steady.ask() == []
    assert [steady.tell((2.0,)) for _ in range(3)] == [None, None, [(0, (2.0,)), (1, (2.0,)), (2, (2.0,))]]


@pytest.mark.parametrize(("asked", "window"), [(False, None), (None, None), (True, 0), (1, 1), (12, 12)])
def test_window_is_a_number_or_left_to_us(asked, window):
    assert window_of(asked) == window


@pytest.mark.parametrize("wrong", [0, -3, 2.5, "yes"])
def test_window_that_is_none_is_refused(wrong, launch):
    with pytest.raises(UsageError, match="asynchronous must be True, False, or a number of individuals"):
        launch(uneven, optimizer=Climb, asynchronous=wrong)


def test_default_window_is_half_a_population_and_eight_at_least():
    traj = Trajectory(name="steady")
    assert SteadyState(traj, Climb(traj, dict, (1.0,), Parameters(4, 1, 1))).window == 8
    assert SteadyState(traj, Climb(traj, dict, (1.0,), Parameters(40, 1, 1))).window == 20


def test_optimizer_that_cannot_is_refused_with_those_that_can(launch):
    run = launch(uneven, asynchronous=True)
    assert isinstance(run.error, UsageError)
    assert "Search cannot run with asynchronous=True" in str(run.error)
    assert "CMAESOptimizer" in str(run.error) and "GeneticAlgorithmOptimizer" in str(run.error)
    assert "CrossEntropyOptimizer" not in steady_optimizers()
    with pytest.raises(UsageError, match="Mine cannot"):
        check_steady(type("Mine", (), {})())


def test_plugin_that_cannot_be_loaded_does_not_hide_those_that_can(monkeypatch):
    points = {"Broken": "no.such:thing", "Mine": "l2l.optimizers.cmaes:CMAESOptimizer", "List": "builtins:list"}
    monkeypatch.setattr(
        "l2l.plugins.entry_points", lambda group: [EntryPoint(name, at, group) for name, at in points.items()]
    )
    assert steady_optimizers() == ["Mine"]


def test_history_is_the_same_for_any_number_of_workers_and_individuals_per_call(launch):
    histories = []
    for name, params in (("a", {"max_workers": 1}), ("b", {"max_workers": 3}), ("c", {"inner_params": 2})):
        run = launch(uneven, 5, 4, name=name, optimizer=Climb, runner_params=params, asynchronous=4)
        assert run.error is None
        histories.append(comparable(run.history))
    assert len(histories[0]) == 20
    assert histories[0] == histories[1] == histories[2]


def test_workers_do_not_wait_for_the_slowest(launch, tmp_path):
    def simulate(traj):
        individual = traj.individual
        patience = 5000
        while (individual.generation, individual.ind_idx) == (0, 0) and patience:
            if any('"generation": 1, "index": 0,' in path.read_text() for path in tmp_path.rglob("history.jsonl")):
                break
            time.sleep(0.002)
            patience -= 1
        return -abs(individual.x)

    run = launch(simulate, 4, 4, optimizer=Climb, asynchronous=8)
    lines = [json.loads(line) for line in run.experiment.history_path.read_text().splitlines()]
    order = [(record["generation"], record["index"]) for record in lines]
    assert order.index((0, 0)) > order.index((1, 0))
    told = run.experiment.traj.results.all_results
    assert sorted(told.keys()) == [0, 1, 2, 3]
    assert [index for index, _ in told[1]] == [0, 1, 2, 3]


def test_tables_are_in_order_though_the_history_is_not(launch):
    import pyarrow.parquet as pq

    run = launch(uneven, 4, 4, optimizer=Climb, asynchronous=8)
    run.experiment.end_experiment(run.optimizer)
    table = pq.read_table(run.experiment.run_folder / "history.parquet").to_pydict()
    places = list(zip(table["generation"], table["index"], strict=True))
    assert places == [(g, i) for g in range(4) for i in range(4)]


def test_failed_individuals_are_told_as_worst_and_the_run_goes_on(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os._exit(3)
        return 1.0

    run = launch(simulate, 3, 2, optimizer=Climb, asynchronous=True, max_retries=1)
    assert run.error is None
    assert run.outcomes == ["done", "died", "done"] * 2
    assert [fitness for fitness, _ in run.optimizer.last].count(-np.inf) == 2
    assert run.optimizer.best_fitness == 1.0


def test_evaluation_that_hangs_is_timed_out_while_others_are_told(launch):
    def simulate(traj):
        time.sleep(60 if (traj.individual.generation, traj.individual.ind_idx) == (0, 2) else 0.02)
        return 1.0

    started = time.monotonic()
    run = launch(simulate, 4, 8, optimizer=Climb, asynchronous=16, timeout=1.5, max_retries=0)
    assert run.outcomes.count("timed out") == 1 and run.outcomes.count("done") == 31
    assert time.monotonic() - started < 10


def test_every_individual_of_a_generation_failing_stops_the_run(launch):
    def simulate(traj):
        raise ValueError("no such x")

    run = launch(simulate, 3, 4, optimizer=Climb, asynchronous=True, max_retries=0)
    assert isinstance(run.error, GenerationFailedError)
    assert str(run.error).startswith("all 3 individuals of generation 0 failed")
    assert "ValueError: no such x" in str(run.error)


def test_reason_to_stop_ends_the_run(launch):
    class Contented(Climb):
        def tell_one(self, individual, objectives, violation):
            super().tell_one(individual, objectives, violation)
            self.stop_reason = "enough" if self.calls.count("tell") >= 7 else None

    run = launch(uneven, 4, 50, optimizer=Contented, asynchronous=3)
    assert run.error is None
    assert len(run.history) == run.optimizer.calls.count("tell") == 9


def test_more_places_than_individuals_under_way_are_told(launch, capsys):
    launch(uneven, 4, 1, optimizer=Climb, asynchronous=3, runner_params={"max_workers": 2, "inner_params": 2})
    assert "room for 4 individuals, but no more than 3 are under way" in capsys.readouterr().err


def test_command_line_can_ask_for_it(launch):
    with overriding(Overrides(asynchronous=True, quiet=True)):
        run = launch(uneven, 4, 2, optimizer=Climb)
    assert run.optimizer.calls.count("tell") == 8
    assert run.experiment.manifest.facts["asynchronous"] == 8


class Interrupting(Climb):
    """Ends the process of the run, as a kill does, when so many are told."""

    at = 0

    def tell_one(self, individual, objectives, violation):
        super().tell_one(individual, objectives, violation)
        if self.calls.count("tell") == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("at", [1, 6, 10, 12])
def test_interrupted_run_is_resumed_to_the_same_history_and_evaluates_nothing_twice(launch, at):
    whole = launch(uneven, 5, 4, name="whole", optimizer=Climb, asynchronous=7)
    cut = launch(uneven, 5, 4, optimizer=type("Cut", (Interrupting,), {"at": at}), asynchronous=7)
    assert isinstance(cut.error, KeyboardInterrupt)
    with overriding(Overrides(resume=True)):
        resumed = launch(uneven, 5, 4, optimizer=Climb, asynchronous=True)
    assert resumed.error is None
    assert comparable(resumed.history) == comparable(whole.history)
    assert resumed.optimizer.last == whole.optimizer.last


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [(True, False, "has no generations"), (False, True, "has generations"), (5, 6, "5 individuals under way")],
)
def test_resumed_run_must_be_asynchronous_as_it_was(launch, before, after, words):
    class Stepwise(Interrupting):
        at = 4

        def tell(self, population, fitness):
            raise KeyboardInterrupt

    launch(uneven, 4, 3, optimizer=Stepwise, asynchronous=before)
    with overriding(Overrides(resume=True)):
        resumed = launch(uneven, 4, 3, optimizer=Climb, asynchronous=after)
    assert isinstance(resumed.error, RunFolderError)
    assert words in str(resumed.error)
