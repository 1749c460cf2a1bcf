"""Stored ensembles: daily means and quantiles of independent runs, at each farm and in the loch, as parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.parquet import read_parquet
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.validation.quantities import LOCH, daily_quantities, places

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
STATISTICS = ("mean", "std", *QUANTILES)

Runs = Mapping[str, np.ndarray]  # by quantity, float64[n_runs, d, 1 + f]


@dataclass(frozen=True)
class EnsembleTable:
    """Statistics over runs of one scenario under one policy.

    Attributes
    ----------
    statistics : dict of str to float64[7, d, 1 + f]
        By quantity, rows as ``STATISTICS``, the loch before the farms; the deviation is with n - 1.
    """

    scenario: str
    policy: str
    seeds: tuple[int, ...]
    statistics: Mapping[str, np.ndarray]

    @property
    def n_runs(self) -> int:
        """Runs that the statistics are of."""
        return len(self.seeds)

    @property
    def n_days(self) -> int:
        """Days of the table."""
        return next(iter(self.statistics.values())).shape[1]

    @property
    def n_farms(self) -> int:
        """Farms of the scenario."""
        return next(iter(self.statistics.values())).shape[2] - 1

    def of(self, quantity: str, statistic: str) -> np.ndarray:
        """One statistic of a quantity, float64[d, 1 + f]."""
        return self.statistics[quantity][STATISTICS.index(statistic)]

    def write(self, path: Path) -> None:
        """Write as parquet: columns ``day``, ``farm`` (-1 is the loch) and ``<quantity>_<statistic>``."""
        import pyarrow as pa
        import pyarrow.parquet

        n_places = 1 + self.n_farms
        columns = {
            "day": np.repeat(np.arange(self.n_days, dtype=np.int32), n_places),
            "farm": np.tile(np.array(places(self.n_farms), np.int32), self.n_days),
        }
        for quantity, values in self.statistics.items():
            columns |= {f"{quantity}_{s}": values[i].astype(np.float32).ravel() for i, s in enumerate(STATISTICS)}
        said = {"config": self.scenario, "policy": self.policy, "n_runs": str(self.n_runs)}
        table = pa.table(columns).replace_schema_metadata({**said, "seeds": json.dumps(self.seeds)})
        pyarrow.parquet.write_table(table, path, compression="zstd")


def simulate(config: Config, policy: Policy, seeds: Sequence[int], n_threads: int = 1) -> dict[str, np.ndarray]:
    """The daily quantities of a run for each seed, by name float64[n_runs, d, 1 + f]."""
    ensemble = Ensemble(config, n_threads)
    runs = [(policy, np.random.SeedSequence(seed)) for seed in seeds]
    measured = ensemble.measured(runs, lambda record: daily_quantities(record, config))
    return {name: np.array([one[name] for one in measured]) for name in measured[0]}


def summarise(scenario: str, policy: str, seeds: Sequence[int], runs: Runs) -> EnsembleTable:
    """The statistics of ``runs``, one per seed."""
    statistics = {}
    for name, values in runs.items():
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1:])
        quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
        statistics[name] = np.array([values.mean(axis=0), spread, *quantiles])
    return EnsembleTable(scenario, policy, tuple(seeds), statistics)


def read_ensemble(path: Path) -> EnsembleTable:
    """Read what `EnsembleTable.write` wrote, or another program in that format.

    Raises
    ------
    ConfigError
        If the file is not such a table, with what it lacks.
    """
    table = read_parquet(path)
    said = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    lacking = [key for key in ("config", "policy", "seeds") if key not in said]
    lacking += [name for name in ("day", "farm") if name not in table.column_names]
    if lacking:
        raise ConfigError(f"{path} lacks {', '.join(lacking)}; expected an ensemble: day, farm, and metadata")
    seeds = _seeds(said["seeds"], path)
    day, farm = table["day"].to_numpy(), table["farm"].to_numpy()
    if len(day) == 0:
        raise ConfigError(f"{path} has no rows; expected one for each day and farm")
    n_days, n_places = int(day.max()) + 1, len(np.unique(farm))
    order = np.lexsort((farm, day))
    days, farms = np.divmod(np.arange(n_days * n_places), n_places)
    if len(day) != len(order) or not (np.array_equal(day[order], days) and np.array_equal(farm[order], farms + LOCH)):
        raise ConfigError(f"{path}: expected one row for each of the days 0, 1, ... and farms -1 (the loch), 0, 1, ...")
    statistics = {}
    for name in [c.removesuffix("_mean") for c in table.column_names if c.endswith("_mean")]:
        absent = [f"{name}_{s}" for s in STATISTICS if f"{name}_{s}" not in table.column_names]
        if absent:
            raise ConfigError(f"{path} lacks {', '.join(absent)}; a quantity has {', '.join(STATISTICS)}")
        columns = {s: table[f"{name}_{s}"].to_numpy().astype(float)[order] for s in STATISTICS}
        if len(seeds) == 1:
            columns["std"] = np.zeros(len(day))  # others say that one run has none
        for s, values in columns.items():
            if not np.isfinite(values).all():
                raise ConfigError(f"{path}: {name}_{s} is not a number on day {day[order][~np.isfinite(values)][0]}")
        statistics[name] = np.array(list(columns.values())).reshape(len(STATISTICS), n_days, n_places)
    return EnsembleTable(said["config"], said["policy"], seeds, statistics)


def _seeds(text: str, path: Path) -> tuple[int, ...]:
    """Those of the runs, from metadata."""
    try:
        seeds = json.loads(text)
    except json.JSONDecodeError:
        seeds = None
    if not isinstance(seeds, list) or not seeds:
        raise ConfigError(f"{path}: the metadata seeds is {text!r}; expected a list of the runs' seeds, as [0, 1]")
    return tuple(seeds)
