"""Throughput of replicates over threads: one JSON line, runs per second on one and on several, and their ratio.

The two are timed by turns, several times, since the computer may be busy with other things.  The bar is 1.8 on two.
"""

import argparse
import json
import statistics
import time

import numpy as np

from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy


def runs_per_s(ensemble, policy, n_runs):
    runs = [(policy, seed) for seed in np.random.SeedSequence(1).spawn(n_runs)]
    start = time.perf_counter()
    ensemble.outcomes(runs)
    return n_runs / (time.perf_counter() - start)


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
    pairs = []
    for _ in range(args.repeats + 1):
        pairs.append((runs_per_s(one, policy, args.runs), runs_per_s(several, policy, args.runs * args.threads)))
    pairs = pairs[1:]  # the first warms up
    figures = {
        "benchmark": "ensemble",
        "scenario": args.scenario,
        "policy": args.policy,
        "threads": args.threads,
        "runs_per_s_1": round(statistics.median(a for a, _ in pairs), 2),
        f"runs_per_s_{args.threads}": round(statistics.median(b for _, b in pairs), 2),
        "ratio": round(statistics.median(b / a for a, b in pairs), 2),
        "best_ratio": round(max(b for _, b in pairs) / max(a for a, _ in pairs), 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
