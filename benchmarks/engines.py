"""What it costs to have an individual evaluated by other engines, 2 workers each.

``python benchmarks/engines.py [ENGINE ...]`` prints one JSON line for each engine: milliseconds per individual beyond
its evaluation, for instant evaluations (of which many share a task) and for those of 50 ms (each a task of its own).
``mpi`` runs under ``mpiexec -n 3 python -m mpi4py.futures benchmarks/engines.py mpi``.
"""

import json
import statistics
import sys
import tempfile
import time
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import Experiment

N_WORKERS = 2
N_GENERATIONS = 4  # the first one waits for the workers to start and is left out
SLOW = ("submitit",)

Parameters = namedtuple("Parameters", ("pop_size", "n_iteration", "seed"))


class Waits(Optimizee):
    """Constant fitness, after a while."""

    def __init__(self, traj, seconds):
        super().__init__(traj)
        self.seconds = seconds

    def create_individual(self):
        return {"x": np.zeros(10)}

    def simulate(self, traj):
        time.sleep(self.seconds)
        return (1.0,)


class Clock(Optimizer):
    """Random search that notes when each generation is done."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.times = []
        self.start(traj)

    def ask(self):
        return [{"x": x} for x in self.rng.random((self.parameters.pop_size, 10))]

    def tell(self, population, fitness):
        self.times.append(time.perf_counter())


@contextmanager
def engine(name: str) -> Iterator[Any]:
    """An executor, or what makes one; None is no engine."""
    if name == "dask":
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=N_WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client.get_executor()
    elif name == "mpi":
        from mpi4py.futures import MPIPoolExecutor

        with MPIPoolExecutor() as executor:
            yield executor
    elif name == "submitit":
        import submitit

        with tempfile.TemporaryDirectory() as folder:
            yield submitit.AutoExecutor(folder, cluster="local")
    else:
        makes = {"processes": ProcessPoolExecutor, "threads": ThreadPoolExecutor}.get(name)
        yield makes and (lambda: makes(N_WORKERS))


def overhead(executor: Any, n: int, seconds: float) -> float:
    """Milliseconds per individual beyond its evaluation, from one generation's end to the next one's."""
    with tempfile.TemporaryDirectory() as root:
        experiment = Experiment(root)
        runner_params = {"max_workers": N_WORKERS, "executor": executor}
        traj, _ = experiment.prepare_experiment(name="engines", runner_params=runner_params)
        optimizee = Waits(traj, seconds)
        optimizer = Clock(traj, optimizee.create_individual, (1.0,), Parameters(n, N_GENERATIONS, 1))
        experiment.run_experiment(optimizer, optimizee)
    rounds = np.diff(optimizer.times)
    return 1e3 * (statistics.median(rounds) * N_WORKERS / n - seconds)


def main() -> None:
    for name in sys.argv[1:] or ("workers", "threads", "processes", "dask", "submitit"):
        n_instant, n_long = (8, 4) if name in SLOW else (1000, 40)
        with engine(name) as executor, overriding(Overrides(quiet=True)):
            line = {
                "engine": name,
                "ms_per_instant_individual": round(overhead(executor, n_instant, 0.0) / N_WORKERS, 3),
                "ms_per_task": round(overhead(executor, n_long, 0.05), 2),
            }
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
