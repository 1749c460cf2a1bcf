"""Figures of releases: allele frequencies, the plan on its landscape, how the search went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from l2l.optimizees.demes.course import Course
from l2l.optimizees.demes.goal import Goal
from l2l.optimizees.demes.releases import Releases
from l2l.utils.figures import COLOURS, INK, MUTED, figure

WATER = "#d7e3ec"
LAND = "Greens"


def frequencies(courses: Mapping[str, Course], goal: Goal, png: Path) -> None:
    """Draw the share that the goal is about tick by tick, a line per plan, and all alleles under the first plan."""
    name_of_first, first = next(iter(courses.items()))
    with figure(png, 4.2, ncols=2, sharex=True, sharey=True) as (_, (left, right)):
        for k, (name, course) in reversed(list(enumerate(courses.items()))):
            style = {"color": COLOURS[k % len(COLOURS)], "lw": 2.6 if k == 0 else 1.6}
            left.plot(course.shares(goal.genotypes), label=name, **style)
        left.axhline(goal.share, color=MUTED, ls="--", lw=1.2, label="the goal, at the last tick")
        alleles = [name for names in first.species.loci.values() for name in names]
        for k, name in enumerate(alleles):
            right.plot(first.frequencies(name), ("-", "--", ":", "-.")[k % 4], color=INK, label=name)
        left.set(xlabel="tick", ylabel=f"adults that are {goal.genotypes}", title="by plan", ylim=(-0.02, 1.02))
        right.set(xlabel="tick", ylabel="frequency", title=f"alleles under the plan: {name_of_first}")
        left.yaxis.set_major_formatter("{x:.0%}")
        lines, names = left.get_legend_handles_labels()
        left.legend([*lines[-2::-1], lines[-1]], [*names[-2::-1], names[-1]], loc="best", frameon=True)
        right.legend(loc="best")


def release_map(adults: np.ndarray, releases: Releases, png: Path) -> None:
    """Draw where a plan releases how many, and at which tick, on the adults of each deme, float64[rows, cols]."""
    from matplotlib.colors import PowerNorm
    from matplotlib.patheffects import withStroke

    with figure(png, 7.4) as (drawn, axes):
        axes.set(xticks=[], yticks=[], facecolor=WATER)
        axes.grid(False)
        norm = PowerNorm(0.5, vmin=0)  # else the best demes alone would be seen
        shown = axes.imshow(np.where(adults > 0, adults, np.nan), cmap=LAND, norm=norm)
        drawn.colorbar(shown, ax=axes, shrink=0.6, label="adults of a deme at the beginning (blue: water)")
        rows, cols = np.divmod(releases.deme, adults.shape[1])
        area = 40 + 360 * releases.size / max(1, releases.size.max(initial=1))
        axes.scatter(cols, rows, s=area, color=COLOURS[1], alpha=0.85, edgecolor="white", lw=1.2)
        for row, col, tick, size in zip(rows, cols, releases.tick, releases.size, strict=True):
            told = axes.annotate(f"{size} at {tick}", (col, row), (0, 13), textcoords="offset points", ha="center")
            told.set_path_effects([withStroke(linewidth=2.5, foreground="white")])  # also on dark land
        axes.set_title(f"{releases.n_released} released in {len(releases.size)} places (how many, at which tick)")


def search(generations: Sequence[Iterable[tuple[float, float]]], png: Path, label: str) -> None:
    """Draw how the search went: what plans that satisfy all constraints cost, and how many these are.

    Parameters
    ----------
    generations
        Fitness and violation of each individual of each generation.
    label
        What the fitness is.
    """
    from matplotlib.ticker import MaxNLocator

    fitness = [np.array([f for f, violation in one if violation == 0]) for one in generations]
    share = [np.mean([violation == 0 for _, violation in one]) for one in generations]
    best = np.array([one.min() if len(one) else np.inf for one in fitness])
    median = np.array([np.median(one) if len(one) else np.nan for one in fitness])
    so_far = np.minimum.accumulate(best)
    ticks = np.arange(1, len(best) + 1)
    with figure(png, 5.4, nrows=2, sharex=True, height_ratios=(2, 1)) as (_, (above, below)):
        above.plot(ticks, median, color=MUTED, label="median of those that reach the goal")
        found = np.isfinite(best)
        above.plot(ticks[found], best[found], "o", color=COLOURS[1], ms=4, label="best of the generation")
        found = np.isfinite(so_far)
        above.step(ticks[found], so_far[found], color=COLOURS[0], lw=2.4, where="post", label="best so far")
        above.set_ylabel(label)
        above.legend(loc="upper right")
        below.plot(ticks, share, color=INK)
        below.set(xlabel="generation", ylabel="plans that\nreach the goal", ylim=(-0.02, 1.02))
        below.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))
        below.yaxis.set_major_formatter("{x:.0%}")
