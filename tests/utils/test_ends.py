"""However a run ends, no process of it is left, and it can be resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from l2l.utils.history import CIRCUMSTANCES

SCRIPT = """
import os, subprocess, sys, time
from collections import namedtuple
import numpy as np
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.experiment import Experiment
import beside

Parameters = namedtuple("Parameters", "pop_size n_iteration seed")

class Model(Optimizee):
    def create_individual(self):
        return {"x": np.zeros(2)}

    def simulate(self, traj):
        beside.wait(traj)
        return (float(((traj.individual.x - 0.3) ** 2).sum()) + 0.01 * np.random.rand(),)

class Walk(Optimizer):
    '''Gaussian steps from the best point so far.'''

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.x = np.zeros(2)
        self.best = -np.inf
        self.start(traj)

    def ask(self):
        return [self.ask_one() for _ in range(self.parameters.pop_size)]

    def ask_one(self):
        return {"x": self.x + 0.3 * self.rng.standard_normal(2)}

    def tell_one(self, individual, objectives, violation):
        if objectives[0] > self.best:
            self.best, self.x = objectives[0], individual["x"]

    def tell(self, population, fitness):
        self.x = population[int(np.argmax(fitness))]["x"]

def main():
    experiment = Experiment("results")
    traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 2}, overwrite="again" in sys.argv)
    optimizee = Model(traj)
    optimizer = Walk(traj, optimizee.create_individual, (-1.0,), Parameters(8, 5, 3))
    experiment.run_experiment(optimizer, optimizee)
    experiment.end_experiment(optimizer)
    with open("ended", "a") as file:
        file.write(f"{list(optimizer.best_individual['x'])} {optimizer.g} {experiment.smoke}\\n")

if __name__ == "__main__":
    main()
"""

BESIDE = """
import os, subprocess, time

def wait(traj):
    time.sleep(0.003)  # long enough for a worker to be given one at a time: none waits behind the one that hangs
    at = tuple(map(int, os.environ.get("BLOCK", "-1 -1").split()))
    if (traj.individual.generation, traj.individual.ind_idx) == at:
        child = subprocess.Popen(["sleep", "300"])
        elsewhere = subprocess.Popen(["sleep", "300"], start_new_session=True)
        with open("blocked.part", "w") as file:
            file.write(f"{os.getpid()} {child.pid} {elsewhere.pid}")
        os.rename("blocked.part", "blocked")
        time.sleep(300)
"""


def write_project(folder):
    (folder / "experiment.py").write_text(SCRIPT)
    (folder / "beside.py").write_text(BESIDE)
    return folder


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path)


def command(*arguments):
    return [sys.executable, "-m", "l2l.cli", *map(str, arguments)]


def run(project, *arguments, **kwargs):
    return subprocess.run(command(*arguments), cwd=project, capture_output=True, text=True, timeout=300, **kwargs)


def history(folder):
    """What every run of this seed must agree on."""
    records = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for record in records:
        for name in (*CIRCUMSTANCES, "attempt"):
            del record[name]
    return sorted(records, key=lambda record: (record["generation"], record["index"]))


def until(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value


def start_blocked(project, *arguments, generation=2, index=5):
    """A run that hangs in one evaluation; returns its process, and those that must not outlive it."""
    env = {**os.environ, "BLOCK": f"{generation} {index}"}
    process = subprocess.Popen(command(*arguments), cwd=project, env=env, stderr=subprocess.PIPE, text=True)
    blocked = project / "blocked"
    until(lambda: blocked.exists() or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    return process, [int(pid) for pid in blocked.read_text().split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def processes_of(project):
    """Processes whose command line or working folder is in the project."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and is_alive(entry.name):
            try:
                about = (entry / "cmdline").read_bytes().decode(errors="replace") + os.readlink(entry / "cwd")
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if str(project) in about:
                found.append(int(entry.name))
    return found


def status(project):
    import yaml

    return yaml.safe_load((project / "results" / "run" / "manifest.yaml").read_text())["status"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The history of a run that nothing interrupted."""
    project = write_project(tmp_path_factory.mktemp("reference"))
    done = run(project, "experiment.py", "--name", "whole")
    assert done.returncode == 0, done.stderr
    return history(project / "results" / "whole")


def test_nothing_is_left_after_success(project):
    assert run(project, "experiment.py").returncode == 0
    assert processes_of(project) == []
    assert status(project) == "finished"
    assert not list(project.glob("results/run/simulation/individual_logs/*pipe*"))


@pytest.mark.parametrize(
    ("number", "name", "options"),
    [
        (signal.SIGINT, "SIGINT", ()),
        (signal.SIGTERM, "SIGTERM", ()),
        (signal.SIGINT, "SIGINT", ("--executor", "concurrent.futures:ProcessPoolExecutor")),
    ],
)
def test_signal_ends_the_run_cleanly_and_says_how_to_go_on(project, number, name, options):
    process, pids = start_blocked(project, "experiment.py", *options)
    started = time.monotonic()
    process.send_signal(number)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - started < 4
    assert process.returncode == 130
    assert f"interrupted by {name}; go on with: l2l-run --resume {project / 'results' / 'run'}" in told
    assert not [pid for pid in pids if is_alive(pid)]
    until(lambda: processes_of(project) == [], 2)
    assert status(project) == "interrupted"


def test_python_on_the_script_ends_as_interrupted(project):
    env = {**os.environ, "BLOCK": "2 5"}
    with subprocess.Popen(
        [sys.executable, "experiment.py"], cwd=project, env=env, stderr=subprocess.DEVNULL
    ) as process:
        until((project / "blocked").exists)
        process.terminate()
    assert process.returncode == -signal.SIGINT  # which a shell calls 130
    assert status(project) == "interrupted"


def test_killed_runner_takes_workers_and_their_children_along(project):
    process, pids = start_blocked(project, "experiment.py")
    assert all(map(is_alive, pids))
    process.kill()
    process.communicate()
    until(lambda: not processes_of(project) and not any(map(is_alive, pids)), 5)


def test_killed_run_of_a_process_pool_leaves_nothing_and_is_resumed(project, reference):
    pool = ("--executor", "concurrent.futures:ProcessPoolExecutor")
    process, pids = start_blocked(project, "experiment.py", *pool)
    process.kill()
    process.communicate()
    until(lambda: not processes_of(project) and not any(map(is_alive, pids)), 5)
    resumed = run(project, "--resume", project / "results" / "run")
    assert resumed.returncode == 0, resumed.stderr
    assert history(project / "results" / "run") == reference


def test_killed_run_is_resumed_to_the_same_history(project, reference):
    process, _ = start_blocked(project, "experiment.py")
    process.kill()
    process.communicate()
    folder = project / "results" / "run"
    before = history(folder)
    assert 16 <= len(before) < 24
    resumed = run(project, "--resume", folder)
    assert resumed.returncode == 0, resumed.stderr
    assert history(folder) == reference
    assert status(project) == "finished"
    assert (project / "ended").read_text().count("\n") == 1  # what follows run_experiment happened, too


def test_interrupted_run_is_resumed_to_the_same_history(project, reference):
    process, _ = start_blocked(project, "experiment.py", generation=0, index=3)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert run(project, "--resume", "results/run").returncode == 0
    assert history(project / "results" / "run") == reference


def test_torn_record_is_cut_off_and_evaluated_again(project, reference):
    process, _ = start_blocked(project, "experiment.py")
    process.kill()
    process.communicate()
    path = project / "results" / "run" / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    assert run(project, "--resume", "results/run").returncode == 0
    assert history(project / "results" / "run") == reference


def test_run_without_its_history_is_not_resumed(project):
    process, _ = start_blocked(project, "experiment.py")
    process.kill()
    process.communicate()
    (project / "results" / "run" / "history.jsonl").unlink()
    resumed = run(project, "--resume", "results/run")
    assert resumed.returncode == 2
    assert "history.jsonl has 0 bytes" in resumed.stderr


def test_python_on_the_script_can_be_resumed_as_well(project, reference):
    env = {**os.environ, "BLOCK": "3 0"}
    with subprocess.Popen(
        [sys.executable, "experiment.py"], cwd=project, env=env, stderr=subprocess.DEVNULL
    ) as process:
        until((project / "blocked").exists)
        process.kill()
    assert run(project, "--resume", "results/run").returncode == 0
    assert history(project / "results" / "run") == reference


def test_script_that_is_gone_is_resumed_from_its_copy(project, reference):
    process, _ = start_blocked(project, "experiment.py")
    process.kill()
    process.communicate()
    (project / "experiment.py").unlink()
    assert run(project, "--resume", "results/run").returncode == 0
    assert history(project / "results" / "run") == reference


def test_folder_that_was_moved_is_resumed(project, reference):
    process, _ = start_blocked(project, "experiment.py")
    process.kill()
    process.communicate()
    until(lambda: not processes_of(project))
    moved = project / "elsewhere" / "moved"
    moved.parent.mkdir()
    (project / "results" / "run").rename(moved)
    resumed = run(project, "--resume", moved)
    assert resumed.returncode == 0, resumed.stderr
    assert history(moved) == reference


def test_finished_run_evaluates_nothing_and_ends_again(project):
    assert run(project, "experiment.py").returncode == 0
    before = (project / "results" / "run" / "history.jsonl").read_bytes()
    ended = (project / "ended").read_text()
    (project / "results" / "run" / "history.csv").unlink()
    resumed = run(project, "--resume", "results/run", env={**os.environ, "BLOCK": "0 0"})
    assert resumed.returncode == 0
    assert (project / "results" / "run" / "history.jsonl").read_bytes() == before
    assert (project / "ended").read_text() == ended * 2
    assert (project / "results" / "run" / "history.csv").exists()


def test_options_of_the_first_start_hold_for_the_resumed_run(project):
    process, _ = start_blocked(project, "experiment.py", "--seed", "5", "--generations", "4", generation=1)
    process.kill()
    process.communicate()
    assert run(project, "--resume", "results/run").returncode == 0
    assert run(project, "experiment.py", "--seed", "5", "--generations", "4", "--name", "whole").returncode == 0
    assert len(history(project / "results" / "run")) == 32
    assert history(project / "results" / "run") == history(project / "results" / "whole")


def test_two_runners_in_one_folder_are_refused(project):
    process, _ = start_blocked(project, "experiment.py")
    try:
        resumed = run(project, "--resume", "results/run")
        overwriting = run(project, "experiment.py", "--overwrite")
    finally:
        process.kill()
        process.communicate()
    for second in (resumed, overwriting):
        assert second.returncode == 2
        assert f"another run is going on in {project / 'results' / 'run'}: process {process.pid} on" in second.stderr


def test_run_of_a_notebook_is_resumed_from_its_checkpoint_alone(project, reference):
    env = {**os.environ, "BLOCK": "2 5"}
    code = "exec(open('experiment.py').read())"
    with subprocess.Popen([sys.executable, "-c", code], cwd=project, env=env, stderr=subprocess.DEVNULL) as process:
        until((project / "blocked").exists)
        process.kill()
    (project / "experiment.py").unlink()
    resumed = run(project, "--resume", "results/run")
    assert resumed.returncode == 0, resumed.stderr
    assert history(project / "results" / "run") == reference


def test_message_of_an_old_worker_does_not_reach_a_resumed_run(project, reference):
    process, _ = start_blocked(project, "experiment.py")
    pipe = project / "results" / "run" / "simulation" / "individual_logs" / "outputpipe_0"
    old = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    process.kill()
    process.communicate()
    os.write(old, b'{"of":[2,5,0],"run":"old","fitness":[99.0],"started":0.0,"seconds":0.1}\n')
    assert run(project, "--resume", "results/run").returncode == 0
    os.close(old)
    assert history(project / "results" / "run") == reference


@pytest.fixture(scope="module")
def steady_reference(tmp_path_factory):
    """The history of a run without generations that nothing interrupted."""
    project = write_project(tmp_path_factory.mktemp("reference"))
    done = run(project, "experiment.py", "--name", "whole", "--asynchronous", "--max-workers", "3")
    assert done.returncode == 0, done.stderr
    return history(project / "results" / "whole")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_run_without_generations_is_resumed_with_those_under_way(project, steady_reference, number):
    process, pids = start_blocked(project, "experiment.py", "--asynchronous")
    folder = project / "results" / "run"
    until(lambda: max(record["generation"] for record in history(folder)) == 3)  # the window reaches beyond
    process.send_signal(number)
    process.communicate()
    until(lambda: not any(map(is_alive, pids)), 5)
    before = history(folder)
    assert (2, 5) not in [(record["generation"], record["index"]) for record in before]
    resumed = run(project, "--resume", folder, "--inner-params", "2")
    assert resumed.returncode == 0, resumed.stderr
    assert history(folder) == steady_reference != before
    assert status(project) == "finished"


def test_run_without_generations_of_a_notebook_is_resumed_from_its_checkpoint_alone(project, steady_reference):
    text = (project / "experiment.py").read_text()
    (project / "experiment.py").write_text(text.replace("overwrite=", "asynchronous=True, overwrite="))
    env = {**os.environ, "BLOCK": "2 5"}
    code = "exec(open('experiment.py').read())"
    with subprocess.Popen([sys.executable, "-c", code], cwd=project, env=env, stderr=subprocess.DEVNULL) as process:
        until((project / "blocked").exists)
        process.kill()
    (project / "experiment.py").unlink()
    resumed = run(project, "--resume", "results/run")
    assert resumed.returncode == 0, resumed.stderr
    assert history(project / "results" / "run") == steady_reference


@pytest.mark.slow
def test_run_without_generations_killed_again_and_again_ends_with_the_same_history(project, steady_reference):
    folder = project / "results" / "run"
    arguments = ("experiment.py", "--asynchronous")
    for generation, index in ((0, 0), (1, 0), (2, 4), (3, 7), (4, 7)):  # each beyond the window of the one before
        (project / "blocked").unlink(missing_ok=True)
        process, _ = start_blocked(project, *arguments, generation=generation, index=index)
        process.kill()
        process.communicate()
        arguments = ("--resume", folder)
    assert run(project, "--resume", folder).returncode == 0
    assert history(folder) == steady_reference


@pytest.mark.slow
def test_run_killed_again_and_again_ends_with_the_same_history(project, reference):
    folder = project / "results" / "run"
    arguments = ("experiment.py",)
    for generation, index in ((0, 0), (1, 0), (2, 7), (3, 4), (4, 7)):  # the other worker may finish a generation
        (project / "blocked").unlink(missing_ok=True)
        process, _ = start_blocked(project, *arguments, generation=generation, index=index)
        process.kill()
        process.communicate()
        arguments = ("--resume", folder)
    assert run(project, "--resume", folder).returncode == 0
    assert history(folder) == reference


def test_run_killed_twice_in_one_generation_evaluates_nothing_twice(project, reference):
    folder = project / "results" / "run"
    for arguments in (("experiment.py",), ("--resume", folder)):
        (project / "blocked").unlink(missing_ok=True)
        process, _ = start_blocked(project, *arguments)
        until(lambda: [record for record in history(folder) if record["generation"] == 2])
        process.kill()
        process.communicate()
    assert run(project, "--resume", folder).returncode == 0
    assert history(folder) == reference
