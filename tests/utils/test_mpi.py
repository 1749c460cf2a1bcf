"""Evaluations by MPI ranks, under mpiexec with three of them: one that runs the experiment, two that evaluate."""

import importlib.util
import json
import shutil
import subprocess
import sys

import pytest

from l2l.utils.history import CIRCUMSTANCES

SCRIPT = """
import os, sys, time
import numpy as np
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.utils.experiment import Experiment

class Dies(Optimizee):
    def create_individual(self):
        return {"x": 0.5}

    def bounding_func(self, individual):
        return individual

    def simulate(self, traj):
        if traj.retry == 0 and traj.individual.ind_idx == 1:
            os.kill(os.getpid(), 11)
        if traj.retry == 0 and traj.individual.ind_idx == 2:
            time.sleep(60)
        if traj.individual.ind_idx == 3:
            raise ValueError("always")
        return traj.individual.x + np.random.rand()

def main():
    experiment = Experiment("results")
    traj, _ = experiment.prepare_experiment(timeout=2.0, max_retries=1, runner_params={"max_workers": 2})
    optimizee = Dies(traj)
    parameters = RandomSearchParameters(seed=1, pop_size=6, n_iteration=2)
    optimizer = RandomSearchOptimizer(traj, optimizee.create_individual, (1.0,), parameters)
    experiment.run_experiment(optimizer, optimizee)

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def mpiexec():
    """The command before a program for three ranks."""
    if importlib.util.find_spec("mpi4py") is None:
        pytest.skip("mpi4py is not installed: pip install l2l[mpi]")
    if shutil.which("mpiexec") is None:
        pytest.skip("there is no mpiexec: apt-get install openmpi-bin")
    told = subprocess.run(["mpiexec", "--version"], capture_output=True, text=True).stdout
    openmpi = ["--oversubscribe", "--allow-run-as-root"] if "Open MPI" in told or "OpenRTE" in told else []
    return ["mpiexec", *openmpi, "-n", "3"]


def history(path):
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        for name in CIRCUMSTANCES:
            del record[name]
    return sorted(records, key=lambda record: (record["generation"], record["index"]))


@pytest.mark.slow
def test_ranks_survive_what_happens_to_individuals(mpiexec, tmp_path):
    (tmp_path / "experiment.py").write_text(SCRIPT)
    python = [sys.executable, "-m"]
    ranks = [*mpiexec, *python, "mpi4py.futures", "-m", "l2l.cli", "experiment.py", "--name", "ranks"]
    ranks += ["--executor", "mpi4py.futures:MPIPoolExecutor"]
    workers = [*python, "l2l.cli", "experiment.py", "--name", "workers"]
    for command in (ranks, workers):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    records = history(tmp_path / "results/ranks/history.jsonl")
    assert [record["outcome"] for record in records] == (["done"] * 3 + ["failed"] + ["done"] * 2) * 2
    assert [record["attempt"] for record in records] == [0, 1, 1, 1, 0, 0] * 2
    assert records == history(tmp_path / "results/workers/history.jsonl")
