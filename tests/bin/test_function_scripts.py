"""The experiments on benchmark functions, as a user starts them."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from l2l import cli

BIN = Path(__file__).parents[2] / "bin"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run a script with tiny sizes as `l2l-run` does, from another folder; returns its history, sorted."""

    def run(script, *options, folder="."):
        (tmp_path / folder).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / folder)
        monkeypatch.setattr(sys, "argv", [])  # what l2l-run leaves changed, as its process ends anyway
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setitem(sys.modules, "__main__", None)
        assert cli.main([str(BIN / script), "--smoke", *options]) == 0
        (path,) = Path().glob("results/*/history.jsonl")
        records = [json.loads(line) for line in path.read_text().splitlines()]
        kept = ("generation", "index", "parameters", "fitness", "seed")
        rows = [{name: record[name] for name in kept} for record in records]
        return sorted(rows, key=lambda row: (row["generation"], row["index"]))

    return run


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
def test_script_runs_from_any_folder(start, script):
    if "mnist" in script:
        pytest.importorskip("sklearn")
    if "gaussmix" in script:
        pytest.importorskip("sklearn")
    history = start(script)
    assert {row["generation"] for row in history} == {0, 1}
    assert all(len(row["fitness"]) == (2 if "mgd" in script or "nsga" in script else 1) for row in history)


@pytest.mark.parametrize("script", sorted(path.name for path in BIN.glob("*.py") if path.name != "slim-ppo.py"))
def test_script_tells_its_options(tmp_path, monkeypatch, capsys, script):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(BIN / script), "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(BIN / script), run_name="__main__")
    assert ended.value.code == 0
    assert "--smoke" in capsys.readouterr().out and not list(tmp_path.iterdir())


def test_a_grid_is_one_generation(start):
    history = start("l2l-fun-gs.py")
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


def test_noisy_history_is_the_same_for_any_number_of_workers(start):
    one, three = (start("l2l-fun-ga.py", "--max-workers", workers, folder=workers) for workers in ("1", "3"))
    assert one == three


def test_another_seed_gives_another_history(start):
    one, other = (start("l2l-fun-cma.py", "--seed", seed, folder=seed) for seed in ("1", "2"))
    assert one[0]["parameters"] != other[0]["parameters"]
