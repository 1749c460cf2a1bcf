"""What becomes of the adults of each deme, tick by tick."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.population import SpatialPopulation


@dataclass(frozen=True)
class Course:
    """Adults of all demes in a run.

    Attributes
    ----------
    species : Species
    adults : float64[n_ticks + 1, n_demes, n_genotypes]
        Those of the beginning first, before anything is released.
    """

    species: Species
    adults: np.ndarray

    @classmethod
    def of(cls, population: SpatialPopulation, n_ticks: int) -> "Course":
        """Let a population live for so many ticks, and note its adults."""
        first_age = population.bank.base.new_adult_age
        adults = [population.individual_count[:, :, first_age:].sum(axis=(1, 2))]
        for _ in range(n_ticks):
            population.run(1)
            adults.append(population.individual_count[:, :, first_age:].sum(axis=(1, 2)))
        return cls(population.species, np.array(adults))

    def shares(self, genotypes: str | Sequence[str]) -> np.ndarray:
        """Share of the adults of all demes that a pattern, or one of several, is of: float64[n_ticks + 1]."""
        meant = self.species.matching_any(genotypes)
        return _ratio(self.adults[:, :, meant].sum(axis=(1, 2)), self.adults.sum(axis=(1, 2)))

    def frequencies(self, allele: str) -> np.ndarray:
        """Share of an allele among those of its locus, in all demes together: float64[n_ticks + 1]."""
        return _ratio(self.adults.sum(axis=1) @ self.species.copies(allele), 2 * self.adults.sum(axis=(1, 2)))

    def local_frequencies(self, allele: str) -> np.ndarray:
        """The same in each deme, nan where nobody is: float64[n_ticks + 1, n_demes]."""
        return _ratio(self.adults @ self.species.copies(allele), 2 * self.adults.sum(axis=2))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
