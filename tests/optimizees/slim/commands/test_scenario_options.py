"""Options of the configuration: what they are, and what they do."""

import argparse
from dataclasses import fields

import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands.run import OWN_OPTIONS
from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, as_settings, keys, overrides
from l2l.optimizees.slim.simulation.config import Config


def given(*argv: str) -> dict:
    parser = argparse.ArgumentParser()
    add_scenario_options(parser, {"seed": "--seed"})
    return overrides(parser.parse_args(as_settings(argv)))


def test_every_key_of_the_configuration_is_an_option_that_help_explains(capsys):
    assert main(["run", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert {f.name for f in fields(Config)} == {key.name.split(".")[0] for key in keys()}
    nested = {"farms.FARM.defection_proba", "smolt_mass_params.max_mass", "treatments.TREATMENT.effect_delay"}
    assert nested <= {key.name for key in keys()}
    for key in keys():
        assert f" {key.flag} " in told
        assert key.meaning in told or key.name in OWN_OPTIONS


def test_every_option_replaces_what_it_names():
    """A value of the scenario itself changes nothing, and passes every check on its way."""
    config = Config.scenario("Fyne")
    plain = config.to_dict()
    words = {"FARM": "0", "TREATMENT": "1", "GENOTYPE": "Aa"}
    tried = 0
    for key in keys():
        parts = [words.get(part, part) for part in key.name.split(".")]
        value = plain
        for part in parts:
            value = value[int(part)] if isinstance(value, list) else (value or {}).get(part)
        if value is not None:
            assert config.replace(**{".".join(parts): value}) == config
            tried += 1
    assert tried > 80


@pytest.mark.parametrize(
    "argv, key, value",
    [
        (["--ext-pressure", "7"], "ext_pressure", 7),
        (["--ext-pressure=7"], "ext_pressure", 7),
        (["--infection-main-delta", "-2.5"], "infection_main_delta", -2.5),
        (["--start-date", "2018-02-01"], "start_date", "2018-02-01"),
        (["--name", "5"], "name", "5"),
        (["--smolt-mass-params.max-mass", "9000"], "smolt_mass_params.max_mass", 9000),
        (["--delta-m10.L0-stien=40"], "delta_m10.L0_stien", 40),
        (["--genetic-ratios.Aa", "0.1"], "genetic_ratios.Aa", 0.1),
        (["--farms.*.defection-proba", "0.5"], "farms.*.defection_proba", 0.5),
        (["--farms.Tarbert South.num-fish=5"], "farms.Tarbert South.num_fish", 5),
        (["--farms.an-odd_name.num-fish=5"], "farms.an-odd_name.num_fish", 5),
        (["--farms.0.name", "5"], "farms.0.name", "5"),
        (["--farms.0.location.1", "665300"], "farms.0.location.1", 665300),
        (["--treatments.EMB.pheno-resistance.dominant", "0.9"], "treatments.EMB.pheno_resistance.dominant", 0.9),
        (["--treatments.EMB.gene", "a"], "treatments.EMB.gene", "a"),
        (["--interfarm-probs", "[[0.1]]"], "interfarm_probs", [[0.1]]),
        (["--set", "farms.1.num_fish=3"], "farms.1.num_fish", 3),
    ],
)
def test_option_names_key_and_value(argv, key, value):
    assert given(*argv) == {key: value}


def test_option_may_stand_before_the_positional_arguments(tmp_path):
    options = ["--farms.0.num-fish", "5", "--end-date", "2018-01-03"]
    assert main(["run", *options, str(tmp_path / "a"), "Fyne", "--quiet"]) == 0


def test_object_can_be_made_key_by_key_where_there_was_none():
    cycle = given("--production-cycle.harvest-mass-g", "4000", "--production-cycle.fallow-days", "30")
    config = Config.scenario("Fyne", **cycle)
    assert config.production_cycle is not None
    assert (config.production_cycle.harvest_mass_g, config.production_cycle.fallow_days) == (4000, 30)


def test_option_of_the_command_itself_is_named_where_its_key_is_set():
    with pytest.raises(ValueError, match="expected --seed 1"):
        given("--set", "seed=1")


def test_files_of_overrides_give_way_to_later_ones_and_to_options(tmp_path):
    (tmp_path / "fitted.yaml").write_text(
        "ext_pressure: 50\nfarms.*.num_fish: 7\ninfection_discount: 1e-7\nend_date: 2018-03-01\nname: '5'\n"
    )
    (tmp_path / "own.json").write_text('{"farms.0.num_fish": 8, "monthly_cost": 4000}')
    files = ["--overrides", str(tmp_path / "fitted.yaml"), "--overrides", str(tmp_path / "own.json")]
    found = given(*files, "--ext-pressure", "60")
    assert found["infection_discount"] == 1e-7 and found["end_date"] == "2018-03-01" and found["name"] == "5"
    config = Config.scenario("Fyne", **found)
    assert [farm.num_fish for farm in config.farms] == [8, 7]
    assert (config.ext_pressure, config.monthly_cost) == (60, 4000)
    assert [farm.num_fish for farm in Config.scenario("Fyne", **given(*files, "--farms.*.num-fish", "9")).farms] == [
        9,
        9,
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected keys by dotted name and their values"),
        ("- 1\n", "expected keys by dotted name and their values"),
        ("1: 2\n", "expected keys by dotted name and their values"),
        ("a: [\n", "is not YAML"),
        ("seed: 1\n", "expected --seed 1 on the command line"),
    ],
)
def test_file_that_holds_no_overrides_is_named(tmp_path, text, message):
    path = tmp_path / "fitted.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"fitted.yaml.*{message}"):
        given("--overrides", str(path))
    with pytest.raises(ValueError, match="there is no file .*other.yaml"):
        given("--overrides", str(tmp_path / "other.yaml"))


@pytest.mark.parametrize("command", ["run", "benchmark", "optimise", "fit", "rules"])
def test_every_command_with_a_scenario_takes_a_file_of_overrides(command, capsys):
    assert main([command, "--help"]) == 0
    assert "--overrides FILE" in capsys.readouterr().out
