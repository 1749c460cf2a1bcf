"""The course of a scenario: what happened day by day at each farm and in the whole loch, in one run or several."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

LOW, MIDDLE, HIGH = 0, 1, 2
BAND = (0.05, 0.5, 0.95)  # quantiles over runs
STAGES = ("L1", "L2", "L3", "L4", "L5f", "L5m")
ALL_FARMS = "all farms"

Quantities = dict[str, np.ndarray]  # by name, float64[d, 1 + f]: the loch, then the farms


@dataclass(frozen=True)
class Course:
    """What figures show.

    Attributes
    ----------
    title : str
    days : datetime64[D][d] or int64[d]
        Dates; numbers of days where the table has no dates.
    farms : list of str
    quantities : dict of str to float64[3, d, 1 + f]
        5 % quantile, median and 95 % quantile over the runs, in the loch and at each farm. Lice by stage (``L1``, ...)
        and by stage and genotype (``L5f_Aa``), ``aggregation`` (adult females per fish), ``fish``, ``cleaner_fish``,
        ``payoff`` (GBP since the first day), ``reservoir`` (lice per cage), ``reservoir_Aa``, ... (their frequencies).
    treatments : dict of str to float64[d, 1 + f]
        By treatment, the share of runs in which it is under way; in the loch, of runs and farms.
    n_runs : int
    n_cages : float64[1 + f] or None
        In the loch and at each farm.
    suggested_threshold, enforcement_threshold : float or None
        Adult females per fish.
    locations : float64[f, 2] or None
        Easting and northing (m).
    edges : list of (from, to, share)
        Connections between farms, the strongest first.
    """

    title: str
    days: np.ndarray
    farms: list[str]
    quantities: Mapping[str, np.ndarray]
    treatments: Mapping[str, np.ndarray]
    n_runs: int
    n_cages: np.ndarray | None = None
    suggested_threshold: float | None = None
    enforcement_threshold: float | None = None
    locations: np.ndarray | None = None
    edges: list[tuple[int, int, float]] = field(default_factory=list)

    @property
    def places(self) -> list[str]:
        """The loch and the farms, as the last axis of the quantities."""
        return [ALL_FARMS, *self.farms]

    @property
    def numbers(self) -> np.ndarray:
        """Days since the first one, int64[d]."""
        return (self.days - self.days[0]).astype(int)

    def change_per_day(self, values: np.ndarray) -> np.ndarray:
        """By how much ``values`` float64[d] change from row to row, per day; nan for the first row."""
        return np.concatenate([[np.nan], np.diff(values) / np.diff(self.numbers)])

    @property
    def genotypes(self) -> list[str]:
        """Names of the genotypes, those of adult females."""
        return [name.removeprefix("L5f_") for name in self.quantities if name.startswith("L5f_")]

    def frequencies(self, stage: str) -> dict[str, np.ndarray]:
        """Medians of the shares of a stage's lice that have each genotype, float64[d, 1 + f]; nan without lice.

        Shares are within a gene, each of which has three genotypes.
        """
        names = [name for name in self.genotypes if f"{stage}_{name}" in self.quantities]
        counts = {name: self.quantities[f"{stage}_{name}"][MIDDLE] for name in names}
        shares = {}
        for name in names:
            total = sum(counts[other] for other in names if other[0].lower() == name[0].lower())
            shares[name] = np.divide(counts[name], total, out=np.full(np.shape(total), np.nan), where=total > 0)
        return shares


def details(said: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a course from what `recorder.plot_metadata` says of its scenario."""
    n_cages = [farm["ncages"] for farm in said["farms"]]
    return {
        "farms": [farm["name"] for farm in said["farms"]],
        "n_cages": np.array([sum(n_cages), *n_cages], float),
        "suggested_threshold": said["suggested_threshold"],
        "enforcement_threshold": said["enforcement_threshold"],
        "locations": np.array([farm["location"] for farm in said["farms"]], float),
        "edges": [(i, j, share) for i, j, share in said["edges"]],
    }


def thinned(course: Course, most_numbers: int) -> tuple[Course, int]:
    """The course with every n-th of its days alone, and n: 1, 7, 14, ..., so that it has no more than these numbers.

    The share of a treatment is the mean over the days up to the next that is kept.
    """
    n_kept = 1 if course.n_runs == 1 else len(BAND)
    n_each = n_kept * len(course.quantities) + len(course.treatments)
    total = n_each * len(course.days) * len(course.places)
    if total <= most_numbers:
        return course, 1
    step = 7 * math.ceil(total / most_numbers / 7)
    kept = np.arange(0, len(course.days), step)
    spans = np.diff(np.append(kept, len(course.days)))[:, None]
    treatments = {name: np.add.reduceat(share, kept, axis=0) / spans for name, share in course.treatments.items()}
    quantities = {name: values[:, kept] for name, values in course.quantities.items()}
    return replace(course, days=course.days[kept], quantities=quantities, treatments=treatments), step


def banded(runs: list[Quantities]) -> dict[str, np.ndarray]:
    """Quantiles over runs, by name float64[3, d, 1 + f]."""
    if len(runs) == 1:
        return {name: np.broadcast_to(values, (3, *values.shape)) for name, values in runs[0].items()}
    return {name: np.quantile([run[name] for run in runs], BAND, axis=0) for name in runs[0]}
