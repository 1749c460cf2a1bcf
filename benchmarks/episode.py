"""Speed of a simulated episode: one JSON line per scenario and policy.

A cage-day is one cage on one day; it is also stated in draws, one draw being ``Generator.binomial(1000, 0.3)`` in a
kernel, timed in the same process.  Untreated farms are culled after some months and stand empty from then on; under
the mosaic policy they stay stocked.
"""

import argparse
import json
import statistics
import time

import numpy as np
from numba import njit

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

N_DRAWS = 1_000_000


@njit
def draw_many(rng, n):
    total = 0
    for _ in range(n):
        total += rng.binomial(1000, 0.3)
    return total


def seconds(call, repeats):
    """Median wall time of ``call``, after one call to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=["Fyne_complete", "Fyne"])
    parser.add_argument("--policies", nargs="+", default=["untreated", "mosaic"])
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()

    rng = np.random.default_rng(0)
    draw_s = seconds(lambda: draw_many(rng, N_DRAWS), args.repeats) / N_DRAWS
    for name in args.scenarios:
        simulator = Simulator(Config.scenario(name))
        for policy_name in args.policies:
            policy = Policy.built_in(policy_name)
            episode_s = seconds(lambda s=simulator, p=policy: s.run(p, 1), args.repeats)
            cage_day_s = episode_s / (simulator.shared.n_days * simulator.shared.n_cages)
            figures = {
                "benchmark": "episode",
                "scenario": name,
                "policy": policy_name,
                "episode_s": round(episode_s, 4),
                "us_per_cage_day": round(cage_day_s * 1e6, 2),
                "draw_ns": round(draw_s * 1e9, 1),
                "draws_per_cage_day": round(cage_day_s / draw_s, 1),
            }
            print(json.dumps(figures))


if __name__ == "__main__":
    main()
