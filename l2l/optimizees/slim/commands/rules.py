"""What each rule does to lice, resistance and money, switched alone: ``slim rules``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from l2l.errors import nearest
from l2l.optimizees.slim.commands.progress import progress_bar
from l2l.optimizees.slim.commands.replicate_options import add_replicate_options, replicates
from l2l.optimizees.slim.commands.run import tell_of_compilation
from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, overrides
from l2l.optimizees.slim.commands.text_table import aligned
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.types.rules import RULE_SETS, Rules
from l2l.utils.atomic import write_csv_atomically

if TYPE_CHECKING:  # the simulator loads numba
    from matplotlib.axes import Axes

    from l2l.optimizees.slim.studies.run_summary import RunSummary

OWN_OPTIONS = {"seed": "--seed", "treatment_strategy": "--policy", "rules": "--only"}
ALL_RULES = "all rules"
MEASURES = {
    "infestation": "adult females per fish",
    "resistance": "resistant alleles, last 90 days",
    "treatments": "accepted requests",
    "payoff": "GBP",
}


class Effect(NamedTuple):
    """What a measure gains when a rule becomes the revised one, while the others are all of one set."""

    rule: str
    others: str  # revised or published
    measure: str
    published: float  # mean with the rule as published
    revised: float
    difference: float  # mean of revised - published, paired by seed
    low: float  # 95 % interval
    high: float
    n_runs: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim rules``."""
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for effects.csv and effects.png")
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or its folder")
    parser.add_argument("--policy", metavar="NAME|FILE", help="as slim run --treatment-strategy")
    parser.add_argument("--only", nargs="+", default=[], metavar="RULE", help="these rules (default: every one)")
    add_replicate_options(parser)
    add_scenario_options(parser, OWN_OPTIONS)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim rules``; the effects as a table."""
    for rule in args.only:
        if rule not in Rules._fields:
            raise ConfigError(f"--only {rule}: there is no such rule{nearest(rule, Rules._fields)}")
    asked = replicates(args)
    config = Config.scenario(args.scenario, **overrides(args))
    conditions = list(rule_sets(args.only or Rules._fields))
    variants = [config.replace(rules=value) for _, _, value in conditions]

    from l2l.optimizees.slim.simulation.policies import load_policy
    from l2l.optimizees.slim.studies.run_summary import simulate_summaries

    policy = load_policy(config.treatment_strategy if args.policy is None else args.policy, config)
    args.out.mkdir(parents=True, exist_ok=True)
    tell_of_compilation(False)
    runs: dict[tuple[str, str], list[RunSummary]] = {}
    with progress_bar("rule sets", len(variants)) as tell:
        for (rule, others, _), variant in zip(conditions, variants, strict=True):
            runs[rule, others] = simulate_summaries(variant, policy, asked.seeds, asked.n_threads)
            tell(len(runs))
    found = effects(runs)
    write_csv_atomically(args.out / "effects.csv", Effect._fields, found)
    draw(found, f"{config.name}, {policy.family.name.lower()}, {len(asked.seeds)} runs", args.out / "effects.png")
    return f"{table(found)}\n\nA star: the 95 % interval excludes 0. Table and figure are in {args.out}."


def rule_sets(rules: Iterable[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Both sets, and each rule switched in both: its name (empty for a whole set), the others' set, the switches."""
    for base in RULE_SETS:
        yield "", base, {"base": base}
    for rule in rules:
        for base, whole in RULE_SETS.items():
            yield rule, base, {"base": base, rule: not getattr(whole, rule)}


def effects(runs: dict[tuple[str, str], list[RunSummary]]) -> list[Effect]:
    """Of every rule, and of all together, on every measure.

    Parameters
    ----------
    runs
        By rule and others as in `rule_sets`, on the same seeds.
    """
    rules = dict.fromkeys(rule for rule, _ in runs if rule)
    pairs = [
        (rule, others, (rule, others), ("", others))
        if others == "revised"
        else (rule, others, ("", others), (rule, others))
        for rule in rules
        for others in RULE_SETS
    ]
    pairs.append((ALL_RULES, "", ("", "published"), ("", "revised")))
    return [
        _effect(rule, others, measure, _values(runs[old], measure), _values(runs[new], measure))
        for rule, others, old, new in pairs
        for measure in MEASURES
    ]


def _values(runs: Sequence[RunSummary], measure: str) -> np.ndarray:
    return np.array([getattr(one, measure) for one in runs], float)


def _effect(rule: str, others: str, measure: str, published: np.ndarray, revised: np.ndarray) -> Effect:
    from l2l.optimizees.slim.comparison import interval

    both = np.isfinite(published) & np.isfinite(revised)  # without lice there is no resistance
    published, revised = published[both], revised[both]
    if len(published) == 0:
        nan = float("nan")
        return Effect(rule, others, measure, nan, nan, nan, nan, nan, 0)
    difference = revised - published
    low, high = interval(difference)
    old, new, gain = (float(x.mean()) for x in (published, revised, difference))
    return Effect(rule, others, measure, old, new, gain, low, high, len(difference))


def table(found: Sequence[Effect]) -> str:
    """A row per rule and set of the others: the difference of each measure."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for e in found:
        star = "*" if e.low > 0 or e.high < 0 else " "
        cells.setdefault((e.rule, e.others), {})[e.measure] = f"{e.difference:+.3g} ± {(e.high - e.low) / 2:.1g}{star}"
    rows = [("rule becomes revised", "others", *MEASURES)]
    rows += [(rule, others, *own.values()) for (rule, others), own in cells.items()]
    return "\n".join(aligned(rows))


def draw(found: Sequence[Effect], title: str, png: Path) -> None:
    """A panel per measure: every rule's effect with its interval, among revised and among published others."""
    from l2l.utils.figures import figure, with_prefixes

    names = list(dict.fromkeys(e.rule for e in found))
    with figure(png, 1.5 + 0.33 * len(names), ncols=len(MEASURES), sharey=True) as (drawn, panels):
        drawn.set_size_inches(14, 1.5 + 0.33 * len(names))
        for (measure, unit), panel in zip(MEASURES.items(), panels, strict=True):
            _draw_measure(panel, [e for e in found if e.measure == measure], names)
            panel.set_title(measure)
            panel.set_xlabel(unit, fontsize=9)
            panel.tick_params(labelsize=8)
            if measure == "payoff":
                with_prefixes(panel.xaxis)
        panels[0].set_yticks(range(len(names)), names, fontsize=9)
        panels[0].invert_yaxis()
        drawn.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
        drawn.suptitle(f"What a measure gains when one rule becomes the revised one\n{title}", x=0.01, ha="left")


def _draw_measure(axes: Axes, own: Sequence[Effect], names: Sequence[str]) -> None:
    from l2l.utils.figures import COLOURS, INK

    styles = {"revised": (COLOURS[0], -0.17), "published": (COLOURS[1], 0.17), "": (INK, 0.0)}
    for others, (colour, offset) in styles.items():
        of_set = [e for e in own if e.others == others]
        places = [names.index(e.rule) + offset for e in of_set]
        axes.hlines(places, [e.low for e in of_set], [e.high for e in of_set], color=colour, lw=2.5)
        label = f"the others are {others}" if others else None
        axes.plot([e.difference for e in of_set], places, "o", color=colour, ms=4, label=label)
    axes.axvline(0, color=INK, lw=0.8)
    axes.grid(False, axis="y")
