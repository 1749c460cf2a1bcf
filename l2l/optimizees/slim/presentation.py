"""The figures and the page that show what a tuned policy does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.utils.figures import fitness_by_generation, parameters_by_generation
from l2l.utils.report import Section, confirmed_sections, reproduce_section, write_report
from l2l.utils.seeds import Purpose

from .comparison import Comparison, fresh_seeds
from .conclusion import TUNED
from .ensemble import Ensemble
from .objectives import OBJECTIVES
from .plots import payoff_comparison, policies_over_time
from .simulation.policies import Policy

if TYPE_CHECKING:
    from .optimizee import SlimOptimizee

N_RECORDED = 20  # runs of each policy whose every day is drawn


def present(
    optimizee: SlimOptimizee,
    experiment: Any,
    ensemble: Ensemble,
    policies: Mapping[str, Policy],
    comparison: Comparison,
    scores: np.ndarray,
) -> None:
    """Draw ``figures/*.png`` and write ``report.html`` in the run folder; ``scores`` are the finalists'."""
    folder = experiment.run_folder
    figures = _figures(optimizee, experiment, ensemble, policies, comparison)
    tuned, rival = comparison.table[0], comparison.best_rival
    summary = (
        f"Tuned for {optimizee.config.name}, the policy earns {_money(tuned['mean_payoff'])} on average over "
        f"{tuned['n_seeds']} runs that the search never saw; the best built-in policy, {rival['policy']}, earns "
        f"{_money(rival['mean_payoff'])}. The difference is {_money(rival['difference'])}, with a 95 % interval of "
        f"{_money(rival['difference_low'])} to {_money(rival['difference_high'])}. It uses {tuned['treatments']:.1f} "
        f"treatments ({rival['policy']}: {rival['treatments']:.1f}), and {tuned['resistance']:.0%} of the alleles end "
        f"up resistant ({rival['policy']}: {rival['resistance']:.0%})."
    )
    sections = [
        Section(
            "Against the built-in policies", _comparison_text(), _comparison_table(comparison), [figures["payoff"]]
        ),
        Section("What the policies do", _course_text(), figures=[figures["course"]]),
        Section("The policy", _policy_text(), _policy_table(optimizee, policies[TUNED])),
        Section("The search", _search_text(optimizee, scores), figures=[figures["fitness"], figures["parameters"]]),
        *confirmed_sections(experiment.manifest.facts, optimizee.parameters.objectives),
        *_front_sections(experiment),
        reproduce_section(experiment.manifest.facts),
    ]
    write_report(folder / "report.html", f"Treatment policy for {optimizee.config.name}", summary, sections)


def _figures(
    optimizee: SlimOptimizee,
    experiment: Any,
    ensemble: Ensemble,
    policies: Mapping[str, Policy],
    comparison: Comparison,
) -> dict[str, Path]:
    folder = experiment.run_folder / "figures"
    folder.mkdir(exist_ok=True)
    names = {"fitness": "fitness", "parameters": "parameters", "course": "policies_over_time", "payoff": "payoff"}
    paths = {key: folder / f"{name}.png" for key, name in names.items()}
    history = experiment.history_path.with_suffix(".parquet")
    weights = tuple(experiment.optimizer.optimizee_fitness_weights)
    names_of_objectives = optimizee.parameters.objectives
    label = OBJECTIVES[names_of_objectives[0]].meaning if len(names_of_objectives) == 1 else "weighted fitness"
    fitness_by_generation(history, paths["fitness"], weights, label)
    parameters_by_generation(history, paths["parameters"], optimizee.bounds, weights)
    seeds = fresh_seeds(experiment.seed, Purpose.COMPARISON, min(N_RECORDED, comparison.table[0]["n_seeds"]))
    records = ensemble.records([(policy, seed) for policy in policies.values() for seed in seeds])
    by_name = {name: records[i * len(seeds) : (i + 1) * len(seeds)] for i, name in enumerate(policies)}
    policies_over_time(by_name, optimizee.config, paths["course"])
    payoff_comparison(comparison, paths["payoff"])
    return paths


def _money(gbp: float) -> str:
    return f"{'-' if gbp < 0 else ''}£{abs(gbp):,.0f}"


def _comparison_table(comparison: Comparison) -> list[dict]:
    return [
        {
            "policy": row["policy"],
            "mean profit (GBP)": row["mean_payoff"],
            "from": row["low"],
            "to": row["high"],
            "tuned earns more by (GBP)": row["difference"] if i > 0 else None,
            "at least": row["difference_low"] if i > 0 else None,
            "at most": row["difference_high"] if i > 0 else None,
            "adult females per fish": row["adult_females_per_fish"],
            "treatments": row["treatments"],
            "resistance": row["resistance"],
            "fish left": round(row["fish_left"]),
        }
        for i, row in enumerate(comparison.table)
    ]


def _comparison_text() -> str:
    return (
        "Profit of all farms together over the whole run, in GBP: what the stock gained in value and was sold for, "
        "less treatments and rent. Every policy met the same seeds; none of them was used in the search or to choose "
        "the winner. Intervals are 95 %; differences are tuned minus the other, paired by seed. Fish left are those in "
        "the cages on the last day: a farm that fallows, by its own choice or by order, sells its stock and, without a "
        "production cycle, is not stocked again."
    )


def _course_text() -> str:
    return (
        f"The median of up to {N_RECORDED} of these runs, and a band that holds nine in ten of them. Resistance is the "
        "frequency of the dominant, resistant allele among all lice."
    )


def _policy_text() -> str:
    return "Saved as best_policy.yaml; slim run OUT/NAME SCENARIO --treatment-strategy best_policy.yaml uses it."


def _policy_table(optimizee: SlimOptimizee, policy: Policy) -> list[dict]:
    tuned = {q.name: q for q in optimizee.tuned}
    rows = []
    for i, name in enumerate(policy.names):
        if name not in tuned:
            continue
        row: dict[str, Any] = {"parameter": name}
        if policy.values.ndim == 1:
            row["value"] = float(policy.values[i])
        else:
            row |= {farm.name: float(policy.values[f, i]) for f, farm in enumerate(optimizee.config.farms)}
        rows.append(row | {"lowest": tuned[name].low, "highest": tuned[name].high})
    return rows


def _front_sections(experiment: Any) -> list[Section]:
    """What a search for several objectives found besides the winner; nothing where there is one."""
    front = getattr(experiment.optimizer, "pareto_front", None)
    if not front:
        return []
    text = (
        f"{len(front)} policies are on the Pareto front: none that was tried is at least as good in every objective "
        "and better in one. They are shown, and stand in front.csv, as they were simulated in the search, so that "
        "their lucky runs count. The winner above has the greatest weighted sum of the objectives on fresh seeds, out "
        "of the best by that sum and what the optimizer recommends."
    )
    figures = experiment.run_folder / "figures"
    return [Section("The compromises", text, figures=[figures / "front.png", figures / "hypervolume.png"])]


def _search_text(optimizee: SlimOptimizee, scores: np.ndarray) -> str:
    p = optimizee.parameters
    times = "once" if p.replicates == 1 else f"{p.replicates} times"
    return (
        f"Each individual was simulated {times}, all of a generation on the same seeds. The fitness "
        f"of the best is too good to be true, since it was also lucky: the {len(scores)} best were simulated again on "
        f"{p.selection_seeds} fresh seeds, and the winner chosen by these (best {scores.max():,.0f}, worst "
        f"{scores.min():,.0f})."
    )
