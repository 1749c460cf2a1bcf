"""How far a report is from the model that was fitted to it, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .farm_report import FarmReport

LEAST_VARIANCE = 1.0  # of a standardised number: its error of observation, also where counts near 0 hardly vary
HARDLY_EVER = 0.01  # agreement below which the model is said not to give such a report


@dataclass(frozen=True)
class Misfit:
    """A report among reports that the model gives at the estimate.

    Attributes
    ----------
    residuals : float64[n]
        Standardised numbers of the report, less their mean in the simulated reports, over their standard deviation.
    agreement : float
        The share of the simulated reports that are at least as far from their mean as the report is.
    chi_square : float
        Sum of squared residuals per degree of freedom: about 1 where the model gives such reports.
    autocorrelation : float
        Of residuals of the same farm and quantity from one period to the next; nan without such pairs.
    usual_autocorrelation : (float, float)
        What 95 % of the simulated reports have.
    """

    residuals: np.ndarray
    agreement: float
    chi_square: float
    autocorrelation: float
    usual_autocorrelation: tuple[float, float]

    @property
    def is_bad(self) -> bool:
        """Whether the model hardly ever gives such a report."""
        return self.agreement < HARDLY_EVER

    @property
    def drifts(self) -> bool:
        """Whether residuals keep their sign for longer than those of simulated reports."""
        return self.autocorrelation > self.usual_autocorrelation[1]

    def furthest(self, n: int) -> np.ndarray:
        """Indices of the numbers with the largest residuals, the largest first."""
        return np.argsort(-np.abs(self.residuals), kind="stable")[:n]


def find_misfit(report: FarmReport, observed: np.ndarray, predicted: np.ndarray, n_parameters: int) -> Misfit:
    """Compare the standardised report float64[n] with simulated ones float64[n_runs, n]."""
    mean, variance = predicted.mean(axis=0), np.maximum(predicted.var(axis=0, ddof=1), LEAST_VARIANCE)
    residuals, simulated = (observed - mean) / np.sqrt(variance), (predicted - mean) / np.sqrt(variance)
    own, distances = (residuals**2).sum(), (simulated**2).sum(axis=1)
    pairs = following(report)
    usual = autocorrelation(simulated, pairs)
    known = usual[np.isfinite(usual)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return Misfit(
        residuals=residuals,
        agreement=float((1 + (distances >= own).sum()) / (1 + len(distances))),
        chi_square=float(own / max(1, len(observed) - n_parameters)),
        autocorrelation=float(autocorrelation(residuals, pairs)),
        usual_autocorrelation=(float(low), float(high)),
    )


def following(report: FarmReport) -> np.ndarray:
    """Numbers and those of the next period at the same farm, int64[2, n_pairs]."""
    order = np.lexsort((report.first, report.farm, report.quantity))
    a, b = order[:-1], order[1:]
    follows = (report.quantity[a] == report.quantity[b]) & (report.farm[a] == report.farm[b])
    follows &= report.last[a] + 1 == report.first[b]
    return np.array([a[follows], b[follows]])


def autocorrelation(residuals: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Correlation about 0 of residuals float64[..., n] with the following ones."""
    now, then = residuals[..., pairs[0]], residuals[..., pairs[1]]
    scale = np.sqrt((now**2).sum(axis=-1) * (then**2).sum(axis=-1))
    product = (now * then).sum(axis=-1)
    return np.divide(product, scale, out=np.full(np.shape(product), np.nan), where=scale > 0)
