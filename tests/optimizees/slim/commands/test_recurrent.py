"""Treatments at regular intervals, from the command line."""

import argparse

import pyarrow.parquet
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands.recurrent import add_recurrent_options, with_recurrent_treatment
from l2l.optimizees.slim.recording.paths import benchmark_path, table_path
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError

FYNE = Config.scenario("Fyne")  # 730 days from 2018-01-01 on


def changed(*argv: str, config: Config = FYNE) -> Config:
    parser = argparse.ArgumentParser()
    add_recurrent_options(parser)
    return with_recurrent_treatment(config, parser.parse_args(argv))


def recurrent(name: str, days: int | str) -> list[str]:
    return [f"--recurrent-treatment-type={name}", f"--recurrent-treatment-frequency={days}"]


def test_all_farms_are_treated_from_day_100_to_the_end():
    for farm in changed(*recurrent("emb", 60)).farms:
        days = [(date - FYNE.start_date).days for date, _ in farm.treatment_dates]
        assert days == [100, 160, 220, 280, 340, 400, 460, 520, 580, 640, 700]
        assert {name for _, name in farm.treatment_dates} == {"EMB"}
        assert farm.treatment_types == FYNE.farms[0].treatment_types


def test_farm_may_use_its_recurrent_treatment_whatever_else_it_may():
    config = FYNE.replace(**{"farms.1.treatment_types": []})
    found = changed(*recurrent("Cleaner Fish", 365), config=config).farms
    assert [farm.treatment_types for farm in found] == [
        (*FYNE.farms[0].treatment_types, "CLEANERFISH"),
        ("CLEANERFISH",),
    ]


def test_nothing_is_changed_where_none_is_asked_for():
    assert changed() is FYNE


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (recurrent("emby", 30), "--recurrent-treatment-type: unknown treatment 'emby'; did you mean 'emb'"),
        (recurrent("emb", 0), "--recurrent-treatment-frequency is 0; expected a whole number >= 1"),
        (recurrent("emb", "monthly"), "--recurrent-treatment-frequency is 'monthly'"),
        (recurrent("emb", 30)[:1], "go together"),
        (recurrent("emb", 30)[1:], "go together"),
    ],
)
def test_wrong_recurrent_treatment_is_refused(argv, message):
    with pytest.raises(ConfigError, match=message):
        changed(*argv)


def test_run_that_is_over_before_the_first_treatment_is_refused():
    with pytest.raises(ConfigError, match="begin on day 100; expected more than the run's 100 days"):
        changed(*recurrent("emb", 30), config=FYNE.replace(end_date="2018-04-11"))


def test_run_and_benchmark_treat_at_these_intervals(tmp_path):
    options = [*recurrent("thermolicer", 30), "--treatment-strategy=untreated", "--end-date=2018-06-01", "--quiet"]
    assert main(["run", str(tmp_path / "one"), "Fyne", *options]) == 0
    assert main(["benchmark", str(tmp_path / "two"), "Fyne", "as before", *options, "--trials=2"]) == 0
    table = pyarrow.parquet.read_table(table_path(str(tmp_path / "one")))
    treating = [row["current_treatments"][1] for row in table.to_pylist() if row["farm_name"] == "farm_0"]
    assert not any(treating[:100]) and any(treating[100:110]) and any(treating[130:140])
    benchmark = pyarrow.parquet.read_table(benchmark_path(str(tmp_path / "two")))
    assert benchmark.schema.metadata[b"recurrent_treatment"] == b'["thermolicer", "30"]'
    assert benchmark.schema.metadata[b"description"] == b"as before"
