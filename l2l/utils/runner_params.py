"""The parameters of the runner, checked at the door."""

import logging
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l2l.errors import UsageError
from l2l.utils.beat import HEARTBEAT_TIMEOUT_S
from l2l.utils.executor_pool import find_executor

logger = logging.getLogger("utils.runner")

RUNNER_PARAMS = (
    *("srun", "exec", "max_workers", "inner_params", "work_path", "paths_obj"),
    *("max_retries", "on_failure", "pipes", "heartbeat_timeout", "executor"),
)
PIPES = ("fifo", "file")
AUTO = "auto"
"""As the number of workers: as many as the processors allow, in a Slurm job those of all its nodes."""

ON_FAILURE = ("penalise", "stop")
TWO_HOURS_S = 7200.0


def check_runner_params(params: Mapping[str, Any]) -> None:
    """Raise UsageError if the value of a runner parameter has no meaning."""
    if params.get("max_workers") != AUTO:
        number_of_workers(params.get("max_workers", 1), 1)
    inner_params_of(params)
    if params.get("on_failure", ON_FAILURE[0]) not in ON_FAILURE:
        raise UsageError(f"on_failure must be one of {ON_FAILURE}, got {params['on_failure']!r}")
    if params.get("pipes") not in (None, *PIPES):
        raise UsageError(f"pipes must be one of {PIPES}, got {params['pipes']!r}")
    heartbeat_timeout_in_seconds(params)
    retries = params.get("max_retries", 0)
    if isinstance(retries, bool) or not isinstance(retries, int) or retries < 0:
        raise UsageError(f"max_retries must be a whole number, 0 or above, got {retries!r}")

    if params.get("executor") is not None:
        if params.get("srun"):
            raise UsageError("executor and srun are two ways to reach other computers: give one of them")
        find_executor(params["executor"])


def timeout_in_seconds(timeout: bool | float) -> float:
    """Seconds that one evaluation may take: True is two hours, False is no limit."""
    if timeout is True:
        return TWO_HOURS_S
    if timeout is False or timeout is None:
        return float("inf")
    if not timeout > 0:
        raise UsageError(f"timeout must be True, False or a number of seconds above 0, got {timeout!r}")
    return float(timeout)


def heartbeat_timeout_in_seconds(params: Mapping[str, Any]) -> float:
    """Seconds without a sign of life after which a worker with file pipes is lost."""
    timeout = params.get("heartbeat_timeout", HEARTBEAT_TIMEOUT_S)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
        raise UsageError(f"heartbeat_timeout must be a number of seconds above 0, got {timeout!r}")
    return float(timeout)


def with_this_python(command: str) -> str:
    """The command of a worker, in which a bare name such as ``python3.9`` stands for the Python that runs here.

    Scripts name one for the sake of their authors' computers; what counts is that it has the same packages.
    """
    name, _, rest = command.partition(" ")
    found = shutil.which(name)
    if not re.fullmatch(r"python[\d.]*", name) or (found and Path(found).parent == Path(sys.executable).parent):
        return command
    logger.info("workers run under %s, as this process does, in place of %s", sys.executable, name)
    return f'"{sys.executable}" {rest}'


def number_of_workers(max_workers: int, n_inds: int) -> int:
    """As many as there are individuals in the first generation, but not more than ``max_workers``."""
    is_whole = (
        not isinstance(max_workers, bool) and isinstance(max_workers, int | float) and int(max_workers) == max_workers
    )
    if not is_whole or max_workers < 1:
        raise UsageError(f"max_workers must be a whole number above 0 or 'auto', got {max_workers!r}")
    return min(int(max_workers), n_inds)


def inner_params_of(params: Mapping[str, Any], packed: int = 1) -> int:
    """Individuals in one call of a worker: the runner parameter ``inner_params``.

    Parameters
    ----------
    params : mapping
        Runner parameters.
    packed : int
        Parameter sets that the optimizer packs into each individual by itself.
    """
    inner = params.get("inner_params", 1)
    if isinstance(inner, bool) or not isinstance(inner, int) or inner < 1:
        raise UsageError(f"inner_params must be a whole number above 0, got {inner!r}")
    if inner > 1 and packed > 1:
        raise UsageError(
            f"the optimizer packs {packed} parameter sets into each individual by itself, "
            f"so the runner parameter inner_params must be 1, got {inner}"
        )
    return inner
