"""Options of the commands that simulate many runs: how many, from which seed on, and on how many threads."""

import argparse
import os
from typing import NamedTuple

from l2l.optimizees.slim.commands.scenario_options import whole_option


class Replicates(NamedTuple):
    """Runs of every condition that a command simulates."""

    seeds: range  # each condition has the same ones
    n_threads: int


def add_replicate_options(parser: argparse.ArgumentParser) -> None:
    """Declare ``--runs``, ``--seed`` and ``--threads``."""
    parser.add_argument("--runs", default="100", metavar="N", help="runs of each condition (default: 100)")
    parser.add_argument("--seed", default="0", metavar="N", help="of the first run; the next has N + 1 (default: 0)")
    cores = str(len(os.sched_getaffinity(0)))
    parser.add_argument("--threads", default=cores, metavar="N", help="runs at the same time (default: one per core)")


def replicates(args: argparse.Namespace) -> Replicates:
    """What the command line says."""
    n_runs, seed = whole_option("--runs", args.runs, 2), whole_option("--seed", args.seed)
    return Replicates(range(seed, seed + n_runs), whole_option("--threads", args.threads, 1))
