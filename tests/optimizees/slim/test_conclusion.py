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
    records = [{"parameters": i, "fitness": f} for i, f in zip(individuals, fitness, strict=True)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    optimizer = SimpleNamespace(
        optimizee_fitness_weights=(1.0,),
        recommend=lambda: individuals[recommended] if recommended is not None else None,
    )
    return optimizee, individuals, SimpleNamespace(history_path=path, optimizer=optimizer)


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
