"""A report in as many numbers as there are parameters: the best linear guess of each."""

from __future__ import annotations

import numpy as np

PENALTIES = np.logspace(-3, 3, 13)  # times the number of simulated reports


class Summary:
    """Ridge regression of parameters on the reports that they gave.

    The posterior mean is the summary that loses least about a parameter (Fearnhead & Prangle 2012,
    doi:10.1111/j.1467-9868.2011.01010.x); this is its best linear approximation over the simulated range. The penalty
    is the one with the least squared error on reports left out.

    Parameters
    ----------
    parameters : float64[n_runs, n_parameters]
    reports : float64[n_runs, n]
        Standardised.

    Attributes
    ----------
    left_out : float64[n_runs, n_parameters]
        Summaries of the simulated reports, each by the slopes of a regression on all others. Their level is that of
        all runs: a mean over the others alone would fall, exactly, as the parameter left out rises, which says much
        of a parameter of which the reports say nothing.
    """

    def __init__(self, parameters: np.ndarray, reports: np.ndarray):
        self._low, self._high = reports.min(axis=0), reports.max(axis=0)
        self._mean = reports.mean(axis=0)
        spread = reports.std(axis=0)
        self._scale = np.where(spread > 0, spread, 1.0)
        self._level = parameters.mean(axis=0)
        u, d, v = np.linalg.svd((reports - self._mean) / self._scale, full_matrices=False)
        turned = u.T @ (parameters - self._level)
        n_runs = len(parameters)

        def left_out(penalty: float) -> np.ndarray:
            shrunk = d**2 / (d**2 + penalty * n_runs)
            leverage = (u**2) @ shrunk
            residual = parameters - self._level - u @ (shrunk[:, None] * turned)
            return parameters - residual / (1 - leverage)[:, None]

        guesses = [left_out(penalty) for penalty in PENALTIES]
        best = int(np.argmin([np.sum((guess - parameters) ** 2) for guess in guesses]))
        self.left_out = guesses[best]
        self._slope = v.T @ ((d / (d**2 + PENALTIES[best] * n_runs))[:, None] * turned)

    def __call__(self, report: np.ndarray) -> np.ndarray:
        """The summary of a report, float64[n_parameters].

        A number beyond all simulated ones counts as the outermost of these.
        """
        within = np.clip(report, self._low, self._high)
        return self._level + (within - self._mean) / self._scale @ self._slope
