import pytest

from l2l.errors import UsageError
from l2l.optimizers.cmaes import CMAESOptimizer
from l2l.plugins import SHORT_NAMES, find_class, registered


def test_registered_class_is_found_by_name():
    assert find_class("optimizer", "CMAESOptimizer") is CMAESOptimizer


@pytest.mark.parametrize("name", ["cmaes", "CMAES", "CmaES"])
def test_the_short_name_is_enough(name):
    assert find_class("optimizer", name) is CMAESOptimizer


@pytest.mark.parametrize("name", SHORT_NAMES)
def test_abbreviations_are_of_registered_optimizers(name):
    assert find_class("optimizer", name).__name__ == SHORT_NAMES[name]


def test_abbreviations_of_optimizers_are_no_optimizees():
    assert find_class("optimizee", "slim").__name__ == "SlimOptimizee"
    with pytest.raises(UsageError, match="no optimizee is called 'ga'"):
        find_class("optimizee", "ga")


def test_class_is_found_by_module_and_name(tmp_path, monkeypatch):
    (tmp_path / "my_model.py").write_text("class Model:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_class("optimizee", "my_model:Model").__name__ == "Model"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CMAESOptimiser", "did you mean 'CMAESOptimizer'"),
        ("no_such_module:X", "No module named 'no_such_module'"),
        ("l2l.optimizers.cmaes:CMAESOptimiser", "did you mean 'CMAESOptimizer'"),
        ("cmas", "did you mean 'cmaes' or 'cma'"),
        ("gaa", "did you mean 'ga'"),
        (3, "must be a name"),
    ],
)
def test_unknown_class_is_named_with_the_nearest(name, words):
    with pytest.raises(UsageError) as error:
        find_class("optimizer", name)
    assert words in str(error.value)


def test_all_registered_classes_can_be_loaded():
    for kind in ("optimizer", "optimizee"):
        for name in registered(kind):
            assert find_class(kind, name).__name__ == name
