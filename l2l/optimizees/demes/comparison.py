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

Z95 = 1.959964  # quantile of the normal distribution


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
    reached = [outcome.shortfall == 0 for outcome in found]
    low, high = share_interval(sum(reached), len(reached))
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


def share_interval(n_successes: int, n: int) -> tuple[float, float]:
    """95 % confidence interval of a probability, by Wilson (1927), doi:10.2307/2276774."""
    p, z2 = n_successes / n, Z95**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
