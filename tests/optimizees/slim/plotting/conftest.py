"""Runs of a small scenario, and the tables of them."""

from datetime import datetime

import pyarrow.parquet
import pytest

from l2l.optimizees.slim.plotting.daily import read_runs
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.recorder import DailyTable
from l2l.optimizees.slim.simulation.simulator import Simulator

END = datetime(2018, 12, 1)


@pytest.fixture(scope="session")
def loch():
    return Config.scenario("Fyne", end_date=str(END))


@pytest.fixture(scope="session")
def recorded(loch):
    """A run for each of three seeds."""
    simulator = Simulator(loch)
    return [simulator.run_recorded(Policy.built_in("mosaic"), seed) for seed in range(3)]


@pytest.fixture(scope="session")
def tables(loch, recorded, tmp_path_factory):
    """The daily table of each run."""
    folder = tmp_path_factory.mktemp("tables")
    paths = []
    for seed, record in enumerate(recorded):
        paths.append(folder / f"simulation_data_{seed}.parquet")
        table = DailyTable(loch, Policy.built_in("mosaic"), seed).of(record)
        pyarrow.parquet.write_table(table, paths[-1])
    return paths


@pytest.fixture(scope="session")
def one(tables):
    """The course of one run."""
    return read_runs(tables[:1])


@pytest.fixture(scope="session")
def three(tables):
    """The course of three runs."""
    return read_runs(tables)
