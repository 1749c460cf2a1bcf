"""What a run notes about its progress, for those who look."""

import sys

import cloudpickle
import pytest

from l2l.overrides import Overrides, overriding
from l2l.utils.run_state import RunState

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


def test_a_run_notes_how_far_it_has_come(launch, noted):
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


def test_a_run_without_generations_notes_them_too(one_by_one, noted):
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
