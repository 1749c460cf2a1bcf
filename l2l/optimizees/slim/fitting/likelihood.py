"""The likelihood of parameters given a summary of a report, learnt from simulated reports."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from scipy.optimize import minimize

MEAN_LOG_CHI2 = -1.2703628454614782  # of one degree of freedom: -log 2 - Euler's constant


class Likelihood:
    """Summaries are normal; their mean is quadratic in the parameters, their log variance linear.

    A synthetic likelihood (Wood 2010, doi:10.1038/nature09319) that is smooth, since its moments are regressions over
    all runs. It holds in the box [-1, 1] of the parameters that the runs were drawn from.

    Parameters
    ----------
    parameters : float64[n_runs, n_parameters]
        In that box.
    summaries : float64[n_runs, n_parameters]
        Of the reports they gave; for an honest variance by a regression that had not seen them.
    """

    def __init__(self, parameters: np.ndarray, summaries: np.ndarray):
        n = self.n_parameters = parameters.shape[1]
        pairs = list(combinations_with_replacement(range(n), 2))
        linear = np.column_stack([np.ones(len(parameters)), parameters])
        terms = np.column_stack([linear, *(parameters[:, i] * parameters[:, j] for i, j in pairs)])
        mean = np.linalg.lstsq(terms, summaries, rcond=None)[0]
        for _ in range(2):  # the variance from the residuals, then the mean weighted by the variance
            size = np.log(np.maximum((summaries - terms @ mean) ** 2, 1e-300)) - MEAN_LOG_CHI2
            log_variance = np.linalg.lstsq(linear, size, rcond=None)[0]
            weight = np.exp(-0.5 * linear @ log_variance)
            for k in range(n):
                w = weight[:, k]
                mean[:, k] = np.linalg.lstsq(terms * w[:, None], summaries[:, k] * w, rcond=None)[0]
        z = (summaries - terms @ mean) * weight
        self._precision = np.linalg.inv(z.T @ z / (len(z) - terms.shape[1]))
        # mean_k = c_k + b_k x + x Q_k x, log variance_k = d_k + e_k x
        self._c, self._b = mean[0], mean[1 : n + 1].T
        self._q = np.zeros((n, n, n))
        for row, (i, j) in zip(mean[n + 1 :], pairs, strict=True):
            self._q[:, i, j] += row / 2
            self._q[:, j, i] += row / 2
        self._d, self._e = log_variance[0], log_variance[1:].T

    def deviance(self, x: np.ndarray, summary: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus twice the log-likelihood of parameters ``x``, but for a constant, and its gradient."""
        qx = self._q @ x
        log_variance = self._d + self._e @ x
        scale = np.exp(-0.5 * log_variance)
        z = (summary - self._c - (self._b + qx) @ x) * scale
        dz = -(self._b + 2 * qx) * scale[:, None] - 0.5 * z[:, None] * self._e
        pz = self._precision @ z
        return float(z @ pz + log_variance.sum()), 2 * pz @ dz + self._e.sum(axis=0)

    def best(self, summary: np.ndarray, start: np.ndarray, fixed: int | None = None) -> tuple[np.ndarray, float]:
        """Parameters of the least deviance, and that deviance; parameter ``fixed`` stays as in ``start``."""
        free = [k for k in range(self.n_parameters) if k != fixed]
        if not free:
            return start, self.deviance(start, summary)[0]
        point = start.copy()

        def deviance(values: np.ndarray) -> tuple[float, np.ndarray]:
            point[free] = values
            value, gradient = self.deviance(point, summary)
            return value, gradient[free]

        # truncated Newton, for SciPy's L-BFGS-B has BLAS start threads for these few numbers
        found = minimize(deviance, start[free], jac=True, method="TNC", bounds=[(-1.0, 1.0)] * len(free))
        point[free] = found.x
        return point, float(found.fun)
