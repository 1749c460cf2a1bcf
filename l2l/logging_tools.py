"""Log files and console of an experiment, set up once from one place."""

import logging.config
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# what create_shared_logger_data was told; configure_loggers reads it
_shared: dict[str, Any] = {}

_HOST = socket.gethostname()


class LogFile(logging.FileHandler):
    """A log file that is silent about a full disk: the run stops at once, and says so itself."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


def create_shared_logger_data(
    logger_names: Sequence[str],
    log_levels: Sequence[str | int],
    log_to_consoles: Sequence[bool],
    sim_name: str,
    log_directory: str,
) -> None:
    """Say which loggers write, from which level, also to the console or not, and where.

    Raises
    ------
    AssertionError
        If the lists differ in length, a name is no string, or the folder does not exist.
    """
    if not len(logger_names) == len(log_levels) == len(log_to_consoles):
        raise AssertionError(
            f"{len(logger_names)} logger names, {len(log_levels)} levels and "
            f"{len(log_to_consoles)} choices of console: one each is needed"
        )
    for name in (*logger_names, sim_name, log_directory):
        if not isinstance(name, str):
            raise AssertionError(f"names and paths of loggers must be strings, got {name!r}")
    if not Path(log_directory).is_dir():
        raise AssertionError(f"the folder of the logs does not exist: {log_directory}")
    _shared.update(
        loggers=list(zip(logger_names, log_levels, log_to_consoles, strict=True)),
        sim_name=sim_name,
        log_directory=log_directory,
    )


def configure_loggers(exactly_once: bool = False) -> None:
    """Give each named logger its handlers: ``<sim>_LOG.txt``, ``<sim>_ERROR.txt`` and perhaps the console.

    ``exactly_once`` does nothing where that was done before in this process.
    """
    if exactly_once and configure_loggers._already_configured:  # type: ignore[attr-defined]
        return
    if not _shared:
        raise RuntimeError("call create_shared_logger_data() before configure_loggers()")
    config = dict(configure_loggers.basic_config_dict)  # type: ignore[attr-defined]
    stem = Path(_shared["log_directory"]) / _shared["sim_name"]
    config["handlers"] = {
        "console": {"class": "logging.StreamHandler", "formatter": "brief", "stream": "ext://sys.stdout"},
        "file_log": {"()": LogFile, "formatter": "full", "filename": f"{stem}_LOG.txt"},
        "file_error": {
            "()": LogFile,
            "formatter": "full",
            "filename": f"{stem}_ERROR.txt",
            "level": "ERROR",
        },
    }
    config["loggers"] = {
        name: {
            "level": level,
            "handlers": ["file_log", "file_error", *(["console"] if to_console else [])],
        }
        for name, level, to_console in _shared["loggers"]
    }
    try:
        logging.config.dictConfig(config)
    except ValueError as error:
        if isinstance(error.__cause__, OSError):  # a log file cannot be made
            raise error.__cause__ from None
        raise
    configure_loggers._already_configured = True  # type: ignore[attr-defined]


configure_loggers._already_configured = False  # type: ignore[attr-defined]
configure_loggers.basic_config_dict = {  # type: ignore[attr-defined]
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "full": {"format": f"%(asctime)s %(name)s {_HOST} %(process)d %(levelname)s: %(message)s"},
        "brief": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
    },
}
