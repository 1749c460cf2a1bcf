"""``slim benchmark``: what its table holds."""

import json
import signal

import numpy as np
import pyarrow.parquet
import pytest
from scipy import stats

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands import benchmark
from l2l.optimizees.slim.commands.benchmark import seeds
from l2l.optimizees.slim.recording.paths import benchmark_path, table_path
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.types.policies import Family

SHORT = ("--end-date", "2018-09-01", "--quiet")


def run(out, *argv: object) -> int:
    return main(["benchmark", str(out), *map(str, argv), *SHORT])


def rows_of(out, **wanted) -> list[dict]:
    rows = pyarrow.parquet.read_table(benchmark_path(str(out))).to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """OUT/NAME of 6 trials of two scenarios under two policies."""
    out = tmp_path_factory.mktemp("benchmark") / "two"
    assert run(out, "--scenarios", "Fyne", "circle", "--policies", "mosaic", "untreated", "--trials", 6) == 0
    return out


def test_every_trial_has_a_row_for_each_farm_and_one_for_all(made):
    rows = rows_of(made, scenario="circle", policy="mosaic", statistic="trial", trial=3)
    assert [row["farm_name"] for row in rows] == ["all", *(f"farm_{f}" for f in range(9))]
    for name in ("payoff", "treatments", "fish_left"):
        assert rows[0][name] == pytest.approx(sum(row[name] for row in rows[1:]))
    assert rows[0]["adult_females_per_fish"] == pytest.approx(
        np.mean([row["adult_females_per_fish"] for row in rows[1:]])
    )
    assert rows[0]["treatments"] == sum(rows[0][name] for name in rows[0] if name.startswith("treatments_"))
    assert rows[0]["resistance"] == rows[0]["resistance_A"] > 0
    assert rows[1]["resistance"] is None
    assert len(rows_of(made, statistic="trial")) == 6 * 2 * (3 + 10)


@pytest.mark.parametrize("column", ["payoff", "resistance", "adult_females_per_fish"])
def test_statistics_are_those_of_the_trials(made, column):
    where = {"scenario": "Fyne", "policy": "mosaic", "farm_name": "all"}
    values = np.array([row[column] for row in rows_of(made, statistic="trial", **where)])
    found = {row["statistic"]: row[column] for row in rows_of(made, **where) if row["statistic"] != "trial"}
    low, high = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
    assert found == pytest.approx(
        {
            "mean": values.mean(),
            "std": values.std(ddof=1),
            "low": low,
            "high": high,
            **{f"q{q:02}": np.quantile(values, q / 100) for q in (5, 25, 50, 75, 95)},
        }
    )


def test_trial_can_be_repeated_by_its_seed_and_is_paired_between_policies(made, tmp_path):
    first = {row["policy"]: row for row in rows_of(made, scenario="Fyne", trial=1, farm_name="farm_0")}
    assert first["mosaic"]["seed"] == first["untreated"]["seed"] == seeds(0, 6)[1]
    for policy, row in first.items():
        out = tmp_path / policy
        options = ["--seed", row["seed"], "--treatment-strategy", policy, *SHORT]
        assert main(["run", str(out), "Fyne", *map(str, options)]) == 0
        table = pyarrow.parquet.read_table(table_path(str(out))).to_pylist()
        assert row["payoff"] == pytest.approx(sum(day["payoff"] for day in table if day["farm_name"] == "farm_0"))


def test_seeds_are_different_and_survive_a_column_of_floats(made):
    assert seeds(0, 3) == seeds(0, 6)[:3]
    assert len({*seeds(0, 100), *seeds(1, 100)}) == 200
    assert all(int(float(seed)) == seed for seed in seeds(0, 100))


def test_table_does_not_depend_on_the_number_of_threads(tmp_path):
    for n_threads in (1, 3):
        assert run(tmp_path / str(n_threads), "--scenarios", "Fyne", "--trials", 4, "--threads", n_threads) == 0
    assert benchmark_path(f"{tmp_path}/1").read_bytes() == benchmark_path(f"{tmp_path}/3").read_bytes()


def test_options_reach_the_simulation_and_the_metadata(tmp_path):
    lousy = ("--policies", "bernoulli", "--ext-pressure", 3000, "--defection-proba")
    for name, options in (("eager", (*lousy, 0)), ("idle", (*lousy, 1)), ("other", (*lousy, 1, "--bench-seed", 1))):
        assert run(tmp_path / name, "--scenarios", "Fyne", "--trials", 2, *options) == 0
    where = {"policy": "bernoulli", "statistic": "mean", "farm_name": "all"}
    eager, idle, other = (rows_of(tmp_path / name, **where)[0] for name in ("eager", "idle", "other"))
    assert eager["treatments"] > idle["treatments"]
    assert other["payoff"] != idle["payoff"]
    metadata = pyarrow.parquet.read_schema(benchmark_path(f"{tmp_path}/eager")).metadata
    assert json.loads(metadata[b"overrides"])["farms.*.defection_proba"] == 0
    config = Config.scenario("Fyne", **json.loads(metadata[b"overrides"]))
    assert json.loads(metadata[b"scenario_hashes"]) == {"Fyne": config.scenario_hash()}


def test_policy_file_is_called_by_its_name(tmp_path):
    Policy.from_parameters(Family.THRESHOLD, Config.scenario("Fyne"), {}).save(tmp_path / "waiting.yaml")
    assert run(tmp_path / "a", "--scenarios", "Fyne", "--trials", 1, "--policies", tmp_path / "waiting.yaml") == 0
    (row,) = rows_of(tmp_path / "a", policy="waiting", statistic="mean", farm_name="all")
    assert row["treatments"] == 0
    metadata = pyarrow.parquet.read_schema(benchmark_path(f"{tmp_path}/a")).metadata
    assert json.loads(metadata[b"policies"])["Fyne, waiting"]["family"] == "threshold"
    (row,) = rows_of(tmp_path / "a", policy="waiting", statistic="std", farm_name="all")
    assert row["payoff"] is None  # of one trial


def test_interruption_leaves_the_finished_trials(tmp_path, monkeypatch, capsys):
    from l2l.optimizees.slim.ensemble import Ensemble

    outcome, n_begun = Ensemble.outcome, 0

    def interrupted(self, one):
        nonlocal n_begun
        n_begun += 1
        if n_begun == 4:
            signal.raise_signal(signal.SIGINT)
        return outcome(self, one)

    monkeypatch.setattr(Ensemble, "outcome", interrupted)
    assert run(tmp_path / "a", "--scenarios", "Fyne", "--policies", "mosaic", "--trials", 300, "--threads", 1) == 130
    told = capsys.readouterr().err
    n_done = len(rows_of(tmp_path / "a", statistic="trial", farm_name="all"))
    assert 3 <= n_done < 300
    assert f"runs left; the others are in {tmp_path}/benchmark_a.parquet" in told


def test_table_is_written_on_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "WRITE_EVERY_S", 0.0)
    monkeypatch.setattr(benchmark, "WRITE_SPARINGLY", 0.0)
    written, write = [], benchmark._write

    def noted(groups, path, metadata):
        write(groups, path, metadata)
        written.append(len(rows_of(tmp_path / "a", statistic="trial", farm_name="all")))

    monkeypatch.setattr(benchmark, "_write", noted)
    assert run(tmp_path / "a", "--scenarios", "Fyne", "--policies", "untreated", "--trials", 3) == 0
    assert written == [1, 2, 3, 3]


@pytest.mark.parametrize(
    "argv, told",
    [
        (["--scenarios", "Fine"], "did you mean 'Fyne'?"),
        ([], "--scenarios"),
        (["--scenarios", "Fyne", "--policies", "mosiac"], "did you mean 'mosaic'?"),
        (["--scenarios", "Fyne", "--policies", "mosaic", "mosaic"], "are both called 'mosaic'"),
        (["--scenarios", "Fyne", "config_data/Fyne"], "are both called 'Fyne'"),
        (["--scenarios", "Fyne", "--trials", "0"], "--trials is 0; expected a whole number >= 1"),
        (["--scenarios", "Fyne", "--threads", "-1"], "--threads is -1; expected a whole number >= 1"),
        (["--scenarios", "Fyne", "--defection-proba", "2"], "farms.0.defection_proba is 2; expected"),
        (["--scenarios", "Fyne", "--set", "seed=1"], "expected --bench-seed 1"),
        (["--scenarios", "Fyne", "--set", "treatment_strategy=mosaic"], "expected --policies mosaic"),
        (["--scenarios", "Fyne", "--trails", "1"], "did you mean '--trials'"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(tmp_path, capsys, argv, told):
    assert run(tmp_path / "out" / "a", *argv) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_command_line_of_slim_is_understood(tmp_path):
    told = ["as it was", "--treatment-strategy=mosaic", "--defection-proba=0.2", "--trials=2", "--parallel-trials=50"]
    assert run(tmp_path / "slim", "config_data/Fyne", *told) == 0
    assert run(tmp_path / "ours", "--scenarios", "Fyne", "--policies", "mosaic", "--trials", 2) == 0
    assert rows_of(tmp_path / "slim", statistic="trial") == rows_of(tmp_path / "ours", statistic="trial")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "there is no scenario; expected SCENARIO, or --scenarios"),
        (("Fyne", "--scenarios", "circle"), "--scenarios: Fyne stands beside it"),
        (("--trials", "2", "Fyne", "name", "more"), "'more' is one word too many"),
        (("--trials", "2", "Fyn"), "did you mean 'Fyne'"),
    ],
)
def test_scenario_is_given_once_and_anywhere(tmp_path, capsys, argv, message):
    assert run(tmp_path / "none", *argv) == 2
    assert message in capsys.readouterr().err
