"""``slim compile``: compile the kernels now, rather than when a simulation is first run."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(args: argparse.Namespace) -> str:
    """Compile, unless the kernels in the cache are those of the present sources."""
    from l2l.optimizees.slim.kernels.cache import cache_folder
    from l2l.optimizees.slim.simulation.config import Config
    from l2l.optimizees.slim.simulation.simulator import Simulator

    Simulator(Config.scenario("Fyne"))  # the code is the same for every scenario
    return f"the compiled kernels are in {cache_folder()}"
