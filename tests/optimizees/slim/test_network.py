"""Connectivity from the places of farms, and artificial networks."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import k0

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.network import Sea, disperse, read_farms, topology

PLACES = np.array([[0.0, 0.0], [3000.0, 4000.0], [-1000.0, 12000.0]])


def run(*argv: object) -> int:
    return main(["network", *map(str, argv)])


@pytest.fixture
def farms(tmp_path: Path) -> Path:
    path = tmp_path / "farms.csv"
    path.write_text("name,easting,northing\nSouth,190300,665300\nNorth,192500,668200\n")
    return path


def test_dispersal_equals_the_closed_form_over_all_ages():
    # over all ages, with one rate of death: exp(u s / 2 K) K0(r sqrt(u^2 / 4 K^2 + mu / K)) / (2 pi K)
    speed, diffusion, mortality = 0.02, 100.0, 0.2
    sea = Sea(
        current_bearing=30,
        current_speed=speed,
        diffusion_along=diffusion,
        diffusion_across=diffusion,
        nauplius_days=1e-6,
        copepodid_days=120,
        nauplius_mortality=mortality,
        copepodid_mortality=mortality,
        farm_width=1,
        tidal_speed=1,
    )
    probs, _ = disperse(PLACES, sea)
    steps = PLACES[None] - PLACES[:, None]
    along = steps @ [np.sin(np.pi / 6), np.cos(np.pi / 6)]
    decay = np.sqrt(speed**2 / (4 * diffusion**2) + mortality / 86400 / diffusion)
    apart = ~np.eye(3, dtype=bool)
    expected = np.exp(speed * along / (2 * diffusion)) * k0(np.linalg.norm(steps, axis=-1)[..., None] * decay)[..., 0]
    np.testing.assert_allclose(probs[apart], expected[apart] / (2 * np.pi * diffusion), rtol=1e-3)


def test_larvae_go_with_the_current():
    probs, _ = disperse(np.array([[0.0, 0.0], [0.0, 5000.0]]), Sea(current_bearing=0, current_speed=0.02))
    # the ratio of down to up is exp(u s / K), at every age
    assert probs[0, 1] / probs[1, 0] == pytest.approx(np.exp(0.02 * 5000 / 300))


def test_larvae_spread_further_along_the_axis_than_across_it():
    places = np.array([[0.0, 0.0], [0.0, 8000.0], [8000.0, 0.0]])
    probs, times = disperse(places, Sea(current_bearing=0, current_speed=0.0))
    assert probs[0, 1] > probs[0, 2]
    assert times[0, 0] < times[0, 1] < times[0, 2]


def test_death_rates_scale_what_arrives():
    sea = Sea(current_bearing=0, nauplius_mortality=0.1)
    probs, times = disperse(PLACES, sea)
    fewer, same_times = disperse(PLACES, Sea(current_bearing=0, nauplius_mortality=0.3))
    np.testing.assert_allclose(fewer, probs * np.exp(-0.2 * sea.nauplius_days))
    np.testing.assert_allclose(same_times, times)
    _, earlier = disperse(PLACES, Sea(current_bearing=0, copepodid_mortality=0.5))
    assert (earlier < times).all()


def test_farms_out_of_reach_get_nothing_but_a_finite_time():
    probs, times = disperse(np.array([[0.0, 0.0], [0.0, 1e7]]), Sea(current_bearing=0))
    assert probs[0, 1] == 0 and times[0, 1] == pytest.approx(13.6, abs=0.01)


@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("path", [[1, 1, 0], [0, 1, 1], [0, 0, 1]]),
        ("bipath", [[1, 1, 0], [1, 1, 1], [0, 1, 1]]),
        ("circle", [[1, 1, 0], [0, 1, 1], [1, 0, 1]]),
        ("mesh", [[1, 1, 1], [1, 1, 1], [1, 1, 1]]),
    ],
)
def test_topology_has_its_edges(name: str, edges: list[list[int]]):
    probs, times = topology(name, 3, 0.2, 7)
    np.testing.assert_array_equal(probs, 0.2 * np.array(edges))
    assert (times == 7).all()


def test_bicircle_leads_both_ways():
    probs, _ = topology("bicircle", 4, 1, 7)
    np.testing.assert_array_equal(probs[0], [1, 1, 0, 1])


def test_topology_of_one_farm_keeps_its_share():
    for name in ("path", "circle", "mesh"):
        np.testing.assert_array_equal(topology(name, 1, 0.1, 7)[0], [[0.1]])


def test_command_writes_what_disperse_computes(farms: Path, tmp_path: Path, capsys):
    assert run(farms, "--current-bearing", 196, "--farm-width", 300, "--out", tmp_path / "made") == 0
    probs, times = disperse(read_farms(farms)[1], Sea(current_bearing=196, farm_width=300))
    written = np.loadtxt(tmp_path / "made" / "interfarm_prob.csv", delimiter=",")
    np.testing.assert_allclose(written, probs, rtol=1e-5)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "made" / "interfarm_time.csv", delimiter=","), times, atol=0.005)
    assert "2 farms" in capsys.readouterr().out


def test_farms_come_from_a_scenario_by_name():
    names, places = read_farms("Fyne")
    assert names == ["Tarbert South", "Rubha Stillaig"]
    np.testing.assert_array_equal(places, [[190300, 665300], [192500, 668200]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--current-bearing is missing"),
        (["--current-bearing", "400"], "sea: current_bearing is 400.0; expected a number >= -360 and <= 360"),
        (["--current-bearing", "nan"], "expected a number"),
        (["--current-bearing", "0", "--diffusion-along", "0"], "diffusion_along is 0.0; expected a number > 0"),
        (["--current-bearing", "0", "--farm-width", "1e6"], "interfarm_prob.csv: row 1, column 1 is"),
        (["--current-bearing", "0", "--farm-width", "2e4"], "row 1 sums to"),
        (["--current-bearing", "0", "--prob", "0.1"], "--prob: for artificial networks"),
        (["--topology", "path", "--current-speed", "1"], "--current-speed: without effect on --topology"),
        (["--topology", "path", "--n-farms", "2"], "either a file of farms or --n-farms"),
        (["--topology", "path", "--prob", "1.2"], "--prob is 1.2; expected a number from 0 to 1"),
        (["--topology", "path", "--prob", "0.7"], "row 1 sums to 1.4; expected at most 1"),
        (["--topology", "path", "--time", "-1"], "slim network: --time is -1.0; expected a number >= 0"),
        (["--topology", "ring"], "invalid choice: 'ring'"),
        (["--current-speedd", "1"], "did you mean '--current-speed'"),
    ],
)
def test_wrong_option_is_refused_before_anything_is_written(
    farms: Path, tmp_path: Path, capsys, options: list[str], message: str
):
    assert run(farms, "--out", tmp_path / "made", *options) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,easting\nA,1\n", "no column northing"),
        ("name,easting,northing\n", "no farms"),
        ("name,easting,northing\nA,1,here\n", "row 2, northing is 'here'"),
        ("name,easting,northing\nA,1\n", "row 2, northing is None"),
        ("name,easting,northing\nA,inf,1\n", "row 2, easting is 'inf'"),
        ("name,easting,northing\nA,1,66", "may be cut off: its last line, 'A,1,66'"),
    ],
)
def test_wrong_farm_file_is_refused(farms: Path, tmp_path: Path, capsys, text: str, message: str):
    farms.write_text(text)
    assert run(farms, "--out", tmp_path / "made", "--current-bearing", 0) == 2
    assert message in capsys.readouterr().err


def test_matrices_are_replaced_only_on_request(farms: Path, tmp_path: Path, capsys):
    (tmp_path / "interfarm_prob.csv").write_text("0.5\n")
    options = (farms, "--out", tmp_path, "--current-bearing", 0)
    assert run(*options) == 2
    assert "give --overwrite" in capsys.readouterr().err
    assert (tmp_path / "interfarm_prob.csv").read_text() == "0.5\n"
    assert run(*options, "--overwrite") == 0
    assert np.loadtxt(tmp_path / "interfarm_prob.csv", delimiter=",").shape == (2, 2)


def test_output_folder_may_not_be_a_file(farms: Path, capsys):
    assert run(farms, "--out", farms, "--current-bearing", 0) == 2
    assert "is a file; expected a folder" in capsys.readouterr().err


def test_unknown_command_is_a_usage_error(capsys):
    assert main(["netwrok"]) == 2
    assert "netwrok" in capsys.readouterr().err
