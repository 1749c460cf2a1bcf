"""Tables and figures of the Pareto front."""

import csv
import sys

import cloudpickle
import numpy as np
import pytest

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters
from l2l.optimizers.pareto_front import ParetoFront
from l2l.space import Float
from l2l.utils.experiment import Experiment
from l2l.utils.front_files import write_front

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def front_of(fitness, weights):
    front, fitness = ParetoFront(weights), np.array(fitness)
    population = [{"rate": float(i), "shape": np.array([i, -i]), "kind": "big"} for i in range(len(fitness))]
    front.add(3, range(len(fitness)), population, fitness * np.array(weights), np.zeros(len(fitness)))
    front.measured(3)
    return front


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_tables_have_a_row_for_each_individual_and_for_each_generation(tmp_path):
    front = front_of([[2.0, 1.0], [1.0, 0.5], [0.0, 0.0]], (1.0, -1.0))
    write_front(front, tmp_path)
    rows = rows_of(tmp_path / "front.csv")
    assert [(row["fitness_0"], row["fitness_1"]) for row in rows] == [("0.0", "0.0"), ("1.0", "0.5"), ("2.0", "1.0")]
    assert rows[0] == {
        **{"generation": "3", "index": "2", "fitness_0": "0.0", "fitness_1": "0.0"},
        **{"rate": "2.0", "shape_0": "2", "shape_1": "-2", "kind": "big"},
    }
    assert rows_of(tmp_path / "hypervolume.csv") == [{"generation": "3", "hypervolume": "0.5"}]


def test_a_parameter_that_does_not_count_is_empty(tmp_path):
    front = ParetoFront((1.0, 1.0))
    population = [{"a": None, "b": 1.0}, {"a": np.array([1.0, 2.0]), "b": None}]
    front.add(0, [0, 1], population, np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2))
    front.measured(0)
    write_front(front, tmp_path)
    first, second = rows_of(tmp_path / "front.csv")
    assert (first["b"], first["a_0"]) == ("1.0", "") and (second["b"], second["a_1"]) == ("", "2.0")


def test_two_objectives_are_drawn_as_points_with_their_names_and_directions(tmp_path, drawn):
    fitness = [[2.0, 1.0], [1.0, 0.5], [0.0, 0.0]]
    write_front(front_of(fitness, (1.0, -1.0)), tmp_path, ["payoff", "lice"])
    (axes,) = drawn[0].axes
    assert sorted(axes.lines[0].get_xydata().tolist()) == sorted(fitness)
    assert axes.lines[1].get_xydata().tolist() == [[1.0, 0.5]]
    assert axes.get_xlabel() == "payoff (more is better)" and axes.get_ylabel() == "lice (less is better)"
    (volumes,) = drawn[1].axes[0].lines
    assert volumes.get_xydata().tolist() == [[3.0, 0.5]]
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"front.png", "hypervolume.png"}


def test_three_objectives_are_drawn_in_pairs(tmp_path, drawn):
    write_front(front_of(np.eye(3), (1.0, 1.0, 1.0)), tmp_path, ["a", "b", "c"])
    shown = [axes for axes in drawn[0].axes if axes.get_visible()]
    pairs = [(axes.get_xlabel()[0], axes.get_ylabel()[0]) for axes in shown]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "c")]


def test_many_objectives_are_drawn_as_lines_from_worst_to_best(tmp_path, drawn):
    write_front(front_of(np.eye(5), (1.0,) * 5), tmp_path)
    (axes,) = drawn[0].axes
    assert len(axes.lines) == 5 + 1
    assert np.array_equal(sorted(line.get_ydata().tolist() for line in axes.lines[:5]), sorted(np.eye(5).tolist()))


def test_where_nobody_is_feasible_the_tables_are_empty(tmp_path):
    front = ParetoFront((1.0, 1.0))
    front.add(0, [0], [{"x": 0.0}], np.ones((1, 2)), np.ones(1))
    front.measured(0)
    write_front(front, tmp_path)
    assert (tmp_path / "front.csv").read_text() == "generation,index,fitness_0,fitness_1\n"
    assert rows_of(tmp_path / "hypervolume.csv") == [{"generation": "0", "hypervolume": "0.0"}]
    assert not (tmp_path / "figures").exists()


class Two(Optimizee):
    fitness_names = ("here", "there")

    def space(self):
        return {"x": Float(0, 1)}

    def simulate(self, traj):
        return traj.individual.x, 1 - traj.individual.x


def experiment_of(tmp_path, optimizee_class, weights=(-1.0, -1.0)):
    experiment = Experiment(tmp_path)
    traj, _ = experiment.prepare_experiment(name="front", runner_params={"max_workers": 1})
    optimizee = optimizee_class(traj)
    parameters = NSGA2Parameters(pop_size=4, n_iteration=2)
    return experiment, NSGA2Optimizer(traj, optimizee.create_individual, weights, parameters), optimizee


def test_the_end_of_an_experiment_writes_the_front(tmp_path):
    experiment, optimizer, optimizee = experiment_of(tmp_path, Two)
    experiment.run_experiment(optimizer, optimizee)
    experiment.end_experiment(optimizer)
    history = {(row["generation"], row["index"]): row for row in rows_of(tmp_path / "front" / "history.csv")}
    rows = rows_of(tmp_path / "front" / "front.csv")
    assert len(rows) == len(optimizer.pareto_front) > 1
    for row in rows:
        assert {name: history[row["generation"], row["index"]][name] for name in row} == row
    assert (tmp_path / "front" / "figures" / "front.png").stat().st_size > 1000


def test_names_of_a_fitness_that_are_too_few_are_refused_before_the_run(tmp_path):
    experiment, optimizer, optimizee = experiment_of(tmp_path, Two, weights=(-1.0, -1.0, -1.0))
    with pytest.raises(ValueError, match="fitness_names"):
        experiment.run_experiment(optimizer, optimizee)
