"""Workers and runners that are killed at random moments; ``benchmarks/faults.py`` does the same at full length."""

import sys
from dataclasses import asdict
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import faults


@pytest.mark.slow
@pytest.mark.parametrize("pipes", ["fifo", "file"])
def test_nothing_is_lost_doubled_or_left_whoever_is_killed(tmp_path, pipes):
    storm = faults.Storm(tmp_path, pipes, n_individuals=60, seconds=0.01)
    storm.run(workers=True)
    storm.run(runner_kills=2)
    storm.run(runner_kills=1, workers=True)
    damage = asdict(storm.damage)
    assert damage.pop("runs") >= 3
    assert damage.pop("runner_kills") == 3
    assert damage.pop("worker_kills") > 0
    assert not any(damage.values()), f"{damage}\n{storm.told}"
