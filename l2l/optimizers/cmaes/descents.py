"""CMA-ES, descent after descent."""

import logging

import numpy as np

from l2l.optimizers.cmaes.strategies import make_strategy
from l2l.optimizers.region import Region

logger = logging.getLogger("optimizers.cmaes")

RESTARTS = ("ipop", "bipop")
MOST_RESTARTS = 9  # with growing populations: by then the population is 512 times the first one


class Descents:
    """A strategy, and another one after it has converged.

    ``ipop`` (Auger & Hansen 2005): each has ``growth`` times the population of the one before. ``bipop`` (Hansen 2009,
    "Benchmarking a BI-population CMA-ES"): between these, descents with small populations and steps, as long as they
    have used fewer evaluations than the large ones, each half of what the last large one used at most.

    Parameters
    ----------
    region : Region
        The first descents begin at ``region.starts``, later ones at random points of the region.
    rng : np.random.Generator
    sigma : float
        First step size, in widths of the region.
    pop_size : int
        Of the first descent.
    restarts : str or None
        "ipop", "bipop", or None for a single descent.
    growth : float
        Factor of the population.
    variant : str
        "full", "separable" or "margin".
    mean, cov : float64[dim], float64[dim, dim], optional
        Of the first descent's distribution.

    Attributes
    ----------
    strategy : Strategy
        Of the present descent.
    n_restarts : int
    used : int
        Evaluations of the present descent.
    recommended : float64[dim] or None
        The mean of the descent that found the best point: under noise the better guess.
    done : str or None
        Why there is no further descent.
    """

    def __init__(
        self,
        region: Region,
        rng: np.random.Generator,
        sigma: float,
        pop_size: int,
        restarts: str | None,
        growth: float = 2.0,
        variant: str = "full",
        mean: np.ndarray | None = None,
        cov: np.ndarray | None = None,
    ) -> None:
        self.region, self.rng = region, rng
        self.sigma, self.first_size, self.large_size = sigma, pop_size, pop_size
        self.restarts, self.growth, self.variant = restarts, growth, variant
        self.n_restarts, self.n_large = 0, 0
        self.spent = {"large": 0, "small": 0}  # evaluations of all descents of a kind
        self.last_large = 0  # and of the last large descent
        self.regime = "large"
        self.best = (np.inf, np.inf)  # violation and value of the best point
        self.leading = False  # whether this descent found the best point
        self.recommended: np.ndarray | None = None
        self.done: str | None = None
        self._begin(pop_size, sigma, region.starts[0] if mean is None else mean, cov)

    def _begin(self, pop_size: int, sigma: float, mean: np.ndarray, cov: np.ndarray | None = None) -> None:
        seed = int(self.rng.integers(2**32))
        self.pop_size, self.leading, self.used = pop_size, False, 0
        self.strategy = make_strategy(self.variant, self.region, mean, sigma, pop_size, seed, cov)

    def ask(self) -> np.ndarray:
        """A generation, float64[pop_size, dim]."""
        return np.array([self.ask_one() for _ in range(self.pop_size)])

    def ask_one(self) -> np.ndarray:
        """One more point, float64[dim], from the distribution as it is now."""
        return self.strategy.ask_one()

    def tell(self, points: np.ndarray, values: np.ndarray, violations: np.ndarray) -> None:
        """Learn from values to be minimised, of ``pop_size`` points in the order they were asked for; inf: it failed.

        Where ``violations``, float64[pop_size], are above 0, values compare within a generation only.

        From a generation that failed as a whole nothing is learnt: the next one comes from the same distribution.
        """
        finite = np.isfinite(values)
        if not finite.any():
            self.strategy.forget(len(values))
            return
        # a finite value beyond all others keeps the strategy's tests of stagnation meaningful
        span = np.ptp(values[finite])
        values = np.where(finite, values, values[finite].max() + (span if span > 0 else 1.0))
        self.strategy.tell(points, values)
        self.spent[self.regime] += len(values)
        self.used += len(values)
        best = min(zip(violations.tolist(), values.tolist(), strict=True))
        if best < self.best:
            self.best, self.leading = best, True
        if self.leading:
            self.recommended = self.strategy.mean.copy()
        if self.strategy.should_stop() or (self.regime == "small" and self.used >= self.last_large / 2):
            self._restart()

    def _restart(self) -> None:
        if self.regime == "large":
            self.last_large = self.used
        if self.restarts is None:
            self.done = "CMA-ES converged"
        elif self.restarts == "bipop" and self.n_large > 0 and self.spent["small"] < self.spent["large"]:
            self.regime = "small"
            self.n_restarts += 1
            ratio = 0.5 * self.large_size / self.first_size
            size = int(self.first_size * ratio ** (self.rng.random() ** 2))
            self._begin(max(size, self.first_size), self.sigma * 10 ** (-2 * self.rng.random()), self._start())
        elif self.n_large == MOST_RESTARTS:
            self.done = f"CMA-ES converged, also after {self.n_restarts} restarts"
        else:
            self.regime = "large"
            self.n_large += 1
            self.n_restarts += 1
            self.large_size = int(self.growth * self.large_size)
            self._begin(self.large_size, self.sigma, self._start())
            logger.info("restart %d with %d individuals", self.n_restarts, self.pop_size)

    def _start(self) -> np.ndarray:
        starts = self.region.starts
        if self.n_restarts < len(starts) or not self.region.bounded:
            return starts[self.n_restarts % len(starts)]
        return self.region.sample(self.rng, 1)[0]
