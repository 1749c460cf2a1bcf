"""Whatever becomes of the run folder, the run ends cleanly, and goes on once that is mended."""

import resource
import shutil
import signal
import subprocess
import sys
import time

import cloudpickle
import pytest

from l2l.errors import StorageError

cloudpickle.register_pickle_by_value(sys.modules[__name__])

FULL = """
try:
    with open("results/filler", "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
except OSError:
    print("there is no room for this line" * 1000)
"""

NO_INODES = """
try:
    for number in range(10000):
        open(f"results/filler{number}", "w").close()
except OSError:
    pass
"""

WAITS = """
import os, time
open("reached", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
"""


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small(piped):
    """A project whose results have a file system of their own, with little room."""
    results = piped.folder / "results"
    results.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m,nr_inodes=500", "tmpfs", results)
    yield piped
    subprocess.run(["umount", "--lazy", str(results)], check=True)


@pytest.mark.parametrize(
    ("pipes", "fault"),
    [("fifo", FULL), ("file", FULL), ("executor", FULL), ("file", NO_INODES)],
    ids=["fifo", "file", "executor", "inodes"],
)
def test_full_disk_stops_the_run_which_goes_on_once_there_is_room(small, reference, fault):
    code, told = small.run("experiment.py", block=(2, 5), fault=fault)
    assert code == 1
    assert "cannot be written" in told and "No space left on device" in told
    assert f"l2l-run --resume {small.results}" in told
    assert "Traceback" not in told
    assert {record["outcome"] for record in small.history()} == {"done"}
    for filler in small.results.parent.glob("filler*"):
        filler.unlink()
    small.resume()
    assert small.history() == reference


@pytest.mark.parametrize("pipes", ["fifo"])
def test_disk_that_is_full_from_the_start_or_at_the_resume_is_told(small):
    small.end_blocked(signal.SIGKILL, "experiment.py")
    with open(small.results.parent / "filler", "wb", buffering=0) as file, pytest.raises(OSError):
        while file.write(bytes(4096)):
            pass
    for arguments in (("--resume", small.results), ("experiment.py", "--name", "another")):
        code, told = small.run(*arguments)
        assert code != 0
        assert "No space left on device" in told and "Traceback" not in told


def test_folder_that_becomes_read_only_stops_the_run_which_goes_on_once_it_is_not(small, reference, wait_until):
    process = small.start("experiment.py", block=(2, 5), fault=WAITS)
    wait_until((small.folder / "reached").exists)
    mount("--bind", small.results, small.results)
    mount("-o", "remount,bind,ro", small.results)
    (small.folder / "go").touch()
    _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Read-only file system" in told and f"l2l-run --resume {small.results}" in told
    code, told = small.run("--resume", small.results)
    assert code != 0
    assert "Read-only file system" in told and "Traceback" not in told
    subprocess.run(["umount", "--lazy", str(small.results)], check=True)
    small.resume()
    assert small.history() == reference


def test_folder_that_is_deleted_while_workers_are_busy_stops_the_run(piped):
    process, _ = piped.start_blocked("experiment.py")
    shutil.rmtree(piped.results)
    started = time.monotonic()
    _, told = process.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert process.returncode == 1
    assert f"the run folder {piped.results} cannot be written" in told


def test_folder_that_is_deleted_by_an_evaluation_stops_the_run(launch, tmp_path):
    def simulate(traj):
        if traj.individual.generation == 1:
            shutil.rmtree(folder, ignore_errors=True)
        return 1.0

    folder = tmp_path / "results" / "run"
    run = launch(simulate, n_iteration=3)
    assert isinstance(run.error, StorageError)


def limited(n_bytes):
    """As a quota of the worker does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, resource.RLIM_INFINITY))


def test_quota_of_the_runner_stops_the_run_and_says_how_to_go_on(launch, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def simulate(traj):
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))  # not the worker's trouble
        return 1.0

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        run = launch(simulate, pop_size=200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(run.error, StorageError)
    assert f"l2l-run --resume {tmp_path / 'results' / 'run'}" in str(run.error)


def test_log_of_a_worker_that_is_full_costs_no_evaluation(launch):
    def simulate(traj):
        limited(100_000)
        print("x" * 200_000)
        print("y", file=sys.stderr)
        return 1.0

    run = launch(simulate, max_retries=0)
    assert run.outcomes == ["done"] * 3


def test_result_that_a_worker_has_no_room_for_comes_from_another(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1 and traj.retry == 0:
            limited(1)
        return (float(traj.individual.ind_idx),) * 10_000

    run = launch(simulate, weights=(1.0,) * 10_000)
    assert run.outcomes == ["done"] * 3
    assert [fitness[-1] for fitness in run.fitness] == [0.0, 1.0, 2.0]


def test_torn_record_is_cut_off_and_evaluated_again(project, reference):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    path = project.results / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    project.resume()
    assert project.history() == reference


def test_run_without_its_history_is_not_resumed(project):
    project.end_blocked(signal.SIGKILL, "experiment.py")
    (project.results / "history.jsonl").unlink()
    code, told = project.run("--resume", "results/run")
    assert code == 2
    assert "bytes of the history, of which 0 are whole" in told
