"""The harness that compares hypervolumes."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
pytest.importorskip("pymoo", reason="it is compared with pymoo: pip install 'l2l[bench]'")

import multi_objective as harness


@pytest.mark.parametrize("name", ["zdt1", "zdt5", "dtlz2"])
def test_both_solvers_have_the_same_population_and_evaluations(name, monkeypatch):
    counts = {}
    plain = harness.problem_of(name)
    for solver, solve in harness.SOLVERS.items():
        problem = harness.problem_of(name)
        sizes = []

        def evaluate(x, out, *args, sizes=sizes, **kwargs):
            sizes.append(len(x))
            type(plain)._evaluate(plain, x, out, *args, **kwargs)

        problem._evaluate = evaluate
        monkeypatch.setattr(harness, "problem_of", lambda name, problem=problem: problem)
        costs = solve(name, 3, 1)
        counts[solver] = (len(costs), sum(sizes), costs.shape[1])
    pop_size = harness.POP_SIZE[harness.family(name)]
    assert counts["l2l"] == counts["pymoo"] == (pop_size, 3 * pop_size, plain.n_obj)


def test_what_is_in_the_file_is_not_run_again(tmp_path):
    job = {"solver": "l2l", "problem": "zdt1", "generations": 2, "seed": 1}
    path = tmp_path / "out.jsonl"
    path.write_text(json.dumps({**job, "hypervolume": 12.5, "seconds": 0.0}) + "\n")
    (line,) = harness.run_all([job], path, 1)
    assert line["hypervolume"] == 12.5 and len(path.read_text().splitlines()) == 1


def test_all_zdt_and_dtlz_have_a_reference_point():
    assert list(harness.GENERATIONS) == [f"zdt{k}" for k in range(1, 7)] + [f"dtlz{k}" for k in range(1, 8)]
    assert all(len(harness.REFERENCE[name]) == harness.problem_of(name).n_obj for name in harness.GENERATIONS)
