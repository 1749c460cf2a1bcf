"""``slim validate``: exit code, tables and figures."""

import csv
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_files import SHIPPED
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.validation.ensemble_table import STATISTICS, simulate, summarise


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Ensembles of ours with their scenario beside them, as the published ones have it."""
    top = tmp_path_factory.mktemp("data")
    scenario = shutil.copytree(SHIPPED / "Fyne", top / "slim-config" / "short")
    params = (scenario / "params.json").read_text()
    (scenario / "params.json").write_text(params.replace("2020-01-01 00:00:00", "2018-08-01 00:00:00"))
    config = Config.from_files(scenario)
    ensembles = top / "ensembles"
    ensembles.mkdir()
    for name in ("untreated", "mosaic"):
        runs = simulate(config, Policy.built_in(name), range(1000, 1020), 2)
        summarise("short", name, range(1000, 1020), runs).write(ensembles / f"short_{name}.parquet")
    return ensembles


def validate(*args) -> int:
    return main(["validate", *map(str, args)])


def test_ensembles_of_the_same_model_pass(folder: Path, tmp_path: Path, capsys):
    assert validate(folder, "--rules", "revised", "--runs", 30, "--out", tmp_path) == 0
    out = capsys.readouterr().out
    assert "short_mosaic: 30 runs of ours, 20 stored" in out and "short_untreated" in out
    assert "DIFFERS" not in out and "series of 2 ensembles agree" in out
    assert {path.name for path in tmp_path.iterdir()} == {"agreement.csv", "short_mosaic.png", "short_untreated.png"}
    with open(tmp_path / "agreement.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    fish = [row for row in rows if row["quantity"] == "num_fish"]
    assert [(row["ensemble"], row["place"]) for row in fish] == [
        (f"short_{policy}", place) for policy in ("mosaic", "untreated") for place in ("-1", "0", "1")
    ]
    assert all(float(row["mean_days"]) >= 0.95 and row["agrees"] == "True" for row in fish)


def test_other_parameters_fail(folder: Path, tmp_path: Path, capsys):
    other = shutil.copytree(folder.parent / "slim-config", tmp_path / "other")
    config = (SHIPPED / "config.json").read_text()
    (other / "config.json").write_text(config.replace('"L3": 0.008', '"L3": 0.03'))
    options = ("--only", "untreated", "--rules", "revised", "--runs", 20, "--out", tmp_path / "out")
    assert validate(folder, *options) == 0
    assert validate(folder, *options, "--scenarios", other) == 1
    said = capsys.readouterr()
    assert "short_untreated" in said.err and "series differ" in said.err and "DIFFERS" in said.out


@pytest.mark.slow
def test_published_rules_are_the_published_model_and_revised_ones_are_not(slim_data: Path, tmp_path: Path):
    ensembles = slim_data / "slim-ensembles"
    options = ("--only", "test_Fyne_untreated", "--runs", 40, "--out", tmp_path)
    assert validate(ensembles, *options) == 0
    assert validate(ensembles, *options, "--rules", "revised") == 1


def test_wrong_usage_is_refused_before_anything_runs(folder: Path, tmp_path: Path, capsys):
    for args, said in (
        ((folder, "--only", "short_mosiac"), "did you mean 'short_mosaic'"),
        ((folder, "--runs", 10), "has 20 runs; expected at least as many of ours"),
        ((folder, "--runs", 20, "--rules", "revizd"), "revised"),
        ((folder, "--runs", 20, "--rules", "revised", "--scenarios", tmp_path), "short"),
        ((tmp_path / "none",), "there is no folder"),
        ((tmp_path,), "has no SCENARIO_POLICY.parquet"),
    ):
        assert validate(*args, "--out", tmp_path / "out") == 2
        assert said in capsys.readouterr().err


def test_scenario_of_other_days_is_refused(folder: Path, tmp_path: Path, capsys):
    shutil.copytree(SHIPPED / "Fyne", tmp_path / "short")
    assert validate(folder, "--rules", "revised", "--scenarios", tmp_path, "--out", tmp_path) == 2
    assert "has 212 days and 2 farms, scenario" in capsys.readouterr().err


def test_ensemble_of_few_columns_is_compared_by_them_and_one_of_none_refused(folder: Path, tmp_path: Path, capsys):
    stored = pq.read_table(folder / "short_mosaic.parquet")
    for i, prefixes in enumerate((("L1_", "num_fish_", "weather_"), ("weather_",))):
        few = tmp_path / str(i)
        few.mkdir()
        table = stored.append_column("weather_mean", stored["L1_mean"])
        for statistic in STATISTICS[1:]:
            table = table.append_column(f"weather_{statistic}", stored[f"L1_{statistic}"])
        table = table.select([n for n in table.column_names if n in ("day", "farm") or n.startswith(prefixes)])
        pq.write_table(table, few / "short_mosaic.parquet")
    options = (
        "--rules",
        "revised",
        "--runs",
        20,
        "--scenarios",
        folder.parent / "slim-config",
        "--out",
        tmp_path / "out",
    )
    assert validate(tmp_path / "0", *options) == 0
    out = capsys.readouterr().out
    assert "all 6 series of 1 ensembles agree" in out
    assert "not compared, for short_mosaic.parquet lacks them: L2, L3" in out
    assert validate(tmp_path / "1", *options) == 2
    assert "short_mosaic.parquet has weather; expected columns of L1, L2" in capsys.readouterr().err


def test_ensemble_of_one_run_is_compared_with_its_means(folder: Path, tmp_path: Path, capsys):
    config = Config.from_files(folder.parent / "slim-config" / "short")
    for seed, policy in ((1000, "mosaic"), (1001, "untreated")):
        runs = simulate(config, Policy.built_in(policy), [seed])
        summarise("short", policy, [seed], runs).write(tmp_path / f"short_{policy}.parquet")
    options = (
        "--rules",
        "revised",
        "--runs",
        30,
        "--scenarios",
        folder.parent / "slim-config",
        "--out",
        tmp_path / "out",
    )
    assert validate(tmp_path, *options) == 0
    assert "30 runs of ours, 1 stored" in capsys.readouterr().out


def test_scenario_that_lacks_a_file_is_refused(folder: Path, tmp_path: Path, capsys):
    scenario = shutil.copytree(folder.parent / "slim-config" / "short", tmp_path / "short")
    (scenario / "temperatures.csv").unlink()
    assert validate(folder, "--rules", "revised", "--scenarios", tmp_path, "--out", tmp_path / "out") == 2
    assert "short lacks temperatures.csv" in capsys.readouterr().err
