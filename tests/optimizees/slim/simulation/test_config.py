"""A scenario is read, varied and compared."""

import json
import pickle
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
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


def test_treatments_come_in_the_order_of_their_numbers(scenario):
    model = scenario.read("config.json")
    model["treatments"].reverse()
    scenario.write("config.json", model)
    config = Config.from_files(scenario.folder)
    assert [treatment.treatment for treatment in config.treatments] == list(Treatment)


def test_published_defaults_fill_in_what_the_files_do_not_say(scenario):
    emb, thermolicer, cleanerfish = Config.from_files(scenario.folder).treatments
    assert emb.susceptible_stages == ("L3", "L4", "L5m", "L5f")
    assert cleanerfish.susceptible_stages == ("L4", "L5m", "L5f")
    assert thermolicer.temperature_efficacy == ((-np.inf, 0.99), (12.0, 0.8))
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
