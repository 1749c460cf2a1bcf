"""The observation model: what happened in a run, and the report of it."""

from types import SimpleNamespace

import numpy as np
import pytest

from l2l.optimizees.slim.fitting.farm_report import LICE, MORTALITY, FarmReport
from l2l.optimizees.slim.fitting.reporting import Reporting, truth
from l2l.optimizees.slim.simulation.record import allocate


def make_report(*rows):
    quantity, farm, first, last = np.array(rows, np.int64).T
    return FarmReport(quantity, farm, first, last, np.zeros(len(rows)), [])


def test_truth_is_the_mean_count_and_the_share_that_died():
    record = allocate(SimpleNamespace(n_farms=2, n_treatments=3, n_genotypes=3), 10)
    record.aggregation[:, 1] = np.arange(10)
    record.fish_population[:, 1] = 200
    record.dead_fish[2:4, 1] = [3, 5]
    report = make_report((LICE, 1, 2, 4), (MORTALITY, 1, 2, 4), (MORTALITY, 1, 0, 9), (MORTALITY, 0, 0, 9))
    assert truth(report, record).tolist() == [3, 4, 4, 0]  # the other farm has no fish


@pytest.mark.parametrize("mean", [0.1, 1.0, 8.0])
def test_counts_have_the_mean_and_variance_of_sampled_negative_binomials(mean):
    reporting, report = Reporting(fish_sampled=20, dispersion=0.7), make_report((LICE, 0, 0, 1))
    counts = reporting.draw(report, np.full((200_000, 1), mean), np.random.default_rng(1))[:, 0]
    variance = (mean + mean**2 / 0.7) / 20
    assert counts.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / 200_000))
    assert counts.var() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("dispersion", [0.5, 5.0])
@pytest.mark.parametrize("mean", [0.5, 2.0, 20.0])
def test_standardised_counts_have_an_error_of_one(mean, dispersion):
    reporting, report = Reporting(200, dispersion), make_report((LICE, 0, 0, 1))
    drawn = reporting.draw(report, np.full((20_000, 1), mean), np.random.default_rng(2))
    assert reporting.standardised(report, drawn).std() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("percent", [0.5, 2.0, 20.0])
def test_standardised_mortalities_have_an_error_of_one(percent):
    reporting, report = Reporting(mortality_error=0.1), make_report((MORTALITY, 0, 0, 1))
    drawn = reporting.draw(report, np.full((20_000, 1), percent), np.random.default_rng(3))
    assert drawn.std() == pytest.approx(np.hypot(0.1, 0.1 * percent), rel=0.03)
    assert reporting.standardised(report, drawn).std() == pytest.approx(1, rel=0.05)


def test_no_lice_are_counted_where_there_are_none_and_no_number_is_impossible():
    report = make_report((LICE, 0, 0, 1), (MORTALITY, 0, 0, 1))
    drawn = Reporting().draw(report, np.zeros((1000, 2)), np.random.default_rng(4))
    assert not drawn[:, 0].any()
    assert drawn[:, 1].min() == 0 and drawn[:, 1].max() < 0.5
