"""What a worker costs before it simulates: a JSON line for its memory, one for the time it takes to start.

Memory is private and written to, what no other process can share (workers share the pages of libraries), of a process
that ran the scenario, above one that imported numba and did nothing; bar: 40 MiB.  The time is that of a fresh process
from its first line to a loaded simulator, kernels cached and files in memory; bar: 1.5 s.  ``cpu_s`` is what it takes
of a processor: on a busy computer the better figure.  All are medians over fresh processes.
"""

import argparse
import json
import statistics
import subprocess
import sys

MEMORY = """
def private_mib():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_Dirty")) / 1024
"""
NUMBA_ALONE = (
    MEMORY
    + """
import numba
print(private_mib())
"""
)
WORKER = (
    MEMORY
    + """
import sys, time
start = time.perf_counter()
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
imported = time.perf_counter()
config = Config.scenario(sys.argv[1])
read = time.perf_counter()
simulator = Simulator(config)
simulator.reset(1)
simulator.advance(Policy.built_in("mosaic"), 1)
loaded, cpu = time.perf_counter(), time.process_time()
simulator.run(Policy.built_in("mosaic"), 1)
print(imported - start, read - imported, loaded - read, cpu, private_mib())
"""
)


def numbers_of(program, *argv):
    done = subprocess.run([sys.executable, "-c", program, *argv], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="?", default="Fyne_complete")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()

    numbers_of(WORKER, args.scenario)  # compiles, if need be
    workers = [numbers_of(WORKER, args.scenario) for _ in range(args.repeats)]
    import_s, read_s, load_s, cpu_s, worker_mib = (statistics.median(column) for column in zip(*workers, strict=True))
    numba_mib = statistics.median(numbers_of(NUMBA_ALONE)[0] for _ in range(args.repeats))
    common = {"scenario": args.scenario}
    memory = {
        "benchmark": "memory",
        **common,
        "numba_mib": round(numba_mib, 1),
        "worker_mib": round(worker_mib, 1),
        "above_numba_mib": round(worker_mib - numba_mib, 1),
    }
    start = {
        "benchmark": "start",
        **common,
        "import_s": round(import_s, 3),
        "scenario_s": round(read_s, 3),
        "kernels_s": round(load_s, 3),
        "cpu_s": round(cpu_s, 3),
        "total_s": round(statistics.median(sum(worker[:3]) for worker in workers), 3),
    }
    print(json.dumps(memory))
    print(json.dumps(start))


if __name__ == "__main__":
    main()
