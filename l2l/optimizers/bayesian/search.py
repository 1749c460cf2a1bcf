"""Bayesian search: each point is where a model of the function expects the most improvement."""

import math

import numpy as np
from scipy.special import ndtr
from scipy.stats import qmc
from threadpoolctl import threadpool_limits

from l2l.optimizers.bayesian.gaussian_process import GaussianProcess
from l2l.optimizers.region import Region

FIRST_PER_DIM = 3  # points that fill the region before there is a model
N_ANYWHERE, N_NEAR = 500, 500  # candidates
N_BEST = 5  # points that others are tried near
N_FITTED = 300  # points that hyperparameters are fitted to, at most
REFIT = 1.1  # growth of the number of points after which the model is fitted anew


one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""The cores are the workers', and numbers shall not depend on how many there are."""


class BayesianSearch:
    """Efficient global optimisation (Jones, Schonlau & Welch 1998) in generations, with noise.

    A Gaussian process is fitted to all values; the points of a generation are chosen one after the other by their
    expected improvement over the best mean, each taken as if its mean were already known (the "kriging believer" of
    Ginsbourger, Le Riche & Carraro 2010). Under noise it recommends the evaluated point with the best mean.

    It may be told of points that it did not ask for, also before it is asked: then fewer fill the region.

    Parameters
    ----------
    region : Region
    rng : np.random.Generator
    pop_size : int
        Points of a generation.
    most : int, optional
        Evaluations after which the search is over: the effort for a point grows with the square of their number.

    Attributes
    ----------
    points : float64[n, dim]
    values : float64[n]
        To be minimised; infinite after a failure.
    n_first : int
        Points before there is a model, which fill the region.
    done : str or None
    """

    def __init__(self, region: Region, rng: np.random.Generator, pop_size: int, most: int | None = None) -> None:
        self.region, self.rng = region, rng
        self.pop_size, self.most = pop_size, most
        self.process = GaussianProcess(region.dim)
        self.points = np.empty((0, region.dim))
        self.values = np.empty(0)
        self.done: str | None = None
        self.n_first = max(pop_size, FIRST_PER_DIM * region.dim)
        self._n_fitted = 0

    @one_thread
    def ask(self) -> np.ndarray:
        """A generation, float64[n, dim]."""
        if len(self.points) < self.n_first:
            return self._first()
        if not np.isfinite(self.values).any():
            return self.region.sample(self.rng, self.pop_size)
        self._learn()
        candidates = self._candidates()
        posterior = self.process.posterior(candidates)
        least = self.process.predict(self.points).min()
        free = np.ones(len(candidates), dtype=bool)
        chosen: list[int] = []
        for _ in range(self.pop_size):
            k = int(np.argmax(np.where(free, _improvement(least - posterior.means, posterior.deviations), -1.0)))
            free[k] = False
            chosen.append(k)
            least = min(least, posterior.means[k])
            posterior.expect(k)
        return candidates[chosen]

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        """Learn values to be minimised; inf: it failed."""
        self.points = np.vstack([self.points, points])
        self.values = np.r_[self.values, values]
        if self.most is not None and len(self.values) >= self.most:
            self.done = "the model has as many points as it can use"

    @property
    def recommended(self) -> np.ndarray | None:
        """The evaluated point with the best mean; None before there is a model."""
        if not np.isfinite(self.values).any():
            return None
        self._learn()
        return self.points[int(np.argmin(self.process.predict(self.points)))]

    @property
    def expected(self) -> float:
        """Mean of the value at the recommended point."""
        self._learn()
        return float(self.process.predict(self.points).min())

    def _first(self) -> np.ndarray:
        region = self.region
        n = max(self.n_first - len(self.points), self.pop_size)
        sobol = qmc.Sobol(region.dim, rng=self.rng).random_base2(math.ceil(math.log2(n)))
        starts = [start for start in region.starts if not (self.points == start).all(axis=1).any()]
        return np.vstack([*starts[: max(1, n // 2)], region.low + sobol * (region.high - region.low)])[:n]

    @one_thread
    def _learn(self) -> None:
        values = bounded(self.values)
        if len(values) >= REFIT * self._n_fitted:
            some = self.rng.permutation(len(values))[:N_FITTED]
            self.process.fit(self.points[some], values[some])
            self._n_fitted = len(values)
        if len(values) > len(self.process.points):
            self.process.condition(self.points, values)

    def _candidates(self) -> np.ndarray:
        """Points anywhere in the region, and near the best ones with some of the coordinates changed."""
        anywhere = self.region.sample(self.rng, N_ANYWHERE)
        points = np.unique(self.points, axis=0)
        best = points[np.argsort(self.process.predict(points))[:N_BEST]]
        near = np.repeat(best, -(-N_NEAR // len(best)), axis=0)
        step = 0.15 * np.minimum(self.process.length_scales, 1.0) * 10 ** -self.rng.random((len(near), 1))
        changed = self.rng.random(near.shape) < 0.5
        near = near + changed * step * self.rng.standard_normal(near.shape)
        return np.vstack([anywhere, np.clip(near, self.region.low, self.region.high)])


def bounded(values: np.ndarray) -> np.ndarray:
    """Values with the bad half drawn in: what is very bad says little of where it is good."""
    finite = values[np.isfinite(values)]
    return np.minimum(values, 2 * np.median(finite) - finite.min())


def _improvement(gain: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Expectation of ``max(gain, 0)`` of normal variables (eq. 15 of Jones et al.)."""
    z = gain / deviation
    return gain * ndtr(z) + deviation * np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
