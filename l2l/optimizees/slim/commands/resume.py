"""Go on with an interrupted run: ``slim resume``."""

import argparse

from l2l.optimizees.slim.commands.run import add_quiet, finish
from l2l.optimizees.slim.recording.paths import checkpoint_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim resume``."""
    parser.add_argument(
        "out", metavar="OUT/NAME", help="as given to slim run; its checkpoint says scenario, policy and seed"
    )
    add_quiet(parser)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim resume``; the summary for the user."""
    checkpoint_path(args.out)  # refuses a folder before numba is loaded

    from l2l.optimizees.slim.recording.recorded_run import RecordedRun

    return finish(RecordedRun.resume(args.out), args.quiet)
