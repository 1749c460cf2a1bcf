"""What a policy may be tuned for: numbers that replicate runs give, one per objective."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from l2l.errors import nearest

if TYPE_CHECKING:  # the simulator loads numba
    from .simulation.simulator import Outcome

LOWER_QUANTILE = 0.1


class Objective(NamedTuple):
    """A figure of an ensemble of runs."""

    measure: Callable[[Sequence[Outcome]], float]
    weight: float  # of its usual direction: 1 to maximise, -1 to minimise
    meaning: str


def payoffs(outcomes: Sequence[Outcome]) -> np.ndarray:
    """Profit of all farms together in each run, GBP, float64[n_runs]."""
    return np.array([o.payoff.sum() for o in outcomes])


def mean_payoff(outcomes: Sequence[Outcome]) -> float:
    return float(payoffs(outcomes).mean())


def low_payoff(outcomes: Sequence[Outcome]) -> float:
    return float(np.quantile(payoffs(outcomes), LOWER_QUANTILE))


def resistance(outcomes: Sequence[Outcome]) -> float:
    values = np.array([o.resistance.mean() for o in outcomes])
    return float(np.where(np.isnan(values), 0.0, values).mean())  # where no louse is left, none resists


def adult_females(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([o.aggregation.mean() for o in outcomes]))


def treatments(outcomes: Sequence[Outcome]) -> float:
    return float(np.mean([o.treatments.sum() for o in outcomes]))


OBJECTIVES = {
    "mean_payoff": Objective(mean_payoff, 1.0, "mean profit of all farms together (GBP)"),
    "low_payoff": Objective(low_payoff, 1.0, "profit that nine runs in ten exceed (GBP)"),
    "resistance": Objective(resistance, -1.0, "frequency of the resistant alleles on the last day"),
    "adult_females": Objective(adult_females, -1.0, "adult females per fish, mean over farms and days"),
    "treatments": Objective(treatments, -1.0, "treatments used by all farms together"),
}


def find_objectives(names: Sequence[str]) -> list[Objective]:
    """The objectives of these names.

    Raises
    ------
    ValueError
        If there is none, or a name is unknown; with the nearest.
    """
    if isinstance(names, str) or not names:
        raise ValueError(f"objectives must be a list of names out of {', '.join(OBJECTIVES)}; got {names!r}")
    for name in names:
        if name not in OBJECTIVES:
            raise ValueError(f"no objective {name!r}{nearest(name, OBJECTIVES)}")
    return [OBJECTIVES[name] for name in names]
