"""The experiments on benchmark functions, as a user starts them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(__file__).parents[2] / "bin"


def started(folder, script, *options):
    """Run a script with tiny sizes from another folder; returns its history, sorted."""
    command = [sys.executable, "-m", "l2l.cli", str(BIN / script), "--smoke", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("results/*/history.jsonl")
    records = [json.loads(line) for line in path.read_text().splitlines()]
    kept = ("generation", "index", "parameters", "fitness", "seed")
    rows = [{name: record[name] for name in kept} for record in records]
    return sorted(rows, key=lambda row: (row["generation"], row["index"]))


SCRIPTS = [
    "l2l-fun-ga.py",
    "l2l-fun-ce.py",
    "l2l-fun-ce-gaussmix.py",
    "l2l-fun-cma.py",
    "l2l-fun-es.py",
    "l2l-fun-face.py",
    "l2l-fun-gd.py",
    "l2l-fun-mgd.py",
    "l2l-fun-nes.py",
    "l2l-template.py",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_runs_from_any_folder(tmp_path, script):
    if "gaussmix" in script:
        pytest.importorskip("sklearn")
    history = started(tmp_path, script)
    assert {row["generation"] for row in history} == {0, 1}
    assert all(len(row["fitness"]) == (2 if "mgd" in script else 1) for row in history)


@pytest.mark.parametrize("script", sorted(path.name for path in BIN.glob("l2l-*.py")))
def test_script_tells_its_options(tmp_path, script):
    done = subprocess.run([sys.executable, str(BIN / script), "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--smoke" in done.stdout and not list(tmp_path.iterdir())


def test_noisy_history_is_the_same_for_any_number_of_workers(tmp_path):
    histories = []
    for workers in ("1", "3"):
        folder = tmp_path / workers
        folder.mkdir()
        histories.append(started(folder, "l2l-fun-ga.py", "--max-workers", workers))
    assert histories[0] == histories[1]


def test_another_seed_gives_another_history(tmp_path):
    histories = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        histories.append(started(folder, "l2l-fun-cma.py", "--seed", seed))
    assert histories[0][0]["parameters"] != histories[1][0]["parameters"]
