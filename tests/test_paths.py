"""Folders of an experiment."""

import pytest

from l2l.paths import Paths, PathsMap, dict_product, make_param_string, order_dict_alphabetically


def test_parameters_become_part_of_a_name():
    assert make_param_string(b_size=2, a=0.12345, c="x") == "a-0.12-b-size-2-c-x"
    assert make_param_string(delimiter="_", a=1) == "a_1"
    assert make_param_string() == ""


def test_dictionaries_are_ordered_and_multiplied():
    assert list(order_dict_alphabetically({"b": 1, "a": 2})) == ["a", "b"]
    assert list(dict_product({"a": [1, 2], "b": "xy"})) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_folders_are_made_when_they_are_read(tmp_path):
    paths = Paths("run", {}, root_dir_path=str(tmp_path), suffix="-end")
    assert paths.root_dir_path == str(tmp_path / "run")
    assert paths.output_dir_path == str(tmp_path / "run") + "/"
    assert not (tmp_path / "run").exists()
    for name in ("results", "simulation", "data", "logs"):
        assert getattr(paths, f"{name}_path") == str(tmp_path / "run" / name)
        assert (tmp_path / "run" / name).is_dir()
    assert paths.get_fpath("fig", "png", n=1) == str(tmp_path / "run" / "results" / "fig-n-1-end.png")


def test_parameters_name_a_folder_of_their_own(tmp_path):
    paths = Paths("run", {"n": 3}, root_dir_path=str(tmp_path))
    assert paths.logs_path == str(tmp_path / "run" / "n-3" / "logs")


def test_a_missing_root_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="nowhere"):
        Paths("run", {}, root_dir_path=str(tmp_path / "nowhere"))


def test_simulation_path_can_be_read_on_the_class():
    assert Paths.simulation_path is not None


def test_a_map_has_paths_for_every_combination(tmp_path):
    given = {"a": [1, 2]}
    paths = PathsMap(given, "run", 3, "-s", root_dir_path=str(tmp_path))
    assert given == {"a": [1, 2]}
    assert len(paths.paths_list) == 6
    assert paths.get(a=1, network_num=2).output_dir_path == str(tmp_path / "run" / "a-1-network-num-2")
    assert len(paths.filter(a=2)) == 3
    assert paths.get_agg_fpath("fig", {"a": 1}, "png", b=2) == str(tmp_path / "run" / "results" / "fig-a-1-b-2-s.png")
    with pytest.raises(KeyError):
        paths.get(a=3)
