"""The configuration of one deme, from what users write."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.config import ARRAYS, CAPACITIES, MOST, SCHEMA, PopulationConfig
from l2l.optimizees.demes.equilibrium import compute_equilibrium_metrics, rows_of
from l2l.optimizees.demes.fitness import Fitness
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.inheritance import GameteRule, ZygoteRule, gametes_to_zygote_map, genotype_to_gametes_map
from l2l.optimizees.demes.presets import Preset, in_order
from l2l.optimizees.demes.sexes import SEXES, Sex, by_sex

SURVIVAL = {"female": (1, 1, 5 / 6, 4 / 5, 3 / 4, 2 / 3, 1 / 2, 0), "male": (1, 1, 2 / 3, 1 / 2)}
"""Of ages from 0 where none is given, in weeks of a mosquito; nobody survives the ages after."""

T = TypeVar("T")
Settings = Mapping[str, Any]
"""Values by the names of the builder's arguments; of one deme."""


class PopulationConfigBuilder:
    """Makes configurations of the demes of a species that have the same ages and are simulated in the same way.

    Every array of a configuration is made by the method of its name, from the settings that are its arguments.

    Parameters
    ----------
    species : Species
    n_ages, new_adult_age : int
    is_discrete : bool
        Whether adults live for one tick; then there are 2 ages.
    population_scale : float
        Factor on all absolute numbers.
    modes : dict of str to bool
        ``is_stochastic``, ``use_continuous_sampling`` and ``use_fixed_egg_count``.
    """

    def __init__(
        self,
        species: Species,
        n_ages: int,
        new_adult_age: int,
        is_discrete: bool,
        population_scale: float,
        modes: Mapping[str, Any],
    ):
        self.species = species
        self.n_ages = n_ages
        self.new_adult_age = new_adult_age
        self.is_discrete = is_discrete
        self.population_scale = population_scale
        self.modes = modes
        self._made: dict[tuple[Any, ...], tuple[Any, Any]] = {}
        self._adults = (np.arange(n_ages) >= new_adult_age).astype(float)

    def build(self, settings: Settings, arrays: Mapping[str, Any]) -> PopulationConfig:
        """The configuration of a deme that has these settings and arrays."""
        config = PopulationConfig(
            **self.modes,
            **self._numbers(settings),
            **arrays,
            n_sexes=len(Sex),
            n_ages=self.n_ages,
            n_genotypes=len(self.species.genotypes),
            n_haploid_genotypes=len(self.species.haplotypes),
            n_glabs=len(self.species.gamete_labels),
            new_adult_age=self.new_adult_age,
            population_scale=self.population_scale,
            expected_competition_strength=0.0,
            expected_survival_rate=0.0,
        )
        metrics = compute_equilibrium_metrics(rows_of(config))
        return config._replace(**{name: value.item() for name, value in metrics.items()})

    def array(self, field: str, settings: Settings) -> np.ndarray:
        """An array of the configuration of a deme that has these settings."""
        return getattr(self, field)(*[settings[name] for name in SETTINGS_OF[field]])

    def age_based_mating_rates(
        self,
        female_age_based_mating_rates: Any,
        male_age_based_mating_rates: Any,
        female_adult_mating_rate: Any,
        male_adult_mating_rate: Any,
    ) -> np.ndarray:
        if self.is_discrete:
            females = self._adults * _rate("female_adult_mating_rate", female_adult_mating_rate)
            males = self._adults * _rate("male_adult_mating_rate", male_adult_mating_rate)
        else:
            females = self._by_age("female_age_based_mating_rates", female_age_based_mating_rates, self._adults)
            males = self._by_age("male_age_based_mating_rates", male_age_based_mating_rates, self._adults)
        return np.array([females, males])

    def age_based_reproduction_rates(self, female_age_based_reproduction_rates: Any) -> np.ndarray:
        return self._by_age("female_age_based_reproduction_rates", female_age_based_reproduction_rates, self._adults)

    def age_based_survival_rates(
        self,
        female_age_based_survival_rates: Any,
        male_age_based_survival_rates: Any,
        female_age0_survival: Any,
        male_age0_survival: Any,
    ) -> np.ndarray:
        if self.is_discrete:
            juveniles = 1.0 - self._adults
            females = juveniles * _rate("female_age0_survival", female_age0_survival)
            males = juveniles * _rate("male_age0_survival", male_age0_survival)
        else:
            default = [self._padded(SURVIVAL[sex]) for sex in SEXES]
            females = self._by_age("female_age_based_survival_rates", female_age_based_survival_rates, default[0])
            males = self._by_age("male_age_based_survival_rates", male_age_based_survival_rates, default[1])
        return np.array([females, males])

    def female_age_based_relative_fertility(self, female_age_based_relative_fertility: Any) -> np.ndarray:
        everybody = np.ones(self.n_ages)
        return self._by_age("female_age_based_relative_fertility", female_age_based_relative_fertility, everybody, MOST)

    def age_based_relative_competition_strength(self, competition_strength: Any) -> np.ndarray:
        strength = np.ones(self.n_ages)
        if not self.is_discrete:
            strength[1] = _rate("competition_strength", competition_strength, MOST)
        return strength

    def viability_fitness(self, presets: Any, viability: Any) -> np.ndarray:
        return self._fitness("viability", presets, viability)

    def fecundity_fitness(self, presets: Any, fecundity: Any) -> np.ndarray:
        return self._fitness("fecundity", presets, fecundity)

    def sexual_selection_fitness(self, presets: Any, sexual_selection: Any) -> np.ndarray:
        return self._fitness("sexual_selection", presets, sexual_selection)

    def zygote_viability_fitness(self, presets: Any, zygote_viability: Any) -> np.ndarray:
        return self._fitness("zygote_viability", presets, zygote_viability)

    def genotype_to_gametes_map(self, presets: Any) -> np.ndarray:
        rules = [rule for preset in self._once(_ordered, presets) for rule in self._once(self._gamete_rules, preset)]
        return genotype_to_gametes_map(self.species, rules)

    def gametes_to_zygote_map(self, presets: Any) -> np.ndarray:
        rules = [rule for preset in self._once(_ordered, presets) for rule in self._once(self._zygote_rules, preset)]
        return gametes_to_zygote_map(self.species, rules) if rules else self._plain_zygotes

    @cached_property
    def _plain_zygotes(self) -> np.ndarray:
        return gametes_to_zygote_map(self.species)

    def initial_individual_count(self, individual_count: Any) -> np.ndarray:
        shape = len(Sex), self.n_ages, len(self.species.genotypes)

        def by_name(counts: Mapping[str, Any]) -> np.ndarray:
            if self.is_discrete:
                return self.resolve_discrete_initial_individual_count(self.species, counts)
            ages = self.n_ages, self.new_adult_age
            return self.resolve_age_structured_initial_individual_count(self.species, counts, *ages)

        return self._scaled("individual_count", individual_count, shape, by_name)

    def initial_sperm_storage(self, sperm_storage: Any) -> np.ndarray:
        shape = self.n_ages, len(self.species.genotypes), len(self.species.genotypes)

        def by_name(counts: Mapping[str, Any]) -> np.ndarray:
            ages = self.n_ages, self.new_adult_age
            return self.resolve_age_structured_initial_sperm_storage(self.species, counts, *ages)

        return self._scaled("sperm_storage", sperm_storage, shape, by_name)

    def equilibrium_individual_distribution(self, equilibrium_distribution: Any) -> np.ndarray:
        return self._scaled("equilibrium_distribution", equilibrium_distribution, (len(Sex), self.n_ages))

    @staticmethod
    def resolve_age_structured_initial_individual_count(
        species: Species, distribution: Mapping[str, Mapping[str, Any]], n_ages: int, new_adult_age: int
    ) -> np.ndarray:
        """Numbers by sex, age and genotype: float64[2, n_ages, n_genotypes].

        Parameters
        ----------
        distribution : dict
            ``{"female": {"WT|WT": count}}``, where a count is a number for every age of adults, a list by age (none
            are of the ages after it), or ``{age: number}``.

        Raises
        ------
        UsageError
            If a sex, genotype or age is unknown, or a number is none.
        """
        counts = np.zeros((len(Sex), n_ages, len(species.genotypes)))
        for sex, genotypes in by_sex(distribution).items():
            if not isinstance(genotypes, Mapping):
                raise UsageError(f"individual_count needs numbers by genotype, got {genotypes!r}")
            for genotype, count in genotypes.items():
                ages = _ages(f"individual_count of {genotype!r}", count, n_ages, new_adult_age)
                counts[sex, :, species.genotype(genotype)] += ages
        return counts

    @staticmethod
    def resolve_discrete_initial_individual_count(
        species: Species, distribution: Mapping[str, Mapping[str, Any]]
    ) -> np.ndarray:
        """The same for generations that do not overlap, where adults are of age 1: float64[2, 2, n_genotypes]."""
        return PopulationConfigBuilder.resolve_age_structured_initial_individual_count(species, distribution, 2, 1)

    @staticmethod
    def resolve_age_structured_initial_sperm_storage(
        species: Species, sperm_storage: Mapping[str, Mapping[str, Any]], n_ages: int, new_adult_age: int
    ) -> np.ndarray:
        """Numbers of females by age and genotype with sperm of each genotype: float64[n_ages, n_g, n_g].

        Parameters
        ----------
        sperm_storage : dict
            ``{"WT|WT": {"WT|Dr": count}}`` of females, then males; counts as those of individuals.
        """
        n_genotypes = len(species.genotypes)
        storage = np.zeros((n_ages, n_genotypes, n_genotypes))
        for female, males in sperm_storage.items():
            if not isinstance(males, Mapping):
                raise UsageError(f"sperm_storage of {female!r} needs numbers by genotype of males, got {males!r}")
            for male, count in males.items():
                ages = _ages(f"sperm_storage of {female!r}", count, n_ages, new_adult_age)
                storage[:, species.genotype(female), species.genotype(male)] += ages
        return storage

    def _numbers(self, settings: Settings) -> dict[str, Any]:
        given = dict(settings)
        capacities = [given.pop(name) for name in CAPACITIES]
        given["carrying_capacity"] = next((one for one in capacities if one is not None), 0.0)
        fields = {"population_scale": self.population_scale}
        numbers: dict[str, Any] = {"base_expected_num_adult_females": np.nan}
        for name, parameter in SCHEMA.parameters.items():
            if given.get(name) is not None:
                number = parameter.coerce([given[name]]).item()
                numbers.update({field: set_(number, fields) for field, set_ in parameter.fields.items()})
        numbers["juvenile_growth_mode"] = int(numbers["juvenile_growth_mode"])
        return numbers

    def _padded(self, rates: Sequence[float]) -> np.ndarray:
        padded = np.zeros(self.n_ages)
        n = min(self.n_ages, len(rates))
        padded[:n] = rates[:n]
        return padded

    def _by_age(self, name: str, given: Any, default: np.ndarray, highest: float = 1.0) -> np.ndarray:
        """Rates of all ages; users give a number, a list, ``{age: rate}`` with 1 for the others, or a function."""
        if given is None:
            return default
        if callable(given):
            given = [given(age) for age in range(self.n_ages)]
        elif isinstance(given, Mapping):
            _check_ages(name, given, self.n_ages)
            given = [given.get(age, 1.0) for age in range(self.n_ages)]
        elif np.ndim(given) == 0:
            given = [given] * self.n_ages
        return _array(name, given, (self.n_ages,), highest)

    def _scaled(
        self,
        name: str,
        given: Any,
        shape: tuple[int, ...],
        by_name: Callable[[Mapping[str, Any]], np.ndarray] | None = None,
    ) -> np.ndarray:
        """Absolute numbers that were given as an array, or by names of genotypes, or not."""
        if given is None:
            return np.zeros(shape)
        if by_name is not None and isinstance(given, Mapping):
            counts = by_name(given)
        else:
            counts = _array(name, given, shape)
        return counts * self.population_scale

    def _fitness(self, quantity: str, presets: Any, calls: Sequence[tuple[Any, str]]) -> np.ndarray:
        """What presets set, and then what users set by patterns, in a mode."""
        fitness = self._once(self._after_presets, presets)
        if not calls:
            return getattr(fitness, quantity)
        fitness = copy.copy(fitness)
        array = getattr(fitness, quantity).copy()
        setattr(fitness, quantity, array)
        for patterns, mode in calls:
            fitness.set(**{quantity: patterns}, mode=mode)
        return array

    def _gamete_rules(self, preset: Preset) -> list[GameteRule]:
        return preset.gamete_rules(self.species)

    def _zygote_rules(self, preset: Preset) -> list[ZygoteRule]:
        return preset.zygote_rules(self.species)

    def _after_presets(self, presets: Any) -> Fitness:
        fitness = Fitness(self.species, self.n_ages, self.new_adult_age)
        for preset in self._once(_ordered, presets):
            preset.patch_fitness(fitness)
        return fitness

    def _once(self, make: Callable[[Any], T], of: Any) -> T:
        """What was made of the very same object before, or is made now; the object is kept, and so is its id."""
        key = make, id(of)
        if key not in self._made:
            self._made[key] = of, make(of)
        return self._made[key][1]


SETTINGS_OF = {field: tuple(signature(getattr(PopulationConfigBuilder, field)).parameters)[1:] for field in ARRAYS}
"""Of every array of a configuration the settings that it follows from."""


def _ages(what: str, count: Any, n_ages: int, new_adult_age: int) -> np.ndarray:
    """Counts by age: of a number for every age of adults, of a list, or of ``{age: count}``."""
    if isinstance(count, int | float):
        if not 0 <= count <= MOST:
            raise UsageError(f"{what} must be between 0 and {MOST:g}, got {count:g}")
        ages = np.zeros(n_ages)
        ages[new_adult_age:] = count
        return ages
    if isinstance(count, Mapping):
        _check_ages(what, count, n_ages)
        by_age = [count.get(age, 0.0) for age in range(n_ages)]
    elif np.ndim(count) == 0:
        return _ages(what, _array(what, count, ()).item(), n_ages, new_adult_age)
    elif len(count) > n_ages:
        raise UsageError(f"{what}: there are {n_ages} ages, got {len(count)} counts")
    else:
        by_age = [*count, *[0.0] * (n_ages - len(count))]
    return _array(what, by_age, (n_ages,))


def _ordered(presets: Any) -> list[Preset]:
    return in_order(_flat(presets))


def _flat(presets: Any) -> Iterator[Preset]:
    """Presets one by one; None is no preset, and a batch may have several for a deme."""
    for preset in presets:
        if isinstance(preset, list | tuple):
            yield from _flat(preset)
        elif isinstance(preset, Preset):
            yield preset
        elif preset is not None:
            raise UsageError(f"presets(): a preset such as HomingDrive(...) is expected, got {preset!r}")


def _rate(name: str, given: Any, highest: float = 1.0) -> float:
    return _array(name, given, (), highest).item()


def _check_ages(what: str, by_age: Mapping[Any, Any], n_ages: int) -> None:
    for age in by_age:
        if age not in range(n_ages):
            raise UsageError(f"{what}: there is no age {age!r}; ages are 0 to {n_ages - 1}")


def _array(what: str, values: Any, shape: tuple[int, ...], highest: float = MOST) -> np.ndarray:
    """The values as float64 of this shape, none below 0 or above the highest."""
    expected = f"numbers of shape {shape}" if shape else "a number"
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{what} must be {expected}, got {values!r}") from None
    if array.shape != shape:
        came = f"shape {array.shape}" if array.ndim else repr(values)
        raise UsageError(f"{what} must be {expected}, got {came}")
    wrong = ~((array >= 0) & (array <= highest))
    if wrong.any():
        raise UsageError(f"{what} must be between 0 and {highest:g}, got {array[wrong][0]:g}")
    return array
