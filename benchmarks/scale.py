"""What 100 000 individuals in one run cost, at its start and at its end, in many generations or in one.

Prints one JSON line: milliseconds per individual over the first and the last tenth of them (with checkpoints and all),
their ratio, how much the memory of the runner grew, what the end of the last generation and of the run took, and how
long a resumed run takes to its first dispatch.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import Experiment
from l2l.utils.history import read_history
from l2l.utils.worker_pool import WorkerPool

N_PARAMETERS = 10
N_WORKERS = 2

Parameters = namedtuple("Parameters", ("n_iteration", "pop_size", "seed"))


class Instant(Optimizee):
    """Constant fitness."""

    def create_individual(self):
        return {"x": np.zeros(N_PARAMETERS)}

    def simulate(self, traj):
        return (1.0,)


class Clock(Optimizer):
    """Random search that notes when each generation is done, and what memory it takes then."""

    def __init__(self, traj, optimizee_create_individual, optimizee_fitness_weights, parameters):
        super().__init__(traj, optimizee_create_individual, optimizee_fitness_weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.memory = [memory_mib()]
        self.start(traj)
        self.told_at = 0.0

    def ask(self):
        return [{"x": x.copy()} for x in self.rng.random((self.parameters.pop_size, N_PARAMETERS))]

    def tell(self, population, fitness):
        self.told_at = time.time()
        self.memory.append(memory_mib())


def memory_mib():
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def prepared(root, generations, size, pipes):
    """Experiment, optimizer and optimizee of the run."""
    experiment = Experiment(root)
    traj, _ = experiment.prepare_experiment(name="scale", runner_params={"max_workers": N_WORKERS, "pipes": pipes})
    optimizee = Instant(traj)
    optimizer = Clock(traj, optimizee.create_individual, (1.0,), Parameters(generations, size, 1))
    return experiment, optimizer, optimizee


def whole(root, generations, size, pipes):
    """Milliseconds per individual at the start and at the end, and MiB that the runner grew by."""
    with overriding(Overrides(quiet=True)):
        experiment, optimizer, optimizee = prepared(root, generations, size, pipes)
        experiment.run_experiment(optimizer, optimizee)
        before = time.perf_counter()
        experiment.end_experiment(optimizer)
        end_s = time.perf_counter() - before
    records = read_history(experiment.history_path)
    ends = np.sort([record["started"] + record["seconds"] for record in records])
    tenth = len(ends) // 10
    first, last = ends[tenth] - ends[0], ends[-1] - ends[-1 - tenth]
    return {
        "ms_first": round(first / tenth * 1e3, 4),
        "ms_last": round(last / tenth * 1e3, 4),
        "ratio": round(last / first, 3),
        "growth_mib": round(optimizer.memory[-1] - optimizer.memory[0], 1),
        "last_told_s": round(optimizer.told_at - ends[-1], 2),
        "growth_with_end_mib": round(memory_mib() - optimizer.memory[0], 1),
        "end_s": round(end_s, 2),
    }


def resumed(root, generations, size, pipes):
    """Seconds from the start of a resumed run to its first dispatch."""
    dispatched = []
    assign = WorkerPool.assign

    def noting(pool, worker, calls):
        dispatched.append(time.perf_counter())
        return assign(pool, worker, calls)

    WorkerPool.assign = noting
    overrides = Overrides(quiet=True, resume=True, force=True, generations=generations + 1)
    started = time.perf_counter()
    try:
        with overriding(overrides):
            experiment, optimizer, optimizee = prepared(root, generations, size, pipes)
            experiment.run_experiment(optimizer, optimizee)
    finally:
        WorkerPool.assign = assign
    return {"resume_s": round(dispatched[0] - started, 2)}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--generations", type=int, default=100)
    p.add_argument("--size", type=int, default=1000, help="individuals of a generation")
    p.add_argument("--pipes", choices=("fifo", "file"), default="fifo")
    options = p.parse_args()
    run = options.generations, options.size, options.pipes
    with tempfile.TemporaryDirectory() as root:
        told = whole(root, *run) | resumed(root, *run)
    line = {"benchmark": "scale", **vars(options), **told}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
