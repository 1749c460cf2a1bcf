import sys

import pytest

from l2l.errors import UsageError
from l2l.utils.runner_params import number_of_workers, timeout_in_seconds, with_this_python


def test_timeout_true_is_two_hours_and_false_is_none():
    assert timeout_in_seconds(True) == 7200.0
    assert timeout_in_seconds(False) == float("inf")
    assert timeout_in_seconds(3) == 3.0
    for wrong in (0, -1.0):
        with pytest.raises(UsageError, match="timeout"):
            timeout_in_seconds(wrong)


def test_workers_are_as_many_as_individuals_at_most():
    assert number_of_workers(4, 100) == 4
    assert number_of_workers(4, 3) == 3


@pytest.mark.parametrize("name", ["python", "python3", "python3.9"])
def test_bare_python_of_an_older_script_is_the_one_that_runs_here(monkeypatch, name):
    monkeypatch.setenv("PATH", "/usr/bin")
    assert with_this_python(f'{name} -O "run file.py"') == f'"{sys.executable}" -O "run file.py"'


@pytest.mark.parametrize("command", ["/opt/bin/python3 x", "sh -c python3", "pythonic x", f'"{sys.executable}" x'])
def test_any_other_command_of_a_worker_is_left_alone(command):
    assert with_this_python(command) == command


def test_python_of_the_same_installation_is_left_alone(monkeypatch, tmp_path):
    for name in ("python", "python3"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert with_this_python("python3 -O x") == "python3 -O x"
