"""Whatever stands in a pipe, a result comes from the worker that was asked for it, whole and once."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import cloudpickle
import pytest

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def write(*lines):
    """Into the pipe from this worker to its runner, beside its own messages."""
    program, worker, *start = sys.argv
    folder = Path(program).parent
    folder /= f"pipes/{start[0]}" if start else "individual_logs"
    number = f".{start[1]}" if len(start) == 2 else ""
    pipe = os.open(folder / f"outputpipe_{worker}{number}", os.O_WRONLY | os.O_APPEND)
    for line in lines:
        os.write(pipe, line)
    os.close(pipe)


def answer(index, fitness, **others):
    """A message as a worker writes it."""
    message = {"of": [0, index, 0], "run": os.environ["L2L_RUN"], "started": 0.0, "seconds": 0.0}
    return json.dumps(message | {"fitness": [fitness]} | others).encode() + b"\n"


def disturbed(launch, *lines_of, **prepare):
    """The fitness of six individuals, 10 x their index, while lines are written at the third."""

    def simulate(traj):
        index = traj.individual.ind_idx
        if index == 2 and traj.retry == 0:
            write(*[make() for make in lines_of])
        return (10.0 * index,)

    run = launch(simulate, 6, runner_params={"max_workers": 1}, **prepare)
    assert run.error is None, run.error
    assert run.outcomes == ["done"] * 6
    return [fitness for (fitness,) in run.fitness]


RIGHT = [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]


def test_message_of_a_former_attempt_or_another_run_is_ignored(launch):
    assert disturbed(launch, lambda: answer(1, 99.0), lambda: answer(2, 99.0, run="another")) == RIGHT


def test_half_a_message_waits_for_its_rest(launch):
    assert disturbed(launch, lambda: answer(2, 20.0)[:30], lambda: answer(2, 20.0)[30:]) == RIGHT


def test_messages_that_come_twice_count_once(launch):
    assert disturbed(launch, lambda: answer(2, 20.0), lambda: answer(2, 20.0)) == RIGHT
    assert disturbed(launch, lambda: answer(2, 20.0) * 3 + answer(3, 30.0) * 2, name="at-once") == RIGHT


BROKEN = [b"no message\n", b'{"of":[0,2,0],"fi\n', b"\n", b"[1,2]\n", b"\xff\xfe\n"]


@pytest.mark.parametrize(
    ("pipes", "line"), [*(("fifo", line) for line in BROKEN), *((pipes, BROKEN[0]) for pipes in ("file", "executor"))]
)
def test_line_that_is_no_message_costs_the_worker_and_no_individual(launch, line):
    assert disturbed(launch, lambda: line) == RIGHT


def test_evaluation_that_breaks_the_pipe_of_its_worker_always_is_blamed(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            write(b"no message\n")
            time.sleep(60)
        return 1.0

    run = launch(simulate, max_retries=1)
    assert run.outcomes == ["done", "died", "done"]
    assert "a line that is no message: b'no message'" in run.history[1]["error"]["message"]


def test_name_of_a_file_that_comes_twice_counts_once(launch):
    def simulate(traj):
        index = traj.individual.ind_idx
        if index == 2:
            file = {"file": f"results/results_0_{index - 1}_0.json"}
            write(*[json.dumps({"run": os.environ["L2L_RUN"], "of": [0, index - 1, 0]} | file).encode() + b"\n"] * 2)
        return (float(index),) * 10_000

    run = launch(simulate, 4, weights=(1.0,) * 10_000, runner_params={"max_workers": 1})
    assert [fitness[-1] for fitness in run.fitness] == [0.0, 1.0, 2.0, 3.0]


def test_message_of_an_old_worker_does_not_reach_a_resumed_run(project, reference):
    process, _ = project.start_blocked("experiment.py")
    pipe = project.results / "simulation" / "individual_logs" / "outputpipe_0"
    old = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    process.kill()
    process.communicate()
    os.write(old, b'{"of":[2,5,0],"run":"old","fitness":[99.0],"started":0.0,"seconds":0.1}\n')
    project.resume()
    os.close(old)
    assert project.history() == reference
    assert process.returncode == -signal.SIGKILL
