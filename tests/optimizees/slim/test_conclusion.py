"""The finalists of a search."""

import json
from types import SimpleNamespace

from l2l.optimizees.slim.conclusion import find_finalists
from l2l.optimizees.slim.optimizee import SlimOptimizee, SlimOptimizeeParameters
from l2l.utils.trajectory import Trajectory


def search(tmp_path, fitness, recommended):
    """An optimizee, and an experiment whose history holds an individual for each of ``fitness``."""
    optimizee = SlimOptimizee(Trajectory(), SlimOptimizeeParameters(finalists=2, seed=1))
    individuals = [optimizee.create_individual() for _ in fitness]
    path = tmp_path / "history.jsonl"
    records = [
        {"generation": 0, "index": index, "parameters": individual, "fitness": f}
        for index, (individual, f) in enumerate(zip(individuals, fitness, strict=True))
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    experiment = SimpleNamespace(
        history_path=path,
        optimizer=SimpleNamespace(optimizee_fitness_weights=(1.0,)),
        recommend=lambda: individuals[recommended] if recommended is not None else None,
    )
    return optimizee, individuals, experiment


def values(policies):
    return [policy.values.tolist() for policy in policies]


def test_finalists_are_the_best_and_what_is_recommended(tmp_path):
    optimizee, individuals, experiment = search(tmp_path, [[1.0], None, [4.0], [None], [3.0]], recommended=0)
    expected = [optimizee.policy(individuals[i]) for i in (2, 4, 0)]
    assert values(find_finalists(optimizee, experiment)) == values(expected)


def test_recommendation_that_is_among_the_best_is_not_evaluated_twice(tmp_path):
    optimizee, individuals, experiment = search(tmp_path, [[1.0], [4.0], [3.0]], recommended=1)
    expected = [optimizee.policy(individuals[i]) for i in (1, 2)]
    assert values(find_finalists(optimizee, experiment)) == values(expected)


def test_finalists_do_not_depend_on_who_was_finished_first(tmp_path):
    optimizee, _, experiment = search(tmp_path, [[2.0], [1.0], [2.0], [2.0], [0.5]], recommended=None)
    lines = experiment.history_path.read_text().splitlines()
    again = json.loads(lines[4]) | {"generation": 1, "fitness": [3.0]}  # a second evaluation, a lucky one
    lines.append(json.dumps(again))
    found = []
    for order in (lines, lines[::-1]):
        experiment.history_path.write_text("\n".join(order) + "\n")
        found.append(values(find_finalists(optimizee, experiment)))
    assert found[0] == found[1]
    assert found[0][0] == optimizee.policy(again["parameters"]).values.tolist()
