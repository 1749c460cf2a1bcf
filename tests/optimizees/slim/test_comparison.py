"""Choosing a winner and comparing it, on seeds of their own."""

import csv

import numpy as np
import pytest
from scipy.stats import bootstrap, ttest_1samp

from l2l.optimizees.slim.comparison import compare, fresh_seeds, interval, select
from l2l.optimizees.slim.ensemble import Ensemble
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.utils.seeds import Purpose


@pytest.fixture(scope="module")
def shared():
    return build_shared(Config.scenario("Fyne", end_date="2019-01-01 00:00:00"))


@pytest.fixture(scope="module")
def policies():
    return {name: Policy.built_in(name) for name in ("mosaic", "untreated", "bernoulli")}


def test_outcomes_do_not_depend_on_the_number_of_threads(shared, policies):
    runs = [(p, s) for p in policies.values() for s in fresh_seeds(1, Purpose.COMPARISON, 4)]
    alone, together = Ensemble(shared, 1).outcomes(runs), Ensemble(shared, 3).outcomes(runs)
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.payoff, b.payoff)


def test_interval_is_students():
    values = np.random.default_rng(0).normal(3.0, 2.0, 50)
    expected = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert interval(values) == pytest.approx((expected.low, expected.high))
    resampled = bootstrap((values,), np.mean, rng=1).confidence_interval
    assert interval(values) == pytest.approx((resampled.low, resampled.high), abs=0.15)


def test_differences_are_paired_by_seed(shared, policies):
    comparison = compare(Ensemble(shared), policies, fresh_seeds(2, Purpose.COMPARISON, 6))
    first, rival = comparison.payoffs["mosaic"], comparison.payoffs["untreated"]
    row = comparison.table[1]
    assert row["difference"] == pytest.approx((first - rival).mean())
    assert (row["difference_low"], row["difference_high"]) == pytest.approx(interval(first - rival))
    assert comparison.table[0]["difference"] == 0.0
    assert row["fish_left"] == 0 < comparison.table[0]["fish_left"]  # untreated farms are ordered to fallow
    assert comparison.best_rival["mean_payoff"] == max(r["mean_payoff"] for r in comparison.table[1:])


def test_table_is_written_as_csv(shared, policies, tmp_path):
    comparison = compare(Ensemble(shared), policies, fresh_seeds(2, Purpose.COMPARISON, 3))
    comparison.save(tmp_path / "comparison.csv")
    with open(tmp_path / "comparison.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["policy"] for row in rows] == list(policies)
    assert [float(row["mean_payoff"]) for row in rows] == [row["mean_payoff"] for row in comparison.table]


def test_winner_is_the_best_on_the_fresh_seeds(shared, policies):
    seeds = fresh_seeds(3, Purpose.SELECTION, 5)
    ensemble = Ensemble(shared)
    winner, scores = select(ensemble, list(policies.values()), ["mean_payoff"], [1.0], seeds)
    means = [compare(ensemble, {"x": p}, seeds).table[0]["mean_payoff"] for p in policies.values()]
    np.testing.assert_allclose(scores, means)
    assert winner == int(np.argmax(means))
    loser, _ = select(ensemble, list(policies.values()), ["mean_payoff"], [-1.0], seeds)
    assert loser == int(np.argmin(means))


def test_selection_and_comparison_use_different_seeds():
    selection = fresh_seeds(0, Purpose.SELECTION, 50)
    comparison = fresh_seeds(0, Purpose.COMPARISON, 200)
    states = {tuple(s.generate_state(4)) for s in [*selection, *comparison]}
    assert len(states) == 250
