"""The report of a study: every hypothesis with its verdict, and figures, as markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from l2l.optimizees.slim.comparison import interval
from l2l.optimizees.slim.studies.findings import (
    COOPERATION,
    FINDINGS,
    NETWORKS,
    SWEPT,
    Verdict,
    cooperation_cell,
    values,
)
from l2l.optimizees.slim.studies.run_summary import LAST_DAYS, RunSummary
from l2l.utils.atomic import write_atomically
from l2l.utils.figures import COLOURS, INK, MUTED, figure, with_prefixes

UNITS = {
    "infestation": "adult females per fish",
    "resistance": "frequency of the resistant allele",
    "treatments": "accepted requests",
    "payoff": "GBP",
}
VERDICT_COLOURS = {"supported": COLOURS[0], "reversed": COLOURS[1], "unexpected": COLOURS[1]}

Runs = Mapping[str, Sequence[RunSummary]]


def write_report(folder: Path, verdicts: Sequence[Verdict], runs: Runs, rules: str) -> None:
    """Write ``report.md`` and its figures."""
    _draw_differences(verdicts, folder / "differences.png")
    _draw_farms(runs, folder / "farms.png")
    _draw_cooperation(runs, folder / "cooperation.png")
    write_atomically(folder / "report.md", _text(verdicts, runs, rules).encode())


def _text(verdicts: Sequence[Verdict], runs: Runs, rules: str) -> str:
    n_runs = len(next(iter(runs.values())))
    lines = [
        "# Findings of Trombetta et al. (2023) in this model",
        "",
        "Trombetta E, Jakubiak S, Kutkova S, Lipschutz D, O'Hare A, Enright JA (2023): A modeling study of the impact",
        "of treatment policies on the evolution of resistance in sea lice on salmon farms. PLOS ONE 18(11): e0294708.",
        "",
        f"Rules: {rules}. {len(runs)} conditions, {n_runs} runs each, all on the same seeds; differences are paired by",
        f"seed. The {len(verdicts)} intervals hold together with 95 % (Student's, Bonferroni). A difference is",
        "*supported* if its interval lies on the side that the finding says, *reversed* on the other, *not supported*",
        "if it holds 0.",
        f"Infestation is adult females per fish over all days with fish, resistance that of the last {LAST_DAYS} days.",
        "",
    ]
    for finding, claim in FINDINGS.items():
        own = [v for v in verdicts if v.finding == finding]
        said = ", ".join(f"{n} {verdict}" for verdict, n in Counter(v.verdict for v in own).items())
        lines += [f"## {claim}", "", f"{said.capitalize()}.", ""]
        lines += ["| | measure | expected | difference | interval | verdict |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {v.statement} | {v.measure} | {_sign(v.expected)} | {v.difference:+.4g} "
            f"| {v.low:+.4g} to {v.high:+.4g} | {v.verdict} |"
            for v in own
        ]
        lines.append("")
    lines += [
        "## Figures",
        "",
        "![Every difference with its interval](differences.png)",
        "![Infestation by farm and network](farms.png)",
        "![Cooperation](cooperation.png)",
        "",
        "Runs one by one: `cells.csv`. Verdicts: `findings.csv`.",
        "",
    ]
    return "\n".join(lines)


def _sign(expected: int | None) -> str:
    return "none" if expected is None else ("any", "+", "-")[expected]


def _draw_differences(verdicts: Sequence[Verdict], png: Path) -> None:
    """A panel per measure: every difference as a dot with its interval."""
    by_measure = {m: [v for v in verdicts if v.measure == m] for m in UNITS}
    heights = [1.0 + len(own) for own in by_measure.values()]
    with figure(png, 0.27 * sum(heights) + 1.2, nrows=len(UNITS), height_ratios=heights) as (_, axes):
        for (measure, own), panel in zip(by_measure.items(), axes, strict=True):
            for i, v in enumerate(own):
                colour = VERDICT_COLOURS.get(v.verdict, MUTED)
                panel.plot([v.low, v.high], [-i, -i], color=colour, lw=3, solid_capstyle="butt")
                panel.plot(v.difference, -i, "o", color=colour, ms=5)
            panel.axvline(0, color=INK, lw=1)
            panel.set_yticks([-i for i in range(len(own))], [v.statement for v in own], fontsize=8)
            panel.set_ylim(-len(own) + 0.4, 0.6)
            panel.grid(False, axis="y")
            panel.set_title(f"{measure} ({UNITS[measure]})", fontsize=10)
            panel.tick_params(labelsize=8)
            if measure == "payoff":
                with_prefixes(panel.xaxis)


def _draw_farms(runs: Runs, png: Path) -> None:
    """Infestation of each farm, by its place in the network."""
    with figure(png, 4.0, ncols=2, sharey=True) as (drawn, panels):
        for panel, treated in zip(panels, ("untreated", "treated"), strict=True):
            for network, colour in zip(NETWORKS, COLOURS, strict=False):
                by_farm = values(runs[f"{network}, {treated}"], "farm_infestation")
                low, high = np.array([interval(by_farm[:, f]) for f in range(by_farm.shape[1])]).T
                farms = np.arange(1, by_farm.shape[1] + 1)
                panel.fill_between(farms, low, high, color=colour, alpha=0.2, lw=0)
                panel.plot(farms, by_farm.mean(axis=0), "o-", color=colour, ms=4, lw=1.4, label=network)
            panel.set_title(treated)
            panel.set_xlabel("farm")
            panel.set_xticks(farms)
        panels[0].set_ylabel(UNITS["infestation"])
        drawn.legend(*panels[0].get_legend_handles_labels(), loc="outside upper left", ncols=5)


def _draw_cooperation(runs: Runs, png: Path) -> None:
    """What grows and falls with the probability that a farm treats when it is asked to."""
    with figure(png, 5.0, nrows=2, ncols=2, sharex=True) as (drawn, panels):
        for panel, measure in zip(panels.flat, UNITS, strict=True):
            by_cell = [values(runs[cooperation_cell(c)], measure) for c in COOPERATION]
            low, high = np.array([interval(own[np.isfinite(own)]) for own in by_cell]).T
            panel.fill_between(COOPERATION, low, high, color=COLOURS[0], alpha=0.2, lw=0)
            panel.plot(COOPERATION, [np.nanmean(own) for own in by_cell], "o-", color=COLOURS[0], ms=4)
            panel.set_title(f"{measure} ({UNITS[measure]})", fontsize=10)
            if measure == "payoff":
                with_prefixes(panel.yaxis)
        drawn.supxlabel(
            f"probability to treat when asked to; {SWEPT}, means with 95 % intervals", fontsize=10, color=MUTED
        )
