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
    "l2l-fun-auto.py",
    "l2l-fun-ga.py",
    "l2l-fun-ce.py",
    "l2l-fun-ce-gaussmix.py",
    "l2l-fun-cma.py",
    "l2l-fun-es.py",
    "l2l-fun-face.py",
    "l2l-fun-gd.py",
    "l2l-fun-mgd.py",
    "l2l-fun-nes.py",
    "l2l-fun-nsga.py",
    "l2l-fun-pt.py",
    "l2l-fun-sa.py",
    "l2l-mnist-ce.py",
    "l2l-mnist-es.py",
    "active-wait-ga.py",
    "l2l-template.py",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_runs_from_any_folder(tmp_path, script):
    if "mnist" in script:
        pytest.importorskip("sklearn")
    if "gaussmix" in script:
        pytest.importorskip("sklearn")
    history = started(tmp_path, script)
    assert {row["generation"] for row in history} == {0, 1}
    assert all(len(row["fitness"]) == (2 if "mgd" in script or "nsga" in script else 1) for row in history)


@pytest.mark.parametrize("script", sorted(path.name for path in BIN.glob("*.py") if path.name != "slim-ppo.py"))
def test_script_tells_its_options(tmp_path, script):
    done = subprocess.run([sys.executable, str(BIN / script), "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--smoke" in done.stdout and not list(tmp_path.iterdir())


def test_a_grid_is_one_generation(tmp_path):
    history = started(tmp_path, "l2l-fun-gs.py")
    points = [row["parameters"]["coords"] for row in history]
    assert sorted(points) == [[x, y] for x in (-2, 0, 2) for y in (-2, 0, 2)]


@pytest.mark.parametrize("script", ["l2l-fun-ga-checkpoint.py", "active-wait-ga-checkpoint.py"])
def test_second_run_goes_on_where_the_first_one_was(tmp_path, script):
    command = [sys.executable, str(BIN / script), "--smoke", "--quiet"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    first, second = (
        [json.loads(line) for line in next(tmp_path.glob(f"results/*-{which}/history.jsonl")).open()]
        for which in ("first", "second")
    )
    assert {record["generation"] for record in first} == {0, 1}
    assert {record["generation"] for record in second} == {1, 2}
    last, begin = (
        {record["index"]: record["parameters"] for record in records if record["generation"] == 1}
        for records in (first, second)
    )
    assert last == begin


def test_all_functions_by_all_optimizers_make_a_table(tmp_path):
    command = [sys.executable, str(BIN / "l2l-funall.py"), "--smoke", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, check=True, timeout=120, capture_output=True, text=True)
    header, row = done.stdout.splitlines()
    assert header.split() == ["cma", "ce"]
    assert row.split()[0] == "3Gaussians2d" and len(row.split()) == 3
    assert len(list(tmp_path.glob("results/funall/*/history.jsonl"))) == 2


def test_functions_of_two_variables_are_drawn(tmp_path):
    command = [sys.executable, str(BIN / "plot-functions.py"), "--smoke", "--noise", "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, timeout=120)
    assert len(list(tmp_path.glob("out/*.png"))) == 11


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
