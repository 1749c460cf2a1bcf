"""Releases: where, when and how many, what they cost, and how an individual of a search tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.interventions import Op
from l2l.space import Array, Integer, Parameter

N_CANDIDATES = 10  # places that are drawn for one of the first individuals' releases


class Releases(NamedTuple):
    """A plan: releases in the order of their ticks, at most one in a deme and tick."""

    tick: np.ndarray
    """int64[n]"""
    deme: np.ndarray
    """int64[n]"""
    size: np.ndarray
    """Individuals that are released, whole numbers of at least 1: int64[n]"""

    @classmethod
    def of(cls, tick: Any, deme: Any, size: Any) -> "Releases":
        """From releases in any order, of which those of a tick in a deme are one, and those of nobody are none."""
        tick, deme, size = (np.asarray(values, np.int64) for values in np.broadcast_arrays(tick, deme, size))
        some = size > 0
        places, which = np.unique(np.stack([tick[some], deme[some]]), axis=1, return_inverse=True)
        total = np.bincount(which.reshape(-1), size[some], places.shape[1]).astype(np.int64)
        return cls(places[0], places[1], total)

    @property
    def n_released(self) -> int:
        return int(self.size.sum())


@dataclass(frozen=True, eq=False)
class ReleaseProgram:
    """Who may be released, within which limits, and what that costs.

    Parameters
    ----------
    habitable : bool[rows, cols] or bool[n_demes]
        Where releases are made.  On a grid, a release anywhere else is made in the nearest of these demes.
    genotype : str
        Of who is released.
    sexes : tuple of str
        Of which as many each are released; ``("male",)`` or ``("female", "male")``.
    age : int
        Of who is released.
    n_releases : int
        At most.
    last_tick : int
        Of a release; the first may be at tick 0.
    most : int
        Individuals in one release, at most.
    reared : float
        Individuals that can be released in a tick, in all demes together.
    cost_each, cost_trip : float
        Of an individual, and of a release whatever its size.
    """

    habitable: np.ndarray = field(repr=False)
    genotype: str
    sexes: tuple[str, ...] = ("male",)
    age: int = 1
    n_releases: int = 8
    last_tick: int = 10
    most: int = 200
    reared: float = np.inf
    cost_each: float = 1.0
    cost_trip: float = 50.0
    _deme_of: np.ndarray = field(init=False, repr=False)  # each row and column, or place in the list of habitable demes

    def __post_init__(self) -> None:
        for name, least in (("n_releases", 1), ("last_tick", 0), ("most", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UsageError(f"releases: {name} must be a whole number of at least {least}, got {value!r}")
        for name in ("cost_each", "cost_trip", "reared"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"releases: {name} must be at least 0, got {getattr(self, name)!r}")
        if not self.habitable.any():
            raise UsageError("releases: there is no deme to release in")
        object.__setattr__(self, "_deme_of", _nearest(self.habitable))

    def space(self) -> dict[str, Parameter]:
        """``row`` and ``col``, or ``deme`` where there are no rows, ``tick``, ``size`` and ``used`` of each release.

        All are int64[n_releases]; a release that is not ``used`` (0) is none.  Were it one of size 0, a search would
        have to make a release useless, step by step, before it could save the cost of it.
        """
        bounds = {name: (0, n - 1) for name, n in zip(self._axes, self.shape, strict=True)}
        bounds |= {"tick": (0, self.last_tick), "size": (1, self.most), "used": (0, 1)}
        return {name: Array(Integer(*ends), self.n_releases) for name, ends in bounds.items() if ends[0] < ends[1]}

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """An individual of `space` to begin with: some releases far from each other, as early as is reared.

        Sizes are uniform on a logarithmic scale.
        """
        size = np.floor(np.exp(rng.uniform(0.0, np.log(self.most + 1), self.n_releases))).astype(np.int64)
        size = np.minimum(size, self.most)  # the exponential may be rounded up
        n_used = rng.integers(1, self.n_releases, endpoint=True)
        used = (np.arange(self.n_releases) < n_used).astype(np.int64)
        places = _far_from_each_other(self.shape, self.n_releases, rng)
        individual = dict(zip(self._axes, places.T.copy(), strict=True)) | {"size": size, "used": used}
        early = np.cumsum(size * used) / max(self.reared, 1.0)
        individual["tick"] = np.minimum(early.astype(np.int64), self.last_tick)
        return {name: individual[name] for name in self.space()}

    def grid(self, side: int) -> np.ndarray:
        """Places in ``side`` rows and columns at equal distances, or ``side ** 2`` without those: int64[n, 1 or 2]."""
        n = side if len(self.shape) == 2 else side**2
        steps = [((np.arange(n) + 0.5) * length / n).astype(np.int64) for length in self.shape]
        return np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, len(self.shape))

    def releases(self, individual: Mapping[str, Any]) -> Releases:
        """The plan that an individual of `space` stands for."""
        place = [np.asarray(individual.get(name, 0)) for name in self._axes]
        size = np.asarray(individual.get("size", 1)) * np.asarray(individual["used"])
        return Releases.of(individual.get("tick", 0), self.nearest(*place), size)

    @property
    def _axes(self) -> tuple[str, ...]:
        return ("row", "col") if self._deme_of.ndim == 2 else ("deme",)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, or of how many demes one may be chosen."""
        return self._deme_of.shape

    def nearest(self, *place: np.ndarray) -> np.ndarray:
        """The demes of releases at these rows and columns; or at these places in the list of habitable demes."""
        return self._deme_of[place]

    def cost(self, releases: Releases) -> float:
        return self.cost_each * releases.n_released + self.cost_trip * len(releases.size)

    def excess(self, releases: Releases) -> float:
        """By how much the largest release of a tick is above what is reared, in multiples of that; 0 if none is."""
        if not len(releases.tick) or np.isinf(self.reared):
            return 0.0
        return max(0.0, np.bincount(releases.tick, releases.size).max() / max(self.reared, 1.0) - 1.0)

    def ops(self, releases: Releases) -> list[Op]:
        """What a population does of it.  An odd number makes one more of the first sex."""
        made = []
        for tick in np.unique(releases.tick):
            here = releases.tick == tick
            for k, sex in enumerate(self.sexes):
                share, left = np.divmod(releases.size[here], len(self.sexes))
                chosen = {"genotypes": self.genotype, "ages": self.age, "sex": sex}
                made.append(
                    Op.add(
                        **chosen,
                        delta=share + (left > k),
                        demes=releases.deme[here].tolist(),
                        when=f"tick == {tick}",
                    )
                )
        return made


def _far_from_each_other(shape: tuple[int, ...], n: int, rng: np.random.Generator) -> np.ndarray:
    """Places, int64[n, len(shape)]: of several that are drawn the one farthest from the earlier ones is taken.

    Mitchell's best candidate (1991), doi:10.1145/122718.122736.
    """
    chosen = rng.integers(0, shape, (1, len(shape)))
    for _ in range(n - 1):
        drawn = rng.integers(0, shape, (N_CANDIDATES, len(shape)))
        distance = ((drawn[:, None] - chosen[None]) ** 2).sum(axis=2).min(axis=1)
        chosen = np.concatenate([chosen, drawn[[np.argmax(distance)]]])
    return chosen


def _nearest(habitable: np.ndarray) -> np.ndarray:
    """The number of the nearest habitable deme; where these are not in rows and columns, of each habitable one."""
    numbers = np.flatnonzero(habitable)
    if habitable.ndim == 1:
        return numbers
    nearest = np.arange(habitable.size).reshape(habitable.shape)
    land = np.argwhere(habitable)
    for row, col in np.argwhere(~habitable):
        distance = (land[:, 0] - row) ** 2 + (land[:, 1] - col) ** 2
        nearest[row, col] = numbers[np.argmin(distance)]
    return nearest
