"""Kernels in threads."""

import os
import subprocess
import sys

from numba import config

PROGRAM = """
import sys
from l2l.optimizees.demes import SpatialBuilder, Species, SquareGrid
from l2l.optimizees.demes.kernels.run import run_blocks

builder = SpatialBuilder(Species.from_dict("fly", {"one": {"A": ["a", "b"]}}), topology=SquareGrid(6, 6))
builder.setup(seed=2).age_structure(n_ages=4, new_adult_age=2)
builder.initial_state({"female": {"a|b": 40}, "male": {"a|a": 40}}).competition(age_1_carrying_capacity=60)
flies = builder.migration(migration_rate=0.3).build().run(5, n_threads=int(sys.argv[1]))
print(flies.individual_count.tolist(), flies.streams.tolist())
print(sum(run_blocks.stats.cache_misses.values()), file=sys.stderr)
"""


def run(n_threads):
    command = [sys.executable, "-c", PROGRAM, str(n_threads)]
    threads = {**os.environ, "NUMBA_NUM_THREADS": str(n_threads)}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=threads)


def test_kernels_cached_under_one_number_of_threads_run_under_another():
    cores = config.NUMBA_NUM_THREADS
    fewer = run(max(2, cores))  # compiled, if they are not yet
    more = run(max(2, cores) + 1)
    assert more.stdout == fewer.stdout
    assert more.stderr.split()[-1] == "0"
