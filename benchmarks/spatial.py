"""Populations in demes: what they cost to build and to hold.  One JSON line for each model and case.

``build``: seconds from the first call of the builder to the end of the first tick, of a landscape whose demes all
differ, kernels compiled and loaded; ``cpu_s`` is what it takes of a processor.  Bar: 0.2 s for 51 x 51 demes.

``memory``: private bytes of a process for each further deme, above the state of its simulation: the slope over three
numbers of demes, of the median of fresh processes.  Bars: 16 B if there is a deme with the same values already, 128 B
if not.

``speed``: deme-ticks per second of a processor in one thread, beside natal-core if ``--natal`` has it; bar: 3 times as
many.  ``threads``: two threads against one; bar: 1.7 times, and equal results.

``parity``: numbers of the same models in natal-core.  Bars: 1e-9 if they are expected ones, relative to the largest
count, and 5 standard errors of means and variances if they are drawn.
"""

import argparse
import ctypes
import gc
import json
import statistics
import subprocess
import sys
import time

import numpy as np
from spatial_peers import report_parity, report_speed, report_threads

from l2l.optimizees.demes import HomingDrive, SpatialBuilder, Species, SquareGrid, batch_setting

MODELS = {
    "discrete_4": ("discrete_generation", 1),
    "discrete_16": ("discrete_generation", 2),
    "ages_16": ("age_structured", 2),
}
"""Kind of the population, and loci with two alleles each; who is whose parent makes 4 or 16 genotypes."""
SIDE = 51
KERNEL = np.exp(-0.5 * np.add.outer(np.arange(-2, 3) ** 2, np.arange(-2, 3) ** 2))


def builder_of(model, topology, **competition):
    """A builder of flies with a drive, at the capacity of 1000 if none is given."""
    kind, n_loci = MODELS[model]
    loci = {"gene": ["WT", "Dr"], "marker": ["a", "b"]}
    species = Species.from_dict("fly", {"chr1": dict(list(loci.items())[:n_loci])}, unordered=False)
    wild = "|".join([species.haplotypes[0]] * 2)
    builder = SpatialBuilder(species, topology=topology, pop_type=kind)
    builder.initial_state({"female": {wild: 100}, "male": {wild: 100}})
    builder.competition(**{"carrying_capacity": 1000, **competition})
    builder.presets(HomingDrive("drive", drive_allele="Dr", target_allele="WT", drive_conversion_rate=0.9))
    return builder.migration(kernel=KERNEL, migration_rate=0.1)


VARIED = ("carrying_capacity", "individual_count", "survival", "viability", "fecundity", "presets")


def vary(builder, what, n):
    """Let all demes differ in something, whose values exist already."""
    shares = np.random.default_rng(1).uniform(0.5, 1, n).tolist()
    wild = builder.species.genotypes[0]
    if what == "carrying_capacity":
        values = batch_setting([1000 * share for share in shares])
        return lambda: builder.competition(carrying_capacity=values)
    if what == "individual_count":
        values = batch_setting([{"female": {wild: i}, "male": {wild: i}} for i in range(n)])
        return lambda: builder.initial_state(values)
    if what == "survival":
        values = batch_setting(shares)
        name = "female_age0_survival" if builder.is_discrete else "female_age_based_survival_rates"
        return lambda: builder.survival(**{name: values})
    if what == "presets":  # on top of a drive that all demes have
        drives = [HomingDrive("", drive_allele="Dr", target_allele="WT", drive_conversion_rate=one) for one in shares]
        values = batch_setting(drives)
        return lambda: builder.presets(values)
    values = batch_setting([{wild: share} for share in shares])
    return lambda: builder.fitness(**{what: values})


def report_build(args):
    n = args.side**2
    for model in args.models:
        for what in VARIED:
            times = []
            for _ in range(args.repeats + 1):  # the first one loads the kernels
                builder = builder_of(model, SquareGrid(args.side, args.side))
                varied = vary(builder, what, n)
                start, cpu = time.perf_counter(), time.process_time()
                varied()
                population = builder.build()
                built = time.perf_counter()
                population.run(1)
                times.append((built - start, time.perf_counter() - built, time.process_time() - cpu))
            build_s, tick_s, cpu_s = (statistics.median(column) for column in zip(*times[1:], strict=True))
            line = {"benchmark": "build", "model": model, "n_demes": n, "varied": what}
            line |= {"build_s": round(build_s, 4), "first_tick_s": round(tick_s, 4), "cpu_s": round(cpu_s, 4)}
            print(json.dumps({**line, "signatures": population.report().n_signatures}), flush=True)


def private_bytes():
    """Of this process, what it has freed given back; not the code of libraries, which any other process may share."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/smaps_rollup") as file:
        return 1024 * sum(int(line.split()[1]) for line in file if line.startswith("Private_Dirty"))


def private_of(model, case, n):
    """Private bytes of this process above the state, with a population of n demes that ran."""
    capacities = np.random.default_rng(1).uniform(500, 2000, n if case == "distinct" else 10)
    builder = builder_of(model, SquareGrid(n // 10, 10))
    builder.competition(carrying_capacity=batch_setting(np.resize(capacities, n)))
    population = builder.build()
    del builder, capacities
    population.run(2)
    state = population.kernel_arguments[1]
    return private_bytes() - sum(array.nbytes for array in state)


def report_memory(args):
    for model in args.models:
        for case in ("known", "distinct"):
            medians = []
            for n in args.sizes:
                command = [sys.executable, __file__, "private", model, case, str(n)]
                runs = [subprocess.run(command, check=True, capture_output=True) for _ in range(args.repeats)]
                medians.append(statistics.median(int(run.stdout) for run in runs))
            slope = np.polyfit(args.sizes, medians, 1)[0]
            line = {"benchmark": "memory", "model": model, "signature": case, "n_demes": args.sizes}
            print(json.dumps({**line, "bytes_per_deme": round(slope, 1)}), flush=True)


PARTS = {
    "build": report_build,
    "memory": report_memory,
    "speed": report_speed,
    "threads": report_threads,
    "parity": report_parity,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--side", type=int, default=SIDE, help="rows and columns of the landscape")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10000], help="numbers of demes")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--natal", metavar="PYTHON", default=sys.executable, help="an interpreter with natal-core")
    args = parser.parse_args()
    PARTS[args.part](args)


if __name__ == "__main__":
    if sys.argv[1:2] == ["private"]:  # a process of its own, of report_memory
        print(private_of(*sys.argv[2:4], int(sys.argv[4])))
    else:
        main()
