"""What releases are to achieve: a share of the adults that have certain genotypes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.population import SpatialPopulation


@dataclass(frozen=True)
class Goal:
    """Of the adults of all demes a share of at least, or at most, so many has certain genotypes.

    Parameters
    ----------
    genotypes : str or list of str
        Patterns, such as ``"Dr|*"``: who carries the drive.
    share : float
        Between 0 and 1.
    at_least : bool
        Whether the share is to be so large or larger; else so large or smaller.
    """

    genotypes: str | list[str]
    share: float
    at_least: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise UsageError(f"the share of a goal must be between 0 and 1, got {self.share!r}")

    def __str__(self) -> str:
        return f"{self.genotypes} {'at least' if self.at_least else 'at most'} {self.share:.0%}"

    def groups(self, population: SpatialPopulation) -> dict[str, Mapping[str, Any]]:
        """What has to be observed of a population, see `Observation`."""
        adults = {"age": range(population.bank.base.new_adult_age, population.layout.n_ages)}
        everywhere = {"deme": {"mode": "aggregate"}}
        return {"meant": {**adults, **everywhere, "genotype": self.genotypes}, "adults": {**adults, **everywhere}}

    @staticmethod
    def shares(observed: Mapping[str, np.ndarray]) -> np.ndarray:
        """The share at each tick that was recorded; zero where nobody is left: float64[n_records]."""
        meant, adults = (observed[name].sum(axis=(1, 2)) for name in ("meant", "adults"))
        return np.divide(meant, adults, out=np.zeros_like(adults), where=adults > 0)

    def shortfall(self, share: float) -> float:
        """By how much a share misses the goal; 0 where it does not."""
        return max(0.0, self.share - share if self.at_least else share - self.share)
