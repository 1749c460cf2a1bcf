"""How a report comes about, given what really happened on the farms: the observation model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..simulation.record import Record
from .farm_report import LICE, FarmReport

MORTALITY_RESOLUTION = 0.1  # per cent: standard deviation of a reported mortality near 0; reports have one decimal


class Reporting(NamedTuple):
    """How farms count.

    Lice are counted on ``n`` fish; counts per fish are negative binomial with mean m (adult females per fish, mean
    over cages and over the days of the period) and dispersion k, so that the reported mean has the variance
    ``(m + m^2 / k) / n``. The reported mortality is normal about the true one, x per cent of the fish, with the
    variance ``0.1^2 + (c x)^2``.
    """

    fish_sampled: int = 100  # n, in one period
    dispersion: float = 1.0  # k; the smaller, the more the lice sit on few fish
    mortality_error: float = 0.2  # c, coefficient of variation

    def standardised(self, report: FarmReport, values: np.ndarray) -> np.ndarray:
        """Numbers such as those of the report, transformed so that the error of observation has the variance 1.

        The transforms ``int dx / sd(x)`` of both variances: ``2 sqrt(n k) asinh(sqrt(m / k))`` and
        ``asinh(c x / 0.1) / c``.

        Parameters
        ----------
        values : float64[..., n]
            In the order of ``report``.
        """
        n, k, c = self
        lice = 2 * np.sqrt(n * k) * np.arcsinh(np.sqrt(values / k))
        mortality = np.arcsinh(c * values / MORTALITY_RESOLUTION) / c
        return np.where(report.quantity == LICE, lice, mortality)

    def draw(self, report: FarmReport, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A report of farms on which ``truth`` float64[..., n] happened."""
        n, k, c = self
        lice = rng.poisson(n * truth * rng.standard_gamma(n * k, truth.shape) / (n * k)) / n
        error = np.sqrt(MORTALITY_RESOLUTION**2 + (c * truth) ** 2)
        mortality = np.clip(truth + error * rng.standard_normal(truth.shape), 0, 100)
        return np.where(report.quantity == LICE, lice, mortality)


def truth(report: FarmReport, record: Record) -> np.ndarray:
    """What really happened in a run where the report has its numbers, float64[n].

    Adult females per fish (mean over cages) averaged over the days; and dead fish in per cent of the mean number of
    fish on the farm. A farm without fish has neither lice nor deaths.
    """
    days = (report.last - report.first + 1).astype(float)

    def total(daily: np.ndarray) -> np.ndarray:  # daily: [d, f]
        so_far = np.vstack([np.zeros(daily.shape[1]), np.cumsum(daily, axis=0)])
        return so_far[report.last + 1, report.farm] - so_far[report.first, report.farm]

    fish = total(record.fish_population) / days
    deaths = total(record.dead_fish)
    mortality = 100 * np.divide(deaths, fish, out=np.zeros(len(report)), where=fish > 0)
    return np.where(report.quantity == LICE, total(record.aggregation) / days, np.minimum(mortality, 100))
