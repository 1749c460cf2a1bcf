"""The scenarios that come with the package load, and their matrices are what their READMEs say."""

import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.config_files import SHIPPED, find_scenario, scenario_names
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

NETWORKS = ("path", "bipath", "circle", "bicircle", "mesh")
SIZES = {"Fyne": (2, 9), "Fyne_cycles": (2, 9), "Fyne_complete": (9, 102), **dict.fromkeys(NETWORKS, (9, 18))}


def test_every_shipped_scenario_is_listed():
    assert scenario_names() == sorted(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_shipped_scenario_has_its_farms_and_cages(name: str):
    config = Config.scenario(name)
    assert (len(config.farms), sum(farm.ncages for farm in config.farms)) == SIZES[name]
    assert config.n_days == (1826 if name == "Fyne_cycles" else 730)


@pytest.mark.parametrize("name", SIZES)
def test_matrices_are_made_by_the_command_in_the_readme(name: str, tmp_path: Path, monkeypatch):
    folder = shutil.copytree(SHIPPED / name, tmp_path / name)
    lines = [line.strip() for line in (folder / "README.md").read_text().splitlines()]
    (command,) = [line for line in lines if line.startswith("slim network ")]
    for table in folder.glob("interfarm_*.csv"):
        table.write_text("")
    monkeypatch.chdir(folder)
    assert main(shlex.split(command)[1:]) == 0
    for table in ("interfarm_prob.csv", "interfarm_time.csv"):
        np.testing.assert_allclose(
            np.loadtxt(folder / table, delimiter=","), np.loadtxt(SHIPPED / name / table, delimiter=","), rtol=1e-5
        )


def test_networks_differ_in_their_connections_alone():
    path, *others = (Config.scenario(name) for name in NETWORKS)
    for other in others:
        same = other.replace(name=path.name, interfarm_probs=path.interfarm_probs, interfarm_times=path.interfarm_times)
        assert same == path, other.name


def test_farms_of_a_network_reach_their_neighbours_and_back_where_it_leads_both_ways():
    for name, n_edges in zip(NETWORKS, (8, 16, 9, 18, 72), strict=True):
        probs = Config.scenario(name).interfarm_probs
        assert (probs > 0).sum() == 9 + n_edges, name
        assert np.all(probs[probs > 0] == (0.01 if name == "mesh" else 0.015)), name
        assert (name in ("bipath", "bicircle", "mesh")) == bool(np.all(probs == probs.T)), name


def test_cycles_of_loch_fyne_are_three_harvests_of_every_cage():
    simulator = Simulator(Config.scenario("Fyne_cycles", ext_pressure=0))  # no lice, so that nobody has to fallow
    record = simulator.run_recorded(Policy.built_in("untreated"), 1)
    gained = np.diff(record.fish_population[:, 1])  # of three cages, stocked a week apart
    sold, stocked = np.flatnonzero(gained < -10_000), np.flatnonzero(gained > 10_000)
    assert len(sold) == len(stocked) == 3 * 3
    assert set(stocked - sold) == {28}
    assert set(np.diff(sold[::3])) == {475 + 28}


def test_connectivity_of_loch_fyne_is_of_the_order_of_hydrodynamic_estimates():
    config = Config.scenario("Fyne_complete")
    kept = config.interfarm_probs.sum(axis=1)
    assert 0.08 <= kept.min() and kept.max() <= 0.15
    assert 5 <= config.interfarm_times.min() and config.interfarm_times.max() <= 8.5


def test_our_model_parameters_are_those_of_slim(slim_data: Path):
    folder = slim_data / "slim-config" / "Fyne"
    assert Config.from_files(folder) == Config.from_files(folder, SHIPPED / "config.json")


def test_folder_wins_over_a_shipped_scenario_of_the_same_name(tmp_path: Path, monkeypatch):
    shutil.copytree(SHIPPED / "Fyne", tmp_path / "Fyne")
    monkeypatch.chdir(tmp_path)
    assert find_scenario("Fyne").resolve() == tmp_path / "Fyne"
    assert find_scenario("circle") == SHIPPED / "circle"


def test_checkout_path_finds_the_shipped_scenario_from_anywhere(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_scenario("config_data/Fyne") == SHIPPED / "Fyne"


def test_scenario_takes_overrides_even_of_its_name():
    config = Config.scenario("Fyne", name="mine", **{"farms.Tarbert South.num_fish": 7})
    assert (config.name, config.farms[0].num_fish) == ("mine", 7)


def test_unknown_scenario_names_the_nearest():
    with pytest.raises(ConfigError, match=r"Fynne.*did you mean 'Fyne'"):
        Config.scenario("Fynne")
    with pytest.raises(ConfigError, match=r"no scenario of that name; known: Fyne, .*circle"):
        Config.scenario("Sognefjord")
