"""A run in a few numbers: what rule sets, networks and policies are compared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.kernels.genetics import dominant_share, n_genes_of
from l2l.optimizees.slim.kernels.stages import L5F
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.record import Record

LAST_DAYS = 90  # of a run, over which resistance is measured


class RunSummary(NamedTuple):
    """Figures of one run."""

    infestation: float  # adult females per fish, over all days on which there are fish
    resistance: float  # frequency of the dominant alleles among all lice of the last 90 days; nan without lice
    treatments: int  # accepted requests of all farms
    payoff: float  # of all farms, GBP
    farm_infestation: np.ndarray  # float64[f]


def summarise_run(record: Record) -> RunSummary:
    """The figures of a run from its days."""
    females, fish = record.lice[:, :, L5F].sum(axis=2), record.fish_population  # (d, f)
    last = record.lice[-LAST_DAYS:].sum(axis=(0, 1, 2))  # (g,)
    share = dominant_share(n_genes_of(len(last))).mean(axis=1)
    return RunSummary(
        infestation=females.sum() / max(1, fish.sum()),
        resistance=last @ share / last.sum() if last.any() else float("nan"),
        treatments=int(record.treatments_used[-1].sum()),
        payoff=float(record.payoff.sum()),
        farm_infestation=females.sum(axis=0) / np.maximum(1, fish.sum(axis=0)),
    )


def simulate_summaries(config: Config, policy: Policy, seeds: Sequence[int], n_threads: int = 1) -> list[RunSummary]:
    """The figures of a run for each seed."""
    runs = [(policy, np.random.SeedSequence(seed)) for seed in seeds]
    return Ensemble(config, n_threads).measured(runs, summarise_run)
