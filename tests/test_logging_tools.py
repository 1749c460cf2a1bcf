"""Log files of an experiment."""

import io
import logging
import os
import socket

import pytest

from l2l.logging_tools import configure_loggers, create_shared_logger_data


@pytest.fixture(autouse=True)
def loggers_are_left_clean():
    yield
    for name in ("optimizers", "utils"):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            handler.close()
            logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def test_messages_and_errors_go_to_their_files(tmp_path, capsys):
    create_shared_logger_data(["optimizers", "utils"], ["INFO", "WARNING"], [True, False], "sim", str(tmp_path))
    configure_loggers()
    logging.getLogger("optimizers.ga").info("hello")
    logging.getLogger("utils").info("too quiet")
    logging.getLogger("utils").error("oops")
    log, errors = (tmp_path / f"sim_{kind}.txt" for kind in ("LOG", "ERROR"))
    first, second = log.read_text().splitlines()
    for part in ("optimizers.ga", socket.gethostname(), str(os.getpid()), "INFO", "hello"):
        assert part in first
    assert "oops" in second
    assert errors.read_text().splitlines() == [second]
    out = capsys.readouterr().out
    assert "hello" in out and "oops" not in out


def test_exactly_once_leaves_a_configuration_alone(tmp_path):
    for name in ("one", "two"):
        create_shared_logger_data(["utils"], ["INFO"], [False], name, str(tmp_path))
        configure_loggers(exactly_once=name == "two")
    assert configure_loggers._already_configured
    assert not (tmp_path / "two_LOG.txt").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (["a", "b"], ["INFO"], [True], "sim", "."),
        ([1], ["INFO"], [True], "sim", "."),
        (["a"], ["INFO"], [True], "sim", "/no/such/folder"),
    ],
)
def test_impossible_settings_are_refused(arguments):
    with pytest.raises(AssertionError):
        create_shared_logger_data(*arguments)


class Broken(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


@pytest.mark.parametrize(("error", "is_told"), [(OSError(28, "No space left"), False), (TypeError("a bug"), True)])
def test_log_file_is_silent_about_a_full_disk_only(tmp_path, capsys, error, is_told):
    create_shared_logger_data(["utils"], ["INFO"], [False], "sim", str(tmp_path))
    configure_loggers()
    for handler in logging.getLogger("utils").handlers:
        handler.setStream(Broken(error)).close()
    logging.getLogger("utils").error("oops")
    assert ("Logging error" in capsys.readouterr().err) == is_told
