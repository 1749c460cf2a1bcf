"""Our ensemble over a stored one: medians and bands, quantity by quantity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.validation.ensemble_table import EnsembleTable, summarise
from l2l.utils.figures import COLOURS, MUTED, figure, with_prefixes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPANS_ORDERS = 1000.0  # from this ratio of greatest to typical value on, an axis is logarithmic
LABELS = {
    "num_fish": "fish",
    "num_cleaner": "cleaner fish",
    "agg_total": "adult females per fish",
    "agg_max": "females per fish, worst cage",
    "cum_treatments": "treatments so far",
    "cages_fallow": "fallow cages",
    "arrivals": "eggs sent to farms",
    "ext_influx_per_cage": "reservoir lice per cage",
    "cum_payoff": "payoff so far (GBP)",
}


def draw_bands(runs: Mapping[str, np.ndarray], stored: EnsembleTable, config: Config, png: Path) -> None:
    """Draw the whole loch: medians and 5 to 95 % of both ensembles, a panel per quantity that both have."""
    ours = summarise(stored.scenario, stored.policy, range(len(next(iter(runs.values())))), runs)
    names = [name for name in stored.statistics if name in ours.statistics]
    n_rows = -(-len(names) // 4)
    with figure(png, 1.0 + 1.7 * n_rows, nrows=n_rows, ncols=4, sharex=True, squeeze=False) as (drawn, axes):
        drawn.set_size_inches(13, 1.0 + 1.7 * n_rows)
        for name, panel in zip(names, axes.flat, strict=False):
            _band(panel, stored, name, COLOURS[1], f"stored, {stored.n_runs} runs")
            _band(panel, ours, name, COLOURS[0], f"ours, {ours.n_runs} runs")
            _scale(panel, stored.of(name, "q95")[:, 0], stored.of(name, "q05")[:, 0])
            panel.set_title(LABELS.get(name, name), fontsize=10)
            panel.tick_params(labelsize=8)
            panel.margins(x=0.01)
        for panel in axes.flat[len(names) :]:
            panel.set_visible(False)
        drawn.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
        drawn.supxlabel(
            f"days from {config.start_date:%Y-%m-%d}; whole loch, medians and the band of nine runs in ten",
            fontsize=9,
            color=MUTED,
        )


def _band(axes: Axes, table: EnsembleTable, name: str, colour: str, label: str) -> None:
    days = np.arange(table.n_days)
    low, median, high = (table.of(name, s)[:, 0] for s in ("q05", "q50", "q95"))
    axes.fill_between(days, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(days, median, color=colour, lw=1.2, label=label)


def _scale(axes: Axes, high: np.ndarray, low: np.ndarray) -> None:
    """Logarithmic above 10 where values span orders of magnitude."""
    if low.min() >= 0 and high.max() > SPANS_ORDERS * max(1.0, float(np.quantile(low, 0.25))):
        axes.set_yscale("symlog", linthresh=10)
    elif high.max() >= SPANS_ORDERS:
        with_prefixes(axes.yaxis)
