"""Hypotheses of the published study: their signs, their verdicts, and the simulations they rest on."""

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.studies.findings import (
    COOPERATION,
    FINDINGS,
    NETWORKS,
    Hypothesis,
    cells,
    cooperation_cell,
    hypotheses,
    judge,
)
from l2l.optimizees.slim.studies.run_summary import RunSummary
from l2l.optimizees.slim.types.policies import Family

N_RUNS = 12


def made(infestation=1.0, resistance=0.01, treatments=10, payoff=1e6, farms=None, seed=0):
    """Runs around these means."""
    rng = np.random.default_rng(seed)
    farms = np.full(9, infestation) if farms is None else np.asarray(farms, float)
    return [
        RunSummary(
            infestation * rng.normal(1, 0.01),
            resistance * rng.normal(1, 0.01),
            round(treatments * rng.normal(1, 0.01)),
            payoff * rng.normal(1, 0.01),
            farms * rng.normal(1, 0.01, 9),
        )
        for _ in range(N_RUNS)
    ]


def study_as_published():
    """Runs in which all findings hold."""
    runs = {}
    for i, network in enumerate(NETWORKS):
        farms = {"path": np.arange(1, 10), "bipath": [1, 2, 3, 4, 4, 4, 3, 2, 1]}.get(network)
        order = {"path": 1, "bipath": 2, "circle": 2, "bicircle": 3, "mesh": 4}[network]
        runs[f"{network}, untreated"] = made(resistance=0.01, farms=farms, seed=i)
        runs[f"{network}, treated"] = made(order, 0.02 * order, 10 * order, farms=farms, seed=10 + i)
    for i, c in enumerate(COOPERATION):
        runs[cooperation_cell(c)] = made(2 - c, resistance=0.01 * (1 + c), payoff=1e6 * (1 + c), seed=20 + i)
    runs["each by itself"] = made(2.0, payoff=1e6, seed=30)
    runs["all together"] = made(1.0, resistance=0.02, payoff=2e6, seed=31)
    runs["EMB only"] = made(resistance=0.1, seed=32)
    runs["Thermolicer only"] = made(resistance=0.01, seed=33)
    return runs


def test_all_findings_have_hypotheses_on_cells_that_exist():
    tested = hypotheses()
    assert {h.finding for h in tested} == set(FINDINGS)
    runs = {name: made() for name in cells()}
    assert all(h.difference(runs).shape == (N_RUNS,) for h in tested)


def test_findings_are_supported_where_they_hold_and_the_control_is_as_expected():
    verdicts = judge(hypotheses(), study_as_published())
    assert {v.verdict for v in verdicts if v.expected is not None} == {"supported"}
    assert [v.verdict for v in verdicts if v.expected is None] == ["as expected"]


def test_findings_are_reversed_where_the_opposite_holds():
    runs = {
        name: [one._replace(resistance=-one.resistance) for one in own] for name, own in study_as_published().items()
    }
    by_measure = {}
    for v in judge(hypotheses(), runs):
        by_measure.setdefault(v.measure, set()).add((v.verdict, v.expected))
    assert by_measure["resistance"] == {("reversed", 1), ("supported", 0)}
    assert by_measure["treatments"] == {("supported", 1)}


def test_control_finds_a_gradient_where_there_must_be_none():
    runs = study_as_published() | {"circle, treated": made(2, 0.04, 20, farms=np.arange(1, 10))}
    (control,) = [v for v in judge(hypotheses(), runs) if v.expected is None]
    assert control.verdict == "unexpected"


def test_no_difference_is_not_supported_and_runs_without_a_value_are_left_out():
    differences = np.random.default_rng(0).normal(0, 1, 30)
    differences[:3] = np.nan
    (verdict,) = judge([Hypothesis("position", "none", "payoff", 1, lambda runs: differences)], {})
    assert verdict.verdict == "not supported" and verdict.n_runs == 27
    assert verdict.difference == pytest.approx(np.nanmean(differences))


def test_intervals_hold_together():
    """More hypotheses, wider intervals: the confidence of each is 1 - 0.05 / n."""
    one = Hypothesis("position", "some", "payoff", 1, lambda runs: np.random.default_rng(1).normal(0, 1, 1000))
    widths = [v[0].high - v[0].low for v in (judge([one], {}), judge([one] * 10, {}))]
    assert widths[1] / widths[0] == pytest.approx(2.807 / 1.960, rel=0.01)


def test_cells_are_what_they_are_called():
    found = cells()
    config = Config.scenario("circle")
    families = {name: cell.policy(config).family for name, cell in found.items()}
    assert families["mesh, untreated"] == Family.UNTREATED and families["mesh, treated"] == Family.BERNOULLI
    assert found["cooperation 0.25"].overrides == {"farms.*.defection_proba": 0.75}
    emb = found["EMB only"].policy(config)
    by_name = dict(zip(emb.names, emb.values, strict=True))
    assert (by_name["EMB.aggregation"], by_name["THERMOLICER.aggregation"], by_name["cooperation"]) == (2.0, 12.0, 0.0)
