"""What a run notes about its progress, for those who look."""

import math
import sys
import time

import cloudpickle
import pytest

from l2l.overrides import Overrides, overriding
from l2l.utils import environment
from l2l.utils.history import read_history
from l2l.utils.run_state import RunState, weighted

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def noted(monkeypatch):
    """Every state that a run writes."""
    states = []
    write = RunState.write
    monkeypatch.setattr(RunState, "write", lambda self, path: (states.append(self), write(self, path)))
    return states


def value(traj):
    if traj.individual.ind_idx == 1:
        raise ValueError("never")
    return (traj.individual.x,)


def test_a_run_notes_how_far_it_has_come(launch, noted, monkeypatch):
    monkeypatch.setattr(environment, "NOTE_EVERY_S", math.inf)
    result = launch(value, pop_size=3, n_iteration=2, max_retries=0)
    assert [(s.generation, s.evaluations, s.failures, s.size) for s in noted] == [
        (0, 0, 0, 3),
        (1, 3, 1, 3),
        (2, 6, 2, 3),
    ]
    assert (noted[0].first, noted[0].last, noted[0].best, noted[0].history_bytes) == (0, 2, None, 0)
    assert noted[-1].best == max(record["fitness"][0] for record in result.history if record["fitness"])
    folder = result.experiment.folder
    assert RunState.read(folder.progress_path) == noted[-1]
    assert noted[-1].with_records(folder.history_path, (1.0,)) == noted[-1]
    for state in noted[:-1]:  # whenever the run had been killed, its history would have told the rest
        now = state.with_records(folder.history_path, (1.0,))
        assert (now.evaluations, now.failures, now.best) == (6, 2, noted[-1].best)


def test_what_is_noted_within_a_generation_is_what_the_history_has(launch, noted, monkeypatch):
    monkeypatch.setattr(environment, "NOTE_EVERY_S", 0.0)

    def slow_value(traj):
        time.sleep(0.02)  # so that they do not come all at once
        return value(traj)

    result = launch(slow_value, pop_size=6, n_iteration=1, weights=(-1.0,), max_retries=0)
    within = [state for state in noted if 0 < state.evaluations < 6]
    assert within
    assert all(state.busy <= state.workers <= 2 for state in within)
    assert max(state.busy for state in within) > 0
    n_bytes = result.experiment.history_path.stat().st_size
    records = list(read_history(result.experiment.history_path))
    for state in within:
        n_later = len(list(read_history(result.experiment.history_path, state.history_bytes)))
        assert state.history_bytes < n_bytes
        assert state.evaluations == 6 - n_later
        done = [record["fitness"] for record in records[: state.evaluations]]
        assert state.failures == done.count(None)
        assert state.best == max((-fitness[0] for fitness in done if fitness), default=None)
        assert state.generations_done() == state.evaluations / 6


def test_a_run_without_generations_notes_them_too(one_by_one, noted, monkeypatch):
    monkeypatch.setattr(environment, "NOTE_EVERY_S", math.inf)
    result = one_by_one(lambda traj: (1.0,))
    assert [s.generation for s in noted] == list(range(7))
    assert noted[-1].evaluations == len(result.history) == 24
    assert {s.size for s in noted} == {4}


def test_a_resumed_run_counts_on(launch, noted):
    launch(lambda traj: (1.0,), pop_size=4, n_iteration=5, max_evaluations=9)
    noted.clear()
    with overriding(Overrides(resume=True)):
        launch(lambda traj: (1.0,), pop_size=4, n_iteration=5)
    begun = noted[0]
    assert (begun.first, begun.generation, begun.evaluations, begun.evaluated_before) == (2, 2, 8, 8)
    assert noted[-1].evaluations == 20


@pytest.mark.parametrize(
    ("record", "best"),
    [
        ({"fitness": [2.0, 3.0]}, -8.0),
        ({"fitness": [2.0, 3.0], "violations": [0.0, -1.0]}, -8.0),
        ({"fitness": [2.0, 3.0], "violations": [0.0, 0.1]}, -math.inf),
        ({"fitness": [[2.0, 3.0], [9.0, 9.0]], "violations": [[0.1], [0.0]]}, -27.0),
        ({"fitness": None}, -math.inf),
    ],
)
def test_only_what_satisfies_all_constraints_is_best(record, best):
    assert weighted(record, (-1.0, -2.0)) == best
