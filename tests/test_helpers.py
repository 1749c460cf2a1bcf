"""The helpers that scripts import from l2l."""

import logging
import subprocess
import sys

import numpy as np
import pytest

import l2l
from l2l import DictEntryType, dict_to_list, list_to_dict


def test_import_is_light():
    code = "import sys, l2l; print(*[m for m in sys.modules if '.' not in m])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "l2l" in loaded
    assert not {"matplotlib", "sklearn", "deap", "scipy", "numba", "rich", "pyarrow", "cmaes"} & set(loaded)


def test_a_dictionary_becomes_a_vector_by_ascending_key():
    vector, spec = dict_to_list({"b": 3.0, "a": np.array([1.0, 2.0]), "c": [4.0]}, get_dict_spec=True)
    assert vector.tolist() == [1, 2, 3, 4]
    assert spec == [("a", DictEntryType.Sequence, 2), ("b", DictEntryType.Scalar, 1), ("c", DictEntryType.Sequence, 1)]
    assert dict_to_list({"b": 3.0, "a": 1.0}).tolist() == [1, 3]


def test_a_vector_becomes_the_dictionary_again():
    d = {"a": np.array([1.0, 2.0]), "b": 3.0}
    again = list_to_dict(*dict_to_list(d, get_dict_spec=True))
    assert again["a"].tolist() == [1, 2] and again["b"] == 3.0 and np.ndim(again["b"]) == 0


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(AssertionError, match="describes 2 values, got 3"):
        list_to_dict([1, 2, 3], [("a", DictEntryType.Sequence, 2)])


def test_a_matrix_is_refused_by_name():
    with pytest.raises(ValueError, match="'a'"):
        dict_to_list({"a": np.zeros((2, 2))})


def test_dictionaries_are_grouped_by_the_keys_of_the_first():
    assert l2l.get_grouped_dict({"a": i, "b": -i} for i in range(3)) == {"a": [0, 1, 2], "b": [0, -1, -2]}
    assert l2l.get_grouped_dict([]) == {}


def test_values_become_numpy_values():
    d = l2l.convert_dict_to_numpy({"i": 1, "f": 2.5, "b": True, "s": "x", "l": [1, 2], "d": {"i": 3}})
    assert [type(d[k]) for k in "ifbsl"] == [np.int64, np.float64, bool, str, np.ndarray]
    assert type(d["d"]["i"]) is np.int64


def test_attributes_hang_on_a_function():
    @l2l.static_var("count", 0)
    @l2l.static_vars(a=1, b=2)
    def f():
        f.count += 1

    f()
    assert (f.count, f.a, f.b) == (1, 1, 2)


def test_get_falls_back_to_the_default():
    assert l2l.get({"a": 1}, "a", 2) == 1
    assert l2l.get({"a": 1}, "b", 2) == 2
    assert l2l.get(None, "b", 2) == 2


def test_printq_prints_unless_quiet(capsys):
    l2l.printq("loud", False)
    l2l.printq("silent", True)
    assert capsys.readouterr().out == "loud\n"


def test_stdout_of_children_is_redirected_and_comes_back(tmp_path):
    code = (
        "import os, l2l\n"
        f"with l2l.stdout_redirected({str(tmp_path / 'out.txt')!r}):\n"
        "    print('from python'); os.system('echo from a child')\n"
        "with l2l.stdout_discarded():\n"
        "    print('nowhere')\n"
        "print('back')\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "back\n"
    assert sorted((tmp_path / "out.txt").read_text().splitlines()) == ["from a child", "from python"]


def test_a_dummy_trajectory_takes_parameters():
    traj = l2l.DummyTrajectory()
    traj.individual.f_add_parameter("a", 1)
    traj.f_add_parameter_group("individual", "comment")
    assert traj.individual.seed is None


def test_timed_logs_how_long_it_took(caplog):
    with caplog.at_level(logging.INFO, "l2l"), l2l.timed(l2l.logger, "Nap"):
        pass
    assert caplog.messages[0].startswith("Nap took 0.0") and caplog.messages[0].endswith(" seconds")
