"""The settings of an experiment: what its script asks for, and the command line in place of that."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import UsageError, reject_unknown_keywords
from l2l.overrides import Overrides
from l2l.paths import Paths
from l2l.utils.allocation import default_workers, workers_that_fit
from l2l.utils.confirmation import Confirmation
from l2l.utils.replication import Replication
from l2l.utils.runner_params import AUTO, RUNNER_PARAMS, check_runner_params, timeout_in_seconds
from l2l.utils.steady_state import window_of
from l2l.utils.stopping import STOPPING, Stopping

KEYWORDS = (
    *("name", "trajectory_name", "checkpoint", "log_stdout", "runner_params", "multiprocessing"),
    *("debug", "stop_run", "timeout", "overwrite", "seed", "on_failure", "max_retries", "asynchronous"),
    *("restart_from", "keep_generation", *STOPPING, "replicates", "confirm"),
)
ACCEPTED = ("add_time", "automatic_storing", "trajectory", "filename", "file_title", "comment", "log_config")
"""Keywords of older scripts; they were never of consequence."""


@dataclass
class Settings:
    """Keywords of `Experiment.prepare_experiment`, checked.

    Attributes
    ----------
    window : int, optional
        Individuals under way at a time where there are no generations, see `SteadyState`.
    runner_params : dict
        As given.
    restart_from : Path, optional
        Run from whose individuals this one starts.
    """

    name: str
    seed: int
    runner_params: dict[str, Any]
    window: int | None
    stopping: Stopping
    replication: Replication | None
    confirmation: Confirmation | None
    restart_from: Path | None
    keep_generation: bool
    overwrite: bool
    trajectory_name: str = "trajectory"
    checkpoint: Any = None
    multiprocessing: bool = True
    debug: bool = False
    stop_run: bool = False
    timeout: bool | float = True

    @classmethod
    def of(cls, given: Mapping[str, Any], overrides: Overrides) -> "Settings":
        """The settings of these keywords and options.

        Raises
        ------
        TypeError
            If a keyword is unknown; names the nearest.
        UsageError
            If a value has no meaning.
        """
        reject_unknown_keywords("prepare_experiment()", given, [*KEYWORDS, *ACCEPTED])
        runner_params = _runner_params(given, overrides)
        seed = checked_seed(given.get("seed", 0) if overrides.seed is None else overrides.seed)
        timeout_in_seconds(given.get("timeout", True))
        asked = {name: value for name in STOPPING if (value := getattr(overrides, name)) is not None}
        replication = Replication.of(_replicates(given.get("replicates"), overrides.replicates))
        confirm = given.get("confirm", 0 if replication is None else 30)
        window = window_of(given.get("asynchronous", False))
        settings = cls(
            name=overrides.name or given.get("name", "L2L-run"),
            seed=seed,
            runner_params=runner_params,
            window=0 if window is None and overrides.asynchronous else window,
            stopping=Stopping.of({**given, **asked}),
            replication=replication,
            confirmation=Confirmation.of(confirm if overrides.confirm is None else overrides.confirm),
            restart_from=_absolute(overrides.restart_from or given.get("restart_from")),
            keep_generation=overrides.keep_generation or given.get("keep_generation", False),
            overwrite=overrides.overwrite or given.get("overwrite", False),
            **{name: given[name] for name in AS_GIVEN if name in given},
        )
        if settings.replication is not None and settings.window is not None:
            raise UsageError("replicates compare the individuals of a generation: they do not go with asynchronous")
        if settings.restart_from is None and settings.keep_generation:
            raise UsageError("keep_generation goes with restart_from: there is no run to count on from")
        return settings

    def all_runner_params(self, paths: Paths) -> dict[str, Any]:
        """The runner parameters with the defaults."""
        params = {
            "srun": "",
            "exec": f'"{sys.executable}"',
            "inner_params": 1,
            "max_retries": 0 if self.stop_run else 3,
            "on_failure": "stop" if self.stop_run else "penalise",
            "executor": None,
            "work_path": paths.root_dir_path,
            "paths_obj": paths,
            **self.runner_params,
        }
        if "max_workers" not in params:
            params["max_workers"] = default_workers(params["srun"])
        elif params["max_workers"] == AUTO:
            params["max_workers"] = workers_that_fit(params["srun"])
        params["exec"] += f' "{paths.simulation_path}/run_optimizee.py"'
        return params


AS_GIVEN = ("trajectory_name", "checkpoint", "multiprocessing", "debug", "stop_run", "timeout")
"""Keywords that nothing takes the place of."""


def checked_seed(seed: Any) -> int:
    """A seed, if it is one."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise UsageError(f"seed must be a whole number, 0 or above, got {seed!r}")
    return int(seed)


def _runner_params(given: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    params = dict(given.get("runner_params") or {})
    reject_unknown_keywords("runner_params", params, RUNNER_PARAMS)
    params.update({name: given[name] for name in ("on_failure", "max_retries") if name in given})
    params.update(overrides.runner_params())
    check_runner_params(params)
    return params


def _replicates(given: Any, n: int | None) -> Any:
    """What the command line makes of the keyword: another number, by the same method."""
    if n is None:
        return given
    return {**given, "n": n} if isinstance(given, dict) else n


def _absolute(run: Any) -> Path | None:
    return None if run is None else Path(run).expanduser().absolute()
