"""``l2l-run status`` and ``l2l-run tail``."""

import json
import os
import time

import pytest

from l2l import cli, watching
from l2l.errors import RunFolderError
from l2l.utils.history import last_lines, lines_from
from l2l.utils.run_folder import RunFolder
from l2l.utils.run_state import RunState


def record(generation, index, fitness=(1.0,), **more):
    outcome = {"outcome": "failed" if fitness is None else "done", "fitness": fitness and list(fitness)}
    place = {"generation": generation, "index": index}
    return {**place, **outcome, "started": 1000.0 + index, "seconds": 0.5, "host": "node1", **more}


MANIFEST = """
status: running
name: run
script: null
argv: []
overrides: {}
cwd: /
path: []
seed: 1
fitness_weights: [-1.0]
runner_params: {max_workers: 3}
"""

NOTED = RunState(
    **{
        "first": 2,
        "last": 10,
        "generation": 4,
        "size": 4,
        "evaluated_by_then": 16,
        "evaluations": 16,
        "failures": 1,
        "evaluated_before": 8,
    },
    **{"best": -3.0, "history_bytes": 0, "workers": 2, "busy": 1, "begun": 992.0, "heard": 1000.0},
)


@pytest.fixture
def folder(tmp_path):
    """Of a run of which the runner knows 16 evaluations, and the history two more."""
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.manifest_path.write_text(MANIFEST)
    error = {"type": "ValueError", "message": "no"}
    records = [record(4, 0, [2.5]), record(4, 1, None, error=error)]
    run.history_path.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    NOTED.write(run.progress_path)
    return run


def told(folder, capsys, *command):
    assert cli.main([*command, str(folder.path)]) == 0
    return capsys.readouterr().out


def test_the_state_of_a_run_counts_what_came_since_it_was_noted(folder):
    state = NOTED.with_records(folder.history_path, (-1.0,))
    assert (state.evaluations, state.failures, state.best, state.heard) == (18, 2, -2.5, 1001.5)
    assert state.generations_done() == 2.5


def test_status_of_a_run_that_goes_on(folder, capsys, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1002.0)
    with folder.locked():
        lines = told(folder, capsys, "status").splitlines()
    assert lines[0] == f"{folder.path}: running, process {os.getpid()} on {os.uname().nodename}"
    assert dict(line.split(maxsplit=1) for line in lines[1:]) == {
        "generation": "5 of 10",
        "evaluations": "18, 2 failed",
        "best": "-2.5 (weighted fitness)",
        "rate": "1 evaluations/s",
        "left": "0:00:22",  # 2.5 of 8 generations took 10 s
        "workers": "2 ready, 1 busy; at most 3",
        "last": "result  0:00:00 ago",
    }


def test_status_of_a_run_that_was_killed_says_how_to_go_on(folder, capsys):
    lines = told(folder, capsys, "status").splitlines()
    assert lines[0] == f"{folder.path}: killed; go on with: l2l-run --resume {folder.path}"
    assert not any(line.startswith("left") for line in lines)


def test_looking_does_not_keep_a_run_from_beginning(folder):
    assert folder.holder() is None  # nobody has ever run here
    with folder.locked():
        assert folder.holder().startswith(f"process {os.getpid()}")
    assert folder.holder() is None
    with folder.locked():
        pass


def test_tail_shows_the_last_evaluations(folder, capsys):
    both = told(folder, capsys, "tail").splitlines()
    assert len(both) == 2
    assert both[0].endswith("generation 4, individual 0: done 2.5, 0.5 s on node1")
    assert both[1].endswith("generation 4, individual 1: failed (ValueError: no), 0.5 s on node1")
    assert told(folder, capsys, "tail", "-n", "1").splitlines() == both[1:]


def test_tail_follows_a_run_to_its_end(folder):
    with folder.locked():
        followed = watching.tail_lines(folder, 1, follow=True)
        lines = [next(followed)]
        torn = json.dumps(record(5, 0)) + "\n" + json.dumps(record(5, 1))[:20]
        with open(folder.history_path, "a") as file:
            file.write(json.dumps(record(4, 2)) + "\n")
            file.flush()
            lines.append(next(followed))
            file.write(torn)
            file.flush()
            lines.append(next(followed))
    lines += followed
    assert [line.split("  ")[1].split(":")[0] for line in lines] == [
        "generation 4, individual 1",
        "generation 4, individual 2",
        "generation 5, individual 0",
    ]


def test_what_is_no_run_is_refused(tmp_path, capsys):
    for command in ("status", "tail"):
        assert cli.main([command, str(tmp_path)]) == cli.USAGE
        assert "is not the folder of a run" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "nothing", '{"first": 1, "second": 2}'])
def test_a_state_that_is_none_is_refused(folder, text):
    folder.progress_path.write_text(text)
    with pytest.raises(RunFolderError, match="is not the state of a run"):
        RunState.read(folder.progress_path)
    folder.progress_path.write_text(json.dumps({**vars(NOTED), "size": "4"}))
    with pytest.raises(RunFolderError, match="size is '4'"):
        RunState.read(folder.progress_path)


@pytest.mark.parametrize("n", [0, 1, 3, 5000, 9999, 20000])
def test_the_last_lines_are_those_of_the_file(tmp_path, n):
    path = tmp_path / "history"
    lines = [f"{i}{'x' * (i % 37)}".encode() for i in range(10000)]
    path.write_bytes(b"\n".join(lines) + b"\ntorn")
    found, end = last_lines(path, n)
    assert found == lines[max(0, len(lines) - n) :]
    assert end == path.stat().st_size - len(b"torn")
    assert lines_from(path, end) == ([], end)
