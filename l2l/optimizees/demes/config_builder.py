"""The configuration of one deme, from what users write."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.config import CAPACITIES, MOST, SCHEMA, PopulationConfig
from l2l.optimizees.demes.equilibrium import compute_equilibrium_metrics, rows_of
from l2l.optimizees.demes.fitness import Fitness
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.presets import Preset, in_order, inheritance_maps
from l2l.optimizees.demes.sexes import SEXES, Sex, by_sex

SURVIVAL = {"female": (1, 1, 5 / 6, 4 / 5, 3 / 4, 2 / 3, 1 / 2, 0), "male": (1, 1, 2 / 3, 1 / 2)}
"""Of ages from 0 where none is given, in weeks of a mosquito; nobody survives the ages after."""

Settings = Mapping[str, Any]
"""Values by the names of the builder's arguments; of one deme."""


class PopulationConfigBuilder:
    """Makes configurations of the demes of a species that have the same ages and are simulated in the same way.

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
        self._made: dict[tuple[Any, ...], Any] = {}

    def build(self, settings: Settings) -> PopulationConfig:
        """A configuration of its own, arrays and all."""
        n_genotypes = len(self.species.genotypes)
        presets, later = tuple(_flat(settings["presets"])), settings["fitness"]
        fitness = self._once("fitness", (*presets, later), lambda: self._fitness(presets, later))
        gametes, zygotes = self._once("maps", presets, lambda: inheritance_maps(self.species, presets))
        config = PopulationConfig(
            **self.modes,
            **self._numbers(settings),
            **self._rates(settings),
            n_sexes=len(Sex),
            n_ages=self.n_ages,
            n_genotypes=n_genotypes,
            n_haploid_genotypes=len(self.species.haplotypes),
            n_glabs=len(self.species.gamete_labels),
            new_adult_age=self.new_adult_age,
            population_scale=self.population_scale,
            viability_fitness=fitness.viability,
            fecundity_fitness=fitness.fecundity,
            sexual_selection_fitness=fitness.sexual_selection,
            zygote_viability_fitness=fitness.zygote_viability,
            genotype_to_gametes_map=gametes,
            gametes_to_zygote_map=zygotes,
            initial_individual_count=self.resolve("individual_count", settings["individual_count"]),
            initial_sperm_storage=self.resolve("sperm_storage", settings["sperm_storage"]),
            equilibrium_individual_distribution=self.resolve(
                "equilibrium_distribution", settings["equilibrium_distribution"]
            ),
            expected_competition_strength=0.0,
            expected_survival_rate=0.0,
        )
        metrics = compute_equilibrium_metrics(rows_of(config))
        return config._replace(**{name: value.item() for name, value in metrics.items()})

    def resolve(self, name: str, value: Any) -> np.ndarray:
        """The array of a setting that users give by the names of genotypes, or as such an array.

        Parameters
        ----------
        name : str
            ``"individual_count"``, ``"sperm_storage"`` or ``"equilibrium_distribution"``.
        value : dict, array or None
            None for nobody, or nothing given.
        """
        return self._once(name, (value,), lambda: self._resolve(name, value))

    def _resolve(self, name: str, value: Any) -> np.ndarray:
        n_genotypes = len(self.species.genotypes)
        shape = {
            "individual_count": (len(Sex), self.n_ages, n_genotypes),
            "sperm_storage": (self.n_ages, n_genotypes, n_genotypes),
            "equilibrium_distribution": (len(Sex), self.n_ages),
        }[name]
        if value is None:
            return np.zeros(shape)
        if name == "equilibrium_distribution" or not isinstance(value, Mapping):
            counts = _array(name, value, shape)
        elif name == "sperm_storage":
            counts = self.resolve_age_structured_initial_sperm_storage(
                self.species, value, self.n_ages, self.new_adult_age
            )
        elif self.is_discrete:
            counts = self.resolve_discrete_initial_individual_count(self.species, value)
        else:
            counts = self.resolve_age_structured_initial_individual_count(
                self.species, value, self.n_ages, self.new_adult_age
            )
        return counts * self.population_scale

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
            if parameter.convert is None and given.get(name) is not None:
                number = parameter.coerce([given[name]]).item()
                numbers.update({field: set_(number, fields) for field, set_ in parameter.fields.items()})
        numbers["juvenile_growth_mode"] = int(numbers["juvenile_growth_mode"])
        return numbers

    def _rates(self, settings: Settings) -> dict[str, Any]:
        adults = (np.arange(self.n_ages) >= self.new_adult_age).astype(float)
        everybody = np.ones(self.n_ages)
        competition = everybody.copy()
        survival: list[Any]
        mating: list[Any]
        if self.is_discrete:
            survival = [[_rate(settings, f"{sex}_age0_survival"), 0.0] for sex in SEXES]
            mating = [[0.0, _rate(settings, f"{sex}_adult_mating_rate")] for sex in SEXES]
        else:
            survival = [
                self._by_age(settings, f"{sex}_age_based_survival_rates", self._padded(SURVIVAL[sex])) for sex in SEXES
            ]
            mating = [self._by_age(settings, f"{sex}_age_based_mating_rates", adults) for sex in SEXES]
            competition[1] = _rate(settings, "competition_strength", MOST)
        return {
            "age_based_survival_rates": np.array(survival),
            "age_based_mating_rates": np.array(mating),
            "age_based_reproduction_rates": self._by_age(settings, "female_age_based_reproduction_rates", adults),
            "female_age_based_relative_fertility": self._by_age(
                settings, "female_age_based_relative_fertility", everybody, MOST
            ),
            "age_based_relative_competition_strength": competition,
        }

    def _padded(self, rates: Sequence[float]) -> np.ndarray:
        padded = np.zeros(self.n_ages)
        n = min(self.n_ages, len(rates))
        padded[:n] = rates[:n]
        return padded

    def _by_age(self, settings: Settings, name: str, default: np.ndarray, highest: float = 1.0) -> np.ndarray:
        """Rates of all ages; users give a number, a list, ``{age: rate}`` with 1 for the others, or a function."""
        given = settings[name]
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

    def _fitness(self, presets: tuple[Preset, ...], later: Iterable[Mapping[str, Any]]) -> Fitness:
        """What presets set, and then what users set by patterns."""
        fitness = self._once("patches", presets, lambda: self._patched(presets))
        fitness = copy.deepcopy(fitness, {id(self.species): self.species})  # all but the species
        for patterns in later:
            fitness.set(**patterns)
        return fitness

    def _patched(self, presets: Iterable[Preset]) -> Fitness:
        fitness = Fitness(self.species, self.n_ages, self.new_adult_age)
        for preset in in_order(presets):
            preset.patch_fitness(fitness)
        return fitness

    def _once(self, what: str, of: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """What was made of the very same objects before, or is made now; the objects are kept, and so are their ids."""
        key = (what, *map(id, of))
        if key not in self._made:
            self._made[key] = of, make()
        return self._made[key][1]


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


def _flat(presets: Any) -> Iterator[Preset]:
    """Presets one by one; None is no preset, and a batch may have several for a deme."""
    for preset in presets:
        if isinstance(preset, list | tuple):
            yield from _flat(preset)
        elif preset is not None:
            yield preset


def _rate(settings: Settings, name: str, highest: float = 1.0) -> float:
    return _array(name, settings[name], (), highest).item()


def _check_ages(what: str, by_age: Mapping[Any, Any], n_ages: int) -> None:
    for age in by_age:
        if age not in range(n_ages):
            raise UsageError(f"{what}: there is no age {age!r}; ages are 0 to {n_ages - 1}")


def _array(what: str, values: Any, shape: tuple[int, ...], highest: float = MOST) -> np.ndarray:
    """The values as float64 of this shape, none below 0 or above the highest."""
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{what} must be numbers of shape {shape}, got {values!r}") from None
    if array.shape != shape:
        raise UsageError(f"{what} must have the shape {shape}, got {array.shape}")
    wrong = ~((array >= 0) & (array <= highest))
    if wrong.any():
        raise UsageError(f"{what} must be between 0 and {highest:g}, got {array[wrong][0]:g}")
    return array
