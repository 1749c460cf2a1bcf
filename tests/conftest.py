"""Fixtures for all tests; among them an experiment in three lines: any function, and a random search."""

import json
import os
import signal
import sys
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.experiment import Experiment

cloudpickle.register_pickle_by_value(sys.modules[__name__])

MAIN = sys.modules["__main__"]

LONGEST = ("test_docs_code.py", "test_batch_jobs.py", "test_workers.py")


def pytest_configure() -> None:
    """Take Ctrl-C, also as the background job of a shell, which ignores it, and so would all that tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest as a whole, at which one process would be left alone at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def main_module(monkeypatch):
    """The program that runs the tests: an experiment that was run in its process has taken its place."""
    monkeypatch.setitem(sys.modules, "__main__", MAIN)


@pytest.fixture(scope="session")
def slim_data() -> Path:
    """Scenarios and ensembles of the published SLIM simulator, which are not part of this repository.

    The folder is named by the environment variable ``SLIM_DATA``, or is ``shared/data`` beside the checkout;
    it holds ``slim-config/`` and ``slim-ensembles/``. Tests that ask for it are skipped where it is absent.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SLIM_DATA", beside))
    if not (folder / "slim-config").is_dir():
        pytest.skip(f"no SLIM data in {folder}; set SLIM_DATA")
    return folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The figures that a test makes, kept open until it has looked at them."""
    from l2l.matplotlib_ import plt

    made: list[Any] = []
    monkeypatch.setattr(plt, "close", made.append)
    yield made
    monkeypatch.undo()
    plt.close("all")


SearchParameters = namedtuple("SearchParameters", ("pop_size", "n_iteration", "seed"))


class Simulates(Optimizee):
    """Evaluates ``function(traj)``."""

    def __init__(self, traj, function):
        super().__init__(traj)
        self.function = function
        self.calls = 0

    def create_individual(self):
        return {"x": 0.5}

    def simulate(self, traj):
        self.calls += 1
        return self.function(traj)


class Search(Optimizer):
    """Random search in one dimension; remembers all it was told."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.told = []
        self.start(traj)

    def ask(self):
        return [{"x": float(x)} for x in self.rng.random(self.parameters.pop_size)]

    def tell(self, population, fitness):
        self.told.append(list(fitness))


class OneByOne(Optimizer):
    """Random steps up from the last individual, with or without generations."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.last = 0.0
        self.start(traj)

    def ask(self):
        return [self.ask_one() for _ in range(self.parameters.pop_size)]

    def ask_one(self):
        return {"x": self.last + float(self.rng.random())}

    def tell(self, population, fitness):
        self.last = 0.5 * float(fitness[-1])

    def tell_one(self, individual, objectives, violation):
        self.last = 0.5 * float(objectives[0])


@dataclass
class Run:
    """What became of an experiment."""

    experiment: Any
    optimizer: Any
    error: BaseException | None = None
    history: list = field(default_factory=list)

    @property
    def outcomes(self):
        return [record["outcome"] for record in self.history]

    @property
    def fitness(self):
        return [record["fitness"] for record in self.history]


def read(path):
    """Records by generation and index."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return sorted(records, key=lambda record: (record["generation"], record["index"]))


def _threads(n_workers):
    """An executor with a thread for each worker: the cheapest one, and all end evaluations in the same way."""
    return lambda: ThreadPoolExecutor(n_workers)


@pytest.fixture
def pipes():
    """Kind of the pipes between runner and workers, or ``"executor"`` for no pipes of its own; None is the default."""
    return None


@pytest.fixture
def launch(tmp_path, pipes):
    """Run ``function(traj)`` as an experiment; errors of the run are kept in the result."""

    def run(function, pop_size=3, n_iteration=1, weights=(1.0,), optimizer=Search, **prepare):
        name = prepare.pop("name", "run")
        runner_params = {"max_workers": 2, **prepare.get("runner_params", {})}
        through = {"executor": _threads(runner_params["max_workers"])} if pipes == "executor" else {"pipes": pipes}
        prepare["runner_params"] = {**through, **runner_params}
        experiment = Experiment(tmp_path / "results")
        traj, _ = experiment.prepare_experiment(name=name, **prepare)
        optimizee = Simulates(traj, function)
        search = optimizer(traj, optimizee.create_individual, weights, SearchParameters(pop_size, n_iteration, 1))
        result = Run(experiment, search)
        try:
            experiment.run_experiment(search, optimizee)
        except BaseException as error:
            result.error = error
        result.history = read(experiment.history_path)
        return result

    return run


@pytest.fixture
def one_by_one(launch):
    """The same with an optimizer that can do without generations, and does."""

    def run(function, name="run", **prepare):
        prepare = {"asynchronous": 3, "max_retries": 0, **prepare}
        return launch(function, pop_size=4, n_iteration=6, optimizer=OneByOne, name=name, **prepare)

    return run
