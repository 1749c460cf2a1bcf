"""Populations in demes, and what becomes of them tick by tick."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.config import PopulationConfig
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import Op, make_schedule
from l2l.optimizees.demes.observation import Observation
from l2l.optimizees.demes.selection import Layout
from l2l.optimizees.demes.sexes import Sex
from l2l.optimizees.demes.streams import deme_streams
from l2l.optimizees.demes.topology import Graph, Grid
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
    topology : Grid or Graph, optional
    paths : kernels.migration.Paths
        Where emigrants go, and the share that leaves.
    ops : sequence of Op
        What is done at the beginning of ticks.

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
        name: str,
        topology: Grid | Graph | None,
        paths: Any,
        ops: Sequence[Op] = (),
    ):
        self.species = species
        self.is_discrete = is_discrete
        self.bank = bank
        self.signature_ids = signature_ids
        self.name = name
        self.topology = topology
        self.ops = tuple(ops)
        self._paths = paths
        self._n_threads = 1
        self._sharing = sharing
        self._seed = seed
        base = bank.base
        n, n_genotypes = len(signature_ids), base.n_genotypes
        self.individual_count = np.empty((n, base.n_sexes, base.n_ages, n_genotypes))
        self.sperm_storage = np.empty((0 if is_discrete else n, base.n_ages, n_genotypes, n_genotypes))
        self.streams = np.empty((n, 4), np.uint64)
        self.layout = Layout(species, base.n_ages, n, None if topology is None else topology.shape)
        self.observe({})
        self.reset()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "kernel_arguments"}

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
        self.streams[:] = deme_streams(self._seed, len(self))
        self._begin("initial_individual_count", self.individual_count, np.rint)
        self._begin("initial_sperm_storage", self.sperm_storage, np.floor)  # never more than there are females
        self.tick = 0
        self._observed.clear()

    def run(self, n_steps: int, record_every: int = 1, n_threads: int = 1) -> "SpatialPopulation":
        """Live for so many ticks, or until an operation stops the run; observed groups are recorded.

        Parameters
        ----------
        n_steps : int
        record_every : int
            Ticks between two records, at the ticks that are multiples of it; the first is of the state at the
            beginning.  0 records nothing.
        n_threads : int
            Results do not depend on it.

        Raises
        ------
        UsageError
            If a number is negative, or an operation is not understood.
        """
        for name, number in {"n_steps": n_steps, "record_every": record_every, "n_threads": n_threads}.items():
            least = 1 if name == "n_threads" else 0
            if not isinstance(number, Integral) or number < least:
                raise UsageError(f"run(): {name} must be a whole number of at least {least}, got {number!r}")
        from l2l.optimizees.demes.kernels.run import advance

        if n_threads != self._n_threads:
            self._n_threads = n_threads
            self.__dict__.pop("kernel_arguments", None)
        schedule = make_schedule(self.ops, self.layout, self.tick, n_steps)
        record = self._observation.make_record(self.tick, n_steps, record_every)
        self.tick = advance(*self.kernel_arguments, schedule, record, self.tick, self.tick + n_steps)
        self._observed.append(record)
        return self

    @cached_property
    def kernel_arguments(self) -> tuple[Any, Any, Any, Any]:
        """Model, state, room and paths of the kernels: views of what the population has, and room to work in."""
        from l2l.optimizees.demes.kernels import model

        return (
            model.make_model(self.bank, self.signature_ids),
            model.make_state(self.individual_count, self.sperm_storage, self.streams, self._n_threads),
            model.make_room(self.bank.base, self._n_threads),
            self._paths,
        )

    def observe(self, groups: Mapping[str, Mapping[str, Any]], collapse_age: bool = False) -> None:
        """Record these groups in runs from now on, and forget what was recorded of others; see `Observation`."""
        self._observation = Observation(groups, self.layout, collapse_age)
        self._observed: list[Any] = []

    @property
    def observed_ticks(self) -> np.ndarray:
        """The ticks that were recorded: int64[n]."""
        return self._recorded()[0]

    @property
    def observed(self) -> dict[str, np.ndarray]:
        """What was recorded of each group: float64[n, n_demes, 2, n_ages].

        There is no axis of demes where these are added up, and none of ages where those are.
        """
        return self._observation.named(self._recorded()[1])

    def _recorded(self) -> tuple[np.ndarray, np.ndarray]:
        empty = self._observation.make_record(0, 0, 1)
        ticks = np.concatenate([empty.ticks[:0], *(record.ticks for record in self._observed)])
        values = np.concatenate([empty.values[:0], *(record.values for record in self._observed)])
        ticks, first = np.unique(ticks, return_index=True)  # a run begins with the tick that the one before ended with
        return ticks[ticks >= 0], values[first[ticks >= 0]]

    def _begin(self, field: str, state: np.ndarray, whole: Callable[[np.ndarray], np.ndarray]) -> None:
        """Put the initial array of each deme into the state, made whole where whole numbers are drawn."""
        initial = self.bank.arrays[field].stack
        if self.bank.base.is_stochastic and not self.bank.base.use_continuous_sampling:
            initial = whole(initial)
        which = self.bank.array_numbers(field)[self.signature_ids[: len(state)]]
        np.take(initial, which, axis=0, out=state, mode="clip")  # any other mode copies once more

    def report(self) -> SharingReport:
        """How many configurations the demes have, what they share, and what was built again and why."""
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
