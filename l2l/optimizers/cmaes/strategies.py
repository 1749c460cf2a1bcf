"""Strategies of the library ``cmaes`` on points of a region, each with the same few methods."""

import warnings
from collections import deque
from typing import Any, Protocol

import cmaes
import numpy as np

from l2l.optimizers.region import Region
from l2l.space import Category, Integer

VARIANTS = ("full", "separable", "margin")
MOST_DRAWS = 6  # of a sample, until it is within the bounds
MOST_WHOLE = 1000  # integers with more values than that are searched like floats


class Strategy(Protocol):
    """One descent: a distribution that points are drawn from, and that learns from their values."""

    @property
    def mean(self) -> np.ndarray:
        """Its centre, float64[dim]."""

    @property
    def sigma(self) -> float:
        """Its step size."""

    def ask_one(self) -> np.ndarray:
        """A point of the distribution, float64[dim]."""

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        """Learn from values to be minimised, of a population in the order in which it was asked for.

        ``points``, float64[pop_size, dim], are those of :meth:`ask_one`, or where they were moved to.
        """

    def forget(self, n: int) -> None:
        """Learn nothing from the oldest ``n`` points."""

    def should_stop(self) -> bool:
        """Whether nothing moves any more."""


def make_strategy(
    variant: str,
    region: Region,
    mean: np.ndarray,
    sigma: float,
    pop_size: int,
    seed: int,
    cov: np.ndarray | None = None,
) -> Strategy:
    """A strategy of that variant, in the bounds of the region."""
    if variant == "margin":
        return MarginCMA(region, mean, sigma, pop_size, seed, cov)
    if variant == "separable":
        return VectorCMA(region, cmaes.SepCMA(mean.copy(), sigma, seed=seed, population_size=pop_size))
    return VectorCMA(region, cmaes.CMA(mean.copy(), sigma, seed=seed, population_size=pop_size, cov=cov))


class VectorCMA:
    """Floats: with a full covariance matrix (Hansen 2016, arXiv:1604.00772), or a diagonal one (Ros & Hansen 2008).

    A sample outside the bounds is drawn anew a few times, which concentrates a wide distribution on the inside. Then it
    stays, and the function goes on beyond the bounds as in a mirror: so an optimum at a bound is one like any other.
    """

    def __init__(self, region: Region, cma: Any) -> None:
        self.bounds = region.bounds
        self.cma = cma
        self.samples: deque[np.ndarray] = deque()  # of the points that were asked for, before the mirror

    @property
    def mean(self) -> np.ndarray:
        return mirrored(self.cma.mean, *self.bounds)

    @property
    def sigma(self) -> float:
        return float(self.cma._sigma)

    def ask_one(self) -> np.ndarray:
        low, high = self.bounds
        for _ in range(MOST_DRAWS):
            sample = self.cma.ask()
            if ((sample >= low) & (sample <= high)).all():
                break
        self.samples.append(sample)
        return mirrored(sample, low, high)

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        solutions = []
        for point, value in zip(points, values.tolist(), strict=True):
            sample = self.samples.popleft()
            moved = not np.array_equal(point, mirrored(sample, *self.bounds))
            solutions.append((point if moved else sample, value))
        self.cma.tell(solutions)

    def forget(self, n: int) -> None:
        for _ in range(n):
            self.samples.popleft()

    def should_stop(self) -> bool:
        return self.cma.should_stop()

    def __getstate__(self) -> dict[str, Any]:
        # the library's own way of pickling rounds the covariance matrix and seeds the random stream anew
        return {**self.__dict__, "cma": None, "kind": type(self.cma), "attributes": dict(self.cma.__dict__)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        kind, attributes = state.pop("kind"), state.pop("attributes")
        self.__dict__.update(state)
        self.cma = object.__new__(kind)
        self.cma.__dict__.update(attributes)


def mirrored(point: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The point, where it is outside the bounds, mirrored at them until it is inside."""
    if ((point >= low) & (point <= high)).all():
        return point
    width = high - low
    both = np.isfinite(width)
    folded = np.mod(np.where(both, point - low, 0.0), np.where(both, 2 * width, 1.0))
    within = np.where(both, low + np.minimum(folded, 2 * width - folded), point)
    within = np.where(~both & (point < low), 2 * low - point, within)
    within = np.where(~both & (point > high), 2 * high - point, within)
    return np.where((point >= low) & (point <= high), point, np.clip(within, low, high))


class MarginCMA:
    """Floats, integers and categories at a time: CatCMA with margin (Hamano et al. 2025, arXiv:2504.07884).

    Integers keep a probability to change, and categories have a distribution of their own. Also for a single number.
    """

    def __init__(
        self, region: Region, mean: np.ndarray, sigma: float, pop_size: int, seed: int, cov: np.ndarray | None
    ) -> None:
        self.dim = region.dim
        whole, self.categories = _kinds(region)
        in_category = np.zeros(region.dim, dtype=bool)
        for part in self.categories:
            in_category[part] = True
        self.integers = sorted(whole)
        self.floats = [k for k in range(region.dim) if k not in whole and not in_category[k]]
        numbers = self.floats + self.integers
        given: dict[str, Any] = {}
        if self.floats:
            given["x_space"] = region.bounds[:, self.floats].T
        if self.integers:
            given["z_space"] = [whole[k].tolist() for k in self.integers]
        if self.categories:
            given["c_space"] = [part.stop - part.start for part in self.categories]
        if numbers:
            given["mean"] = mean[numbers]
            given["cov"] = np.eye(len(numbers)) if cov is None else cov[np.ix_(numbers, numbers)]
        self.solutions: deque[Any] = deque()  # of the points that were asked for, which the library wants back
        self.cma = cmaes.CatCMAwM(sigma=sigma, population_size=pop_size, seed=seed, **given)

    @property
    def mean(self) -> np.ndarray:
        point = np.zeros(self.dim)
        if self.floats or self.integers:
            point[self.floats + self.integers] = self.cma._mean
        for part, weights in zip(self.categories, self.cma._q if self.categories else (), strict=True):
            point[part] = weights[: part.stop - part.start]
        return point

    @property
    def sigma(self) -> float:
        return float(self.cma._sigma) if self.floats or self.integers else float("nan")

    def ask_one(self) -> np.ndarray:
        solution = self.cma.ask()
        self.solutions.append(solution)
        point = np.zeros(self.dim)
        if self.floats:
            point[self.floats] = solution.x
        if self.integers:
            point[self.integers] = solution.z
        for part, chosen in zip(self.categories, solution.c if self.categories else (), strict=True):
            point[part] = chosen[: part.stop - part.start]
        return point

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        told = [(self.solutions.popleft(), value) for value in values.tolist()]
        with warnings.catch_warnings():
            # the library penalises points that were out of bounds by the spread of values in earlier generations: until
            # there was any, which it warns about, the penalties are nan, and the order is that of the values
            warnings.filterwarnings("ignore", "Mean of empty slice|invalid value encountered", RuntimeWarning)
            self.cma.tell(told)

    def forget(self, n: int) -> None:
        for _ in range(n):
            self.solutions.popleft()

    def should_stop(self) -> bool:
        return bool(self.floats or self.integers) and self.cma.should_stop()


def default_pop_size(dim: int) -> int:
    """Eq. 48 of Hansen (2016)."""
    return 4 + int(3 * np.log(dim))


def default_variant(region: Region) -> str:
    """With margin where there are integers or categories, or a single number; else the full covariance matrix."""
    whole, categories = _kinds(region)
    return "margin" if whole or categories or region.dim == 1 else "full"


def _kinds(region: Region) -> tuple[dict[int, np.ndarray], list[slice]]:
    """The points of the values of integers, by coordinate, and the coordinates of categories."""
    space = region.space
    whole: dict[int, np.ndarray] = {}
    categories = []
    for name, parameter in space.parameters.items():
        part, element = space.slice_of(name), parameter.scalar
        if isinstance(element, Category):
            categories.append(part)
        elif isinstance(element, Integer):
            for k in range(part.start, part.stop):
                low, high = space.low[k], space.high[k]
                least, most = (np.ceil(np.exp(low)), np.floor(np.exp(high))) if element.log else (low + 0.5, high - 0.5)
                if most - least < MOST_WHOLE:
                    values = element.coordinates(name, np.arange(least, most + 1))
                    whole[k] = (values - low) / (high - low)
    return whole, categories
