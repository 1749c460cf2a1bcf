"""Figures of a fit: the report among what the model gives, and the likelihood of each parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from l2l.utils.figures import COLOURS, INK, MUTED, figure

from ..plots import BAND, date_axis
from ..simulation.config import Config
from .farm_report import LICE, MORTALITY, FarmReport
from .intervals import Interval
from .parameter import FitParameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FARMS = 12
LABELS = {LICE: "adult females per fish", MORTALITY: "mortality (%)"}


def report_against_model(report: FarmReport, predicted: np.ndarray, config: Config, png: Path) -> str:
    """Draw what each farm reported on the median and band of what the model would report.

    Parameters
    ----------
    predicted : float64[n_runs, n]

    Returns
    -------
    str
        A sentence about farms that are not shown, or "".
    """
    quantities = [q for q in LABELS if (report.quantity == q).any()]
    farms, numbers = np.unique(report.farm, return_counts=True)
    shown = sorted(farms[np.argsort(-numbers, kind="stable")[:MOST_FARMS]])
    start = np.datetime64(config.start_date, "D")
    n_rows = len(shown)
    size = {"nrows": n_rows, "ncols": len(quantities), "squeeze": False, "sharex": True}
    with figure(png, 1.0 + max(1.5 * n_rows, 2.2), **size) as (drawn, axes):
        for row, farm in enumerate(shown):
            for column, quantity in enumerate(quantities):
                own = np.flatnonzero((report.farm == farm) & (report.quantity == quantity))
                _panel(axes[row, column], start, report, own, predicted[:, own])
                if column == 0:
                    axes[row, 0].set_title(config.farms[farm].name, fontsize=10)
                if row == 0:
                    axes[0, column].annotate(
                        LABELS[quantity], (1, 1.03), xycoords="axes fraction", ha="right", va="bottom", fontsize=10
                    )
        for panel in axes[-1]:
            date_axis(panel)
        drawn.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3)
    hidden = len(farms) - n_rows
    return f" The {n_rows} farms with most numbers are shown, {hidden} are not." if hidden else ""


def _panel(axes: Axes, start: np.datetime64, report: FarmReport, own: np.ndarray, predicted: np.ndarray) -> None:
    """Numbers ``own`` of the report, each over the days that it covers: between them nothing was reported."""
    if len(own) == 0:
        axes.annotate("no number", (0.5, 0.5), xycoords="axes fraction", ha="center", color=MUTED, fontsize=9)
        return
    low, median, high = np.quantile(predicted, [BAND[0], 0.5, BAND[1]], axis=0)
    first, end = start + report.first[own], start + report.last[own] + 1
    axes.bar(
        first, high - low, end - first, low, align="edge", color=COLOURS[0], alpha=0.18, label="model: 90 % of reports"
    )
    axes.hlines(median, first, end, color=COLOURS[0], lw=1.5, label="model: median")
    middle = start + (report.first[own] + report.last[own]) // 2
    axes.plot(middle, report.value[own], "o", color=COLOURS[1], ms=4, mec="white", mew=0.5, label="reported")
    axes.set_ylim(0, None)
    axes.margins(x=0.03)
    axes.tick_params(labelsize=9)


def profiles(parameters: Sequence[FitParameter], intervals: Sequence[Interval], png: Path) -> None:
    """Draw by how much each parameter lowers the likelihood, with its interval."""
    n_columns = min(3, len(parameters))
    n_rows = math.ceil(len(parameters) / n_columns)
    with figure(png, 0.4 + 3.0 * n_rows, nrows=n_rows, ncols=n_columns, squeeze=False) as (drawn, axes):
        for parameter, interval, panel in zip(parameters, intervals, axes.flat, strict=False):
            x = 10**interval.grid if parameter.log else interval.grid
            low, estimate, high = (
                10.0**v if parameter.log else v for v in (interval.low, interval.estimate, interval.high)
            )
            panel.axvspan(low, high, color=COLOURS[0], alpha=0.12, lw=0)
            panel.axvline(estimate, color=COLOURS[0], lw=1)
            panel.axhline(interval.threshold, color=MUTED, lw=1, ls=(0, (4, 3)))
            panel.plot(x, interval.profile, color=INK)
            panel.set_ylim(0, 3 * interval.threshold)
            panel.set_title(parameter.name, fontsize=10)
            if parameter.log and x.max() / x.min() > 10:
                panel.set_xscale("log")
            panel.locator_params(axis="x", nbins=5) if panel.get_xscale() == "linear" else None
        for panel in axes[:, 0]:
            panel.set_ylabel("deviance above the least")
        for panel in axes.flat[len(parameters) :]:
            panel.set_visible(False)
        drawn.supxlabel("Band: 95 % interval, where the profile is below the dashed line", fontsize=9, color=MUTED)
