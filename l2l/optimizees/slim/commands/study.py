"""The findings of Trombetta et al. (2023) as a checked experiment: ``slim study``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from l2l.optimizees.slim.commands.progress import progress_bar
from l2l.optimizees.slim.commands.replicate_options import add_replicate_options, replicates
from l2l.optimizees.slim.commands.run import tell_of_compilation
from l2l.optimizees.slim.commands.scenario_options import whole_option
from l2l.optimizees.slim.commands.text_table import aligned
from l2l.optimizees.slim.simulation.config import Config
from l2l.utils.atomic import write_csv_atomically

if TYPE_CHECKING:  # the simulator loads numba
    from l2l.optimizees.slim.studies.findings import Verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim study``."""
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for report.md, findings.csv, cells.csv, figures")
    parser.add_argument("--rules", default="revised", help="rule set of the model (default: revised)")
    parser.add_argument("--days", metavar="N", help="length of a run (default: the scenarios' two years)")
    add_replicate_options(parser)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim study``; the verdicts as a table."""
    asked = replicates(args)
    overrides = {"rules": args.rules}
    if args.days is not None:
        start = Config.scenario("path").start_date
        overrides["end_date"] = str(start + timedelta(days=whole_option("--days", args.days, 1)))
    Config.scenario("path", **overrides)  # refuses rules that do not exist

    from l2l.optimizees.slim.studies.findings import cells, hypotheses, judge
    from l2l.optimizees.slim.studies.report import write_report
    from l2l.optimizees.slim.studies.run_summary import RunSummary, simulate_summaries

    args.out.mkdir(parents=True, exist_ok=True)
    tell_of_compilation(False)
    runs: dict[str, list[RunSummary]] = {}
    with progress_bar("conditions", len(cells())) as tell:
        for name, cell in cells().items():
            config = Config.scenario(cell.network, **overrides, **cell.overrides)
            runs[name] = simulate_summaries(config, cell.policy(config), asked.seeds, asked.n_threads)
            tell(len(runs))
    verdicts = judge(hypotheses(), runs)
    write_verdicts(args.out / "findings.csv", verdicts)
    write_cells(args.out / "cells.csv", runs)
    write_report(args.out, verdicts, runs, args.rules)
    return f"{table(verdicts)}\n\nthe report is {args.out / 'report.md'}"


def write_verdicts(path: Path, verdicts: Sequence[Verdict]) -> None:
    """A row per hypothesis."""
    write_csv_atomically(path, verdicts[0]._fields, verdicts)


def write_cells(path: Path, runs: dict) -> None:
    """A row per run of every condition."""
    first = next(iter(runs.values()))[0]
    farms = [f"infestation_farm_{f}" for f in range(len(first.farm_infestation))]
    rows = [
        (name, i, *(x for x in one[:-1]), *one.farm_infestation)
        for name, own in runs.items()
        for i, one in enumerate(own)
    ]
    write_csv_atomically(path, ("cell", "run", *first._fields[:-1], *farms), rows)


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as lines of text."""
    rows = [("", "measure", "difference", "interval", "verdict")]
    rows += [
        (v.statement, v.measure, f"{v.difference:+.4g}", f"{v.low:+.4g} .. {v.high:+.4g}", v.verdict) for v in verdicts
    ]
    return "\n".join(aligned(rows))
