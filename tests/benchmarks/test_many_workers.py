"""A runner with many workers, which are simulated."""

import sys
from pathlib import Path

import pytest

from l2l.utils import looks

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import many_workers


@pytest.mark.parametrize("polled", [False, True])
def test_each_individual_is_evaluated_once_by_one_of_many_workers(monkeypatch, polled):
    monkeypatch.setattr(looks, "Watch", looks.Watch)  # given back
    measured = many_workers.measure(100, 0.005, 800, 2, polled, sigma=1.0)
    assert 0 < measured["busy_share"] <= 1
