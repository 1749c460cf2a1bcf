"""Which policy is really the best: fresh seeds for the finalists, and others for the winner and its rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from l2l.utils.atomic import write_csv_atomically
from l2l.utils.seeds import Purpose, seed_sequence

from . import objectives
from .ensemble import Ensemble
from .simulation.farm_policies import AnyPolicy
from .simulation.policies import Policy
from .simulation.simulator import Outcome

CONFIDENCE = 0.95


def fresh_seeds(experiment_seed: int, purpose: Purpose, n_seeds: int) -> list[np.random.SeedSequence]:
    """Seeds that no evaluation of the search has used."""
    return [seed_sequence(experiment_seed, purpose, replicate=i) for i in range(n_seeds)]


def select(
    ensemble: Ensemble,
    finalists: Sequence[Policy],
    names: Sequence[str],
    weights: Sequence[float],
    seeds: Sequence[np.random.SeedSequence],
) -> tuple[int, np.ndarray]:
    """Evaluate the finalists again, all on the same fresh seeds.

    The best of many noisy values is too good to be true; on seeds that it was not chosen by it is not.

    Parameters
    ----------
    names, weights
        The objectives and their weights in the search.

    Returns
    -------
    int
        Index of the winner.
    float64[n_finalists]
        Weighted objectives of each.
    """
    runs = [(policy, seed) for policy in finalists for seed in seeds]
    outcomes = ensemble.outcomes(runs)
    measures = objectives.find_objectives(names)
    scores = np.empty(len(finalists))
    for i in range(len(finalists)):
        own = outcomes[i * len(seeds) : (i + 1) * len(seeds)]
        scores[i] = sum(w * o.measure(own) for w, o in zip(weights, measures, strict=True))
    return int(np.argmax(scores)), scores


@dataclass(frozen=True)
class Comparison:
    """The payoffs of several policies on the same seeds; the first is the one the others are compared with.

    Attributes
    ----------
    names : list of str
    payoffs : dict of str to float64[n_seeds]
        Profit of all farms, GBP.
    table : list of dict
        A row per policy: ``policy, mean_payoff, low, high`` (interval of the mean), ``difference,
        difference_low, difference_high`` (first policy minus this, paired by seed),
        ``adult_females_per_fish, treatments, resistance, fish_left, n_seeds``.
    """

    names: list[str]
    payoffs: dict[str, np.ndarray]
    table: list[dict]

    @property
    def best_rival(self) -> dict:
        """Row of the best of the others."""
        return max(self.table[1:], key=lambda row: row["mean_payoff"])

    def save(self, path: Path) -> None:
        """Write the table as CSV."""
        write_csv_atomically(path, self.table[0], (row.values() for row in self.table))


def compare(
    ensemble: Ensemble, policies: Mapping[str, AnyPolicy], seeds: Sequence[np.random.SeedSequence]
) -> Comparison:
    """Run every policy on every seed; differences are paired, since a seed gives all of them the same stock and sea."""
    names = list(policies)
    outcomes = ensemble.outcomes([(policy, seed) for policy in policies.values() for seed in seeds])
    by_name = {name: outcomes[i * len(seeds) : (i + 1) * len(seeds)] for i, name in enumerate(names)}
    payoffs = {name: objectives.payoffs(own) for name, own in by_name.items()}
    table = [_row(name, by_name[name], payoffs[name], payoffs[names[0]]) for name in names]
    return Comparison(names, payoffs, table)


def _row(name: str, outcomes: Sequence[Outcome], payoff: np.ndarray, first: np.ndarray) -> dict:
    low, high = interval(payoff)
    difference_low, difference_high = interval(first - payoff)
    return {
        "policy": name,
        "mean_payoff": float(payoff.mean()),
        "low": low,
        "high": high,
        "difference": float((first - payoff).mean()),
        "difference_low": difference_low,
        "difference_high": difference_high,
        "adult_females_per_fish": objectives.adult_females(outcomes),
        "treatments": objectives.treatments(outcomes),
        "resistance": objectives.resistance(outcomes),
        "fish_left": float(np.mean([o.fish.sum() for o in outcomes])),
        "n_seeds": len(payoff),
    }


def interval(values: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Student's confidence interval of the mean of independent ``values`` float64[n]."""
    n = len(values)
    if n < 2:
        return (float("nan"), float("nan"))
    half = stdtrit(n - 1, 0.5 + confidence / 2) * values.std(ddof=1) / np.sqrt(n)
    return (float(values.mean() - half), float(values.mean() + half))
