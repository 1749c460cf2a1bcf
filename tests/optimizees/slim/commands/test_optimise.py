"""``slim optimise``: the experiment it writes, and what comes of it."""

from pathlib import Path

import pytest
import yaml

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands.optimise import METHODS
from l2l.optimizees.slim.optimizee import SlimOptimizeeParameters
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_files import find_scenario
from l2l.optimizees.slim.simulation.policies import Policy, load_policy
from l2l.optimizees.slim.types.policies import Family
from l2l.plugins import find_class
from l2l.utils.history import read_history
from l2l.yaml_experiment import parameters_class

TINY = "--generations 2 --population 3 --replicates 1 --finalists 1 --selection-seeds 2 --comparison-seeds 2".split()


def optimise(out: Path, *argv: object) -> int:
    return main(["optimise", str(out), *map(str, argv)])


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """What would be run: the content of the YAML file, and the arguments of ``l2l-run``."""

    def written(*argv: object) -> tuple[dict, list[str]]:
        given = []
        monkeypatch.setattr("l2l.cli.main", lambda argv: given.extend(argv) or 0)
        assert optimise(tmp_path / "out" / "a", *argv) == 0
        return yaml.safe_load((tmp_path / "out" / "a.yaml").read_text()), given

    return written


@pytest.mark.slow
def test_tuned_policy_comes_out_and_a_finished_run_resumes_to_the_same(tmp_path, capsys):
    options = [*TINY, "--end-date", "2018-06-01", "--workers", 1, "--quiet"]
    assert optimise(tmp_path / "a", "Fyne", *options) == 0
    best = tmp_path / "a" / "best_policy.yaml"
    assert capsys.readouterr().out.splitlines()[0] == str(best)
    policy = best.read_text()
    assert load_policy(best, Config.scenario("Fyne")).family == Family.THRESHOLD
    assert len(list(read_history(tmp_path / "a" / "history.jsonl"))) == 6
    assert optimise(tmp_path / "a", "--resume", "--quiet") == 0
    assert best.read_text() == policy
    assert optimise(tmp_path / "a", "Fyne", *options) == 2
    assert "--resume goes on with it, --overwrite removes it" in capsys.readouterr().err


def test_options_are_in_the_experiment(experiment, tmp_path):
    Policy.from_parameters(Family.LINEAR, Config.scenario("Fyne"), {}).save(tmp_path / "start.yaml")
    spec, argv = experiment(
        *("Fyne", "--optimizer", "cma", "--generations", 3, "--population", 7, "--seed", 9, "--workers", 2, "--quiet"),
        *("--objectives", "low_payoff", "resistance", "--family", "linear", "--start", tmp_path / "start.yaml"),
        *("--replicates", 5, "--farms.0.num-fish", 1000, "--per-farm", "--overwrite"),
    )
    assert spec["optimizee"]["parameters"] == {
        "scenario": str(find_scenario("Fyne")),
        "family": "linear",
        "objectives": ["low_payoff", "resistance"],
        "per_farm": True,
        "overrides": {"farms.0.num_fish": 1000},
        "start": str(tmp_path / "start.yaml"),
        "replicates": 5,
    }
    assert spec["optimizer"]["class"] == "CMAESOptimizer"
    assert spec["optimizer"]["fitness_weights"] == [1.0, -1.0]
    assert {"pop_size": 7, "n_iteration": 3}.items() <= spec["optimizer"]["parameters"].items()
    assert spec["experiment"] == {"name": "a", "root_dir": str(tmp_path / "out"), "seed": 9}
    assert argv == [str(tmp_path / "out" / "a.yaml"), "--quiet", "--max-workers", "2", "--overwrite"]


def test_what_is_not_given_is_left_to_the_optimizee(experiment):
    spec, _ = experiment("Fyne")
    parameters = {**spec["optimizee"]["parameters"], "scenario": "Fyne", "overrides": None}
    parameters["objectives"] = tuple(parameters["objectives"])
    assert SlimOptimizeeParameters(**parameters) == SlimOptimizeeParameters()


@pytest.mark.parametrize("name", METHODS)
def test_parameters_of_an_optimizer_are_those_it_takes(experiment, name):
    spec, _ = experiment("Fyne", "--optimizer", name)
    cls = find_class("optimizer", spec["optimizer"]["class"])
    parameters_class(cls)(**spec["optimizer"]["parameters"])


def test_exit_code_of_the_run_is_that_of_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("l2l.cli.main", lambda argv: 130)
    assert optimise(tmp_path / "a", "Fyne") == 130


@pytest.mark.parametrize(
    "argv, told",
    [
        (["Fine"], "did you mean 'Fyne'?"),
        ([], "SCENARIO is missing"),
        (["Fyne", "--family", "treshold"], "did you mean 'threshold'?"),
        (["Fyne", "--objectives", "payoff"], "--objectives: no objective 'payoff'"),
        (["Fyne", "--optimizer", "gaa"], "invalid choice: 'gaa'"),
        (["Fyne", "--population", "1"], "--population is 1; expected a whole number >= 2"),
        (["Fyne", "--replicates", "0"], "--replicates is 0; expected a whole number >= 1"),
        (["Fyne", "--start", "nowhere.yaml"], "no policy 'nowhere.yaml'"),
        (["Fyne", "--farms.5.num-fish", "1"], "there is no item 5; expected 0 to 1"),
        (["Fyne", "--resume"], "expected it without Fyne"),
        (["--resume", "--ext-pressure", "1"], "expected it without --set"),
        (["--resume", "--population", "5"], "expected it without --population"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(tmp_path, capsys, argv, told):
    assert optimise(tmp_path / "out" / "a", *argv) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
