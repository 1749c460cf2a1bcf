"""The script that places releases, at tiny sizes, and what it leaves behind."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

BIN = Path(__file__).parents[2] / "bin"


def run(root, *arguments):
    script = BIN / "l2l-demes-ga.py"
    options = ("--smoke", "--root-dir", root, "--max-workers", "2")
    return subprocess.run(
        [sys.executable, "-m", "l2l.cli", script, *options, *arguments], capture_output=True, text=True, check=True
    )


@pytest.mark.slow
def test_run_folder_holds_all_that_a_user_wants_to_see(tmp_path):
    done = run(tmp_path)
    assert "The tuned plan costs" in done.stderr + done.stdout
    folder = tmp_path / "demes-ga"
    names = ["best_plan.csv", "landscape.gif", "report.html"]
    names += [f"figures/{name}.png" for name in ("frequencies", "releases", "search")]
    for name in names:
        assert (folder / name).stat().st_size > 0, name
    assert yaml.safe_load((folder / "manifest.yaml").read_text())["status"] == "finished"
    with open(folder / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["plan"] for row in rows[:2]] == ["tuned", "all in the middle"]
    with open(folder / "best_plan.csv", newline="") as file:
        plan = list(csv.DictReader(file))
    assert sum(int(release["released"]) for release in plan) == int(rows[0]["released"])
    assert all(int(release["deme"]) == 11 * int(release["row"]) + int(release["col"]) for release in plan)


@pytest.mark.slow
def test_script_has_another_scenario(tmp_path):
    done = run(tmp_path, "--name", "resistance", "--", "--scenario", "resistance")
    assert "R|* at most 20%" in done.stderr + done.stdout
    assert (tmp_path / "resistance" / "report.html").exists()
