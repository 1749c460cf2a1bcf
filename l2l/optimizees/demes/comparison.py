"""How often plans of releases reach the goal, on seeds that no search has seen."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.optimizees.demes.releases import Releases

if TYPE_CHECKING:
    from l2l.optimizees.demes.optimizee import DemesOptimizee, Outcome


def outcomes(
    optimizee: DemesOptimizee,
    releases: Releases,
    seeds: Sequence[np.random.SeedSequence],
    settings: Mapping[str, Any] | None = None,
    n_threads: int = 1,
) -> list[Outcome]:
    """What comes of a plan under each seed; a thread has a population of its own."""
    shares = [seeds[k::n_threads] for k in range(min(n_threads, len(seeds)))]

    def some(own: Sequence[np.random.SeedSequence]) -> list[Outcome]:
        mine = copy.copy(optimizee)
        return [mine.outcome(releases, seed, settings) for seed in own]

    with ThreadPoolExecutor(len(shares)) as pool:
        found = list(pool.map(some, shares))
    ordered: list[Any] = [None] * len(seeds)
    for k, part in enumerate(found):
        ordered[k::n_threads] = part
    return ordered


def row(name: str, found: Sequence[Outcome], n_trips: int) -> dict[str, Any]:
    """A plan in the table of a comparison: what it costs, and how often it reaches the goal."""
    from scipy.stats import binomtest  # takes half a second to import

    reached = [outcome.shortfall == 0 for outcome in found]
    low, high = binomtest(sum(reached), len(reached)).proportion_ci(method="wilson")
    return {
        "plan": name,
        "cost": found[0].cost,
        "releases": n_trips,
        "released": found[0].n_released,
        "goal reached": sum(reached) / len(reached),
        "low": low,
        "high": high,
        "share": float(np.mean([outcome.share for outcome in found])),
        "ticks": float(np.median([outcome.ticks for outcome in found])),
        "n_seeds": len(found),
    }
