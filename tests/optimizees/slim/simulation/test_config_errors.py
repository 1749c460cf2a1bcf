"""Whatever is wrong with a scenario is refused at the door, with file, key, value and what was expected."""

from pathlib import Path
from typing import Any

import pytest

from l2l.errors import L2LError
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.config_files import SCENARIO_FILES

NAN, INF = float("nan"), float("inf")


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.from_files(folder)
    return str(caught.value)


def test_error_is_both_ours_and_a_value_error():
    assert issubclass(ConfigError, L2LError) and issubclass(ConfigError, ValueError)


@pytest.mark.parametrize(
    ("file", "key", "value", "message"),
    [
        # keys
        ("params.json", "ext_presure", 1, "ext_presure is unknown; did you mean 'ext_pressure'?"),
        ("params.json", "farms.1.ncage", 1, "farms.1.ncage is unknown; did you mean 'ncages'"),
        ("params.json", "delta_p", 1, "delta_p is unknown"),
        ("config.json", "ext_pressure", 1, "ext_pressure is unknown"),
        ("config.json", "delta_s.L5", 1, "delta_s.L5 is unknown"),
        ("config.json", "treatments.0.efect_delay", 1, "did you mean 'effect_delay'?"),
        ("params.json", "gain_per_kg", ..., "gain_per_kg is missing"),
        ("params.json", "farms.0.num_fish", ..., "farms.0.num_fish is missing; expected it: fish per cage"),
        ("config.json", "background_lice_mortality_rates.L5m", ..., "background_lice_mortality_rates.L5m is missing"),
        ("config.json", "delta_m10.L0_stien", ..., "delta_m10.L0_stien is missing"),
        ("config.json", "treatments.0.price_per_kg", ..., "treatments.0.price_per_kg is missing"),
        ("config.json", "treatments.1.price_per_application", ..., "the price of a thermal treatment"),
        ("config.json", "treatments.0.treatment_name", ..., "treatments.0.treatment_name is missing"),
        ("config.json", "treatments.0.pheno_resistance", ..., "treatments.0.pheno_resistance is missing"),
        ("config.json", "treatments.2.pheno_resistance", ..., "the rate at which a cleaner fish eats lice"),
        ("config.json", "treatments.0.pheno_resistance.recessive", ..., "pheno_resistance.recessive is missing"),
        # types
        ("params.json", "ext_pressure", "5", "ext_pressure is '5'; expected a whole number >= 0"),
        ("params.json", "ext_pressure", True, "ext_pressure is True; expected a whole number >= 0"),
        ("params.json", "ext_pressure", 1.5, "ext_pressure is 1.5; expected a whole number"),
        ("params.json", "gain_per_kg", True, "gain_per_kg is True; expected a number"),
        ("params.json", "gain_per_kg", None, "gain_per_kg is None; expected a number"),
        ("params.json", "name", "", "name is ''; expected a non-empty text"),
        ("params.json", "farms", {}, "farms is {}; expected a list"),
        ("params.json", "farms", [], "farms is []; expected at least one farm"),
        ("params.json", "farms.0", 3, "farms.0 is 3; expected an object with the keys name"),
        ("config.json", "delta_p", 3, "delta_p is 3; expected an object with the keys L0"),
        ("config.json", "treatments.0", [], "treatments.0 is []; expected an object"),
        ("params.json", "farms.0.location", [1], "farms.0.location is [1]; expected a list of 2, not 1"),
        ("params.json", "farms.0.location", ["a", 1], "farms.0.location.0 is 'a'; expected a number"),
        ("config.json", "treatments.0.quadratic_fish_mortality_coeffs", [0], "expected a list of 6, not 1"),
        # ranges
        ("params.json", "farms.0.defection_proba", 1.2, "defection_proba is 1.2; expected a number from 0 to 1"),
        ("params.json", "farms.0.num_fish", -1, "farms.0.num_fish is -1; expected a whole number >= 0"),
        ("params.json", "farms.0.ncages", 0, "farms.0.ncages is 0; expected a whole number >= 1"),
        ("params.json", "farms.0.sampling_spacing", 0, "expected a whole number >= 1"),
        ("params.json", "farms.0.max_num_treatments", -1, "expected a whole number >= 0"),
        ("params.json", "monthly_cost", -1, "monthly_cost is -1; expected a number >= 0"),
        ("params.json", "reservoir_prior_mass", 0, "reservoir_prior_mass is 0; expected a number > 0"),
        ("params.json", "fish_background_mortality", -0.1, "expected a number from 0 to 1"),
        ("params.json", "agg_rate_enforcement_strikes", 0, "expected a whole number >= 1"),
        ("config.json", "geno_mutation_rate", 2, "geno_mutation_rate is 2; expected a number from 0 to 1"),
        ("config.json", "background_lice_mortality_rates.L1", -0.1, "L1 is -0.1; expected a number from 0 to 1"),
        ("config.json", "stage_age_evolutions.L1", 0, "L1 is 0; expected a whole number >= 1"),
        ("config.json", "delta_s.L3", 0, "delta_s.L3 is 0; expected a number >= 0.1"),
        ("config.json", "treatments.0.effect_delay", -1, "effect_delay is -1; expected a whole number >= 0"),
        ("config.json", "treatments.0.price_per_kg", -1, "price_per_kg is -1; expected a number >= 0"),
        ("config.json", "treatments.0.pheno_resistance.dominant", 1.1, "dominant is 1.1; expected a number from 0"),
        ("config.json", "smolt_mass_params.skewness", 0.01, "fish that grow"),
        ("config.json", "smolt_mass_params.max_mass", -1, "fish that grow"),
        # what no array holds, or no run could end with
        ("params.json", "ext_pressure", 10**30, "expected a whole number >= 0 and <= 1000000000"),
        ("params.json", "farms.0.num_fish", 10**18, "expected a whole number >= 0 and <= 1000000000"),
        ("params.json", "farms.0.max_num_treatments", 1e300, "expected a whole number >= 0 and <= 1000000000"),
        ("config.json", "stage_age_evolutions.L5f", 10**12, "expected a whole number >= 1 and <= 3650"),
        ("config.json", "treatments.0.effect_delay", 10**20, "expected a whole number >= 0 and <= 3650"),
        ("config.json", "treatments.0.durability_temp_ratio", 1e300, "expected a number > 0 and <= 3650"),
        ("config.json", "delta_s.L1", 1e-300, "delta_s.L1 is 1e-300; expected a number >= 0.1 and <= 100"),
        ("config.json", "delta_p.L3", 1e9, "delta_p.L3 is 1000000000.0; expected a number >= -10 and <= 10"),
        ("config.json", "fish_mortality_center", 1e9, "expected a number >= -100 and <= 100"),
        ("config.json", "smolt_mass_params.x_shift", 1e9, "expected smolts of at least 0.1 g, not 0 g"),
        # names
        ("params.json", "rules", "reviced", "rules is 'reviced'; expected one of revised, published"),
        ("params.json", "rules", {"base": "mine"}, "rules.base is 'mine'; expected one of revised, published"),
        ("params.json", "rules", {"eligable": True}, "rules.eligable is unknown; did you mean 'eligibility'?"),
        ("params.json", "rules", {"eligibility": 1}, "rules.eligibility is 1; expected true (as documented) or false"),
        ("params.json", "rules", 3, "rules is 3; expected one of revised, published, or an object of rules"),
        ("config.json", "genetic_mechanism", "mendel", "expected one of discrete, maternal"),
        ("config.json", "treatments.0.treatment_type", "magic", "expected one of chemical, thermal"),
        ("config.json", "treatments.0.treatment_name", "emc", "unknown treatment 'emb'; it is shipped: put 'emb' in"),
        ("config.json", "treatments.0.susceptible_stages", ["L9"], "susceptible_stages.0 is 'L9'; expected one of"),
        (
            "config.json",
            "treatments.2.treatment_name",
            "Thermolicer",
            "expected one treatment or more, each once",
        ),
        ("config.json", "treatments", [], "expected one treatment or more"),
        ("params.json", "farms.0.treatment_types", ["emb", "lasers"], "treatment_types.1: unknown treatment 'lasers'"),
        (
            "params.json",
            "farms.0.treatment_dates",
            [["2018-01-01", "emd"]],
            "'EMD']; expected one of the farm's treatment_types",
        ),
        ("params.json", "farms.0.treatment_dates", ["2018-01-01"], "expected a pair [date, treatment]"),
        ("params.json", "farms.0.treatment_dates", [["2018-01-01", "cleanerfish"]], "EMB, THERMOLICER"),
        # dates
        ("params.json", "start_date", "1 Jan 2018", "start_date is '1 Jan 2018'; expected a date such as"),
        ("params.json", "start_date", 2018, "start_date is 2018; expected a date such as"),
        ("params.json", "start_date", "2018-01-01T00:00:00Z", "expected a date without time zone"),
        (
            "params.json",
            "end_date",
            "2017-01-01 00:00:00",
            "end_date is '2017-01-01 00:00:00'; expected at least a day",
        ),
        ("params.json", "end_date", "2018-01-01 12:00:00", "expected at least a day after start_date"),
        ("params.json", "farms.1.start_date", "2017-13-01", "farms.1.start_date is '2017-13-01'; expected a date"),
        ("params.json", "farms.0.cages_start_dates.1", "soon", "farms.0.cages_start_dates.1 is 'soon'"),
        ("params.json", "farms.0.cages_start_dates", ["2017-10-01"], "expected 2 dates, one per cage (ncages), not 1"),
        # genotype frequencies
        ("params.json", "genetic_ratios", {}, "expected genotype frequencies such as"),
        (
            "params.json",
            "genetic_ratios",
            {"a": 0.5, "A": 0.5},
            "genetic_ratios.Aa is missing; expected all of a, A, Aa",
        ),
        ("params.json", "genetic_ratios.A", -0.1, "genetic_ratios.A is -0.1; expected a number from 0 to 1"),
        ("params.json", "genetic_ratios.A", 0.5, "expected a, A, Aa to sum to 1, not 1.495"),
        ("params.json", "genetic_ratios", {"a": 0, "A": 0, "Aa": 0}, "sum to 1, not 0"),
        ("params.json", "genetic_ratios.aA", 0, "genetic_ratios.aA is unknown"),
        ("params.json", "genetic_ratios.t", 0.5, "genetic_ratios.T is missing; expected all of t, T, Tt"),
        ("params.json", "genetic_ratios", {"b": 0.9, "B": 0.05, "Bb": 0.05}, "EMB.gene is 'a', which genetic_ratios"),
        # what only some values of others allow
        ("config.json", "delta_m10.L0_stien", 1.0, "eggs never hatch"),
        ("config.json", "delta_s.L3", 0.1, "lice stay in L3 for up to 1.57e+16 days; expected at most 36500"),
        ("config.json", "delta_m10.L1", 1e6, "lice stay in L1 for up to 1.34e+06 days"),
        ("config.json", "delta_p.L0", 0.105, "at 7.5 degC eggs take 484 days to hatch, by delta_m10.L0_stien"),
        ("config.json", "treatments.1.efficacy", [[None, 0.9], [12, 0.8], [9, 0.7]], "rising temperatures"),
        ("config.json", "treatments.1.efficacy", [[12, 0.8]], "rising temperatures, the first null"),
        (
            "config.json",
            "treatments.1.efficacy",
            [[None, 0.9], [9, 1.2]],
            "efficacy.1.1 is 1.2",
        ),
        ("config.json", "treatments.1.efficacy", [[None]], "expected a pair [from degC"),
        ("config.json", "treatments.1.gene", "a", "treatments.THERMOLICER, which has no pheno_resistance"),
        ("config.json", "treatments.0.gene", ..., "EMB.gene is None, which genetic_ratios lacks; expected one of a"),
        ("params.json", "production_cycle", {"harvest_mass_g": 5000}, "production_cycle.fallow_days is missing"),
        ("params.json", "production_cycle", {"harvest_mass_g": 0, "fallow_days": 1}, "harvest_mass_g is 0; expected"),
        (
            "params.json",
            "production_cycle",
            {"harvest_mass_g": 85, "fallow_days": 1},
            "production_cycle.harvest_mass_g is 85.0; expected more than smolts weigh, 85.77 g",
        ),
        ("config.json", "treatments.0.gene", "A", "treatments.0.gene is 'A'; expected one small letter"),
        ("config.json", "treatments.0", "emc", "treatments.0: no treatment 'emc' is shipped; did you mean 'emb'?"),
        ("params.json", "production_cycle", True, "production_cycle is True; expected an object"),
    ],
)
def test_wrong_value_is_refused(scenario, file: str, key: str, value: Any, message: str):
    scenario.set(file, key, value)
    refused = refusal(scenario.folder)
    assert message in refused
    # a clash between the two files names their folder
    assert refused.startswith(str(scenario.folder))


def test_gene_of_heat_resistance_needs_its_resistances(scenario):
    ratios = {"a": 0.99, "A": 0.005, "Aa": 0.005, "t": 0.9, "T": 0.05, "Tt": 0.05}
    scenario.set("params.json", "genetic_ratios", ratios)
    assert "treatments.THERMOLICER, which has no pheno_resistance" in refusal(scenario.folder)
    resistance = {"dominant": 0.5, "incompletely_dominant": 0.5, "recessive": 0}
    scenario.set("config.json", "treatments.1.pheno_resistance", resistance)
    assert Config.from_files(scenario.folder).genes == ("a", "t")


@pytest.mark.parametrize(("literal", "message"), [("NaN", "NaN is not a number"), ("-Infinity", "-Infinity is not")])
def test_number_that_is_none_is_refused(scenario, literal: str, message: str):
    text = (scenario.folder / "params.json").read_text()
    scenario.write("params.json", text.replace('"gain_per_kg": 4.39', f'"gain_per_kg": {literal}'))
    assert message in refusal(scenario.folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2: not JSON"),
        ("[]", "is []; expected a JSON object"),
        ('{"name": "x", "name": "y"}', "'name' stands twice"),
    ],
)
def test_file_that_is_no_json_object_is_refused(scenario, text: str, message: str):
    scenario.write("params.json", text)
    refused = refusal(scenario.folder)
    assert message in refused and "params.json" in refused


def test_file_that_is_not_text_is_refused(scenario):
    (scenario.folder / "params.json").write_bytes(b"\xff\xfe{}")
    assert "params.json: not a text file in UTF-8" in refusal(scenario.folder)


@pytest.mark.parametrize("name", SCENARIO_FILES)
def test_missing_file_is_named(scenario, name: str):
    (scenario.folder / name).unlink()
    assert f"{scenario.folder} lacks {name}" in refusal(scenario.folder)


def test_missing_folder_and_configuration_are_named(scenario):
    assert "nowhere is not a folder" in refusal(scenario.folder / "nowhere")
    with pytest.raises(ConfigError, match=r"there is no file .*other\.json"):
        Config.from_files(scenario.folder, scenario.folder / "other.json")


@pytest.mark.parametrize("file", ["interfarm_prob.csv", "interfarm_time.csv"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1\n", "has shape (1, 1); expected at least (2, 2) for 2 farms"),
        ("0.1,0.1\n", "has shape (1, 2); expected a square matrix"),
        ("0.1,0.1,0.1\n0.1,0.1,0.1\n", "has shape (2, 3); expected a square matrix"),
        ("0.1,0.1\n0.1\n", "row 2 has 1 numbers; expected 2"),
        ("0.1,0.1\n0.1,x\n", "row 2, column 2 is 'x'; expected a finite number"),
        ("0.1,0.1\n0.1,\n", "row 2 has 1 numbers; expected 2"),
        ("0.1,0.1\n,0.1\n", "row 2, column 1 is ''; expected a finite number"),
        ("0.1,nan\n0.1,0.1\n", "row 1, column 2 is 'nan'; expected a finite number"),
        ("0.1,0.1\ninf,0.1\n", "row 2, column 1 is 'inf'; expected a finite number"),
        ("0.1,-0.1\n0.1,0.1\n", "row 1, column 2 is -0.1; expected a"),
        ("\n", "is empty; expected numbers"),
        ("0.1,0.1\n0.1,0.0", "may be cut off: its last line, '0.1,0.0', has no line end"),
    ],
)
def test_wrong_matrix_is_refused(scenario, file: str, text: str, message: str):
    scenario.write(file, text)
    refused = refusal(scenario.folder)
    assert message in refused and file in refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1,1.2\n0.1,0.1\n", "row 1, column 2 is 1.2; expected a probability, from 0 to 1"),
        ("0.1,0.1\n0.6,0.5\n", "row 2 sums to 1.1; expected at most 1"),
    ],
)
def test_more_larvae_than_there_are_is_refused(scenario, text: str, message: str):
    scenario.write("interfarm_prob.csv", text)
    assert message in refusal(scenario.folder)


def test_travel_of_years_is_refused(scenario):
    scenario.write("interfarm_time.csv", "5,7000\n5,5\n")
    assert "interfarm_time.csv: row 1, column 2 is 7000; expected a time from 0 to 365 (d)" in refusal(scenario.folder)


def test_only_the_farms_of_the_scenario_count_in_a_row_sum(scenario):
    scenario.write("interfarm_prob.csv", "0.5,0.5,0.5\n0,0,0\n0,0,0\n")
    assert Config.from_files(scenario.folder).interfarm_probs.sum() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("665300,9,8,8,9,11,12,14,15,15,14,13,11\n", "has shape (1, 13); expected 2 rows"),
        ("1,2\n3,4\n", "has shape (2, 2); expected 2 rows of a northing and 12 monthly"),
        ("1,9,8,8,9,11,12,14,15,15,14,13,11\n1,9,8,8,9,11,12,14,15,15,14,13,11\n", "both rows have the northing 1"),
        (
            "1,9,8,8,9,11,12,14,15,15,14,13,41\n2,9,8,8,9,11,12,14,15,15,14,13,11\n",
            "row 1, column 13 is 41; expected -2",
        ),
        ("665300,5,5,5,5,5,5,5,5,5,5,5,5\n665400,6,6,6,6,6,6,6,6,6,6,6,6\n", "farm 'North' (northing 675500)"),
        ("665300,-1,5,5,5,5,5,5,5,5,5,5,5\n675500,5,5,5,5,5,5,5,5,5,5,5,5\n", "farm's temperature of -1 degC"),
        ("665300,5,5,5,5,5,5,5,5,5,5,5,x\n675500,5,5,5,5,5,5,5,5,5,5,5,5\n", "row 1, column 13 is 'x'"),
        (
            "665300,5,5,5,5,5,5,5,5,5,5,5,5\n675500,5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.",
            "may be cut off: its last line, '5.5,5.5,5.5,5.5,5.5,5.5,5.5,5.', has no line end",
        ),
    ],
)
def test_wrong_temperatures_are_refused(scenario, text: str, message: str):
    scenario.write("temperatures.csv", text)
    assert message in refusal(scenario.folder)


@pytest.mark.parametrize("value", [NAN, INF])
def test_override_that_is_no_number_is_refused(scenario, value: float):
    with pytest.raises(ConfigError, match=r"override gain_per_kg is (nan|inf); expected a number >= 0"):
        Config.from_files(scenario.folder, gain_per_kg=value)


def test_last_temperature_without_line_end_is_read_if_no_digit_is_missing(scenario):
    row = "9.5,8.5,8.5,9.5,11.5,12.5,14.5,15.5,15.5,14.5,13.5,"
    scenario.write("temperatures.csv", f"\ufeff665300,{row}10.2\n675500,{row}10.2")
    assert Config.from_files(scenario.folder).temperatures[:, -1].tolist() == [10.2, 10.2]


@pytest.mark.parametrize("degrees", [-3, 41])
def test_temperature_that_no_sea_has_is_refused_for_a_farm(scenario, degrees):
    table = [[8] * 12, [8] * 11 + [degrees]]
    with pytest.raises(ConfigError, match=rf"override temperatures.1.11 is {degrees}.0; expected -2 to 40 degC"):
        Config.from_files(scenario.folder, temperatures=table)
    whole = Config.from_files(scenario.folder).to_dict()
    with pytest.raises(ConfigError, match=r"saved: temperatures.1.11 is"):
        Config.from_dict({**whole, "temperatures": table}, "saved")
