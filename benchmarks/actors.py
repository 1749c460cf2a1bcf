"""Speed of an organisation stepped by one or more actors: one JSON line per scenario, its size, and number of actors.

The days are those of a run under the mosaic policy; every day counts with the fastest of its repeats, since other
processes on the machine slow a day down, but never speed it up.  The last lines say how long it takes to hand a day
over to a thread, and to another process through a pipe, and to get the answer.
"""

import argparse
import json
import time
from datetime import timedelta
from itertools import product
from multiprocessing import Pipe, Process

import numpy as np

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.farm_pool import FarmActor
from l2l.optimizees.slim.simulation.organisation import Organisation
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator


def many_times(config, copies):
    """A scenario of so many copies of the farms, which do not reach each other."""
    farms = config.to_dict()["farms"] * copies
    once = np.eye(copies)
    return config.replace(
        farms=[{**farm, "name": f"{farm['name']} {i}"} for i, farm in enumerate(farms)],
        interfarm_probs=np.kron(once, config.interfarm_probs),
        interfarm_times=np.kron(np.ones_like(once), config.interfarm_times),
    )


def day_seconds(config, actions, n_actors, repeats):
    """Wall time of each day, the fastest of its repeats."""
    best = np.full(len(actions), np.inf)
    with Organisation(config, n_actors) as organisation:
        for _ in range(repeats):
            organisation.reset(1)
            for day, chosen in enumerate(actions):
                date = config.start_date + timedelta(days=day)
                start = time.perf_counter()
                organisation.step(date, chosen)
                best[day] = min(best[day], time.perf_counter() - start)
    return best


def answer(pipe):
    while (day := pipe.recv()) is not None:
        pipe.send(day)


def hand_over(simulator, n=2000):
    """Median seconds to and from a thread, and to and from a process, with nothing to do there."""
    actor = FarmActor(simulator, 0, 0)
    here, there = Pipe()
    process = Process(target=answer, args=(there,))
    process.start()

    def through_thread():
        actor.begin_update(0)
        actor.end_update()

    def through_pipe():
        here.send(0)
        here.recv()

    medians = []
    for call in (through_thread, through_pipe):
        times = []
        for _ in range(n):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        medians.append(float(np.median(times)))
    actor.stop()
    here.send(None)
    process.join()
    return medians


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=["Fyne_complete", "Fyne"])
    parser.add_argument("--actors", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--copies", nargs="+", type=int, default=[1, 4], help="of all farms of the scenario")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    for name, copies in product(args.scenarios, args.copies):
        config = many_times(Config.scenario(name), copies)
        simulator = Simulator(config)
        actions = simulator.run_recorded(Policy.built_in("mosaic"), 1).action[: args.days]
        alone = None
        for n_actors in args.actors:
            mean_s = day_seconds(config, actions, n_actors, args.repeats).mean()
            alone = mean_s if alone is None else alone
            figures = {"scenario": name, "n_cages": simulator.shared.n_cages, "n_actors": n_actors}
            figures |= {"day_us": round(mean_s * 1e6, 1), "speed_up": round(alone / mean_s, 2)}
            print(json.dumps({"benchmark": "actors", **figures}))
    thread_s, process_s = hand_over(simulator)
    figures = {"thread_us": round(thread_s * 1e6, 1), "process_us": round(process_s * 1e6, 1)}
    print(json.dumps({"benchmark": "hand over", **figures}))


if __name__ == "__main__":
    main()
