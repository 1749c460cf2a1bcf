"""An experiment as a script, started as users do; and the promise of every test here: no process is left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from l2l.utils.history import CIRCUMSTANCES

SCRIPT = """
import os, sys
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
    pipes = os.environ.get("PIPES")
    through = {"executor": "concurrent.futures:ProcessPoolExecutor"} if pipes == "executor" else {"pipes": pipes}
    runner_params = {"max_workers": 2, **through}
    traj, _ = experiment.prepare_experiment(name="run", runner_params=runner_params, overwrite="again" in sys.argv)
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
    place = traj.individual.generation, traj.individual.ind_idx
    with open("begun", "a") as file:
        file.write("%d %d\\n" % place)
    if place != tuple(map(int, os.environ.get("BLOCK", "-1 -1").split())):
        return
    if os.path.exists("fault.py"):
        with open("fault.py") as file:
            exec(file.read(), {"traj": traj})
    else:
        child = subprocess.Popen(["sleep", "300"])
        elsewhere = subprocess.Popen(["sleep", "300"], start_new_session=True)
        with open("blocked.part", "w") as file:
            file.write(f"{os.getpid()} {child.pid} {elsewhere.pid}")
        os.rename("blocked.part", "blocked")
        time.sleep(300)
"""

MARK = "L2L_FAULTS"
"""Environment variable of all that a test starts."""


def until(condition, seconds=120.0):
    """What the condition gives, once it holds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(0.02)
    return value


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def processes(mark):
    """Those that were started under a mark in the environment, apart from this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and is_alive(entry.name):
            try:
                if mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:  # it has just ended, or is not ours
                continue
    return found


class Project:
    """A folder with an experiment: 5 generations of 8 individuals, which two workers evaluate.

    Parameters
    ----------
    folder : Path
    pipes : {'fifo', 'file', 'executor'}, optional
        Between runner and workers; or an executor, which has them start elsewhere.
    """

    def __init__(self, folder, pipes=None):
        self.folder = folder
        self.results = folder / "results" / "run"
        self.env = {**os.environ} | ({} if pipes is None else {"PIPES": pipes})
        (folder / "experiment.py").write_text(SCRIPT)
        (folder / "beside.py").write_text(BESIDE)

    def start(self, *arguments, block=(-1, -1), fault="", command=("-m", "l2l.cli"), **keywords):
        """Start ``l2l-run``, or another program of Python; one evaluation hangs, or does as it is told."""
        (self.folder / "blocked").unlink(missing_ok=True)
        (self.folder / "fault.py").unlink(missing_ok=True)
        if fault:
            (self.folder / "fault.py").write_text(fault)
        env = {**self.env, "BLOCK": f"{block[0]} {block[1]}"}
        keywords = {"cwd": self.folder, "env": env, "stderr": subprocess.PIPE, "text": True, **keywords}
        return subprocess.Popen([sys.executable, *map(str, (*command, *arguments))], **keywords)

    def run(self, *arguments, **keywords):
        """Run ``l2l-run`` to its end; returns its exit code and what it said."""
        process = self.start(*arguments, **keywords)
        _, told = process.communicate(timeout=300)
        return process.returncode, told

    def start_blocked(self, *arguments, block=(2, 5), **keywords):
        """A run that hangs in one evaluation; returns its process, and those that must not outlive it."""
        process = self.start(*arguments, block=block, **keywords)
        blocked = self.folder / "blocked"
        until(lambda: blocked.exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        return process, [int(pid) for pid in blocked.read_text().split()]

    def end_blocked(self, number=signal.SIGKILL, *arguments, **keywords):
        """End a run in mid-run by a signal to its runner; returns what it said."""
        process, _ = self.start_blocked(*arguments, **keywords)
        process.send_signal(number)
        return process.communicate(timeout=20)[1]

    def resume(self, *arguments, folder=None):
        """Go on to the end with a run, of which nothing may be evaluated twice."""
        folder = folder or self.results
        finished = {(record["generation"], record["index"]) for record in self.history(folder)}
        n_begun = len(self.begun())
        code, told = self.run("--resume", folder, *arguments)
        assert code == 0, told
        assert finished.isdisjoint(self.begun()[n_begun:])

    def begun(self):
        """Generation and index of every evaluation that was begun, in that order."""
        path = self.folder / "begun"
        return [tuple(map(int, line.split())) for line in path.read_text().splitlines()] if path.exists() else []

    def history(self, folder=None):
        """What every run of this seed must agree on."""
        path = (folder or self.results) / "history.jsonl"
        records = [json.loads(line) for line in path.read_bytes().splitlines(True) if line.endswith(b"\n")]
        for record in records:
            for name in (*CIRCUMSTANCES, "attempt"):
                del record[name]
        return sorted(records, key=lambda record: (record["generation"], record["index"]))

    def status(self):
        return yaml.safe_load((self.results / "manifest.yaml").read_text())["status"]


@pytest.fixture(params=["fifo", "file", "executor"])
def pipes(request):
    return request.param


@pytest.fixture(autouse=True)
def left(tmp_path, monkeypatch):
    """Those that are left of what the test has started; there must be none 5 s after it."""
    monkeypatch.setenv(MARK, str(tmp_path))

    def find():
        return processes(f"{MARK}={tmp_path}")

    yield find
    until(lambda: not find(), 5)


@pytest.fixture
def wait_until():
    return until


@pytest.fixture
def project(tmp_path):
    """With the pipes of a run where nothing is said."""
    return Project(tmp_path)


@pytest.fixture
def piped(tmp_path, pipes):
    """With each kind of pipes."""
    return Project(tmp_path, pipes)


def whole(folder, *arguments):
    project = Project(folder)
    code, told = project.run("experiment.py", *arguments)
    assert code == 0, told
    return project.history()


@pytest.fixture(scope="session")
def reference(tmp_path_factory):
    """The history of a run that nothing disturbed."""
    return whole(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def steady_reference(tmp_path_factory):
    """The history of a run without generations that nothing disturbed."""
    return whole(tmp_path_factory.mktemp("steady"), "--asynchronous", "--max-workers", "3")
