"""The scripts that tune Loch Fyne, at tiny sizes, and what they leave behind."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from l2l.optimizees.slim.cli import main as slim

BIN = Path(__file__).parents[2] / "bin"


@pytest.fixture(scope="module", params=["ga", "cma", "nsga"])
def run_folder(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("results")
    script = BIN / f"l2l-slim-{request.param}.py"
    options = ("--smoke", "--root-dir", root, "--max-workers", "1")
    subprocess.run([sys.executable, "-m", "l2l.cli", script, *options], capture_output=True, check=True)
    return root / f"slim-{request.param}"


@pytest.mark.slow
def test_run_folder_holds_all_that_a_user_wants_to_see(run_folder):
    for name in ("manifest.yaml", "best_policy.yaml", "history.jsonl", "history.parquet", "history.csv", "report.html"):
        assert (run_folder / name).stat().st_size > 0, name
    assert len(list((run_folder / "figures").glob("*.png"))) == (6 if run_folder.name == "slim-nsga" else 4)
    manifest = yaml.safe_load((run_folder / "manifest.yaml").read_text())
    assert manifest["status"] == "finished"
    assert manifest["optimizee_description"]["scenario_hash"]


@pytest.mark.slow
def test_comparison_has_the_tuned_and_all_built_in_policies(run_folder):
    with open(run_folder / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["policy"] for row in rows] == ["tuned", "untreated", "bernoulli", "mosaic"]
    assert all(row["n_seeds"] == "8" for row in rows)


@pytest.mark.slow
def test_several_objectives_have_a_front_in_the_report(run_folder):
    several = run_folder.name == "slim-nsga"
    assert (run_folder / "front.csv").exists() == several
    assert ("The compromises" in (run_folder / "report.html").read_text()) == several


@pytest.mark.slow
def test_the_best_policy_can_be_simulated(run_folder, tmp_path):
    policy = str(run_folder / "best_policy.yaml")
    assert slim(["run", str(tmp_path / "tuned"), "Fyne", "--treatment-strategy", policy, "--seed", "1"]) == 0
    assert (tmp_path / "simulation_data_tuned.parquet").stat().st_size > 10_000
