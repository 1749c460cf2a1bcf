"""How far a report is from simulated ones."""

import numpy as np
import pytest

from l2l.optimizees.slim.fitting.farm_report import FarmReport
from l2l.optimizees.slim.fitting.misfit import autocorrelation, find_misfit, following

N_FARMS, N_MONTHS = 2, 12


@pytest.fixture
def report():
    """Lice counts of two farms, twelve periods of ten days, in an order of no meaning."""
    farm, month = np.divmod(np.random.default_rng(3).permutation(N_FARMS * N_MONTHS), N_MONTHS)
    zeros = np.zeros(len(farm), int)
    return FarmReport(zeros, farm, 10 * month, 10 * month + 9, zeros.astype(float), [])


@pytest.fixture
def simulated():
    return np.random.default_rng(1).normal(5, 2, (199, N_FARMS * N_MONTHS))


def test_report_of_the_model_fits(report, simulated):
    misfit = find_misfit(report, np.random.default_rng(2).normal(5, 2, N_FARMS * N_MONTHS), simulated, 2)
    assert misfit.agreement > 0.05 and not misfit.is_bad and not misfit.drifts
    assert misfit.chi_square == pytest.approx((misfit.residuals**2).sum() / 22)
    assert 0.4 < misfit.chi_square < 1.8


def test_agreement_is_the_share_of_reports_further_away(report, simulated):
    assert find_misfit(report, simulated.mean(axis=0), simulated, 1).agreement == 1
    assert find_misfit(report, np.full(N_FARMS * N_MONTHS, 15.0), simulated, 1).agreement == 1 / 200


def test_number_that_is_off_is_found(report, simulated):
    observed = simulated.mean(axis=0)
    observed[7] -= 20
    observed[3] += 30
    misfit = find_misfit(report, observed, simulated, 1)
    assert misfit.is_bad and misfit.furthest(2).tolist() == [3, 7]
    assert misfit.residuals[3] == pytest.approx(15, rel=0.2) and misfit.residuals[7] < 0


def test_residuals_that_last_are_told_from_those_that_do_not(report, simulated):
    season = np.where(report.first < 60, 8.0, -8.0)
    assert find_misfit(report, 5 + season, simulated, 1).drifts
    every_other = np.where(report.first // 10 % 2, 8.0, -8.0)
    misfit = find_misfit(report, 5 + every_other, simulated, 1)
    assert misfit.is_bad and not misfit.drifts and misfit.autocorrelation < -0.9


def test_pairs_are_of_one_farm_and_of_periods_that_follow(report):
    now, then = following(report)
    assert len(now) == N_FARMS * (N_MONTHS - 1)
    assert (report.farm[now] == report.farm[then]).all() and (report.first[then] - report.first[now] == 10).all()
    assert autocorrelation(np.ones(24), following(report)) == pytest.approx(1)


def test_autocorrelation_of_a_single_period_is_not_known(simulated):
    alone = FarmReport(*np.array([[0, 0], [0, 1], [0, 0], [9, 9]]), np.zeros(2), [])
    misfit = find_misfit(alone, np.array([9.0, 9.0]), simulated[:, :2], 1)
    assert np.isnan(misfit.autocorrelation) and not misfit.drifts
