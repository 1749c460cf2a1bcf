"""Estimates and confidence intervals of the fitted parameters, from simulated reports."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, chi2
from scipy.stats.qmc import LatinHypercube

from ..simulation.config_checks import ConfigError
from .likelihood import Likelihood
from .summary import Summary

logger = logging.getLogger("utils.slim")

CONFIDENCE = 0.95
FIRST_WIDTH = 0.5  # of the first box, in widths of the bounds
MARGIN = 0.75  # of the next box beyond the intervals, on each side, in widths of the intervals
GREATEST_WIDTH = 4.0  # of the box, in widths of its interval, for which the quadratic is trusted
MOST_ROUNDS = 8
GRID = 81  # points of a profile
N_CALIBRATION = 300  # simulated reports by which the threshold of the likelihood ratio is set

Simulate = Callable[[np.ndarray, int], np.ndarray]  # coordinates [n_runs, n_parameters], round -> reports [n_runs, n]


@dataclass(frozen=True)
class Interval:
    """A parameter's estimate and its 95 % confidence interval, as coordinates.

    Attributes
    ----------
    low, high : float
        An end at a bound (``open_low``, ``open_high``) says only that the report does not exclude the bound.
    settled : bool
        Whether the box that was searched holds it, and is not much wider; else its ends are not to be trusted.
    grid, profile : float64[n]
        Coordinates, and by how much the least deviance there exceeds that of the estimate.
    threshold : float
        The excess up to which a coordinate belongs to the interval.
    """

    estimate: float
    low: float
    high: float
    open_low: bool
    open_high: bool
    settled: bool
    grid: np.ndarray
    profile: np.ndarray
    threshold: float


@dataclass(frozen=True)
class Box:
    """The coordinates from ``low`` to ``high``, float64[n_parameters] each; its own run from -1 to 1."""

    low: np.ndarray
    high: np.ndarray

    def inner(self, coordinates: np.ndarray) -> np.ndarray:
        return 2 * (coordinates - self.low) / (self.high - self.low) - 1

    def outer(self, inner: np.ndarray) -> np.ndarray:
        return self.low * (1 - inner) / 2 + self.high * (1 + inner) / 2  # exactly the ends at -1 and 1

    def holds(self, coordinates: np.ndarray) -> np.ndarray:
        """Which of the points float64[n, n_parameters] lie in the box."""
        return np.all((coordinates >= self.low) & (coordinates <= self.high), axis=1)

    def clipped(self, low: np.ndarray, high: np.ndarray) -> Box:
        """The box from ``low`` to ``high``, as far as it lies in this one."""
        return Box(np.clip(low, self.low, self.high), np.clip(high, self.low, self.high))


def find_intervals(
    simulate: Simulate, observed: np.ndarray, bounds: Box, start: np.ndarray, n_runs: int, rng: np.random.Generator
) -> list[Interval]:
    """Profile-likelihood intervals, in rounds that close in on where the likelihood is.

    Each round simulates ``n_runs`` reports from parameters spread evenly over a box, first about ``start``; learns from
    all runs in the box a `Summary` and its `Likelihood`; and takes as the next box the intervals with a margin, within
    ``bounds``. When box and intervals fit each other, the threshold of the likelihood ratio is set so that it holds
    the truth for 95 % of the simulated reports, with some margin, and is not below that of the chi-square distribution.

    Parameters
    ----------
    observed : float64[n]
        The report, standardised.

    Raises
    ------
    ConfigError
        If all simulated reports are the same.
    """
    half = FIRST_WIDTH / 2 * (bounds.high - bounds.low)
    box = bounds.clipped(start - half, start + half)
    coordinates = np.empty((0, len(start)))
    reports = np.empty((0, len(observed)))
    chi_square = float(chi2.ppf(CONFIDENCE, 1))
    for n in range(MOST_ROUNDS):
        new = box.outer(2 * LatinHypercube(len(start), rng=rng).random(n_runs) - 1)
        coordinates = np.vstack([coordinates, new])
        reports = np.vstack([reports, simulate(new, n)])
        if (reports == reports[0]).all():
            raise ConfigError(
                f"all of {len(reports)} simulated reports are the same; expected the fitted numbers, or "
                "chance, to change them"
            )
        inside = box.holds(coordinates)
        search = _Search(box, bounds, coordinates[inside], reports[inside], observed)
        intervals = [search.interval(j, chi_square) for j in range(len(start))]
        logger.info(
            "round %d, %d runs: %s",
            n + 1,
            inside.sum(),
            ", ".join(f"{i.estimate:.5g} [{i.low:.5g}, {i.high:.5g}]" for i in intervals),
        )
        if all(i.settled for i in intervals):
            break
        box = search.next_box(intervals)
    return [search.interval(j, search.threshold(j)) for j in range(len(start))]


class _Search:
    """One round: summary and likelihood in a box, and the profile of each parameter."""

    def __init__(self, box: Box, bounds: Box, coordinates: np.ndarray, reports: np.ndarray, observed: np.ndarray):
        self.box, self.bounds = box, bounds
        self.parameters = box.inner(coordinates)
        self.summary = Summary(self.parameters, reports)
        self.likelihood = Likelihood(self.parameters, self.summary.left_out)
        self.observed = self.summary(observed)
        starts = [np.zeros(len(box.low)), np.clip(self.observed, -1, 1)]
        self.best, self.least = min(
            (self.likelihood.best(self.observed, s) for s in starts), key=lambda found: found[1]
        )

    def profile(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """A grid of parameter ``j`` over the box, which has the estimate in it, and the excess deviance there."""
        grid = np.sort(np.append(np.linspace(-1, 1, GRID), self.best[j]))
        excess = np.empty(len(grid))
        middle = int(np.searchsorted(grid, self.best[j]))
        for indices in (range(middle, len(grid)), range(middle, -1, -1)):  # outwards, each from the one before
            point = self.best
            for i in indices:
                point = point.copy()
                point[j] = grid[i]
                point, deviance = self.likelihood.best(self.observed, point, fixed=j)
                excess[i] = deviance - self.least
        return grid, np.maximum(excess - excess.min(), 0)

    def interval(self, j: int, threshold: float) -> Interval:
        grid, profile = self.profile(j)
        within = np.flatnonzero(profile <= threshold)
        ends = []
        for i, step in ((within[0], -1), (within[-1], 1)):
            beyond = i + step
            if 0 <= beyond < len(grid):
                share = (threshold - profile[i]) / (profile[beyond] - profile[i])
                ends.append(grid[i] + share * (grid[beyond] - grid[i]))
            else:
                ends.append(grid[i])
        low, high = (self._coordinate(end, j) for end in ends)
        open_low = bool(ends[0] <= -1 and self.box.low[j] <= self.bounds.low[j])
        open_high = bool(ends[1] >= 1 and self.box.high[j] >= self.bounds.high[j])
        is_held = (ends[0] > -1 or open_low) and (ends[1] < 1 or open_high)
        return Interval(
            estimate=self._coordinate(self.best[j], j),
            low=low,
            high=high,
            open_low=open_low,
            open_high=open_high,
            settled=bool(is_held and 2 <= GREATEST_WIDTH * (ends[1] - ends[0])),
            grid=np.array([self._coordinate(x, j) for x in grid]),
            profile=profile,
            threshold=threshold,
        )

    def _coordinate(self, inner: float, j: int) -> float:
        return float(self.box.outer(np.full(len(self.box.low), inner))[j])

    def next_box(self, intervals: list[Interval]) -> Box:
        """The intervals with a margin, a wide one where an interval may go on beyond this box."""
        low, high = np.array([(i.low, i.high) for i in intervals]).T
        margin, step = MARGIN * (high - low), (self.box.high - self.box.low) / 2
        below = np.where(low <= self.box.low, step, margin)
        above = np.where(high >= self.box.high, step, margin)
        return self.bounds.clipped(low - below, high + above)

    def threshold(self, j: int) -> float:
        """The likelihood ratio at the truth that 95 % of the simulated reports nearest the estimate do not exceed.

        The upper end of a one-sided 95 % interval of that quantile, so that few simulations cost no coverage.
        """
        distance = np.linalg.norm(self.parameters - self.best, axis=1)
        ratios = []
        for i in np.argsort(distance, kind="stable")[:N_CALIBRATION]:
            truth, summary = self.parameters[i], self.summary.left_out[i]
            _, least = self.likelihood.best(summary, truth)
            _, at_truth = self.likelihood.best(summary, truth, fixed=j)
            ratios.append(max(0.0, at_truth - least))
        rank = min(int(binom.ppf(CONFIDENCE, len(ratios), CONFIDENCE)), len(ratios) - 1)
        return max(float(chi2.ppf(CONFIDENCE, 1)), float(np.sort(ratios)[rank]))
