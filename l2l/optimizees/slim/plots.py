"""Figures that compare policies: what happens over time, and what it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from l2l.utils.figures import COLOURS, INK, MUTED, figure, with_prefixes

from .kernels.genetics import dominant_share, n_genes_of
from .kernels.stages import L5F
from .simulation.config import Config
from .simulation.record import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .comparison import Comparison

BAND = (0.05, 0.95)  # quantiles over runs


def policies_over_time(records: Mapping[str, Sequence[Record]], config: Config, png: Path) -> None:
    """Draw lice, treatments, resistance and payoff of all farms together, day by day, a colour per policy.

    A line is the median over runs, its band holds nine runs in ten. Where more than half of the runs have
    no fish, or no lice, there is no line.

    Parameters
    ----------
    records
        By policy, the runs of ``config`` under it; the most important policy first.
    """
    panels: list[tuple[str, Callable[[Record], np.ndarray]]] = [
        ("adult females\nper fish", adult_females_per_fish),
        ("treatments\nso far", treatments_so_far),
        ("resistance\n(allele frequency)", resistance),
        ("profit so far\n(GBP)", profit_so_far),
    ]
    days = np.datetime64(config.start_date, "D") + np.arange(config.n_days)
    colours = policy_colours(list(records))
    with figure(png, 9.5, nrows=len(panels), sharex=True) as (drawn, axes):
        for panel, (label, measure) in zip(axes, panels, strict=True):
            # in the background first: the policy that matters most is drawn last, on top
            for name, runs in reversed(list(records.items())):
                _band(panel, days, np.array([measure(record) for record in runs]), colours[name], name)
            panel.set_ylabel(label)
            panel.margins(x=0.01)
        _threshold(axes[0], config.agg_rate_suggested_threshold)
        axes[2].yaxis.set_major_formatter("{x:.0%}")
        with_prefixes(axes[3].yaxis)
        axes[3].axhline(0, color=MUTED, lw=0.8)
        date_axis(axes[3])
        lines = dict(zip(*axes[1].get_legend_handles_labels()[::-1], strict=True))
        drawn.legend([lines[name] for name in records], list(records), loc="outside upper left", ncols=5)
        drawn.align_ylabels(axes)
        n_runs = max(len(runs) for runs in records.values())
        note = f"Median of {n_runs} runs, and the band of nine runs in ten. A line ends where no fish are left."
        drawn.supxlabel(note, fontsize=9, color=MUTED)


def adult_females_per_fish(record: Record) -> np.ndarray:
    """Of all farms together, float64[d]; nan where there are no fish."""
    return _ratio(record.lice[:, :, L5F].sum(axis=(1, 2)), record.fish_population.sum(axis=1))


def treatments_so_far(record: Record) -> np.ndarray:
    """Accepted requests of all farms since the first day, int64[d]."""
    return record.treatments_used.sum(axis=(1, 2))


def resistance(record: Record) -> np.ndarray:
    """Frequency of the dominant allele among all lice, mean over genes, float64[d]; nan where there are none."""
    by_genotype = record.lice.sum(axis=(1, 2))  # (d, g)
    share = dominant_share(n_genes_of(by_genotype.shape[1])).mean(axis=1)
    return _ratio(by_genotype @ share, by_genotype.sum(axis=1))


def profit_so_far(record: Record) -> np.ndarray:
    """Of all farms since the first day, GBP, float64[d]."""
    return np.cumsum(record.payoff.sum(axis=1))


def policy_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour per policy: the first stands out, and a policy has the same one in every figure of a set."""
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def payoff_comparison(comparison: Comparison, png: Path) -> None:
    """Draw the payoff of each policy over seeds, and by how much the first one pays more, paired by seed."""
    names = comparison.names
    rows = {row["policy"]: row for row in comparison.table}
    colours = policy_colours(names)
    places = dict(zip(names, range(len(names))[::-1], strict=True))  # first on top
    n_seeds = len(comparison.payoffs[names[0]])
    with figure(png, 1.5 + 0.9 * len(names), ncols=2, sharey=True, width_ratios=[4, 3]) as (_, (left, right)):
        for name, place in places.items():
            row, payoffs = rows[name], comparison.payoffs[name]
            _runs(left, payoffs, place, colours[name])
            _mean_and_interval(left, row["mean_payoff"], row["low"], row["high"], place, colours[name])
            if name != names[0]:
                _runs(right, comparison.payoffs[names[0]] - payoffs, place, colours[name])
                difference = (row["difference"], row["difference_low"], row["difference_high"])
                _mean_and_interval(right, *difference, place, colours[name])
        left.set_yticks(list(places.values()), list(places))
        left.set_ylim(-0.5, len(names) - 0.3)
        left.set_title(f"Profit of {n_seeds} runs; mean, 95 % interval")
        left.set_xlabel("GBP")
        right.axvline(0, color=INK, lw=1)
        right.set_title(f"{names[0].capitalize()} minus other, same seed")
        right.set_xlabel("GBP")
        for panel in (left, right):
            with_prefixes(panel.xaxis)
            panel.grid(False, axis="y")
            panel.margins(x=0.1)  # room for the numbers at the outermost
            panel.tick_params(axis="y", length=0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _band(axes: Axes, days: np.ndarray, values: np.ndarray, colour: str, name: str) -> None:
    """Median and band of ``values`` [n_runs, d], where at least half of the runs have one."""
    defined = np.isfinite(values).sum(axis=0) * 2 >= len(values)
    line = np.full((3, values.shape[1]), np.nan)
    line[:, defined] = np.nanquantile(values[:, defined], [BAND[0], 0.5, BAND[1]], axis=0)
    axes.fill_between(days, line[0], line[2], color=colour, alpha=0.15, lw=0)
    axes.plot(days, line[1], color=colour, lw=1.6, label=name)


def _threshold(axes: Axes, threshold: float) -> None:
    """Mark it, and let lice far above it leave the panel, for they would flatten all others."""
    axes.axhline(threshold, color=INK, lw=1, ls=(0, (4, 3)))
    axes.annotate(
        f"farms are asked to treat: {threshold:g}",
        (0, threshold),
        xycoords=("axes fraction", "data"),
        xytext=(4, 3),
        textcoords="offset points",
        fontsize=9,
    )
    axes.set_ylim(0, min(axes.get_ylim()[1], 3 * threshold) if threshold > 0 else None)


def date_axis(axes: Axes, most: int = 10) -> None:
    """Label days along the x axis, briefly, at most so many."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=min(4, most - 1), maxticks=most)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _runs(axes: Axes, values: np.ndarray, place: float, colour: str) -> None:
    """A dot per run; spread evenly in height, in a fixed order, so that a figure is the same every time."""
    height = 0.3 * (2 * ((np.arange(len(values)) * 0.618034) % 1) - 1)  # golden ratio: never two alike side by side
    axes.plot(values, place + height, "o", color=colour, alpha=0.25, ms=4, mew=0)


def _mean_and_interval(axes: Axes, mean: float, low: float, high: float, place: float, colour: str) -> None:
    """The mean with its 95 % interval."""
    axes.plot([low, high], [place, place], color=INK, lw=5, solid_capstyle="butt", zorder=3)
    axes.plot(mean, place, "D", color="white", mec=colour, mew=1.4, ms=4, zorder=4)
    axes.annotate(_short(mean), (mean, place + 0.34), ha="center", va="bottom", fontsize=9)


def _short(amount: float) -> str:
    if abs(amount) >= 1e6:
        return f"{amount / 1e6:.2f} M"
    return f"{amount / 1e3:.0f} k" if abs(amount) >= 1e4 else f"{amount:,.0f}"
