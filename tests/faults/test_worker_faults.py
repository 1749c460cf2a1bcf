"""Whatever an optimizee does to its worker, the individual is tried again, and told of if that does not help."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from l2l.errors import GenerationFailedError, IndividualFailedError, UsageError, WorkerStartError
from l2l.utils import worker_pool

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def fails_first(times, fail):
    """A function that fails at the first attempts at individual 1."""

    def simulate(traj):
        if traj.individual.ind_idx == 1 and traj.retry < times:
            fail()
        return (traj.individual.x,)

    return simulate


def raise_value_error():
    raise ValueError("no such x")


def kill_self(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


FAULTS = {
    "exception": (raise_value_error, "failed"),
    "sys.exit": (lambda: exec("raise SystemExit(0)"), "failed"),
    "exit 0": (lambda: os._exit(0), "died"),
    "exit 3": (lambda: os._exit(3), "died"),
    "exit 137": (lambda: os._exit(137), "died"),
    "SIGKILL": (lambda: kill_self(signal.SIGKILL), "died"),
    "SIGTERM": (lambda: kill_self(signal.SIGTERM), "died"),
    "SIGSEGV": (lambda: kill_self(signal.SIGSEGV), "died"),
}


OWN_WORKERS = pytest.mark.parametrize("pipes", ["fifo", "file"], indirect=True)


def every_fault(times):
    """A function that fails at the first attempts, at every individual but the last in another way."""

    def simulate(traj):
        if traj.individual.ind_idx < len(FAULTS) and traj.retry < times:
            [*FAULTS.values()][traj.individual.ind_idx][0]()
        return (traj.individual.x,)

    return simulate


def test_individuals_that_fail_once_are_tried_again(launch):
    run = launch(every_fault(1), len(FAULTS) + 1)
    assert run.error is None
    assert run.outcomes == ["done"] * (len(FAULTS) + 1)
    assert [record["attempt"] for record in run.history] == [1] * len(FAULTS) + [0]


def test_individuals_that_fail_always_are_worst_and_say_why(launch):
    run = launch(every_fault(9), len(FAULTS) + 1, max_retries=1)
    assert run.error is None
    assert run.outcomes == [outcome for _, outcome in FAULTS.values()] + ["done"]
    *failed, done = run.history
    assert {(record["attempt"], record["fitness"]) for record in failed} == {(1, None)}
    assert run.optimizer.told == [[-np.inf] * len(FAULTS) + done["fitness"]]
    told = dict(zip(FAULTS, [record["error"]["message"] for record in failed], strict=True))
    assert "exit code 3" in told["exit 3"]
    assert "signal SIGKILL" in told["SIGKILL"]
    assert "no such x" in told["exception"]


def test_traceback_of_the_optimizee_is_recorded(launch):
    run = launch(fails_first(9, raise_value_error), max_retries=0)
    traceback = run.history[1]["error"]["traceback"]
    assert "raise_value_error" in traceback
    assert traceback.endswith("ValueError: no such x\n")
    assert "evaluate" not in traceback.split("conftest")[0]  # begins with the optimizee, not with the worker


def test_last_lines_of_a_dead_worker_are_recorded(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os.write(2, b"out of cheese\n")
            os._exit(4)
        return 1.0

    run = launch(simulate, max_retries=0)
    assert run.history[1]["error"]["stderr"].endswith("out of cheese")


def test_segmentation_fault_leaves_the_python_stack(launch):
    run = launch(fails_first(9, FAULTS["SIGSEGV"][0]), max_retries=0)
    assert "kill_self" in run.history[1]["error"]["stderr"]


def test_results_that_are_no_fitness_fail_and_are_described(launch):
    results = [None, "fast", object(), lambda: 1, [[1.0]], {}]
    run = launch(lambda traj: [*results, 1.0][traj.individual.ind_idx], len(results) + 1, max_retries=0)
    assert run.outcomes == ["failed"] * len(results) + ["done"]
    for record in run.history[:-1]:
        assert "1 finite number, one per fitness weight; " in record["error"]["message"]


def test_fitness_that_is_not_finite_is_worst_and_not_retried(launch):
    values = [float("nan"), float("inf"), -float("inf")]
    run = launch(lambda traj: [1.0, *values][traj.individual.ind_idx], 4)
    assert run.outcomes == ["done"] + ["not finite"] * 3
    assert {record["attempt"] for record in run.history} == {0}
    assert run.fitness == [[1.0], [None], [None], [None]]
    for value, record in zip(values, run.history[1:], strict=True):
        assert str(value) in record["error"]["message"]
    assert run.optimizer.told == [[1.0, -np.inf, -np.inf, -np.inf]]


def test_evaluation_that_hangs_is_ended_and_tried_again(launch):
    run = launch(fails_first(1, lambda: time.sleep(60)), timeout=0.5)
    assert run.outcomes == ["done"] * 3
    assert run.history[1]["attempt"] == 1


def test_evaluation_that_always_hangs_is_timed_out(launch):
    started = time.monotonic()
    run = launch(fails_first(9, lambda: time.sleep(60)), timeout=1.5, max_retries=0)
    assert run.outcomes == ["done", "timed out", "done"]
    assert "longer than 1.5 s" in run.history[1]["error"]["message"]
    assert time.monotonic() - started < 10


def test_timeout_is_of_one_evaluation_not_of_the_queue(launch):
    def simulate(traj):
        time.sleep(0.15 if traj.individual.generation else 0.0)  # many in hand after a quick generation
        return 1.0

    run = launch(simulate, pop_size=12, n_iteration=2, timeout=0.8, runner_params={"max_workers": 1})
    assert run.outcomes == ["done"] * 24
    assert {record["attempt"] for record in run.history} == {0}


def test_every_individual_failing_stops_the_run_with_tracebacks(launch):
    run = launch(lambda traj: raise_value_error(), n_iteration=3, max_retries=0)
    assert isinstance(run.error, GenerationFailedError)
    assert str(run.error).count("ValueError: no such x") == 3
    assert run.outcomes == ["failed"] * 3


def test_stop_ends_the_run_after_the_last_attempt(launch):
    run = launch(fails_first(9, raise_value_error), on_failure="stop", max_retries=2)
    assert isinstance(run.error, IndividualFailedError)
    assert "generation 0, individual 1 failed at each of 3 attempts" in str(run.error)
    assert "err_" in str(run.error) and "ValueError: no such x" in str(run.error)


def test_stop_run_ends_the_run_at_the_first_failure_as_system_exit(launch):
    run = launch(fails_first(1, lambda: os._exit(129)), stop_run=True)
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 1


def test_innocent_individuals_in_the_queue_of_a_dead_worker_are_not_charged(launch):
    def simulate(traj):
        if (traj.individual.generation, traj.individual.ind_idx) == (1, 20) and traj.retry == 0:
            os._exit(1)
        return 1.0

    run = launch(simulate, pop_size=60, n_iteration=2, runner_params={"max_workers": 1})
    assert run.outcomes == ["done"] * 120
    assert [(r["generation"], r["index"]) for r in run.history if r["attempt"]] == [(1, 20)]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/no/such/python", "No such file"),
        ("false", "exit code 1"),
        ("true", "exit code 0"),
        ("sh -c 'echo not today >&2; exit 7'", "not today"),
    ],
)
def test_worker_that_cannot_start_says_so_at_once(launch, command, words):
    started = time.monotonic()
    run = launch(lambda traj: 1.0, runner_params={"exec": command})
    assert isinstance(run.error, WorkerStartError)
    assert words in str(run.error)
    assert time.monotonic() - started < 5


def test_optimizee_that_cannot_be_imported_is_told_in_the_workers_words(launch, tmp_path, monkeypatch):
    (tmp_path / "passing.py").write_text("def simulate(traj):\n    return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    import passing

    (tmp_path / "passing.py").write_text("raise RuntimeError('not any more')\n")
    os.utime(tmp_path / "passing.py", (1, 1))
    run = launch(passing.simulate)
    assert isinstance(run.error, WorkerStartError)
    assert "not any more" in str(run.error)


@pytest.fixture
def counting(tmp_path):
    """A command for workers that notes each start, and then does as told."""

    def command(then):
        wrapper = tmp_path / "python"
        wrapper.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path}/starts\n{then}\nexec {sys.executable} "$@"\n')
        wrapper.chmod(0o700)
        return str(wrapper), lambda: (tmp_path / "starts").read_text().split()

    return command


@OWN_WORKERS
def test_one_worker_that_cannot_start_is_told_and_the_others_do_the_work(launch, counting, capsys):
    command, starts = counting('[ "$2" = 1 ] && { echo no room >&2; exit 5; }')
    run = launch(lambda traj: 1.0, n_iteration=2, runner_params={"exec": command})
    assert run.outcomes == ["done"] * 6
    assert sorted(starts()) == ["0", "1"]
    assert "worker 1 could not start: exit code 5" in capsys.readouterr().err


def test_replacement_that_cannot_start_is_not_tried_for_ever(launch, counting, monkeypatch):
    monkeypatch.setattr(worker_pool, "GIVE_UP_S", 0.5)
    command, starts = counting('[ $(wc -l < "$(dirname "$0")/starts") -gt 1 ] && exit 6')

    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os._exit(1)
        return 1.0

    run = launch(simulate, runner_params={"exec": command, "max_workers": 1})
    assert isinstance(run.error, WorkerStartError)
    assert "exit code 6" in str(run.error)
    assert 1 + 2 <= len(starts()) < 1 + worker_pool.START_TRIES + 5  # two if each takes as long as is waited


def test_worker_that_is_killed_while_it_starts_is_replaced(launch, counting):
    command, starts = counting('[ $(wc -l < "$(dirname "$0")/starts") -lt 3 ] && kill -9 $$')
    run = launch(lambda traj: 1.0, runner_params={"exec": command, "max_workers": 1})
    assert run.outcomes == ["done"] * 3
    assert len(starts()) == 3


def test_replacements_that_cannot_start_for_a_while_are_started_again(launch, counting):
    command, starts = counting('n=$(wc -l < "$(dirname "$0")/starts"); [ $n -gt 1 ] && [ $n -lt 7 ] && exit 6')

    def simulate(traj):
        if traj.individual.ind_idx == 1 and traj.retry == 0:
            os._exit(1)
        return 1.0

    run = launch(simulate, runner_params={"exec": command, "max_workers": 1})
    assert run.outcomes == ["done"] * 3
    assert len(starts()) == 7


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_number_of_workers_must_be_above_zero(launch, workers):
    with pytest.raises(UsageError, match="max_workers"):
        launch(lambda traj: 1.0, runner_params={"max_workers": workers})


@OWN_WORKERS
def test_no_more_workers_than_individuals(launch, tmp_path):
    launch(lambda traj: 1.0, pop_size=2, runner_params={"max_workers": 5})
    logs = tmp_path / "results" / "run" / "simulation" / "individual_logs"
    assert {path.name for path in logs.glob("err_*")} == {"err_0.log", "err_1.log"}


@OWN_WORKERS
def test_user_is_told_when_no_worker_gets_ready(launch, monkeypatch, capsys):
    monkeypatch.setattr(worker_pool, "STARTING_S", 0.05)
    launch(lambda traj: 1.0, runner_params={"exec": "sh -c 'sleep 0.5; exit 1'"})
    assert "still no worker is ready; command: sh -c" in capsys.readouterr().err


@OWN_WORKERS
def test_user_is_told_of_a_worker_that_waits_while_others_work(launch, monkeypatch, counting, capsys):
    monkeypatch.setattr(worker_pool, "STARTING_S", 0.3)
    command, _ = counting('[ "$2" = 1 ] && { echo no room yet >&2; sleep 60; }')
    run = launch(lambda traj: time.sleep(0.2) or 1.0, n_iteration=2, runner_params={"exec": command})
    assert run.error is None
    told = capsys.readouterr().err
    assert told.count("1 of 2 workers wait") == 1
    assert "it says: no room yet" in told


def kill_heartbeat():
    """End the processes that beat for this worker; how many there were."""
    n_killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            program, pid = words[3:5] if len(words) > 5 else (b"", b"")
            if program.endswith(b"beat.py") and pid == str(os.getpid()).encode():
                os.kill(int(entry.name), signal.SIGKILL)
                n_killed += 1
    return n_killed


@pytest.mark.parametrize("pipes", ["file"], indirect=True)
def test_worker_whose_heartbeat_is_killed_is_alive(launch):
    def simulate(traj):
        killed = kill_heartbeat()
        time.sleep(1.0)
        return killed

    run = launch(simulate, runner_params={"heartbeat_timeout": 0.3, "max_workers": 1})
    assert run.fitness == [[1.0]] * 3  # it beat again for each
    assert [record["attempt"] for record in run.history] == [0, 0, 0]
