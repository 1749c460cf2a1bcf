"""What a tuned policy is worth: the end of an experiment with the SLIM optimizee."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.utils.history import read_history
from l2l.utils.replication import settled
from l2l.utils.seeds import Purpose

from .comparison import Comparison, compare, fresh_seeds, select
from .ensemble import Ensemble
from .simulation.policies import BUILT_IN, Policy

if TYPE_CHECKING:
    from .optimizee import SlimOptimizee

logger = logging.getLogger("utils.slim")

TUNED = "tuned"


def conclude(optimizee: SlimOptimizee, experiment: Any) -> Comparison:
    """Choose the winner among the best individuals, compare it, and write all that a user wants to see.

    Files in the run folder: ``best_policy.yaml``, ``comparison.csv``, ``figures/*.png`` and ``report.html``.
    """
    p = optimizee.parameters
    folder = experiment.run_folder
    n_threads = min(int(experiment.traj.runner_params.params["max_workers"]), os.cpu_count() or 1)
    ensemble = Ensemble(optimizee.simulator.shared, n_threads)

    finalists = find_finalists(optimizee, experiment)
    logger.info("evaluating %d finalists on %d fresh seeds", len(finalists), p.selection_seeds)
    weights = experiment.optimizer.optimizee_fitness_weights
    seeds = fresh_seeds(experiment.seed, Purpose.SELECTION, p.selection_seeds)
    winner, scores = select(ensemble, finalists, p.objectives, weights, seeds)
    finalists[winner].save(folder / "best_policy.yaml")

    logger.info("comparing the winner with the built-in policies on %d other seeds", p.comparison_seeds)
    policies = {TUNED: finalists[winner], **{name: Policy.built_in(name) for name in BUILT_IN}}
    seeds = fresh_seeds(experiment.seed, Purpose.COMPARISON, p.comparison_seeds)
    comparison = compare(ensemble, policies, seeds)
    comparison.save(folder / "comparison.csv")

    from .presentation import present

    present(optimizee, experiment, ensemble, policies, comparison, scores)
    return comparison


def find_finalists(optimizee: SlimOptimizee, experiment: Any) -> list[Policy]:
    """The best individuals of the history and what the experiment recommends, without repetition."""
    weights = np.asarray(experiment.optimizer.optimizee_fitness_weights, float)
    names = [q.name for q in optimizee.tuned]
    best: dict[str, tuple[float, int, int, dict[str, Any]]] = {}  # the order of records has no say
    for record in settled(read_history(experiment.history_path), weights.tolist()):
        fitness = record.get("fitness")
        if not fitness or any(f is None for f in fitness):
            continue
        individual = {name: record["parameters"][name] for name in names}
        entry = (float(weights @ fitness), -record["generation"], -record["index"], individual)
        key = repr(individual)
        best[key] = max(best.get(key, entry), entry, key=_rank)
        if len(best) > optimizee.parameters.finalists:
            del best[min(best, key=lambda key: _rank(best[key]))]
    policies = [_policy(optimizee, entry[-1]) for entry in sorted(best.values(), key=_rank, reverse=True)]
    recommended = experiment.recommend()
    if recommended is not None:
        policy = _policy(optimizee, recommended)
        if not any(np.array_equal(policy.values, other.values) for other in policies):
            policies.append(policy)
    return policies


def _rank(entry: tuple[float, int, int, dict[str, Any]]) -> tuple[float, int, int]:
    """By fitness; of equal ones the first."""
    return entry[:3]


def _policy(optimizee: SlimOptimizee, individual: dict[str, Any]) -> Policy:
    """Of an individual as the history or an optimizer has it."""
    return optimizee.policy({name: np.asarray(value, float) for name, value in individual.items()})
