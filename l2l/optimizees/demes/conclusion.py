"""What a plan of releases is worth: the end of an experiment with the demes optimizee."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.optimizees.demes.comparison import outcomes, row
from l2l.optimizees.demes.course import Course
from l2l.optimizees.demes.plain_plans import cheapest_grid, of_equal_cost
from l2l.optimizees.demes.releases import Releases
from l2l.utils.atomic import write_csv_atomically
from l2l.utils.history import read_history
from l2l.utils.replication import settled
from l2l.utils.report import Section, reproduce_section, write_report
from l2l.utils.seeds import Purpose, seed_sequence

if TYPE_CHECKING:
    from l2l.optimizees.demes.optimizee import DemesOptimizee

logger = logging.getLogger("utils.demes")

TUNED, CHEAPEST = "tuned", "cheapest grid that reaches it"
TRIALS = 10  # runs in all of which the cheapest grid has reached the goal


def conclude(optimizee: DemesOptimizee, experiment: Any) -> list[dict[str, Any]]:
    """Compare what the search recommends with plain plans, and write all that a user wants to see.

    Files in the run folder: ``best_plan.csv``, ``comparison.csv``, ``figures/*.png``, ``landscape.gif`` (of demes in
    rows and columns), ``report.html``.

    Returns
    -------
    list of dict
        Rows of ``comparison.csv``, that of the tuned plan first.
    """
    individual = experiment.recommend()
    best = optimizee.releases(individual)
    settings = {name: individual[name] for name in optimizee.tuned}
    folder, scenario = experiment.run_folder, optimizee.scenario
    columns = columns_of(best, scenario.program.habitable.shape)
    write_csv_atomically(folder / "best_plan.csv", columns, zip(*columns.values(), strict=True))

    n_threads = min(int(experiment.traj.runner_params.params["max_workers"]), os.cpu_count() or 1)
    trials = _seeds(experiment, Purpose.SELECTION, TRIALS)
    plans = {TUNED: best, **of_equal_cost(scenario.program, scenario.program.cost(best))}
    cheapest = cheapest_grid(
        scenario.program,
        lambda plan: all(optimizee.outcome(plan, seed, settings).shortfall == 0 for seed in trials),
    )
    if cheapest is not None:
        plans[CHEAPEST] = cheapest
    logger.info("comparing the plan with %d plain ones on fresh seeds", len(plans) - 1)
    seeds = _seeds(experiment, Purpose.COMPARISON, optimizee.parameters.comparison_seeds)
    table = [
        row(name, outcomes(optimizee, plan, seeds, settings, n_threads), len(plan.size)) for name, plan in plans.items()
    ]
    write_csv_atomically(folder / "comparison.csv", table[0], (each.values() for each in table))
    figures = _draw(optimizee, experiment, plans, settings, seeds[0])
    _report(optimizee, experiment, table, columns, figures)
    return table


def columns_of(releases: Releases, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Tick, deme, its row and column if demes have these, and how many, of each release: int64[n] each."""
    places = np.unravel_index(releases.deme, shape) if len(shape) == 2 else ()
    named = dict(zip(("row", "col"), places, strict=False))
    return {"tick": releases.tick, "deme": releases.deme, **named, "released": releases.size}


def _seeds(experiment: Any, purpose: Purpose, n: int) -> list[np.random.SeedSequence]:
    return [seed_sequence(experiment.seed, purpose, replicate=k) for k in range(n)]


def _draw(
    optimizee: DemesOptimizee,
    experiment: Any,
    plans: Mapping[str, Releases],
    settings: Mapping[str, Any],
    seed: np.random.SeedSequence,
) -> dict[str, Path]:
    from l2l.optimizees.demes import figures
    from l2l.optimizees.demes.animation import animate

    folder, scenario = experiment.run_folder / "figures", optimizee.scenario
    folder.mkdir(exist_ok=True)
    paths = {"search": folder / "search.png", "frequencies": folder / "frequencies.png"}
    figures.search(_by_generation(experiment), paths["search"], optimizee.parameters.objectives[0])
    courses = {
        name: Course.of(optimizee.prepared(plan, seed, settings), scenario.n_ticks) for name, plan in plans.items()
    }
    figures.frequencies(courses, scenario.goal, paths["frequencies"])
    shape = scenario.program.habitable.shape
    if len(shape) == 2:
        paths |= {"map": folder / "releases.png", "animation": experiment.run_folder / "landscape.gif"}
        figures.release_map(courses[TUNED].adults[0].sum(axis=1).reshape(shape), plans[TUNED], paths["map"])
        animate(courses[TUNED], scenario.allele, shape, plans[TUNED], paths["animation"])
    return paths


def _by_generation(experiment: Any) -> list[list[tuple[float, float]]]:
    """The first objective and the violation of each individual that did not fail, by generation."""
    weights = list(experiment.optimizer.optimizee_fitness_weights)
    found: dict[int, list[tuple[float, float]]] = {}
    for record in settled(read_history(experiment.history_path), weights):
        if record.get("fitness"):
            violation = sum(max(0.0, v) for v in record.get("violations", []))
            found.setdefault(record["generation"], []).append((record["fitness"][0], violation))
    return [found[generation] for generation in sorted(found)]


def _report(
    optimizee: DemesOptimizee,
    experiment: Any,
    table: list[dict[str, Any]],
    columns: Mapping[str, np.ndarray],
    figures: Mapping[str, Path],
) -> None:
    tuned, others = table[0], table[1:]
    summary = (
        f"The goal is {optimizee.scenario.goal} of the adults at tick {optimizee.scenario.n_ticks}. The tuned plan "
        f"costs {tuned['cost']:g}, for {tuned['released']} individuals in {tuned['releases']} releases. It reaches the "
        f"goal in {tuned['goal reached']:.0%} of {tuned['n_seeds']} runs that the search never saw. "
        + " ".join(f"{each['plan'].capitalize()}, for {each['cost']:g}: {each['goal reached']:.0%}." for each in others)
    )
    logger.info(summary)
    sections = [
        Section("Against plain plans", _COMPARISON, table, [figures["frequencies"]]),
        Section(
            "The plan",
            "Releases in the order of their ticks.",
            [dict(zip(columns, map(int, each), strict=True)) for each in zip(*columns.values(), strict=True)],
            [figures[name] for name in ("map", "animation") if name in figures],
        ),
        Section("The search", _SEARCH, figures=[figures["search"]]),
        reproduce_section(experiment.manifest.facts),
    ]
    write_report(experiment.run_folder / "report.html", "Where, when and how many to release", summary, sections)


_COMPARISON = (
    "All plans were run under the same fresh seeds. Those in the middle and in a grid spend at the first tick what the "
    "tuned plan costs, more than is reared if need be. The last one is the cheapest grid that reached the goal in "
    f"{TRIALS} runs out of {TRIALS}, whatever it costs. Low and high are the 95 % interval of how often the goal is "
    "reached, share is the mean at the last tick, ticks the median until the goal was reached first."
)
_SEARCH = "Only plans that reach the goal in all of their runs, and release no more than is reared, count."
