"""A scenario is read, varied and compared."""

import json
import pickle
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.types.treatments import Treatment

SLIM_SCENARIOS = {
    "Fyne": (2, 9),
    "Fyne_complete": (9, 102),
    "test_Fyne": (2, 9),
    "path": (9, 18),
    "circle": (9, 18),
}


@pytest.mark.parametrize("name", SLIM_SCENARIOS)
def test_scenarios_of_slim_load_unchanged(slim_data: Path, name: str):
    folder = slim_data / "slim-config" / name
    config = Config.from_files(folder)
    raw = json.loads((folder / "params.json").read_text())
    assert (len(config.farms), sum(farm.ncages for farm in config.farms)) == SLIM_SCENARIOS[name]
    assert config.genetic_ratios == raw["genetic_ratios"]
    assert config.start_date == datetime.fromisoformat(raw["start_date"])
    probs = np.loadtxt(folder / "interfarm_prob.csv", delimiter=",")
    np.testing.assert_array_equal(config.interfarm_probs, probs[: len(config.farms), : len(config.farms)])


def test_farm_temperatures_equal_those_of_slim(slim_data: Path):
    expected = json.loads((slim_data / "slim-unit-vectors.json").read_text())["temperatures"]
    for name in sorted(expected.keys() & SLIM_SCENARIOS):
        config = Config.from_files(slim_data / "slim-config" / name)
        for farm, temperatures in zip(config.farms, config.temperatures, strict=True):
            np.testing.assert_allclose(temperatures, expected[name][farm.name], atol=1e-9)


def test_treatments_are_numbered_as_they_are_listed(scenario):
    model = scenario.read("config.json")
    model["treatments"].reverse()
    scenario.write("config.json", model)
    config = Config.from_files(scenario.folder)
    assert [treatment.name for treatment in config.treatments] == ["CLEANERFISH", "THERMOLICER", "EMB"]
    assert config.treatment_number("emb") == 2


def test_published_defaults_fill_in_what_the_files_do_not_say(scenario):
    emb, thermolicer, cleanerfish = Config.from_files(scenario.folder).treatments
    assert emb.susceptible_stages == ("L3", "L4", "L5m", "L5f")
    assert cleanerfish.susceptible_stages == ("L4", "L5m", "L5f")
    assert thermolicer.efficacy == ((-np.inf, 0.99), (12.0, 0.8))
    assert (emb.restock_fraction, cleanerfish.restock_fraction) == (0.0, 0.05)


def test_only_whole_days_count(scenario):
    scenario.set("params.json", "end_date", "2018-01-31 23:59:59")
    assert Config.from_files(scenario.folder).n_days == 30


def test_pickled_configuration_stays_equal_and_read_only(scenario):
    config = Config.from_files(scenario.folder)
    copy = pickle.loads(pickle.dumps(config))
    assert copy == config and hash(copy) == hash(config)
    assert not copy.interfarm_probs.flags.writeable and not copy.temperatures.flags.writeable


def test_variant_shares_what_it_does_not_change(scenario):
    config = Config.from_files(scenario.folder)
    variant = config.replace(**{"farms.0.num_fish": 1000})
    assert [farm.num_fish for farm in variant.farms] == [1000, 40000]
    assert variant.treatments is config.treatments
    for name in ("interfarm_probs", "interfarm_times", "temperatures"):
        assert np.shares_memory(getattr(variant, name), getattr(config, name))


def test_overrides_reach_every_level(scenario):
    config = Config.from_files(
        scenario.folder,
        **{
            "gain_per_kg": 5,
            "farms.*.defection_proba": 0.5,
            "farms.0.num_fish": 1000,
            "farms.South.max_num_treatments": 3,
            "treatments.EMB.effect_delay": 3,
            "treatments.Cleaner Fish.price_per_application": 600,
            "background_lice_mortality_rates.L1": 0.1,
            "end_date": datetime(2018, 2, 1),
        },
    )
    assert config.gain_per_kg == 5
    assert [farm.defection_proba for farm in config.farms] == [0.5, 0.5]
    assert [farm.num_fish for farm in config.farms] == [1000, 40000]
    assert [farm.max_num_treatments for farm in config.farms] == [10, 3]
    assert [treatment.effect_delay for treatment in config.treatments] == [3, 1, 1]
    assert config.treatments[Treatment.CLEANERFISH].price_per_application == 600
    assert config.background_lice_mortality_rates["L1"] == 0.1
    assert config.background_lice_mortality_rates["L2"] == 0.101
    assert config.n_days == 31


@pytest.mark.parametrize(
    ("override", "value", "message"),
    [
        ("gain_per_kgg", 1, "override gain_per_kgg: there is no key 'gain_per_kgg'; did you mean 'gain_per_kg'?"),
        ("farms.0.numfish", 1, "there is no key 'numfish'; did you mean 'num_fish'?"),
        ("farms.2.num_fish", 1, "there is no item 2; expected 0 to 1"),
        ("farms.Suoth.num_fish", 1, "there is no item 'Suoth'; did you mean 'South'"),
        ("farms.0.num_fish.x", 1, "there is nothing below 40000"),
        ("production_cycle.fallow_days", 1, "production_cycle.harvest_mass_g is missing"),
        ("treatments.EMB.efect_delay", 1, "did you mean 'effect_delay'?"),
        ("farms.*.num_fish", -1, "override farms.0.num_fish is -1; expected a whole number >= 0"),
        ("farms.0.ncages", 3, "expected 3 dates, one per cage (ncages), not 2"),
        ("start_date", "2020-01-01", "end_date is '2018-12-31 00:00:00'; expected at least a day after start_date"),
        ("interfarm_probs", np.eye(1), "has shape (1, 1); expected at least (2, 2)"),
        ("interfarm_probs", "none", "interfarm_probs is 'none'; expected rows of numbers"),
        ("interfarm_times", [[1, 2], [3]], "expected rows of numbers, all of the same length"),
        ("interfarm_probs.0.1", 1.5, "row 1, column 2 is 1.5; expected a probability"),
        ("temperatures", np.full((2, 12), -1), "a farm's temperature of -1 degC"),
        ("temperatures", np.full((3, 12), 9), "has shape (3, 12); expected (2, 12)"),
        ("temperatures", np.full((2, 12), np.nan), "temperatures.0.0 is nan; expected a finite number"),
        ("temperatures", [["x"] * 12] * 2, "expected rows of numbers"),
    ],
)
def test_wrong_override_is_refused(scenario, override: str, value, message: str):
    config = Config.from_files(scenario.folder)
    with pytest.raises(ConfigError) as caught:
        config.replace(**{override: value})
    assert message in str(caught.value)


def test_farms_of_the_same_name_have_to_be_told_apart(scenario):
    config = Config.from_files(scenario.folder, **{"farms.*.name": "i"})
    with pytest.raises(ConfigError, match="2 items are called 'i'; expected a number or"):
        config.replace(**{"farms.i.num_fish": 1})


def test_variant_leaves_the_original_as_it_was(scenario):
    config = Config.from_files(scenario.folder)
    before = config.scenario_hash()
    config.replace(**{"farms.0.num_fish": 1, "interfarm_probs.0.1": 0.3, "genetic_ratios.a": 0.991})
    assert config.scenario_hash() == before


def test_override_of_a_matrix_keeps_the_other(scenario):
    config = Config.from_files(scenario.folder)
    variant = config.replace(interfarm_probs=config.interfarm_probs / 2)
    np.testing.assert_array_equal(variant.interfarm_probs, config.interfarm_probs / 2)
    assert variant.interfarm_times is config.interfarm_times
    assert not variant.interfarm_probs.flags.writeable


def test_fewer_farms_keep_their_corner_of_the_matrices(scenario):
    config = Config.from_files(scenario.folder)
    variant = config.replace(farms=config.farms[:1])
    np.testing.assert_array_equal(variant.interfarm_probs, config.interfarm_probs[:1, :1])
    assert variant.temperatures.shape == (1, 12)


def test_farm_that_moves_gets_the_temperatures_of_its_new_place(scenario):
    config = Config.from_files(scenario.folder)
    variant = config.replace(**{"farms.North.location": [190000, 665300]})
    np.testing.assert_array_equal(variant.temperatures[0], config.temperatures[1])
    warmer = config.replace(temperatures=config.temperatures + 1)
    with pytest.raises(ConfigError, match="temperatures were given by farm"):
        warmer.replace(**{"farms.North.location": [190000, 665300]})


def test_temperatures_lie_between_the_two_rows_whatever_their_order(scenario):
    # half-way, the North has the mean of the two rows; one row north of South, the South its own
    north, south = (scenario.folder / "temperatures.csv").read_text().split()
    config = Config.from_files(scenario.folder)
    assert config.temperatures[0, 5] == 11.5 and config.temperatures[1, 5] == 12
    scenario.write("temperatures.csv", f"{south}\n{north}\n")
    swapped = Config.from_files(scenario.folder)
    assert swapped == config


def test_published_temperatures_take_the_first_row_for_the_northern_one(scenario):
    north, south = (scenario.folder / "temperatures.csv").read_text().split()
    as_usual = Config.from_files(scenario.folder).replace(rules="published")
    np.testing.assert_array_equal(as_usual.temperatures, Config.from_files(scenario.folder).temperatures)
    scenario.write("temperatures.csv", f"{south}\n{north}\n")
    config = Config.from_files(scenario.folder, rules="published")
    # from the second row, 685700 m, with the gradient turned round: 0.5 and 1 degree colder, not warmer
    assert config.temperatures[:, 5].tolist() == [10.5, 10.0]
    revised = config.replace(rules="revised")
    np.testing.assert_array_equal(revised.temperatures, as_usual.temperatures)
    given = config.replace(temperatures=config.temperatures)
    assert given.replace(rules="revised").temperatures is given.temperatures


def test_published_temperatures_of_a_farm_far_out_are_those_of_slim(scenario, slim_data):
    # Loch Linnhe's file, with its misprints: a northing of 72963 m before one of 774181 m, and a farm at 7200000 m
    scenario.write(
        "temperatures.csv",
        "72963,8.2,7.5,7.4,8.2,9.6,11.3,13.1,13.7,13.6,12.8,11.7,9.8\n"
        "774181,8,7.4,7.1,8,9.3,11.1,12.9,13.5,13.3,12.5,11.3,9.6\n",
    )
    config = Config.from_files(
        scenario.folder, rules="published", **{"farms.0.location": [187000, 7_200_000], "farms.1.location": [0, 774181]}
    )
    expected = json.loads((slim_data / "slim-unit-vectors.json").read_text())["temperatures"]["Linnhe_complete"]
    np.testing.assert_allclose(config.temperatures[0], expected["Walters (East Lismore)"])
    np.testing.assert_allclose(config.temperatures[1], expected["Gorsten"])


def test_frequencies_are_scaled_to_sum_to_one_where_rounding_spoilt_it(scenario):
    config = Config.from_files(scenario.folder, genetic_ratios={"A": 0.3, "Aa": 0.3, "a": 0.395})
    assert sum(config.genetic_ratios.values()) == pytest.approx(1)
    assert config.genetic_ratios["A"] == pytest.approx(0.3 / 0.995)
    assert list(config.genetic_ratios) == ["a", "A", "Aa"]


def test_second_gene_is_read_in_alphabetical_order(scenario):
    ratios = {"B": 0.1, "b": 0.9, "Bb": 0.0, "a": 0.2, "A": 0.3, "Aa": 0.5}
    config = Config.from_files(scenario.folder, genetic_ratios=ratios)
    assert list(config.genetic_ratios) == ["a", "A", "Aa", "b", "B", "Bb"]
    assert config.genes == ("a", "b") and config.n_genes == 2


def test_treatment_with_a_gene_of_its_own_acts_alike_on_all_where_it_is_absent(scenario):
    config = Config.from_files(scenario.folder)
    assert config.treatments[Treatment.THERMOLICER].gene == "t" and config.genes == ("a",)
    scenario.set("config.json", "treatments.1.gene", ...)
    assert Config.from_files(scenario.folder).treatments[Treatment.THERMOLICER].gene is None


def test_hash_tells_scenarios_apart_and_knows_equal_ones(scenario):
    config = Config.from_files(scenario.folder)
    assert config.scenario_hash() == Config.from_files(scenario.folder).scenario_hash()
    for override in ({"gain_per_kg": 4.4}, {"interfarm_times.0.1": 9}, {"farms.0.name": "other"}):
        assert config.replace(**override).scenario_hash() != config.scenario_hash()
    assert config.replace(gain_per_kg=4.39) == config
    assert config.replace(temperatures=config.temperatures) == config
    assert config != "two farms"


def test_plain_form_is_json_and_makes_the_same_configuration(scenario):
    config = Config.from_files(scenario.folder, production_cycle={"harvest_mass_g": 5000, "fallow_days": 42})
    plain = json.loads(json.dumps(config.to_dict(), allow_nan=False))
    other = config.replace(**{"farms.0.num_fish": 1, "gain_per_kg": 1, "temperatures": np.full((2, 12), 9.0)})
    assert other.replace(**plain) == config
    assert config.replace(**other.to_dict()) == other
    assert plain["farms"][0]["treatment_dates"] == [["2018-01-10 00:00:00", "EMB"]]
    assert plain["treatments"][1]["efficacy"] == [[None, 0.99], [12.0, 0.8]]


def test_keys_that_say_how_slim_runs_are_let_pass(scenario):
    config = Config.from_files(scenario.folder)
    scenario.set("params.json", "farms_per_process", -1)
    scenario.set("config.json", "initial_genetic_ratios", {"a": 1})
    assert Config.from_files(scenario.folder) == config


def test_model_parameters_come_from_the_nearest_configuration(scenario, tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    for file in ("params.json", "interfarm_prob.csv", "interfarm_time.csv", "temperatures.csv"):
        (tmp_path / file).rename(inner / file)
    scenario.set("config.json", "dam_unavailability", 5)
    assert Config.from_files(inner).dam_unavailability == 5  # the parent's
    model = scenario.read("config.json")
    (inner / "config.json").write_text(json.dumps({**model, "dam_unavailability": 6}))
    assert Config.from_files(inner).dam_unavailability == 6  # its own
    (tmp_path / "other.json").write_text(json.dumps({**model, "dam_unavailability": 7}))
    assert Config.from_files(inner, tmp_path / "other.json").dam_unavailability == 7  # the one asked for
    (inner / "config.json").unlink()
    (tmp_path / "config.json").unlink()
    assert Config.from_files(inner).dam_unavailability == 3  # ours


def test_keys_that_few_scenarios_have_leave_the_hash_of_others_alone():
    config = Config.scenario("Fyne")
    plain = config.to_dict()
    for farm in plain["farms"]:
        for name in ("zone", "temperature_offset", *(key for key in farm if key.startswith("agg_rate"))):
            del farm[name]
    del plain["interfarm_links"]
    assert Config.from_dict(plain).scenario_hash() == config.scenario_hash()
    assert config.replace(**{"farms.0.zone": "north"}).scenario_hash() != config.scenario_hash()
