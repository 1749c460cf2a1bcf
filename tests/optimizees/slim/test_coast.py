"""A long coast with farms in zones: made, read and simulated."""

import json
from pathlib import Path

import numpy as np
import pytest

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.coast import Coast, links_within
from l2l.optimizees.slim.drift import Sea, disperse
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

SMALL = ("--n-farms", 12, "--n-cages", 2, "--farms-per-zone", 5, "--reach", 12000)


def run(*argv: object) -> int:
    return main(["network", "--coast", *map(str, argv)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("coast") / "small"
    assert run("--out", folder, *SMALL) == 0
    return folder


def test_farms_lie_along_the_coast_in_zones_that_are_stocked_together(folder):
    config = Config.scenario(folder)
    northing = np.array([farm.location[1] for farm in config.farms])
    assert (np.diff(northing) >= 2500).all() and (np.diff(northing) <= 7501).all()
    assert [farm.zone for farm in config.farms] == ["Zone 0"] * 5 + ["Zone 1"] * 5 + ["Zone 2"] * 2
    starts = {farm.zone: {farm.start_date, *farm.cages_start_dates} for farm in config.farms}
    assert [len(dates) for dates in starts.values()] == [1, 1, 1]
    assert {farm.ncages for farm in config.farms} == {2}


def test_temperatures_of_the_ends_are_those_of_loch_fyne(folder):
    coast, loch = Config.scenario(folder), Config.scenario("Fyne_complete")
    south, north = loch.temperature_rows[np.argsort(loch.temperature_rows[:, 0])]
    np.testing.assert_allclose(coast.temperatures[[0, -1]], [south[1:], north[1:]], atol=0.05001)


def test_links_are_what_larvae_of_a_loch_do_but_for_far_farms(folder):
    config = Config.scenario(folder)
    places = np.array([farm.location for farm in config.farms])
    probs, times = disperse(places, Sea(current_bearing=0))
    near = abs(places[:, None, 1] - places[None, :, 1]) <= 12000
    links = config.links
    pairs = links.source, links.target
    assert np.array_equal(np.transpose(pairs), np.argwhere(near)) and 12 < len(links.target) < 144
    np.testing.assert_allclose(links.prob, probs[pairs], rtol=1e-5)
    np.testing.assert_allclose(links.days, times[pairs], atol=0.00501)


def test_nobody_is_reached_but_oneself_without_reach():
    places = np.array([[0.0, 0.0], [0.0, 1000.0]])
    assert links_within(places, 0.0, Sea(current_bearing=0))[:, :2].tolist() == [[0, 0], [1, 1]]


def test_the_same_seed_makes_the_same_coast(folder, tmp_path):
    for name, seed in (("same", 0), ("other", 1)):
        assert run("--out", tmp_path / name, *SMALL, "--seed", seed) == 0
    for name in ("params.json", "interfarm_links.csv", "temperatures.csv"):
        text = (folder / name).read_text()
        assert (tmp_path / "same" / name).read_text() == text
    assert (tmp_path / "other" / "params.json").read_text() != (folder / "params.json").read_text()


def test_links_give_what_the_same_matrices_give(folder):
    config = Config.scenario(folder, end_date="2018-06-01")
    links = config.links
    matrices = np.zeros((2, 12, 12))
    matrices[:, links.source, links.target] = links.prob, links.days
    dense = config.replace(interfarm_probs=matrices[0], interfarm_times=matrices[1])
    assert dense.interfarm_links is None
    runs = [Simulator(c).run_recorded(Policy.built_in("bernoulli"), 3) for c in (config, dense)]
    assert runs[0].arrivals.sum() > 0
    for days, expected in zip(*runs, strict=True):
        np.testing.assert_array_equal(days, expected)


def test_what_is_there_is_kept_unless_it_may_be_replaced(folder, capsys):
    before = (folder / "params.json").read_text()
    assert run("--out", folder, *SMALL, "--seed", 5) == 2
    assert "give --overwrite" in capsys.readouterr().err
    assert (folder / "params.json").read_text() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--n-farms", 0], "coast: n_farms is 0; expected a whole number >= 1"),
        (["--spacing", 0], "coast: spacing is 0.0; expected a number > 0"),
        (["--topology", "path"], "--topology: without effect on --coast"),
        (["--current-bearing", 3], "--current-bearing: without effect on --coast"),
        (["Fyne"], "farms: without effect on --coast"),
        (["--tidal-speed", 50], "row 1, column 3 is 9.4864; expected a probability, from 0 to 1"),
    ],
)
def test_options_that_make_no_coast_are_refused(tmp_path, capsys, options, message):
    assert run("--out", tmp_path / "coast", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "coast").exists()


def test_options_of_a_coast_need_one(tmp_path, capsys):
    assert main(["network", "Fyne", "--current-bearing", "0", "--reach", "5", "--out", str(tmp_path / "x")]) == 2
    assert "--reach: for a coast; expected --coast" in capsys.readouterr().err


def test_numbers_of_a_coast_are_checked_when_it_is_made_in_python():
    assert Coast(n_farms=3.0).n_farms == 3
    with pytest.raises(ValueError, match="n_cages is 0"):
        Coast(n_cages=0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0,2,0.1,5", "column 2 is 2; expected the number of a farm, 0 to 1"),
        ("0,0.5,0.1,5", "column 2 is 0.5; expected the number of a farm"),
        ("0,1,-0.1,5", "column 3 is -0.1; expected a probability"),
        ("0,1,0.1,999", "column 4 is 999; expected a time from 0 to 365"),
        ("0,1,0.6,5\n0,0,0.6,5", "the shares from farm 0 sum to 1.2"),
        ("1,0,0.1,5\n1,0,0.2,5", "farm 1 to farm 0 stands there twice"),
        ("0,1,0.1", "expected rows of source, target, share and days"),
    ],
)
def test_links_that_make_no_sense_are_refused(tmp_path, rows, message):
    assert run("--out", tmp_path / "two", "--n-farms", 2) == 0
    (tmp_path / "two" / "interfarm_links.csv").write_text(rows + "\n")
    with pytest.raises(ValueError, match=message):
        Config.scenario(tmp_path / "two")


def test_links_beside_matrices_are_refused(folder, tmp_path):
    assert run("--out", tmp_path / "two", "--n-farms", 2) == 0
    (tmp_path / "two" / "interfarm_prob.csv").write_text("0,0\n0,0\n")
    with pytest.raises(
        ValueError, match=r"has interfarm_links.csv and interfarm_prob.csv; expected the links, or both"
    ):
        Config.scenario(tmp_path / "two")
    with pytest.raises(ValueError, match="interfarm_times is missing"):
        Config.scenario(folder, interfarm_probs=np.zeros((12, 12)))
    with pytest.raises(ValueError, match="expected the links, or both matrices"):
        Config.scenario(folder, interfarm_probs=np.zeros((12, 12)), interfarm_links=[[0, 0, 0.1, 5]])


def test_fewer_farms_keep_the_links_between_them(folder):
    config = Config.scenario(folder)
    fewer = config.replace(farms=[*json.loads((folder / "params.json").read_text())["farms"][:3]])
    assert fewer.links.target.max() == 2
    np.testing.assert_array_equal(fewer.interfarm_links, [row for row in config.interfarm_links if max(row[:2]) < 3])
    with pytest.raises(ValueError, match="interfarm_links are of 3 farms; give them anew for 12"):
        fewer.replace(farms=config.to_dict()["farms"])


def test_a_coast_survives_as_plain_data(folder):
    config = Config.scenario(folder)
    again = Config.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config
    assert again != config.replace(interfarm_links=config.interfarm_links * [1, 1, 0.5, 1])
