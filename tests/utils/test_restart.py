"""A run that starts from the individuals of an earlier one."""

import json
import sys
from types import SimpleNamespace

import cloudpickle
import numpy as np
import pytest
import yaml

from l2l.errors import RunFolderError, UsageError
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.optimizers.gradientdescent import ClassicGDParameters, GradientDescentOptimizer
from l2l.optimizers.gridsearch import GridSearchOptimizer, GridSearchParameters
from l2l.overrides import Overrides, overriding
from l2l.space import Array, Category, Float, Integer, Space
from l2l.utils.experiment import Experiment
from l2l.utils.restart import Restart
from l2l.utils.trajectory import Trajectory

cloudpickle.register_pickle_by_value(sys.modules[__name__])

MANIFEST = {"status": "finished", "script": None, "argv": [], "overrides": {}, "cwd": "", "path": [], "seed": 0}


@pytest.fixture
def earlier(tmp_path):
    """Write a run with these records: (generation, index, parameters, fitness, others...)."""

    def write(*records):
        folder = tmp_path / "earlier"
        folder.mkdir()
        (folder / "manifest.yaml").write_text(yaml.safe_dump({**MANIFEST, "name": "earlier"}))
        keys = ("generation", "index", "parameters", "fitness", "violations")
        lines = [json.dumps({"outcome": "done", **dict(zip(keys, record, strict=False))}) for record in records]
        (folder / "history.jsonl").write_text("".join(line + "\n" for line in lines))
        return folder

    return write


def population(folder, weights=(1.0,), create=lambda: {"x": 0.0}):
    return Restart(folder).population(create, weights)


def test_the_last_generation_comes_first_then_the_best_of_all_others(earlier):
    folder = earlier(
        *[(0, i, {"x": float(i)}, [10.0 + i]) for i in range(3)],
        *[(1, i, {"x": 10.0 + i}, [float(i)]) for i in range(3)],
        (1, 3, {"x": 2.0}, [0.5]),
        (1, 4, {"x": 99.0}, None),
    )
    assert [i["x"] for i in population(folder)] == [12.0, 11.0, 2.0, 10.0, 1.0, 0.0]
    assert [i["x"] for i in population(folder, weights=(-1.0,))] == [10.0, 2.0, 11.0, 12.0, 0.0, 1.0]


def test_who_violates_constraints_comes_last(earlier):
    folder = earlier(
        (0, 0, {"x": 0.0}, [9.0], [2.0, -1.0]), (0, 1, {"x": 1.0}, [1.0], [-3.0, 0.0]), (0, 2, {"x": 2.0}, [5.0], [1.0])
    )
    assert [i["x"] for i in population(folder)] == [1.0, 2.0, 0.0]


def test_packed_individuals_are_taken_apart(earlier):
    folder = earlier((0, 0, {"x": [1.0, 2.0]}, [[3.0], [4.0]]), (0, 1, {"x": [5.0, 6.0]}, [[1.0], [9.0]]))
    assert [i["x"] for i in population(folder)] == [6.0, 2.0, 1.0, 5.0]


def test_individuals_get_the_kinds_of_the_new_space_and_its_bounds(earlier):
    space = Space(
        {
            "n": Integer(1, 5),
            "kind": Category([("a", 1), "b"]),
            "v": Array(Float(0.0, 1.0), 2),
            "w": Float(0.0, 1.0, when=("n", 3)),
        }
    )
    optimizee = SimpleNamespace(space=lambda: space)
    create = (lambda self: None).__get__(optimizee)  # a bound method leads to the space
    folder = earlier((0, 0, {"n": 9, "kind": ["a", 1], "v": [0.5, 7.0], "w": None}, [1.0]))
    (individual,) = Restart(folder).population(create, (1.0,))
    assert (individual["n"], individual["kind"], individual["w"]) == (5, ("a", 1), None)
    assert isinstance(individual["n"], int) and individual["v"].tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("create", "weights", "words"),
    [
        (lambda: {"y": 0.0}, (1.0,), r"must have the parameters \['y'\], got \['x'\]"),
        (lambda: {"x": np.zeros(2)}, (1.0,), r"'x' must have shape \(2,\), got \(\)"),
        (lambda: {"x": 0.0}, (1.0, 1.0), "has 1 components, but there are 2 weights"),
    ],
)
def test_a_run_that_does_not_fit_is_refused(earlier, create, weights, words):
    with pytest.raises(UsageError, match=words):
        population(earlier((0, 0, {"x": 1.0}, [1.0])), weights, create)


def test_a_folder_without_evaluations_is_refused(earlier, tmp_path):
    with pytest.raises(RunFolderError, match="nothing was evaluated"):
        Restart(earlier())
    with pytest.raises(RunFolderError, match="not the folder of a run"):
        Restart(tmp_path)


# --- in an experiment


class Bowl(Optimizee):
    def __init__(self, traj):
        super().__init__(traj)
        self.drawn = 0

    def create_individual(self):
        self.drawn += 1
        return {"x": float(self.drawn), "y": np.full(2, -1.0)}

    def simulate(self, traj):
        return (-(traj.individual.x**2) - float((traj.individual.y**2).sum()),)


def start(root, name, optimizer_class, parameters, **prepare):
    experiment = Experiment(root)
    traj, _ = experiment.prepare_experiment(name=name, runner_params={"max_workers": 1}, **prepare)
    bowl = Bowl(traj)
    optimizer = optimizer_class(traj, bowl.create_individual, (1.0,), parameters=parameters)
    drawn = bowl.drawn
    experiment.run_experiment(optimizer, bowl)
    experiment.end_experiment(optimizer)
    records = [json.loads(line) for line in experiment.history_path.read_text().splitlines()]
    return SimpleNamespace(experiment=experiment, records=records, drawn=drawn, optimizer=optimizer)


GA = GeneticAlgorithmParameters(seed=1, pop_size=4, n_iteration=2)


def test_from_one_optimizer_and_size_to_another_and_back(tmp_path):
    first = start(tmp_path, "first", GeneticAlgorithmOptimizer, GA)
    gradient = ClassicGDParameters(0.01, 0.01, 2, 3, np.inf, 5)
    second = start(tmp_path, "second", GradientDescentOptimizer, gradient, restart_from=tmp_path / "first")
    last = [r for r in first.records if r["generation"] == 1]
    best = max(last, key=lambda record: record["fitness"])["parameters"]
    assert second.records[2]["index"] == 2, "the current individual is the last one"
    assert second.records[2]["parameters"] == best
    assert [record["generation"] for record in second.records] == [0] * 3 + [1] * 3 + [2] * 3

    larger = GA._replace(pop_size=12)
    third = start(
        tmp_path,
        "third",
        GeneticAlgorithmOptimizer,
        larger,
        restart_from=str(tmp_path / "second"),
        keep_generation=True,
    )
    assert [record["generation"] for record in third.records] == [3] * 12 + [4] * 12
    assert third.optimizer.g == 4
    before = {json.dumps(record["parameters"]) for record in second.records}
    inherited = [json.dumps(record["parameters"]) in before for record in third.records[:12]]
    assert inherited == [True] * len(before) + [False] * (12 - len(before))
    manifest = yaml.safe_load((tmp_path / "third" / "manifest.yaml").read_text())
    assert manifest["restarted_from"] == {"run": str(tmp_path / "second"), "generation": 2}


def test_cma_es_begins_with_the_distribution_of_the_best_of_all_generations(tmp_path):
    first = start(tmp_path, "first", GeneticAlgorithmOptimizer, GA._replace(pop_size=40))
    traj = Trajectory(name="second")
    traj.restart = Restart(tmp_path / "first")
    second = CMAESOptimizer(traj, Bowl(traj).create_individual, (1.0,), CMAESParameters())
    best = sorted(first.records, key=lambda record: -record["fitness"][0])[: len(first.records) // 10]
    mean = second.region.space.from_unit(second.descents.strategy.mean)
    assert np.isclose(mean[0], np.mean([record["parameters"]["x"] for record in best]))


def test_the_command_line_asks_for_it_too(tmp_path):
    start(tmp_path, "first", GeneticAlgorithmOptimizer, GA)
    with overriding(Overrides(restart_from=str(tmp_path / "first"), keep_generation=True, name="second")):
        second = start(tmp_path, "first", GeneticAlgorithmOptimizer, GA)
    assert [record["generation"] for record in second.records] == [2] * 4 + [3] * 4


def test_an_optimizer_that_cannot_is_told_so_before_anything_runs(tmp_path):
    start(tmp_path, "first", GeneticAlgorithmOptimizer, GA)
    grid = GridSearchParameters({"x": (0.0, 1.0, 1), "y": (0.0, 1.0, 1)})
    with pytest.raises(UsageError, match="GridSearchOptimizer cannot start from the individuals of another run"):
        start(tmp_path, "second", GridSearchOptimizer, grid, restart_from=tmp_path / "first")


def test_a_run_neither_starts_from_itself_nor_counts_on_from_none(tmp_path):
    with pytest.raises(UsageError, match="cannot start from itself"):
        Experiment(tmp_path).prepare_experiment(name="run", restart_from=tmp_path / "run", overwrite=True)
    with pytest.raises(UsageError, match="keep_generation goes with restart_from"):
        Experiment(tmp_path).prepare_experiment(name="run", keep_generation=True)
