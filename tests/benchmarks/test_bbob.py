"""The harness of BBOB."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
ioh = pytest.importorskip("ioh", reason="BBOB comes with ioh: pip install 'l2l[bench]'")

import bbob  # noqa: E402
import noise  # noqa: E402
from peers import Spent, random_search  # noqa: E402


def test_targets_are_counted_by_the_best_point_within_the_budget():
    objective = bbob.Objective(function=1, instance=1, dim=2, budget=2)
    best = objective.problem.optimum.x
    for distance in (1.0, 0.09):
        objective(best + np.array([distance, 0]))
    with pytest.raises(Spent):
        objective(best)
    assert objective.solved() == int((bbob.TARGETS >= 0.09**2).sum()) == 21


def test_under_noise_the_recommended_point_is_scored():
    objective = bbob.Objective(function=1, instance=1, dim=2, budget=10, noise=noise.SEVERE["gauss"])
    best = objective.problem.optimum.x
    objective(best + np.array([3.0, 0]))
    assert objective.solved() == int((bbob.TARGETS >= 9 + 1e-9).sum())
    objective.recommend = lambda: best
    assert objective.solved() == 51


def test_ours_and_others_run_and_a_result_is_not_run_again(tmp_path, monkeypatch):
    jobs = [bbob.job(name, 1, 1, 2, 20) for name in ("random", "l2l CMAESOptimizer")]
    path = tmp_path / "results.jsonl"
    lines = bbob.run_all(jobs, path, n_processes=1)
    assert [line["calls"] for line in lines] == [40, 40] and lines[0]["solved"] < lines[1]["solved"]
    monkeypatch.setattr(bbob, "run", None)
    assert bbob.run_all(jobs, path, n_processes=1) == lines
    assert "l2l CMAESOptimizer" in bbob.table(lines, lambda line: line["optimizer"], lambda line: line["dim"])


def test_random_search_stays_within_bounds():
    points = []

    def objective(point):
        if len(points) == 100:
            raise Spent
        points.append(point)

    with pytest.raises(Spent):
        random_search(objective, 3, seed=1)
    assert np.abs(points).max() <= 5


@pytest.mark.parametrize(("model", "expected"), [("gauss", 5.0), ("uniform", None), ("cauchy", 1005.0)])
def test_noise_has_its_median_and_leaves_solutions_alone(model, expected):
    rng = np.random.default_rng(0)
    values = [noise.SEVERE[model](5.0, rng, 10) for _ in range(4000)]
    if expected is not None:
        assert np.median(values) == pytest.approx(expected, rel=0.05)
    else:
        assert min(values) < 0.1 and max(values) > 1e4
    assert noise.SEVERE[model](1e-9, rng, 10) == 1e-9
