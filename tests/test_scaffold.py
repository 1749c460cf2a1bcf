"""The projects that ``l2l-new`` writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from l2l import scaffold
from l2l.errors import UsageError

ROOT = Path(scaffold.__file__).parents[1]


@pytest.mark.parametrize(
    ("kind", "name", "package", "class_name"),
    [
        ("optimizee", "tide_model", "tide_model", "TideModelOptimizee"),
        ("optimizee", "TideModel", "tide_model", "TideModelOptimizee"),
        ("optimizee", "TideOptimizee", "tide", "TideOptimizee"),
        ("optimizer", "EDA2", "eda_2", "Eda2Optimizer"),
        ("optimizer", "tide_optimizee", "tide_optimizee", "TideOptimizeeOptimizer"),
    ],
)
def test_names_follow_from_one(kind, name, package, class_name):
    names = scaffold.names_of(kind, name)
    assert (names["package"], names["class_name"]) == (package, class_name)


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("optimizee", "my-tides", "must be a Python identifier, got 'my-tides'; did you mean 'my_tides'?"),
        ("optimizee", "3d", "must be a Python identifier, got '3d'"),
        ("optimizee", "Lambda", "a package cannot be called 'lambda'"),
        ("optimizee", "Optimizee", "a package cannot be called ''"),
        ("optimizee", "_", "a package cannot be called ''"),
        ("optimizee", "numpy", "there is a module 'numpy' already"),
        ("optimizee", "Random", "there is a module 'random' already"),
        ("optimizer", "GeneticAlgorithm", "there is an optimizer 'GeneticAlgorithmOptimizer' already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(kind, name, words):
    with pytest.raises(UsageError) as error:
        scaffold.names_of(kind, name)
    assert words in str(error.value)


def test_nothing_is_overwritten(tmp_path, capsys):
    folder = tmp_path / "here"
    arguments = ["optimizee", "tide_model", "--folder", str(folder)]
    folder.mkdir()
    (folder / "kept.txt").write_text("mine")
    assert scaffold.main(arguments) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["kept.txt"]
    (folder / "kept.txt").unlink()
    assert scaffold.main(arguments) == 0
    assert (folder / "src/tide_model/optimizee.py").exists()


def run(folder, *command):
    installed = f"{folder / 'installed'}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": installed},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_projects_install_pass_their_tests_and_are_listed(tmp_path):
    pytest.importorskip("setuptools", reason="builds the projects")
    for kind, name in (("optimizee", "tide_model"), ("optimizer", "follow_best")):
        run(tmp_path, "-m", "l2l.scaffold", kind, name)
    projects = ["./tide_model", "./follow_best"]
    offline = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", "installed"]
    run(tmp_path, "-m", "pip", "--disable-pip-version-check", "install", *offline, *projects)
    for project in projects:
        assert " passed" in run(tmp_path, "-m", "pytest", "-q", "--rootdir", project, project)
        run(tmp_path, "-m", "l2l.cli", f"{project}/experiment.py", "--smoke", "--quiet")
    told = run(tmp_path, "-m", "l2l.cli", "--list")
    assert "TideModelOptimizee" in told and "FollowBestOptimizer" in told
    assert "[tide-model 0.1.0]" in told and "[follow-best 0.1.0]" in told and "BROKEN" not in told
