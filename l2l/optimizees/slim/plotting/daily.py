"""Courses from the daily tables of runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.errors import nearest

from ..parquet import read_parquet
from ..simulation.config_checks import ConfigError
from .course import STAGES, Course, Quantities, banded, details

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = (
    *("timestamp", "farm_name", *STAGES, "aggregation", "fish_population", "cleaner_fish", "current_treatments"),
    *("new_reservoir_lice", "new_reservoir_lice_ratios", "payoff"),
)


def read_runs(paths: Sequence[Path]) -> Course:
    """The course of one run, or the bands of several of one scenario.

    Raises
    ------
    ConfigError
        If a table lacks columns or rows, or the tables are not of the same farms and days.
    """
    runs = [_Run(path) for path in paths]
    first = runs[0]
    for run in runs[1:]:
        if run.farms != first.farms or not np.array_equal(run.days, first.days):
            raise ConfigError(f"{run.path} has other farms or days than {first.path}; expected runs of one scenario")
    names = first.treatment_names
    under_way = np.mean([run.under_way() for run in runs], axis=0)  # (d, 1 + f, t)
    known = details(first.said) if first.said else {"farms": first.farms}
    return Course(
        title=first.title if len(runs) == 1 else f"{first.scenario}, {len(runs)} runs",
        days=first.days,
        quantities=banded([run.quantities() for run in runs]),
        treatments={name: under_way[:, :, t] for t, name in enumerate(names)},
        n_runs=len(runs),
        **known,
    )


class _Run:
    """One table: rows by day and farm."""

    def __init__(self, path: Path):
        self.path = path
        self.table = read_parquet(path)
        for name in NEEDED:
            if name not in self.table.column_names:
                raise ConfigError(
                    f"{path} has no column {name}{nearest(name, self.table.column_names)}; expected a table of slim run"
                )
        metadata = {key.decode(): value.decode() for key, value in (self.table.schema.metadata or {}).items()}
        self.said: dict[str, Any] = json.loads(metadata["plot"]) if "plot" in metadata else {}
        self.scenario = metadata.get("scenario", path.stem)
        self.title = f"{self.scenario}, seed {metadata['seed']}" if "seed" in metadata else self.scenario
        self._order()
        self.table = self.table.take(self._rows)

    def _order(self) -> None:
        """Days, farms, and the rows in their order; one row for each day and farm."""
        numbers = np.array([_number(name, self.path) for name in self.table["farm_name"].to_pylist()], int)
        stamps = self.table["timestamp"].to_numpy().astype("datetime64[D]")
        self._rows = np.lexsort((numbers, stamps))
        self.days, farms = np.unique(stamps), np.unique(numbers)
        self.shape = (len(self.days), len(farms))
        if len(numbers) == 0:
            raise ConfigError(f"{self.path} has no row")
        expected = np.array([np.repeat(self.days, len(farms)).astype(int), np.tile(farms, len(self.days))])
        found = np.array([stamps[self._rows].astype(int), numbers[self._rows]])
        if expected.shape != found.shape or (expected != found).any():
            raise ConfigError(f"{self.path} has not one row for every day and farm")
        own = "farm" if "farm" in self.table.column_names else "farm_name"
        self.farms = self.table[own].take(self._rows[: len(farms)]).to_pylist()

    def _column(self, name: str) -> np.ndarray:
        return self.table[name].to_numpy().astype(float).reshape(self.shape)

    def _struct(self, name: str) -> dict[str, np.ndarray]:
        column: pa.StructArray = self.table[name].combine_chunks()
        return {f.name: column.field(f.name).to_numpy().astype(float).reshape(self.shape) for f in column.type}

    def quantities(self) -> Quantities:
        found: Quantities = {}
        for stage in STAGES:
            by_genotype = self._struct(stage)
            genes = {name[0].lower() for name in by_genotype}
            found[stage] = _with_sum(
                np.sum(list(by_genotype.values()), axis=0) / len(genes)
            )  # a louse counts once for each gene
            found |= {f"{stage}_{name}": _with_sum(counts) for name, counts in by_genotype.items()}
        fish = self._column("fish_population")
        cages = np.array([farm["ncages"] for farm in self.said["farms"]]) if self.said else np.ones(self.shape[1])
        found["aggregation"] = _with_mean(self._column("aggregation"), cages)
        found |= {"fish": _with_sum(fish), "cleaner_fish": _with_sum(self._column("cleaner_fish"))}
        steps = np.diff(self.days)
        if len(steps) and (steps == np.timedelta64(1, "D")).all():  # else what was gained between the rows is not known
            found["payoff"] = _with_sum(np.cumsum(self._column("payoff"), axis=0))
        found["reservoir"] = _with_mean(self._column("new_reservoir_lice") / cages, cages)
        for name, ratios in self._struct("new_reservoir_lice_ratios").items():
            found[f"reservoir_{name}"] = _with_mean(ratios, cages)
        return found

    @property
    def _flags(self) -> np.ndarray:
        flags = self.table["current_treatments"].combine_chunks()
        return np.array(flags.to_pylist(), float).reshape(*self.shape, -1)  # (d, f, t + 1)

    @property
    def treatment_names(self) -> list[str]:
        n = self._flags.shape[2] - 1
        return [*(self.said["treatments"] if self.said else [f"treatment {t}" for t in range(n)]), "fallow"]

    def under_way(self) -> np.ndarray:
        """Whether each treatment is under way, float64[d, 1 + f, t]; of the loch the share of its farms."""
        flags = self._flags
        return np.concatenate([flags.mean(axis=1, keepdims=True), flags], axis=1)


def _number(farm_name: str, path: Path) -> int:
    try:
        return int(farm_name.removeprefix("farm_"))
    except ValueError:
        raise ConfigError(f"{path}: farm_name is {farm_name!r}; expected farm_0, farm_1, ...") from None


def _with_sum(by_farm: np.ndarray) -> np.ndarray:
    return np.concatenate([by_farm.sum(axis=1, keepdims=True), by_farm], axis=1)


def _with_mean(by_farm: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.concatenate([by_farm @ weights[:, None] / weights.sum(), by_farm], axis=1)
