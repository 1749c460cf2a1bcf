"""Populations in demes, and what becomes of them tick by tick."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.config import PopulationConfig
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.sexes import Sex
from l2l.optimizees.demes.streams import deme_streams
from l2l.sharing import Bank, SharingReport


class Deme:
    """One deme of a population: its number, its configuration, and views of its part of the state."""

    def __init__(self, population: "SpatialPopulation", index: int):
        self._population = population
        self.index = index

    @property
    def config(self) -> PopulationConfig:
        """Its configuration; arrays are shared with other demes and read-only."""
        return self._population.bank.config(self._population.signature_ids[self.index])

    @property
    def individual_count(self) -> np.ndarray:
        """Individuals by sex, age and genotype: a view, float64[2, n_ages, n_genotypes]."""
        return self._population.individual_count[self.index]

    @property
    def sperm_storage(self) -> np.ndarray:
        """Females by age and genotype with sperm of a genotype: a view, float64[n_ages, n_genotypes, n_genotypes]."""
        return self._population.sperm_storage[self.index]

    def get_total_count(self) -> float:
        return self.individual_count.sum().item()

    def get_female_count(self) -> float:
        return self.individual_count[Sex.FEMALE].sum().item()

    def get_male_count(self) -> float:
        return self.individual_count[Sex.MALE].sum().item()


class SpatialPopulation:
    """A population in demes that migration connects; made by a `SpatialBuilder`.

    Parameters
    ----------
    species : Species
    is_discrete : bool
        Whether adults live for one tick.
    bank : Bank
        The configurations of all signatures.
    signature_ids : int32[n_demes]
        Which of them each deme has.
    sharing : SharingReport
    seed : int or SeedSequence
    name : str
    topology : optional

    Attributes
    ----------
    individual_count : float64[n_demes, 2, n_ages, n_genotypes]
        Whole numbers where they are drawn as such.
    sperm_storage : float64[n_demes, n_ages, n_genotypes, n_genotypes]
        Of no demes where generations are discrete.
    streams : uint64[n_demes, 4]
        The random stream of each deme.
    tick : int
        How many ticks the population has lived.
    """

    def __init__(
        self,
        species: Species,
        is_discrete: bool,
        bank: Bank,
        signature_ids: np.ndarray,
        sharing: SharingReport,
        seed: int | np.random.SeedSequence,
        name: str = "SpatialPopulation",
        topology: Any = None,
    ):
        self.species = species
        self.is_discrete = is_discrete
        self.bank = bank
        self.signature_ids = signature_ids
        self.name = name
        self.topology = topology
        self._sharing = sharing
        self._seed = seed
        base = bank.base
        n, n_genotypes = len(signature_ids), base.n_genotypes
        self.individual_count = np.empty((n, base.n_sexes, base.n_ages, n_genotypes))
        self.sperm_storage = np.empty((0 if is_discrete else n, base.n_ages, n_genotypes, n_genotypes))
        self.reset()

    def __len__(self) -> int:
        return len(self.signature_ids)

    def __repr__(self) -> str:
        return f"<SpatialPopulation {self.name!r}: {len(self)} demes of {self.species.name!r}, tick {self.tick}>"

    @property
    def n_demes(self) -> int:
        return len(self)

    @property
    def demes(self) -> Iterator[Deme]:
        return (Deme(self, index) for index in range(len(self)))

    def deme(self, index: int) -> Deme:
        """The deme of that number.

        Raises
        ------
        UsageError
            If there is none.
        """
        if index not in range(len(self)):
            raise UsageError(f"there is no deme {index!r}; demes are 0 to {len(self) - 1}")
        return Deme(self, index)

    def reset(self, seed: int | np.random.SeedSequence | None = None) -> None:
        """Go back to the initial state; with the random streams of a seed, or of the one before."""
        self._seed = self._seed if seed is None else seed
        self.streams = deme_streams(self._seed, len(self))
        self._begin("initial_individual_count", self.individual_count, np.rint)
        self._begin("initial_sperm_storage", self.sperm_storage, np.floor)  # never more than there are females
        self.tick = 0

    def _begin(self, field: str, state: np.ndarray, whole: Callable[[np.ndarray], np.ndarray]) -> None:
        """Put the initial array of each deme into the state, made whole where whole numbers are drawn."""
        initial = self.bank.arrays[field].stack
        if self.bank.base.is_stochastic and not self.bank.base.use_continuous_sampling:
            initial = whole(initial)
        which = self.bank.array_numbers(field)[self.signature_ids[: len(state)]]
        np.take(initial, which, axis=0, out=state, mode="clip")  # any other mode copies once more

    def report(self) -> SharingReport:
        """How many configurations the demes have, what they share, and what was built in full and why."""
        return self._sharing

    def get_total_count(self) -> float:
        return self.individual_count.sum().item()

    def get_female_count(self) -> float:
        return self.individual_count[:, Sex.FEMALE].sum().item()

    def get_male_count(self) -> float:
        return self.individual_count[:, Sex.MALE].sum().item()

    def aggregate_individual_count(self) -> np.ndarray:
        """Individuals of all demes by sex, age and genotype: float64[2, n_ages, n_genotypes]."""
        return self.individual_count.sum(axis=0)
