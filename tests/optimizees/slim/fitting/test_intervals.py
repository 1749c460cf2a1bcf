"""Estimates and intervals against closed forms: reports that are linear in the parameters, with known errors."""

import numpy as np
import pytest

from l2l.optimizees.slim.fitting import intervals
from l2l.optimizees.slim.fitting.intervals import Box, find_intervals
from l2l.optimizees.slim.fitting.likelihood import Likelihood
from l2l.optimizees.slim.fitting.summary import Summary
from l2l.optimizees.slim.simulation.config import ConfigError

N_NUMBERS = 12


class Line:
    """Reports ``A x + e``, where the errors of one report hang together."""

    def __init__(self, n_parameters, seed=0):
        rng = np.random.default_rng(seed)
        self.slope = rng.normal(size=(N_NUMBERS, n_parameters))
        mixed = rng.normal(size=(N_NUMBERS, N_NUMBERS))
        self.covariance = 0.05 * (mixed @ mixed.T / N_NUMBERS + 0.2 * np.eye(N_NUMBERS))
        self._root = np.linalg.cholesky(self.covariance)
        self.bounds = Box(np.full(n_parameters, -2.0), np.full(n_parameters, 3.0))

    def report(self, x, rng):
        return self.slope @ x + self._root @ rng.standard_normal(N_NUMBERS)

    def intervals(self, observed, seed=1, n_runs=400):
        rng = np.random.default_rng(seed)
        simulate = lambda points, _: np.array([self.report(x, rng) for x in points])  # noqa: E731
        middle = (self.bounds.low + self.bounds.high) / 2
        return find_intervals(simulate, observed, self.bounds, middle, n_runs, rng)

    def closed_form(self, observed):
        """Generalised least squares: estimates and their standard errors."""
        precision = np.linalg.inv(self.covariance)
        variance = np.linalg.inv(self.slope.T @ precision @ self.slope)
        return variance @ self.slope.T @ precision @ observed, np.sqrt(np.diag(variance))


@pytest.mark.parametrize("n_parameters", [1, 2])
def test_estimate_and_interval_are_those_of_generalised_least_squares(n_parameters):
    line = Line(n_parameters)
    observed = line.report(np.array([0.3, -0.4])[:n_parameters], np.random.default_rng(9))
    estimates, errors = line.closed_form(observed)
    for interval, estimate, error in zip(line.intervals(observed, n_runs=1000), estimates, errors, strict=True):
        assert interval.estimate == pytest.approx(estimate, abs=0.4 * error)
        assert 0.95 < (interval.high - interval.low) / (2 * 1.96 * error) < 1.3
        assert not (interval.open_low or interval.open_high)


def test_gradient_of_the_deviance_is_its_slope():
    rng = np.random.default_rng(8)
    x = rng.uniform(-1, 1, (200, 3))
    likelihood = Likelihood(x, x + 0.3 * x[:, ::-1] ** 2 + rng.normal(size=(200, 3)) * np.exp(0.3 * x))
    point, summary = np.array([0.2, -0.5, 0.7]), np.array([0.1, 0.4, -0.3])
    _, gradient = likelihood.deviance(point, summary)
    slope = [(likelihood.deviance(point + e, summary)[0] - likelihood.deviance(point - e, summary)[0]) / 2e-5
             for e in 1e-5 * np.eye(3)]  # fmt: skip
    assert gradient == pytest.approx(slope, rel=1e-5)


def test_interval_holds_the_truth_as_often_as_it_says():
    line, rng = Line(1, seed=3), np.random.default_rng(5)
    truths = rng.uniform(-1, 2, 30)
    found = [line.intervals(line.report(np.array([x]), rng), seed=i, n_runs=150)[0] for i, x in enumerate(truths)]
    held = sum(i.low <= x <= i.high for i, x in zip(found, truths, strict=True))
    assert held >= 25  # binomial(30, 0.95): fewer once in 300


def test_threshold_of_the_likelihood_ratio_is_never_below_chi_square_and_grows_with_rare_jumps():
    line = Line(1)
    (light,) = line.intervals(line.report(np.array([0.5]), np.random.default_rng(4)), n_runs=600)
    normal = line.report
    line.report = lambda x, rng: normal(x + rng.choice([-1.5, 0, 1.5], p=[0.04, 0.92, 0.04]), rng)
    (jumping,) = line.intervals(line.slope @ np.array([0.5]), n_runs=600)
    assert 3.84 < light.threshold < 6 < jumping.threshold


def test_parameter_without_effect_is_not_excluded_anywhere():
    line = Line(2)
    line.slope[:, 1] = 0
    known, unknown = line.intervals(line.report(np.array([0.5, 0.5]), np.random.default_rng(2)))
    assert (unknown.open_low, unknown.open_high) == (True, True)
    assert (unknown.low, unknown.high) == (-2, 3)
    assert not known.open_low and known.low < 0.5 < known.high


def test_search_moves_to_a_truth_far_from_where_it_starts():
    line = Line(1)
    observed = line.report(np.array([2.6]), np.random.default_rng(6))
    (interval,) = line.intervals(observed)
    assert interval.estimate == pytest.approx(line.closed_form(observed)[0][0], abs=0.05)


def test_interval_ends_openly_at_a_bound():
    line = Line(1)
    (interval,) = line.intervals(line.report(np.array([3.0]), np.random.default_rng(6)))
    assert interval.high == 3 and interval.open_high and not interval.open_low


def test_summary_left_out_is_that_of_a_regression_on_the_others():
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, (40, 1))
    reports = x @ rng.normal(size=(1, 5)) + 0.1 * rng.normal(size=(40, 5))
    whole, others = Summary(x, reports), Summary(x[1:], reports[1:])
    assert whole.left_out[0] == pytest.approx(others(reports[0]), abs=0.02)
    assert whole(reports[0]) != pytest.approx(whole.left_out[0], abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_reports_that_say_nothing_exclude_nothing(seed):
    line = Line(1)
    line.slope[:] = 0
    (unknown,) = line.intervals(line.report(np.array([0.5]), np.random.default_rng(seed)), seed=seed, n_runs=100)
    assert (unknown.low, unknown.high, unknown.open_low, unknown.open_high) == (-2, 3, True, True)


def test_interval_that_does_not_fit_its_box_is_not_settled(monkeypatch):
    line = Line(1)
    observed = line.report(np.array([2.6]), np.random.default_rng(6))
    assert line.intervals(observed)[0].settled
    monkeypatch.setattr(intervals, "MOST_ROUNDS", 1)  # of which the box ends before the truth
    assert not line.intervals(observed)[0].settled


def test_reports_that_never_vary_are_refused():
    line = Line(1)
    line.report = lambda x, rng: np.zeros(N_NUMBERS)
    with pytest.raises(ConfigError, match="all of 100 simulated reports are the same"):
        line.intervals(np.zeros(N_NUMBERS), n_runs=100)


def test_ends_of_a_box_are_exact():
    low, high = np.sort(np.random.default_rng(1).normal(size=(2, 1000)), axis=0)
    box = Box(low, high)
    assert np.array_equal(box.outer(np.full(1000, -1.0)), low) and np.array_equal(box.outer(np.ones(1000)), high)
    assert box.inner(box.outer(np.full(1000, 0.3))) == pytest.approx(np.full(1000, 0.3))
