"""However a runner ends, no process of it is left, and what it did is gone on with."""

import itertools
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from l2l.utils.run_lock import CHECK_EVERY_S

POOL = ("--executor", "concurrent.futures:ProcessPoolExecutor")


def test_nothing_is_left_after_success(piped):
    assert piped.run("experiment.py")[0] == 0
    assert piped.status() == "finished"
    assert not [path for path in piped.results.rglob("*pipe*") if path.name != "pipes"]


def ends_at_a_signal(project, left, number, *options):
    process, pids = project.start_blocked("experiment.py", *options)
    assert set(pids) <= set(left())
    started = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - started < 4
    assert process.returncode == 130
    name = signal.Signals(number).name
    assert f"interrupted by {name}; go on with: l2l-run --resume {project.results}" in told
    assert not set(pids) & set(left())
    assert project.status() == "interrupted"


def test_signal_ends_the_run_cleanly_and_says_how_to_go_on(piped, left, reference):
    ends_at_a_signal(piped, left, signal.SIGINT)
    piped.resume()
    assert piped.history() == reference


def test_request_to_end_is_like_a_key(project, left):
    ends_at_a_signal(project, left, signal.SIGTERM)


def test_signal_ends_the_run_of_a_process_pool(project, left):
    ends_at_a_signal(project, left, signal.SIGINT, *POOL)


def test_python_on_the_script_ends_as_interrupted(project):
    process, _ = project.start_blocked(command=("experiment.py",))
    process.terminate()
    process.communicate()
    assert process.returncode == -signal.SIGINT  # which a shell calls 130
    assert project.status() == "interrupted"


def test_killed_runner_takes_all_processes_along_and_is_gone_on_with(piped, left, reference, wait_until):
    process, pids = piped.start_blocked("experiment.py")
    assert set(pids) <= set(left())
    process.kill()
    process.communicate()
    wait_until(lambda: not left(), 5)
    assert 16 <= len(piped.history()) < 24
    piped.resume()
    assert piped.history() == reference
    assert piped.status() == "finished"
    assert (piped.folder / "ended").read_text().count("\n") == 1  # what follows run_experiment happened, too


def test_runner_killed_in_its_first_generation_is_gone_on_with(project, reference):
    project.end_blocked(signal.SIGKILL, "experiment.py", block=(0, 3))
    project.resume()
    assert project.history() == reference


@pytest.mark.parametrize("pipes", ["file"])
def test_runner_killed_twice_in_one_generation_evaluates_nothing_twice(piped, reference):
    piped.end_blocked(signal.SIGKILL, "experiment.py")
    n_records = len(piped.history())
    piped.end_blocked(signal.SIGKILL, "--resume", piped.results)
    assert 16 < n_records <= len(piped.history())
    piped.resume()
    assert piped.history() == reference


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_run_without_generations_is_gone_on_with_and_those_under_way(project, steady_reference, wait_until, number):
    process, _ = project.start_blocked("experiment.py", "--asynchronous")
    wait_until(lambda: project.history()[-1]["generation"] == 3)  # the window reaches beyond
    process.send_signal(number)
    process.communicate()
    before = project.history()
    assert (2, 5) not in [(record["generation"], record["index"]) for record in before]
    project.resume("--inner-params", "2")
    assert project.history() == steady_reference != before
    assert project.status() == "finished"


def test_second_runner_in_a_folder_is_refused(project):
    process, _ = project.start_blocked("experiment.py")
    try:
        resuming = project.run("--resume", "results/run")
        overwriting = project.run("experiment.py", "--overwrite")
    finally:
        process.kill()
        process.communicate()
    holder = f"process {process.pid} on {os.uname().nodename}"
    for code, told in (resuming, overwriting):
        assert code == 2
        assert f"another run is going on in {project.results}: {holder}" in told


@pytest.mark.parametrize("host", [os.uname().nodename, "another-host"])
def test_lock_that_a_dead_runner_has_left_is_no_obstacle(project, reference, host):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    assert (project.results / ".lock").exists()
    (project.results / ".lock").write_text(f"process 4194305 on {host}\n")
    project.resume()
    assert project.history() == reference


@pytest.mark.slow
def test_run_without_generations_killed_again_and_again_ends_with_the_same_history(project, steady_reference):
    arguments = ("experiment.py", "--asynchronous")
    for place in ((0, 0), (1, 0), (2, 4), (4, 7)):  # each beyond the window of the one before
        project.end_blocked(signal.SIGKILL, *arguments, block=place)
        arguments = ("--resume", project.results)
    project.resume()
    assert project.history() == steady_reference


def beats_of_runner(left):
    """The process that beats for it: it follows no other heartbeat."""
    found = []
    for pid in left():
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if any(word.endswith(b"beat.py") for word in words) and words[-2:] == [b"", b""]:
                found.append(pid)
    return found


@pytest.mark.parametrize("pipes", ["file"])
def test_heartbeat_of_the_runner_that_is_killed_is_started_again(piped, left, reference, wait_until):
    process, pids = piped.start_blocked("experiment.py")
    (beat,) = beats_of_runner(left)
    os.kill(beat, signal.SIGKILL)
    wait_until(lambda: set(beats_of_runner(left)) - {beat}, 5)
    assert set(pids) <= set(left())
    process.kill()
    process.communicate()
    piped.resume()
    assert piped.history() == reference


def test_runner_is_killed_after_the_process_that_ends_its_workers(piped, left, wait_until):
    process, _ = piped.start_blocked("experiment.py")
    for pid in left():
        if b"reaper.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    process.kill()
    process.communicate()
    worker = b"run_optimizee.py"
    wait_until(lambda: not [pid for pid in left() if worker in Path(f"/proc/{pid}/cmdline").read_bytes()], 5)
    for pid in left():
        os.kill(pid, signal.SIGKILL)  # what an optimizee had started has nobody left who knows of it


def test_clocks_that_jump_disturb_nothing(launch, monkeypatch):
    real = time.time
    jumps = itertools.cycle([0.0, 86_400.0, -86_400.0])
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))

    def simulate(traj):
        time.time = lambda: 86_400.0 * (1 + traj.individual.ind_idx % 3)  # the worker's clock, from now on
        return 1.0

    run = launch(simulate, pop_size=6, n_iteration=4, timeout=60.0, runner_params={"heartbeat_timeout": 5.0})
    assert run.error is None
    assert run.outcomes == ["done"] * 24
    assert {record["attempt"] for record in run.history} == {0}
    assert all(0 <= record["seconds"] < 60 for record in run.history)


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("pipes", ["fifo", "file"], indirect=True)
def test_runner_whose_run_was_taken_over_leaves_the_folder_alone_and_says_who_has_it(piped, wait_until):
    process, _ = piped.start_blocked("experiment.py", "--quiet")
    process.send_signal(signal.SIGSTOP)  # cut off for a while, in which another one has begun
    (piped.results / ".lock").write_text("process 7 on another-host\nanother machine\ntoken\n")
    of_the_other = piped.results / "simulation" / "pipes" / "token" / "runner.alive"
    of_the_other.parent.mkdir(parents=True)
    of_the_other.touch()
    found = snapshot(piped.results)
    came_back = time.monotonic() + CHECK_EVERY_S
    wait_until(lambda: time.monotonic() > came_back)
    process.send_signal(signal.SIGCONT)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"process 7 on another-host has taken over {piped.results}" in told
    assert "Traceback" not in told
    after = snapshot(piped.results)
    assert after == {path: found[path] for path in after}
    assert of_the_other in after
    assert {path.parents[1].name for path in found.keys() - after.keys()} <= {"pipes"}  # its own
