"""Throughput of replicates over threads: one JSON line, runs per second on one and on several, and their ratio.

The two are timed by turns, several times, and on a computer that does nothing else: one that shares its processors
between processes gives two threads no more than one.  ``cpu_s_per_run`` tells whether threads hinder each other: it is
the same for any number, if they do not.  The bar is a ratio of 1.8 on two.
"""

import argparse
import json
import statistics
import time

import numpy as np

from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy


def speed(ensemble, policy, n_runs):
    """Runs per second, and processor seconds per run."""
    runs = [(policy, seed) for seed in np.random.SeedSequence(1).spawn(n_runs)]
    start, cpu = time.perf_counter(), time.process_time()
    ensemble.outcomes(runs)
    return n_runs / (time.perf_counter() - start), (time.process_time() - cpu) / n_runs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default="Fyne_complete")
    parser.add_argument("--policy", default="mosaic")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=8, help="per thread and measurement")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()

    config, policy = Config.scenario(args.scenario), Policy.built_in(args.policy)
    one, several = Ensemble(config, 1), Ensemble(config, args.threads)
    pairs = [
        (speed(one, policy, args.runs), speed(several, policy, args.runs * args.threads))
        for _ in range(args.repeats + 1)
    ][1:]  # the first warms up
    figures = {
        "benchmark": "ensemble",
        "scenario": args.scenario,
        "policy": args.policy,
        "threads": args.threads,
        "runs_per_s": [round(statistics.median(pair[i][0] for pair in pairs), 2) for i in (0, 1)],
        "cpu_s_per_run": [round(statistics.median(pair[i][1] for pair in pairs), 3) for i in (0, 1)],
        "ratio": round(statistics.median(b[0] / a[0] for a, b in pairs), 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
