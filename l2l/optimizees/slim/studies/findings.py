"""The findings of Trombetta et al. (2023), doi:10.1371/journal.pone.0294708, as hypotheses about our model.

The study simulates nine equal farms on five networks; farms report their lice, the organisation asks all of them to
treat, and each treats with some probability. Cells are the conditions to simulate, every one on the same seeds, and a
hypothesis is a difference between cells or farms with the sign that the study's finding gives it. A control is a
difference that must not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from l2l.optimizees.slim.comparison import CONFIDENCE, interval
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import TUNABLE, Policy
from l2l.optimizees.slim.studies.run_summary import RunSummary

NETWORKS = ("path", "bipath", "circle", "bicircle", "mesh")
SWEPT = "circle"  # network on which cooperation is varied
COOPERATION = (0.0, 0.25, 0.5, 0.75, 1.0)  # probability to treat when asked to
TREAT_AT = 2.0  # adult females per fish: the organisation's own threshold

FINDINGS = {
    "resistance": "Treatment drives selection for resistance.",
    "coordination": "Coordination between managers is key.",
    "position": "A farm's position in the network changes its infestation.",
    "topology": "The topology of the network changes infestation, treatments, and with them resistance.",
}

Cells = Mapping[str, Sequence[RunSummary]]


class Cell(NamedTuple):
    """A condition: a network, what its farms do, and other values of its keys."""

    network: str
    policy: Callable[[Config], Policy]
    overrides: Mapping[str, float]


class Hypothesis(NamedTuple):
    """A statement about a difference that every run has a value of.

    Attributes
    ----------
    expected : int, optional
        1 or -1 for its sign, 0 if the finding says only that there is one, None in a control.
    difference : float64[n_runs] of the runs of all cells
        Paired by seed; nan where a run has none.
    """

    finding: str
    statement: str
    measure: str
    expected: int | None
    difference: Callable[[Cells], np.ndarray]


class Verdict(NamedTuple):
    """What runs say about a hypothesis."""

    finding: str
    statement: str
    measure: str
    expected: int | None
    difference: float  # mean over the runs
    low: float  # simultaneous interval: all of them hold together with 95 %
    high: float
    n_runs: int
    verdict: str  # supported, not supported, reversed; of a control: as expected, unexpected


def cells() -> dict[str, Cell]:
    """The conditions by name."""

    def built_in(name: str) -> Callable[[Config], Policy]:
        return lambda config: Policy.built_in(name)

    def triggered(**parameters: float) -> Callable[[Config], Policy]:
        """Treat from the threshold on, with ``cooperation`` also when another farm is there."""
        named = {name.replace("__", "."): value for name, value in parameters.items()}
        return lambda config: Policy.from_parameters(TUNABLE["threshold"], config, named)

    found = {}
    for network in NETWORKS:
        found[f"{network}, untreated"] = Cell(network, built_in("untreated"), {})
        found[f"{network}, treated"] = Cell(network, built_in("bernoulli"), {})
    for cooperation in COOPERATION:
        overrides = {"farms.*.defection_proba": 1.0 - cooperation}
        found[cooperation_cell(cooperation)] = Cell(SWEPT, built_in("bernoulli"), overrides)
    both = {"EMB__aggregation": TREAT_AT, "THERMOLICER__aggregation": TREAT_AT}
    found["each by itself"] = Cell(SWEPT, triggered(**both, cooperation=0.0), {})
    found["all together"] = Cell(SWEPT, triggered(**both, cooperation=1.0), {})
    found["EMB only"] = Cell(SWEPT, triggered(EMB__aggregation=TREAT_AT), {})
    found["Thermolicer only"] = Cell(SWEPT, triggered(THERMOLICER__aggregation=TREAT_AT), {})
    return found


def cooperation_cell(cooperation: float) -> str:
    """Name of the cell in which farms treat with that probability when they are asked to."""
    return f"cooperation {cooperation:g}"


def hypotheses() -> list[Hypothesis]:
    """What the study found, and a control, in the order of `FINDINGS`."""
    return [*_resistance(), *_coordination(), *_position(), *_topology()]


def _resistance() -> list[Hypothesis]:
    by_network = [
        _contrast("resistance", f"{n}: treated against untreated", "resistance", 1, f"{n}, treated", f"{n}, untreated")
        for n in NETWORKS
    ]
    drug = _contrast(
        "resistance",
        f"{SWEPT}: EMB against Thermolicer, which none resists",
        "resistance",
        1,
        "EMB only",
        "Thermolicer only",
    )
    return [*by_network, drug]


def _coordination() -> list[Hypothesis]:
    compared = {
        "all farms treat when asked, against none": (cooperation_cell(1.0), cooperation_cell(0.0)),
        "all treat when one has lice, against each by itself": ("all together", "each by itself"),
    }
    return [
        _contrast("coordination", f"{SWEPT}: {statement}", measure, expected, one, other)
        for statement, (one, other) in compared.items()
        for measure, expected in (("infestation", -1), ("payoff", 1), ("resistance", 0))
    ]


def _position() -> list[Hypothesis]:
    ends, middle, first, last = [0, 8], [3, 4, 5], [0, 1, 2], [6, 7, 8]
    return [
        _between_farms("path: downstream against upstream farms", 1, "path, treated", last, first),
        _between_farms("path, untreated: downstream against upstream farms", 1, "path, untreated", last, first),
        _between_farms("bipath: farms in the middle against those at the ends", 1, "bipath, treated", middle, ends),
        _between_farms("circle, control: the same farms as on the path", None, "circle, treated", last, first),
    ]


def _topology() -> list[Hypothesis]:
    more_connected = (("bipath", "path"), ("circle", "path"), ("bicircle", "circle"), ("mesh", "bicircle"))
    return [
        _contrast("topology", f"{a} against {b}", measure, sign, f"{a}, treated", f"{b}, treated")
        for measure, sign in (("infestation", 1), ("treatments", 1), ("resistance", 1))
        for a, b in more_connected
    ]


def _contrast(finding: str, statement: str, measure: str, expected: int, one: str, other: str) -> Hypothesis:
    def difference(runs: Cells) -> np.ndarray:
        return values(runs[one], measure) - values(runs[other], measure)

    return Hypothesis(finding, statement, measure, expected, difference)


def _between_farms(statement: str, expected: int | None, cell: str, some: list[int], others: list[int]) -> Hypothesis:
    def difference(runs: Cells) -> np.ndarray:
        by_farm = values(runs[cell], "farm_infestation")  # (n_runs, 9)
        return by_farm[:, some].mean(axis=1) - by_farm[:, others].mean(axis=1)

    return Hypothesis("position", statement, "infestation", expected, difference)


def values(runs: Sequence[RunSummary], measure: str) -> np.ndarray:
    """A measure of every run, float64[n_runs] or, by farm, float64[n_runs, f]."""
    return np.array([getattr(run, measure) for run in runs], float)


def judge(tested: Sequence[Hypothesis], runs: Cells) -> list[Verdict]:
    """A verdict on each hypothesis; intervals are Bonferroni's, so that all hold together with 95 %."""
    confidence = 1.0 - (1.0 - CONFIDENCE) / len(tested)
    verdicts = []
    for h in tested:
        differences = h.difference(runs)
        differences = differences[np.isfinite(differences)]
        low, high = interval(differences, confidence)
        mean = float(differences.mean()) if len(differences) else float("nan")
        said = _judge(h.expected, low, high)
        verdicts.append(Verdict(*h[:4], mean, low, high, len(differences), said))
    return verdicts


def _judge(expected: int | None, low: float, high: float) -> str:
    differs = low > 0 or high < 0
    if expected is None:
        return "unexpected" if differs else "as expected"
    if not differs:
        return "not supported"
    if expected == 0 or (low > 0) == (expected > 0):
        return "supported"
    return "reversed"
