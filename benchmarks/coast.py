"""Many sites: speed and memory of a long coast, and what its workers cost; one JSON line each.

``speed``: time of a cage-day on a coast of 500 farms with 10 cages each over two years, against that of Fyne_complete
in the same process; bar: 1.5 times.  ``memory``: private memory of a process by cage, the slope over coasts of three
sizes; bar: 4 kB.  ``worker``: private memory of one more worker beside others on its host, with the optimizee's big
arrays mapped, or each with its own copy; once for the coast, once for one whose farms all differ in temperature and
reach all others.  ``task``: bytes of the message that hands an individual to a worker.  Times are of the thread, the
least of repeats.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cloudpickle
import numpy as np

from l2l.optimizees.slim.coast import Coast, write_coast
from l2l.optimizees.slim.drift import Sea
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.simulation.site_builder import SiteBuilder
from l2l.sharing import batch_setting
from l2l.utils.array_folder import ArrayFolder
from l2l.utils.channel import encode_parameters
from l2l.utils.trajectory import Trajectory

N_CAGES = 10
PRIVATE = """
def private_kb():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(("Private_Clean", "Private_Dirty")))
"""
COAST = (
    PRIVATE
    + """
import sys
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
simulator = Simulator(Config.scenario(sys.argv[1]))
simulator.reset(1)
simulator.advance(Policy.built_in("mosaic"), 60)
print(private_kb())
"""
)
WORKER = (
    PRIVATE
    + """
import pathlib, pickle, sys
from l2l.utils.array_folder import ArrayFolder
from l2l.optimizees.slim.simulation.policies import Policy
path = pathlib.Path(sys.argv[1])
optimizee = ArrayFolder(path.parent / "arrays").loads(path.read_bytes())
optimizee.simulator.reset(1)
optimizee.simulator.advance(Policy.built_in("mosaic"), 60)
print("ready", flush=True)
sys.stdin.readline()
print(private_kb(), flush=True)
sys.stdin.readline()
"""
)


def make_coast(folder, n_farms):
    path = folder / f"coast_{n_farms}"
    write_coast(path, Coast(n_farms=n_farms, n_cages=N_CAGES), Sea(current_bearing=0.0))
    return path


def us_per_cage_day(simulator, policy, repeats):
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        simulator.run(policy, 1)
        times.append(time.thread_time() - start)
    return min(times) / (simulator.shared.n_days * simulator.shared.n_cages) * 1e6


def speed(coast, repeats):
    simulators = {"loch": Simulator(Config.scenario("Fyne_complete")), "coast": Simulator(Config.scenario(coast))}
    for name in ("untreated", "mosaic", "bernoulli"):
        policy = Policy.built_in(name)
        us = {which: us_per_cage_day(simulator, policy, repeats) for which, simulator in simulators.items()}
        yield {"policy": name, **{f"{k}_us": round(v, 3) for k, v in us.items()}, "ratio": us["coast"] / us["loch"]}


def memory(folder, sizes):
    private = []
    for n_farms in sizes:
        done = subprocess.run(
            [sys.executable, "-c", COAST, make_coast(folder, n_farms)], check=True, capture_output=True, text=True
        )
        private.append(int(done.stdout))
    slope = np.polyfit(np.array(sizes) * N_CAGES, private, 1)[0]
    yield {"farms": sizes, "private_kb": private, "kb_per_cage": round(slope, 3)}


def private_of_one_more(path, n_workers):
    """Of the last of so many workers, all alive, in kB."""
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(n_workers)
    ]
    try:
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        workers[-1].stdin.write("\n")
        workers[-1].stdin.flush()
        return int(workers[-1].stdout.readline())
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def worker_memory(folder, coast, n_workers=3):
    config = Config.scenario(coast)
    places = np.array([farm.location for farm in config.farms])
    apart = abs(places[:, None, 1] - places[None, :, 1])
    dense = {"interfarm_probs": 1e-4 * np.exp(-apart / 3e4), "interfarm_times": 5.0 + np.minimum(apart / 1e4, 50.0)}
    offsets = batch_setting(np.linspace(0.0, 1.0, len(config.farms)))
    differing = SiteBuilder(config.replace(**dense)).set(temperature_offset=offsets).build()
    for name, scenario in (("coast", config), ("all farms differ", differing)):
        optimizee = SlimOptimizee(Trajectory(), SlimOptimizeeParameters(scenario=scenario, replicates=1))
        copied = folder / "copied.bin"
        copied.write_bytes(cloudpickle.dumps(optimizee))
        optimizee.warm_up()
        mapped = folder / "mapped.bin"
        mapped.write_bytes(ArrayFolder(folder / "arrays").dumps(optimizee))
        shared = {"shared_kb": sum(path.stat().st_size for path in (folder / "arrays").glob("*")) // 1024}
        yield {
            "scenario": name,
            **shared,
            **{f"{path.stem}_kb": private_of_one_more(path, n_workers) for path in (copied, mapped)},
        }


def task_bytes():
    for scenario, per_farm in (("Fyne_complete", False), ("Fyne_complete", True)):
        parameters = SlimOptimizeeParameters(scenario=scenario, per_farm=per_farm)
        individual = SlimOptimizee(Trajectory(), parameters).create_individual()
        message, _ = encode_parameters({f"individual.{name}": value for name, value in individual.items()})
        numbers = sum(np.size(value) for value in individual.values())
        yield {"scenario": scenario, "per_farm": per_farm, "numbers": int(numbers), "bytes": len(message)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["speed", "memory", "worker", "task"])
    parser.add_argument("--farms", type=int, default=500)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 500, 1000])
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "speed": lambda: speed(make_coast(folder, args.farms), args.repeats),
            "memory": lambda: memory(folder / "sizes", args.sizes),
            "worker": lambda: worker_memory(folder, make_coast(folder / "workers", args.farms)),
            "task": task_bytes,
        }
        for part in args.parts:
            for figures in parts[part]():
                print(json.dumps({"benchmark": part, **figures}), flush=True)


if __name__ == "__main__":
    main()
