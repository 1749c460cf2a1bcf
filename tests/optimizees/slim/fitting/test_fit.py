"""``slim fit`` from the command line to the files."""

import csv
import json
import signal
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import yaml
from matplotlib.image import imread

from l2l.cli import main as run
from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.fitting.optimizee import LEAST_SIMULATIONS, SlimFitOptimizee, SlimFitOptimizeeParameters
from l2l.optimizees.slim.fitting.report_model import ReportModel, composite
from l2l.optimizees.slim.simulation import simulator
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory

TRUTH = {"ext_pressure": 150, "fish_background_mortality": 0.001}
TINY = ["--replicates", "4", "--generations", "3", "--simulations", "100", "--workers", "1", "--quiet"]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the farms of a run would report for half a year, counted without error."""
    config = Config.scenario("Fyne", **TRUTH)
    record = Simulator(config).run_recorded(Policy.built_in("untreated"), seed=5)
    path = tmp_path_factory.mktemp("report") / "report.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "site_name", "lice_count", "mortality"])
        months = np.arange("2018-01", "2018-08", dtype="datetime64[M]").astype("datetime64[D]")
        for first, end in pairwise(months):
            days = slice(*((day - months[0]) // np.timedelta64(1, "D") for day in (first, end)))
            for f, farm in enumerate(config.farms):
                deaths = record.dead_fish[days, f].sum() / record.fish_population[days, f].mean()
                writer.writerow(
                    [first, farm.name, round(record.aggregation[days, f].mean(), 2), round(100 * deaths, 1)]
                )
    return path


def fit(*argv):
    return main(["fit", *map(str, argv)])


@pytest.mark.slow
def test_fit_finds_the_parameters_and_writes_them_with_intervals(report, tmp_path, capsys):
    fitted = ["--fit", "ext_pressure=20:1000:log", "fish_background_mortality=0.0001:0.01:log"]
    own = ["--treatment-strategy", "untreated", "--monthly-cost", "4000"]
    assert fit("Fyne", report, *fitted, *TINY, "--simulations", "200", *own, "--out", tmp_path / "fit") == 0
    folder = tmp_path / "fit"
    assert capsys.readouterr().out == f"{folder}\n"
    found = yaml.safe_load((folder / "fit.yaml").read_text())
    for name, truth in TRUTH.items():
        row = found["parameters"][name]
        assert row["low"] < row["estimate"] < row["high"]
        assert row["low"] <= truth <= row["high"]
        assert row["high"] < 2 * row["low"] and row["at_bound"] == ""
    assert isinstance(found["parameters"]["ext_pressure"]["low"], int)
    assert found["numbers_compared"] == 2 * 2 * 6 and found["agreement"] > 0.05

    overrides = yaml.safe_load((folder / "overrides.yaml").read_text())
    assert Config.scenario("Fyne", **overrides).ext_pressure == found["parameters"]["ext_pressure"]["estimate"]
    assert overrides["monthly_cost"] == 4000  # so that they are the scenario that was fitted
    predictions = list(csv.DictReader((folder / "predictions.csv").open()))
    assert len(predictions) == 24 and predictions[0]["first_day"] == "2018-01-01"
    assert all(abs(float(row["residual"])) < 5 for row in predictions)
    assert found["warnings"] == [] and 0 < found["chi_square"] < 1  # counted without error
    within = [float(row["q05"]) <= float(row["reported"]) <= float(row["q95"]) for row in predictions]
    assert sum(within) >= 18
    for name in ("report", "profiles"):
        assert imread(folder / "figures" / f"{name}.png")[..., :3].std() > 0.05
    command = f"Fyne --overrides {folder}/overrides.yaml --treatment-strategy untreated"
    assert command in (folder / "report.html").read_text()
    assert main(["run", str(tmp_path / "again"), *command.split(), "--end-date", "2018-01-03"]) == 0
    assert len((folder / "history.jsonl").read_text().splitlines()) == 3 * 6


SHORT = ["--fit", "ext_pressure=20:1000:log", *TINY, "--end-date", "2018-05-01"]

KILLED = """
import os, signal, sys
from l2l.cli import main as run
from l2l.optimizees.slim.cli import main
from l2l.optimizers.cmaes import CMAESOptimizer

learn, left = CMAESOptimizer.learn, 2

def learn_until_killed(self, *results):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    learn(self, *results)

CMAESOptimizer.learn = learn_until_killed
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def uninterrupted(report, tmp_path_factory):
    """What a short fit found at one go."""
    folder = tmp_path_factory.mktemp("whole") / "fit"
    assert fit("Fyne", report, *SHORT, "--out", folder) == 0
    return (folder / "fit.yaml").read_text()


@pytest.mark.slow
def test_number_of_workers_does_not_change_the_fit(report, uninterrupted, tmp_path):
    assert fit("Fyne", report, *SHORT, "--out", tmp_path / "fit", "--workers", 2) == 0
    assert (tmp_path / "fit" / "fit.yaml").read_text() == uninterrupted


@pytest.mark.slow
def test_fit_that_was_interrupted_at_its_intervals_goes_on_to_the_same(
    report, uninterrupted, tmp_path, monkeypatch, capsys
):
    simulate, left = ReportModel.reports, [2]

    def simulate_until_interrupted(model, runs, n_threads=1):
        left[0] -= 1
        if left[0] == 0:
            signal.raise_signal(signal.SIGINT)
        return simulate(model, runs, n_threads)

    monkeypatch.setattr(ReportModel, "reports", simulate_until_interrupted)
    folder = tmp_path / "fit"
    assert fit("Fyne", report, *SHORT, "--out", folder) == 130
    assert f"interrupted; `l2l-run --resume {folder}` goes on" in capsys.readouterr().err
    assert not (folder / "fit.yaml").exists()
    assert run(["--resume", str(folder), "--quiet"]) == 0
    assert (folder / "fit.yaml").read_text() == uninterrupted


@pytest.mark.slow
def test_fit_that_was_killed_at_its_search_goes_on_to_the_same(report, uninterrupted, tmp_path):
    folder = tmp_path / "fit"
    command = [sys.executable, "-c", KILLED, "fit", "Fyne", str(report), *SHORT, "--out", str(folder)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert 4 <= len((folder / "history.jsonl").read_text().splitlines()) < 12
    assert run(["--resume", str(folder), "--quiet"]) == 0
    assert (folder / "fit.yaml").read_text() == uninterrupted


@pytest.mark.slow
def test_smoke_of_a_fit_searches_its_intervals_with_few_simulations(report, tmp_path, monkeypatch):
    spec = {
        "optimizee": {"class": "slimfit", "parameters": {"report": str(report), "fit": [SHORT[1]], "replicates": 2}},
        "optimizer": {"class": "ga", "parameters": {"pop_size": 4}, "fitness_weights": [1.0]},
        "experiment": {"root_dir": str(tmp_path), "runner_params": {"max_workers": 1}},
    }
    (tmp_path / "fit.yaml").write_text(yaml.safe_dump(spec))
    n_runs = []

    def end(model, runs, n_threads=1):
        n_runs.append(len(runs))
        raise KeyboardInterrupt

    monkeypatch.setattr(ReportModel, "reports", end)
    assert run([str(tmp_path / "fit.yaml"), "--smoke", "--quiet"]) == 130
    assert n_runs == [LEAST_SIMULATIONS]


@pytest.mark.slow
def test_report_that_the_model_does_not_give_is_told_with_farm_and_month(report, tmp_path, capsys):
    rows = report.read_text().splitlines()
    april = next(i for i, row in enumerate(rows) if row.startswith("2018-04-01,Rubha Stillaig"))
    rows[april] = "2018-04-01,Rubha Stillaig,40,20"
    (tmp_path / "report.csv").write_text("\n".join(rows) + "\n")
    options = [option for option in SHORT if option != "--quiet"]
    assert fit("Fyne", tmp_path / "report.csv", *options, "--out", tmp_path / "fit") == 0
    found = yaml.safe_load((tmp_path / "fit" / "fit.yaml").read_text())
    assert found["agreement"] < 0.01 and found["chi_square"] > 10
    for place in found["furthest"][:2]:
        assert place.startswith("Rubha Stillaig, 2018-04-01, ")
    (warning,) = [told for told in found["warnings"] if "hardly ever gives such a report" in told]
    assert "furthest: Rubha Stillaig, 2018-04-01, " in warning
    assert f"warning: {warning}" in capsys.readouterr().out
    assert "Warning: the model hardly ever gives such a report" in (tmp_path / "fit" / "report.html").read_text()


@pytest.mark.slow
def test_parameter_of_which_the_report_says_nothing_is_told(report, tmp_path):
    options = ["--fit", "monthly_cost=0:1", *SHORT[2:], "--out", tmp_path / "fit"]
    assert fit("Fyne", report, *options) == 0
    found = yaml.safe_load((tmp_path / "fit" / "fit.yaml").read_text())
    row = found["parameters"]["monthly_cost"]
    assert (row["low"], row["high"], row["at_bound"]) == (0, 1, "low and high")
    assert "the report says nothing of monthly_cost between its bounds" in found["warnings"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "nothing to fit; expected --fit NAME=LOW:HIGH"),
        (["--fit", "ext_presure=1:2"], "did you mean 'ext_pressure'?"),
        (["--fit", "ext_pressure=1:9", "--ext-pressure", "5"], "ext_pressure is both fitted and overridden"),
        (["--fit", "ext_pressure=1:9", "--replicates", "1"], "replicates is 1"),
        (["--fit", "ext_pressure=1:9", "--simulations", "5"], "simulations is 5"),
        (["--fit", "ext_pressure=1:9", "--generations", "0"], "--generations is 0"),
        (["--fit", "ext_pressure=1:9", "--dispersion", "0"], "dispersion is 0"),
        (["--fit", "ext_pressure=1:9", "--period", "weekly"], "period is 'weekly'"),
        (["--fit", "ext_pressure=1:9", "--treatment-strategy", "nobody"], "no policy 'nobody'"),
    ],
)
def test_wrong_input_is_told_before_anything_is_run(report, tmp_path, capsys, argv, message):
    assert fit("Fyne", report, "--out", tmp_path / "fit", "--quiet", *argv) == 2
    assert message in capsys.readouterr().err


def optimizee_of(report, **parameters):
    given = {"fit": ("ext_pressure=20:1000:log",), "report": str(report), "replicates": 3, **parameters}
    return SlimFitOptimizee(Trajectory(), SlimFitOptimizeeParameters(**given))


def fitness(optimizee, ext_pressure, generation=0, ind_idx=0):
    traj = Trajectory()
    traj.individual = Individual(generation, ind_idx, {"individual.log10 ext_pressure": np.log10(ext_pressure)})
    return optimizee.simulate_(traj)


def test_all_individuals_meet_the_same_random_numbers(report):
    optimizee = optimizee_of(report)
    assert fitness(optimizee, 150) == fitness(optimizee, 150, generation=3, ind_idx=4)
    assert fitness(optimizee, 150) > fitness(optimizee, 50)
    assert fitness(optimizee, 150) > fitness(optimizee, 500)


def test_tables_are_made_once_for_the_scenario_and_then_varied_once_for_an_individual(report, monkeypatch):
    made = []
    for name in ("build_shared", "vary_shared"):
        make = getattr(simulator, name)
        monkeypatch.setattr(simulator, name, lambda *given, name=name, make=make: made.append(name) or make(*given))
    optimizee = optimizee_of(report)
    for ext_pressure in (100, 200):
        fitness(optimizee, ext_pressure)
    assert made == ["build_shared", "vary_shared", "vary_shared"]


def test_simulation_ends_with_the_last_number_of_the_report(report):
    model = optimizee_of(report).model
    assert model.n_days == 181  # until the end of June
    assert len(model.observed) == 24


def test_policy_during_the_report_is_that_of_the_scenario_or_the_one_given(report):
    assert optimizee_of(report).model.policy.family.name == "BERNOULLI"
    assert optimizee_of(report, treatment_strategy="mosaic").model.policy.family.name == "MOSAIC"


def test_table_of_actions_is_a_policy_too(report, tmp_path):
    table = tmp_path / "actions.csv"
    table.write_text("farm,date,action\nTarbert South,2018-04-01,fallow\n")
    never = fitness(optimizee_of(report, treatment_strategy="untreated"), 150)
    assert fitness(optimizee_of(report, treatment_strategy=str(table)), 150) != never
    table.write_text("farm,date,action\nTarbert South,2018-04-01,none\n")
    assert fitness(optimizee_of(report, treatment_strategy=str(table)), 150) == never


def test_overrides_act_on_the_simulation(report):
    assert fitness(optimizee_of(report, overrides={"reproduction_eggs_first_extruded": 0}), 150) != fitness(
        optimizee_of(report), 150
    )


def test_reporting_options_act_on_the_likelihood(report):
    usual = fitness(optimizee_of(report), 150)
    for option in ({"fish_sampled": 10}, {"dispersion": 0.1}, {"mortality_error": 0.9}, {"period": 10}):
        assert fitness(optimizee_of(report, **option), 150) != usual


def test_composite_likelihood_is_that_of_independent_normals():
    runs = np.array([[0.0, 1.0], [2.0, 1.0]])  # variances 2 and 0, plus 1 of the report
    expected = -0.5 * (4 / 3 + np.log(2 * np.pi * 3)) - 0.5 * (1 + np.log(2 * np.pi))
    assert composite(np.array([3.0, 2.0]), runs) == pytest.approx(expected)


def test_fit_can_be_described_in_yaml(report):
    optimizee = SlimFitOptimizee.from_config(Trajectory(), fit=["monthly_cost=1:2"], report=str(report))
    assert json.dumps(optimizee.describe()) and list(optimizee.bounds) == ["monthly_cost"]
    with pytest.raises(TypeError, match="did you mean 'replicates'"):
        SlimFitOptimizee.from_config(Trajectory(), replicate=3)
