"""Courses from stored ensembles, see `ensemble_table`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.optimizees.slim.validation.ensemble_table import read_ensemble

from ..simulation.config_checks import ConfigError
from ..simulation.recorder import plot_metadata
from .course import STAGES, Course, details

if TYPE_CHECKING:
    from ..simulation.config import Config

NAMES = {
    **{stage: stage for stage in STAGES},
    "agg_total": "aggregation",
    "num_fish": "fish",
    "num_cleaner": "cleaner_fish",
    "cum_payoff": "payoff",
    "ext_influx_per_cage": "reservoir",
}


def read_stored(path: Path, config: Config | None = None) -> Course:
    """The course of an ensemble; ``config`` knows its dates, thresholds and places, which the file lacks.

    The file does not say which treatment is under way; in its place stand the requests of each day, runs on average.
    """
    ensemble = read_ensemble(path)
    if config is not None and len(config.farms) != ensemble.n_farms:
        raise ConfigError(f"{path} has {ensemble.n_farms} farms, {config.name!r} has {len(config.farms)}")
    bands = {
        name: np.array([ensemble.of(name, statistic) for statistic in ("q05", "q50", "q95")])
        for name in ensemble.statistics
    }
    by_genotype = {name: band for name, band in bands.items() if name.startswith("L5f_")}
    requests = np.diff(ensemble.of("cum_treatments", "mean"), axis=0, prepend=0)
    requests[:, 0] /= ensemble.n_farms
    days: np.ndarray = np.arange(ensemble.n_days)
    known: dict[str, Any] = {"farms": [f"farm_{f}" for f in range(ensemble.n_farms)]}
    if config is not None:
        days = np.datetime64(config.start_date, "D") + days
        known = details(plot_metadata(config))
    return Course(
        title=f"{ensemble.scenario}, {ensemble.policy}, {ensemble.n_runs} runs",
        days=days,
        quantities={ours: bands[name] for name, ours in NAMES.items() if name in bands} | by_genotype,
        treatments={"requested": np.clip(requests, 0, 1)},
        n_runs=ensemble.n_runs,
        **known,
    )
