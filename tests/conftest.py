"""Fixtures for all tests."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_configure() -> None:
    """Take Ctrl-C, also as the background job of a shell, which ignores it, and so would all that tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def slim_data() -> Path:
    """Scenarios and ensembles of the published SLIM simulator, which are not part of this repository.

    The folder is named by the environment variable ``SLIM_DATA``, or is ``shared/data`` beside the checkout;
    it holds ``slim-config/`` and ``slim-ensembles/``. Tests that ask for it are skipped where it is absent.
    """
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SLIM_DATA", beside))
    if not (folder / "slim-config").is_dir():
        pytest.skip(f"no SLIM data in {folder}; set SLIM_DATA")
    return folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The figures that a test makes, kept open until it has looked at them."""
    from l2l.matplotlib_ import plt

    made: list[Any] = []
    monkeypatch.setattr(plt, "close", made.append)
    yield made
    monkeypatch.undo()
    plt.close("all")
