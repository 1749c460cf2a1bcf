"""The version, and matplotlib without a screen."""

from importlib.metadata import version

from l2l.version import FULL_VERSION, MAJOR_VERSION


def test_version_is_that_of_the_installed_package():
    assert version("l2l") == FULL_VERSION
    assert FULL_VERSION.startswith(MAJOR_VERSION + ".")
    assert MAJOR_VERSION.count(".") == 1


def test_matplotlib_draws_without_a_screen():
    from l2l.matplotlib_ import plt

    assert plt.get_backend().lower() == "agg"
