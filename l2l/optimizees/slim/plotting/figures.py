"""Figures of a course as PNG files: a panel for the loch and one for each farm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.utils.figures import COLOURS, INK, MUTED, figure, with_prefixes

from ..plots import date_axis
from .course import HIGH, LOW, MIDDLE, STAGES, Course

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STAGE_COLOURS = dict(zip(STAGES, ("#b8c4ce", "#7d93a6", "#56B4E9", "#E69F00", "#D55E00", "#0072B2"), strict=True))
GENOTYPE_COLOURS = ("#0072B2", "#D55E00", "#E69F00")  # recessive, dominant, heterozygous
TREATMENT_COLOURS = ("#f6d77a", "#b9d7ee", "#bfe3c0", "#e3c3e6", "#f3c3b4", "#c9c6ee", "#cfe6a8", "#ead7c3")
FALLOW = "#d5d9de"
MOST_PLACES = 12  # panels of a figure


def treatment_colours(names: Sequence[str]) -> dict[str, str]:
    """A light colour for each treatment; grey for fallow."""
    return {
        name: FALLOW if name == "fallow" else TREATMENT_COLOURS[t % len(TREATMENT_COLOURS)]
        for t, name in enumerate(names)
    }


def stages(course: Course, png: Path) -> None:
    """Lice of each stage, on a logarithmic scale."""
    with _by_place(course, png, "lice") as panels:
        for place, (panel,) in panels:
            for stage in STAGES:
                _band(panel, course, course.quantities[stage][:, :, place], STAGE_COLOURS[stage], stage)
            panel.set_yscale("symlog", linthresh=10)
            panel.set_ylim(0, None)


def genotypes(course: Course, png: Path) -> None:
    """The share of adult females that have each genotype."""
    shares = course.frequencies("L5f")
    with _by_place(course, png, "share of adult females (L5f)") as panels:
        for place, (panel,) in panels:
            for k, (name, values) in enumerate(shares.items()):
                style = ("-", "--", ":", "-.")[k // 3 % 4]  # a style for each gene
                panel.plot(course.days, values[:, place], style, color=GENOTYPE_COLOURS[k % 3], lw=1.6, label=name)
            panel.set_ylim(-0.02, 1.02)
            panel.yaxis.set_major_formatter("{x:.0%}")


def aggregation(course: Course, png: Path) -> None:
    """Adult females per fish, and the organisation's thresholds."""
    limits = {"asked to treat": course.suggested_threshold, "strike": course.enforcement_threshold}
    with _by_place(course, png, "adult females per fish") as panels:
        for place, (panel,) in panels:
            _band(panel, course, course.quantities["aggregation"][:, :, place], COLOURS[0], "adult females per fish")
            top = panel.get_ylim()[1]
            for style, (name, limit) in zip(((0, (1, 1.5)), (0, (5, 3))), limits.items(), strict=True):
                if limit is not None:
                    panel.axhline(limit, color=INK, lw=1, ls=style, label=f"{name}: {limit:g}")
            panel.set_ylim(0, top)  # thresholds far above do not flatten the line


def fish(course: Course, png: Path) -> None:
    """Fish, and below them by how much they change from day to day."""
    with _by_place(course, png, "fish", n_rows_each=2) as panels:
        for place, (above, below) in panels:
            band = course.quantities["fish"][:, :, place]
            _band(above, course, band, COLOURS[0], "fish")
            above.set_ylim(0, 1.05 * max(1.0, float(band.max())))
            below.plot(
                course.days, course.change_per_day(band[MIDDLE]), color=COLOURS[1], lw=1.2, label="change per day"
            )
            below.margins(y=0.15)


def payoff(course: Course, png: Path) -> None:
    """What has been earned since the first day."""
    with _by_place(course, png, "payoff since the first day (GBP)") as panels:
        for place, (panel,) in panels:
            _band(panel, course, course.quantities["payoff"][:, :, place], COLOURS[0], "payoff")
            panel.axhline(0, color=MUTED, lw=0.8)


def reservoir(course: Course, png: Path) -> None:
    """What comes from the wild: lice per cage, and their genotypes."""
    names = [name for name in course.quantities if name.startswith("reservoir_")]
    with figure(png, 2.4 + 2.2 * bool(names), nrows=1 + bool(names), sharex=True, squeeze=False) as (drawn, axes):
        _band(axes[0, 0], course, course.quantities["reservoir"][:, :, 0], COLOURS[0], "")
        axes[0, 0].set(ylabel="lice per cage and day", ylim=(0, None), title=f"{course.title}: lice from the reservoir")
        for k, name in enumerate(names):
            label, colour = name.removeprefix("reservoir_"), GENOTYPE_COLOURS[k % 3]
            _band(axes[1, 0], course, course.quantities[name][:, :, 0], colour, label)
        if names:
            axes[1, 0].set(ylabel="share of them", ylim=(-0.02, 1.02))
            axes[1, 0].yaxis.set_major_formatter("{x:.0%}")
            axes[1, 0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, borderaxespad=0.1)
        _time_axis(axes[-1, 0], course)
        drawn.align_ylabels()


def places_on_map(course: Course) -> tuple[np.ndarray, bool]:
    """Where to draw the farms, float64[f, 2] in km, and whether that is where they are.

    Farms that share one place, as those of artificial networks do, stand on a circle.
    """
    assert course.locations is not None
    km = course.locations / 1000
    n = len(km)
    if len(np.unique(km, axis=0)) == n:
        return km, True
    angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    return np.column_stack([np.cos(angle), np.sin(angle)]), False


def sea_map(course: Course, png: Path) -> None:
    """The farms, and arrows between them as wide as the share of eggs that arrives."""
    from matplotlib.patches import FancyArrowPatch

    spots, is_true = places_on_map(course)
    with figure(png, 7.5) as (_, axes):
        strongest = max((share for _, _, share in course.edges), default=1.0)
        for i, j, share in reversed(course.edges):
            weight = share / strongest
            arrow = FancyArrowPatch(
                tuple(spots[i]),
                tuple(spots[j]),
                connectionstyle="arc3,rad=0.12",
                arrowstyle="-|>",
                mutation_scale=6 + 8 * weight,
                shrinkA=7,
                shrinkB=7,
                lw=0.4 + 3 * weight,
                color=COLOURS[0],
                alpha=0.15 + 0.6 * weight,
            )
            axes.add_patch(arrow)
        axes.scatter(*spots.T, s=70, color=COLOURS[1], zorder=3, ec="white")
        middle = np.median(spots[:, 0])
        for name, (x, y) in zip(course.farms, spots, strict=True):
            axes.annotate(
                name,
                (x, y),
                xytext=(-8 if x > middle else 8, 5),
                textcoords="offset points",
                ha="right" if x > middle else "left",
                fontsize=10,
                zorder=4,
                bbox={"facecolor": "white", "alpha": 0.75, "lw": 0, "pad": 1},
            )
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.18)
        widest = f"widest: {strongest:.2%} of the eggs" if course.edges else "no connections"
        axes.set_title(f"{course.title}: connections between farms ({widest})")
        if is_true:
            axes.set(xlabel="easting (km)", ylabel="northing (km)")
        else:
            axes.set(xticks=[], yticks=[], xlabel="farms share a place; drawn on a circle")
            axes.grid(False)


FIGURES: dict[str, Callable[[Course, Path], None]] = {
    "stages": stages,
    "genotypes": genotypes,
    "aggregation": aggregation,
    "fish": fish,
    "payoff": payoff,
    "reservoir": reservoir,
    "map": sea_map,
}


def draw_all(course: Course, folder: Path) -> list[Path]:
    """Write every figure that the course has the numbers for; their paths."""
    lacking = {"payoff": "payoff" not in course.quantities, "map": course.locations is None}
    paths = [folder / f"{name}.png" for name in FIGURES if not lacking.get(name, False)]
    for path in paths:
        FIGURES[path.stem](course, path)
    return paths


# --- panels


@contextmanager
def _by_place(course: Course, png: Path, label: str, n_rows_each: int = 1) -> Iterator[list[tuple[int, list[Axes]]]]:
    """Panels for the loch and the farms, ``[(place, its panels)]``; place as in ``course.places``.

    Treatments are shaded, and the legend stands above.
    """
    n_shown = min(len(course.places), MOST_PLACES)
    if len(course.farms) == 1:
        n_shown, shown = 1, [1]
    else:
        shown = list(range(n_shown))
    n_columns = 1 if n_shown == 1 else 2 if n_shown <= 4 else 3
    n_rows = math.ceil(n_shown / n_columns)
    size: dict[str, Any] = {"nrows": n_rows * n_rows_each, "ncols": n_columns, "squeeze": False, "sharex": True}
    heights = [1.0, 0.6] * n_rows if n_rows_each == 2 else [1.0] * n_rows
    tall = 3.6 if n_rows == 1 else 2.0
    with figure(png, 1.0 + tall * sum(heights), height_ratios=heights, **size) as (drawn, axes):
        panels = []
        for k, place in enumerate(shown):
            row, column = divmod(k, n_columns)
            own = [axes[row * n_rows_each + i, column] for i in range(n_rows_each)]
            own[0].set_title(course.places[place], fontsize=10)
            panels.append((place, own))
        yield panels
        for place, own_panels in panels:
            for panel in own_panels:
                _shade(panel, course, place)
                panel.tick_params(labelsize=9)
                panel.margins(x=0.01)
                if panel.get_yscale() == "linear" and max(map(abs, panel.get_ylim())) >= 1e4:
                    with_prefixes(panel.yaxis)
        _hide_empty(axes, n_shown, n_columns, n_rows_each)
        for panel in axes.flat:
            _time_axis(panel, course)
        handles: dict[str, Any] = {}
        for panel in axes[:n_rows_each].flat:
            handles |= dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
        drawn.legend(
            list(handles.values()), list(handles), loc="outside upper left", ncols=9, fontsize=9, columnspacing=1.2
        )
        drawn.supylabel(label, fontsize=10, color=INK)
        hidden = len(course.places) - n_shown if len(course.farms) > 1 else 0
        notes = [course.title]
        shares = [*(["farms"] if len(course.farms) > 1 else []), *(["runs"] if course.n_runs > 1 else [])]
        if course.n_runs > 1:
            notes.append("median and band of nine runs in ten")
        if shares:
            notes.append(f"height of a shade: share of {' and '.join(shares)}")
        if hidden:
            notes.append(f"{hidden} farms not shown (--farms chooses)")
        drawn.supxlabel("; ".join(notes), fontsize=9, color=MUTED)


def _hide_empty(axes: np.ndarray, n_shown: int, n_columns: int, n_rows_each: int) -> None:
    """Leave out the panels beyond the last place; above them the dates show."""
    n_rows = len(axes) // n_rows_each
    for k in range(n_shown, n_rows * n_columns):
        row, column = divmod(k, n_columns)
        for i in range(n_rows_each):
            axes[row * n_rows_each + i, column].set_visible(False)
        if row > 0:
            axes[row * n_rows_each - 1, column].tick_params(labelbottom=True)


def _shade(panel: Axes, course: Course, place: int) -> None:
    """Treatments that are under way, behind the lines: as high as the share of runs."""
    for name, colour in treatment_colours(list(course.treatments)).items():
        share = course.treatments[name][:, place]
        if share.any():
            panel.fill_between(
                course.days,
                0,
                share,
                step="post",
                transform=panel.get_xaxis_transform(),
                color=colour,
                alpha=0.75,
                lw=0,
                zorder=0,
                label=name,
            )


def _band(panel: Axes, course: Course, band: np.ndarray, colour: str, label: str) -> None:
    if course.n_runs > 1:
        panel.fill_between(course.days, band[LOW], band[HIGH], color=colour, alpha=0.18, lw=0)
    panel.plot(course.days, band[MIDDLE], color=colour, lw=1.4, label=label)


def _time_axis(panel: Axes, course: Course) -> None:
    if np.issubdtype(course.days.dtype, np.datetime64):
        date_axis(panel, most=6)
    else:
        panel.set_xlabel("day", fontsize=9)
