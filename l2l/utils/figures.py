"""Figures of a run, and the one style that all figures have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.utils.history import BEGIN, END, TRIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): eight colours that colour-blind readers tell apart; the first is for what matters most
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
INK, MUTED, RULE = "#1f2933", "#616e7c", "#e4e7eb"
WIDTH_INCHES = 9.0
STYLE: dict[Any, Any] = {
    "figure.dpi": 150,
    "savefig.dpi": 150,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 10,
}


@contextmanager
def figure(png: Path, height_inches: float, **subplots: Any) -> Iterator[tuple[Figure, Any]]:
    """A figure in our style and its axes (``plt.subplots``), saved as ``png`` and closed at the end."""
    from l2l.matplotlib_ import plt

    with plt.rc_context(STYLE):
        drawn, axes = plt.subplots(figsize=(WIDTH_INCHES, height_inches), **subplots)
        try:
            yield drawn, axes
            drawn.savefig(png)
        finally:
            plt.close(drawn)


def with_prefixes(axis: Any, unit: str = "") -> None:
    """Tick labels such as ``2.5 M`` in place of long numbers."""
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(EngFormatter(unit))


def fitness_by_generation(
    history_path: Path, png: Path, weights: Sequence[float] = (1.0,), label: str = "weighted fitness"
) -> None:
    """Draw how fitness improved: best so far, best, mean and spread of each generation.

    Parameters
    ----------
    history_path
        ``history.parquet`` of a run.
    weights
        Of the fitness components, as the optimizer has them; greater weighted fitness is better.
    label
        Of the fitness axis, with its unit.

    Raises
    ------
    ValueError
        If the history has no individual with a finite fitness, or not one component per weight.
    """
    history = _History(history_path, weights)
    generations, groups = history.by_generation(history.fitness)
    best = np.array([group.max() for group in groups])
    mean = np.array([group.mean() for group in groups])
    low, high = np.array([np.quantile(group, [0.1, 0.9]) for group in groups]).T
    with figure(png, 4.6) as (_, axes):
        marker = "o" if len(generations) <= 20 else None
        axes.fill_between(generations, low, high, color=MUTED, alpha=0.18, lw=0, label="80 % of individuals")
        axes.plot(generations, mean, color=MUTED, marker=marker, ms=4, label="mean")
        axes.plot(generations, best, "o", color=COLOURS[1], ms=4, label="best of the generation")
        axes.step(generations, np.maximum.accumulate(best), color=COLOURS[0], lw=2.4, where="post", label="best so far")
        _zoom_in(axes, low, mean, best)
        axes.set(xlabel="generation", ylabel=label)
        _whole_generations(axes, generations)
        if max(abs(best).max(), abs(mean).max()) >= 1e4:
            with_prefixes(axes.yaxis)
        _legend_above(axes, reverse=True)


def parameters_by_generation(
    history_path: Path,
    png: Path,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    weights: Sequence[float] = (1.0,),
) -> None:
    """Draw where individuals were, parameter by parameter, and on top where the best so far was.

    Parameters
    ----------
    history_path, weights
        As for `fitness_by_generation`.
    bounds
        Limits of a parameter, for all columns of it; where there are none, an axis shows what was tried.
    """
    history = _History(history_path, weights)
    names = history.parameters()
    if not names:
        raise ValueError(f"{history_path} has no parameter that is a number")
    generations, fitness = history.by_generation(history.fitness)
    n_columns = min(len(names), 3 if len(names) <= 12 else 5)
    n_rows = math.ceil(len(names) / n_columns)
    height = 4.0 if n_rows == 1 else 0.7 + n_rows * (2.1 if n_columns <= 3 else 1.5)
    with figure(png, height, nrows=n_rows, ncols=n_columns, squeeze=False, sharex=True) as (drawn, axes):
        for name, panel in zip(names, axes.flat, strict=False):
            _, groups = history.by_generation(history.table[name])
            _parameter(panel, generations, groups, _of_best_so_far(fitness, groups))
            panel.set_title(_wrapped(name, 24 if n_columns <= 3 else 15), fontsize=10 if n_columns <= 3 else 8)
            panel.tick_params(labelsize=9 if n_columns <= 3 else 8)
            limits = (bounds or {}).get(name, (bounds or {}).get(_of_array(name)))
            if limits is not None:
                low, high = limits
                panel.set_ylim(low - 0.04 * (high - low), high + 0.04 * (high - low))
            _whole_generations(panel, generations, most=5)
        for i, panel in enumerate(axes.flat):
            if i >= len(names):
                panel.set_visible(False)
            elif i + n_columns >= len(names):  # lowest of its column
                panel.tick_params(labelbottom=True)
        drawn.supxlabel("generation", fontsize=10, color=INK)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper left", ncols=4)


def _parameter(axes: Axes, generations: np.ndarray, groups: Sequence[np.ndarray], best: np.ndarray) -> None:
    outer_low, low, median, high, outer_high = np.array(
        [np.quantile(group, [0.05, 0.25, 0.5, 0.75, 0.95]) for group in groups]
    ).T
    axes.fill_between(generations, outer_low, outer_high, color=MUTED, alpha=0.15, lw=0, label="90 % of individuals")
    axes.fill_between(generations, low, high, color=MUTED, alpha=0.3, lw=0, label="half of them")
    marker = "o" if len(generations) == 1 else None  # of one point no line can be seen
    if marker:
        axes.vlines(generations, outer_low, outer_high, color=MUTED, alpha=0.3)
        axes.vlines(generations, low, high, color=MUTED, alpha=0.5, lw=4)
    axes.plot(generations, median, color=MUTED, marker=marker, ms=5, lw=1.2, label="median")
    axes.step(generations, best, color=COLOURS[0], marker=marker, ms=5, lw=2, where="post", label="best so far")


def _of_best_so_far(fitness: Sequence[np.ndarray], values: Sequence[np.ndarray]) -> np.ndarray:
    """The value that the best individual up to each generation had."""
    best, found = -np.inf, math.nan
    trace = []
    for own_fitness, own_values in zip(fitness, values, strict=True):
        i = int(np.argmax(own_fitness))
        if own_fitness[i] > best:
            best, found = own_fitness[i], own_values[i]
        trace.append(found)
    return np.array(trace)


class _History:
    """Columns of ``history.parquet``, of the individuals that have a finite fitness."""

    def __init__(self, path: Path, weights: Sequence[float]):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        components = [name for name in table.column_names if name == "fitness" or _is_component(name)]
        if len(components) != len(weights):
            raise ValueError(f"{path} has {len(components)} fitness components, there are {len(weights)} weights")
        values = np.array([table[name].to_numpy().astype(float) for name in components])
        weighted = np.asarray(weights, float) @ values
        usable = np.isfinite(weighted)
        if "stage" in table.column_names:
            usable &= table["stage"].is_null().to_numpy()  # the best, evaluated again after the last generation
        if not usable.any():
            raise ValueError(f"{path} has no individual with a finite fitness")
        self.fitness = weighted[usable]
        self.table = {name: table[name].to_numpy(zero_copy_only=False)[usable] for name in table.column_names}
        self._not_parameters = {*BEGIN, *TRIAL, *END, *components}

    def parameters(self) -> list[str]:
        """Columns that hold numbers an optimizer chose."""
        return [
            name
            for name, values in self.table.items()
            if name not in self._not_parameters and values.dtype.kind in "iuf" and np.isfinite(values).all()
        ]

    def by_generation(self, values: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """The generations, and the values of the individuals of each."""
        generation = self.table["generation"]
        order = np.argsort(generation, kind="stable")
        generations, first = np.unique(generation[order], return_index=True)
        return generations, np.split(values[order], first[1:])


def _is_component(name: str) -> bool:
    return name.startswith("fitness_") and name.removeprefix("fitness_").isdigit()


def _of_array(name: str) -> str:
    """The parameter of which ``name_3`` is the column of an element."""
    array, _, index = name.rpartition("_")
    return array if index.isdigit() else name


def _whole_generations(axes: Axes, generations: np.ndarray, most: int = 10) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(min(most, len(generations)), steps=[1, 2, 5, 10], integer=True))
    axes.margins(x=0.02)
    if len(generations) == 1:
        axes.set_xlim(generations[0] - 1, generations[0] + 1)


def _zoom_in(axes: Axes, low: np.ndarray, mean: np.ndarray, best: np.ndarray) -> None:
    """Leave the worst of early generations below the axis where they would flatten all that follows."""
    top = best.max()
    bottom = min(np.quantile(low, 0.25), np.quantile(mean, 0.1), best.min())
    if top > bottom and low.min() < bottom - 0.5 * (top - bottom):
        axes.set_ylim(bottom - 0.1 * (top - bottom), top + 0.08 * (top - bottom))


def _legend_above(axes: Axes, reverse: bool = False) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if reverse:
        handles, labels = handles[::-1], labels[::-1]
    axes.legend(handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=4, borderaxespad=0.2)


def _wrapped(name: str, width: int) -> str:
    """A parameter's name on two lines if it needs them, broken at a dot or underscore."""
    if len(name) <= width:
        return name
    breaks = [i + 1 for i, c in enumerate(name) if c in "._" and i + 1 < len(name)]
    if not breaks:
        return name
    at = min(breaks, key=lambda i: abs(i - len(name) / 2))
    return f"{name[:at]}\n{name[at:]}"
