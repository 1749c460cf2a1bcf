"""What it costs to have an individual evaluated: 1000 instant ones, 2 workers, history written.

Prints one JSON line: milliseconds per individual, those of ``concurrent.futures`` in the same process, the ratio.
"""

import json
import statistics
import sys
import tempfile
import time
from collections import namedtuple
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import Experiment

N_INDIVIDUALS = 1000
N_PARAMETERS = 10
N_WORKERS = 2
N_GENERATIONS = 6  # the first one waits for the workers to start and is left out

Parameters = namedtuple("Parameters", ("n_iteration", "seed"))


class Instant(Optimizee):
    """Constant fitness."""

    def create_individual(self):
        return {"x": np.zeros(N_PARAMETERS)}

    def simulate(self, traj):
        return (1.0,)


class Clock(Optimizer):
    """Random search that notes when each generation is done."""

    def __init__(self, traj, optimizee_create_individual, optimizee_fitness_weights, parameters):
        super().__init__(traj, optimizee_create_individual, optimizee_fitness_weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.times = []
        self.start(traj)

    def ask(self):
        return [{"x": x} for x in self.rng.random((N_INDIVIDUALS, N_PARAMETERS))]

    def tell(self, population, fitness):
        self.times.append(time.perf_counter())


def ours(root):
    """Milliseconds per individual, from one generation's end to the next one's: checkpoint and all."""
    experiment = Experiment(root)
    traj, _ = experiment.prepare_experiment(name="dispatch", runner_params={"max_workers": N_WORKERS})
    optimizee = Instant(traj)
    optimizer = Clock(traj, optimizee.create_individual, (1.0,), Parameters(N_GENERATIONS, 1))
    experiment.run_experiment(optimizer, optimizee)
    n_lines = len(experiment.history_path.read_text().splitlines())
    assert n_lines == N_INDIVIDUALS * N_GENERATIONS
    return list(np.diff(optimizer.times) / N_INDIVIDUALS * 1e3)


def instant(x):
    return (1.0,)


def futures():
    """The same with submit and as_completed."""
    times = []
    rng = np.random.default_rng(1)
    with ProcessPoolExecutor(N_WORKERS) as pool:
        for _ in range(N_GENERATIONS):
            population = rng.random((N_INDIVIDUALS, N_PARAMETERS))
            started = time.perf_counter()
            done = [future.result() for future in as_completed([pool.submit(instant, x) for x in population])]
            times.append((time.perf_counter() - started) / N_INDIVIDUALS * 1e3)
            assert len(done) == N_INDIVIDUALS
    return times[1:]


def main():
    with tempfile.TemporaryDirectory() as root, overriding(Overrides(quiet=True)):
        ms, ms_futures = statistics.median(ours(Path(root))), statistics.median(futures())
    line = {
        "benchmark": "dispatch",
        "individuals": N_INDIVIDUALS,
        "workers": N_WORKERS,
        "ms_per_individual": round(ms, 4),
        "ms_concurrent_futures": round(ms_futures, 4),
        "ratio": round(ms / ms_futures, 3),
    }
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
