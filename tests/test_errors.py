"""Messages about unknown names."""

import pickle

import pytest

from l2l.errors import UnknownNameError, nearest, reject_unknown_keywords


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("runner_parameter", ["runner_params", "name"], "; did you mean 'runner_params'?"),
        ("SEED", ["seed", "name"], "; did you mean 'seed'?"),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("x", [], ""),
        (7, [1, 2], "; known: 1, 2"),
    ],
)
def test_nearest_name_is_proposed(name, known, expected):
    assert nearest(name, known) == expected


def test_a_long_list_of_known_names_is_cut():
    assert nearest("zzz", [f"name{i:03d}" for i in range(100)]).endswith("name019, ...")


def test_an_unknown_keyword_is_a_type_error_with_the_nearest_name():
    with pytest.raises(TypeError, match=r"f\(\) has no keyword 'tmeout'; did you mean 'timeout'\?"):
        reject_unknown_keywords("f()", {"name": 1, "tmeout": 2}, ["name", "timeout"])
    reject_unknown_keywords("f()", {"name": 1}, ["name", "timeout"])


def test_an_unknown_name_is_what_both_dots_and_brackets_raise():
    error = UnknownNameError("no 'x'")
    assert isinstance(error, KeyError) and isinstance(error, AttributeError)
    assert str(error) == "no 'x'"  # not in quotes, as a KeyError would be
    assert str(pickle.loads(pickle.dumps(error))) == "no 'x'"
