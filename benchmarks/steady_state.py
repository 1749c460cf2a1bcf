"""How busy workers are, with and without generations: 200 evaluations of log-normal duration (sigma 1), 2 workers.

Prints one JSON line for each optimizer, population and window (null: generations): the share of their time, from the
first evaluation's begin to the last one's end, that the workers spent evaluating; and the best value that was found.
"""

import argparse
import json
import sys
import tempfile
import time

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.overrides import Overrides, overriding
from l2l.space import Array, Float
from l2l.utils.experiment import Experiment
from l2l.utils.history import read_history

N_EVALUATIONS = 200
MEDIAN_S = 0.1
SIGMA = 1.0
DIM = 5
OPTIMIZERS = {
    "ga": (GeneticAlgorithmOptimizer, GeneticAlgorithmParameters),
    "cma": (CMAESOptimizer, CMAESParameters),
}


class Slow(Optimizee):
    """A sphere that takes as long as the seed of the evaluation says."""

    def space(self):
        return {"x": Array(Float(-5.0, 5.0), DIM)}

    def simulate(self, traj):
        time.sleep(MEDIAN_S * np.random.default_rng(traj.individual.seed).lognormal(0.0, SIGMA))
        return (float(np.sum((traj.individual.x - 1.0) ** 2)),)


def measure(name, pop_size, asynchronous, n_workers, root, seed):
    """Busy share and best value of one run."""
    optimizer_class, parameters_class = OPTIMIZERS[name]
    experiment = Experiment(root)
    traj, _ = experiment.prepare_experiment(
        name="run", runner_params={"max_workers": n_workers}, asynchronous=asynchronous, seed=seed
    )
    optimizee = Slow(traj)
    parameters = parameters_class(seed=seed, pop_size=pop_size, n_iteration=N_EVALUATIONS // pop_size)
    optimizer = optimizer_class(traj, optimizee.create_individual, (-1.0,), parameters, optimizee.bounding_func)
    experiment.run_experiment(optimizer, optimizee)
    records = list(read_history(experiment.history_path))
    assert len(records) == N_EVALUATIONS
    values = np.array([record["fitness"][0] for record in records])
    started, seconds = (np.array([record[name] for record in records]) for name in ("started", "seconds"))
    busy = seconds.sum() / (n_workers * ((started + seconds).max() - started.min()))
    window = None if experiment.env.steady is None else experiment.env.steady.window
    return window, busy, values.min()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--populations", type=int, nargs="+", default=[10, 20])
    parser.add_argument("--windows", type=int, nargs="*", default=[], help="besides the default window")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    for name in OPTIMIZERS:
        for pop_size in options.populations:
            for asynchronous in (False, True, *options.windows):
                found = []
                for seed in range(options.seeds):
                    with tempfile.TemporaryDirectory() as root, overriding(Overrides(quiet=True)):
                        found.append(measure(name, pop_size, asynchronous, options.workers, root, seed))
                line = {
                    "benchmark": "steady_state",
                    "optimizer": name,
                    "population": pop_size,
                    "workers": options.workers,
                    "window": found[0][0],
                    "busy_share": round(float(np.mean([busy for _, busy, _ in found])), 3),
                    "lowest": round(min(busy for _, busy, _ in found), 3),
                    "best": round(float(np.median([best for _, _, best in found])), 4),
                }
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
