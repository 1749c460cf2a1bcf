"""Builds populations on a landscape, whose demes share what they have in common."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial
from numbers import Real
from typing import Any, Literal, TypeVar

import numpy as np

from l2l.errors import UsageError, checks_keywords
from l2l.optimizees.demes.config import ARRAYS, CAPACITIES, SCHEMA
from l2l.optimizees.demes.config_builder import SETTINGS_OF, PopulationConfigBuilder
from l2l.optimizees.demes.fitness import QUANTITIES
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import Op, make_schedule
from l2l.optimizees.demes.migration import (
    Rows,
    make_paths,
    migration_rates,
    rows_of_adjacency,
    rows_of_kernels,
    rows_of_neighbours,
)
from l2l.optimizees.demes.population import SpatialPopulation
from l2l.optimizees.demes.sexes import Sex
from l2l.optimizees.demes.steps import DEFAULTS, setting, step
from l2l.optimizees.demes.topology import Graph, Grid
from l2l.sharing import Bank, BatchSetting, SharingReport, Signatures, Sites, spread

T = TypeVar("T")

_FOR_AGES = {
    "n_ages",
    "new_adult_age",
    "sperm_storage",
    "female_age_based_survival_rates",
    "male_age_based_survival_rates",
    "female_age_based_mating_rates",
    "male_age_based_mating_rates",
    "sperm_displacement_rate",
    "competition_strength",
    "age_1_carrying_capacity",
    "old_juvenile_carrying_capacity",
}
_FOR_GENERATIONS = {
    "female_age0_survival",
    "male_age0_survival",
    "female_adult_mating_rate",
    "male_adult_mating_rate",
}
_MODES = {"setup": "how all demes are simulated", "age_structure": "the shape of all arrays"}
"""Methods whose settings cannot differ between demes, and what these are."""


@checks_keywords
class SpatialBuilder:
    """Builds a population of demes from settings, of which any may differ between demes.

    A setting is one value for all demes, or `l2l.sharing.batch_setting` of one value for each.  Demes with the same
    values have one configuration.  All others are variants of one that is built in full: they have numbers and
    arrays of their own where these follow from a setting that differs, and share the rest.

    Parameters
    ----------
    species : Species
    n_demes : int, optional
        As many as the topology has, or 1.
    topology : Grid or Graph, optional
        Where demes lie, such as a `SquareGrid`.
    pop_type : str
        ``"age_structured"``, or ``"discrete_generation"`` whose adults live for one tick.
    """

    def __init__(
        self,
        species: Species,
        n_demes: int | None = None,
        topology: Grid | Graph | None = None,
        *,
        pop_type: Literal["age_structured", "discrete_generation"] = "age_structured",
    ):
        if pop_type not in ("age_structured", "discrete_generation"):
            raise UsageError(f"pop_type must be 'age_structured' or 'discrete_generation', got {pop_type!r}")
        if not isinstance(species, Species):
            raise UsageError(f"species must be a Species, got {species!r}")
        if topology is not None and not isinstance(topology, Grid | Graph):
            raise UsageError(f"topology must be a grid or a graph, such as SquareGrid(rows, cols), got {topology!r}")
        self.species = species
        self.topology = topology
        self.is_discrete = pop_type == "discrete_generation"
        n_places = 1 if topology is None else topology.n_demes
        if n_demes is not None and topology is not None and n_demes != n_places:
            raise UsageError(f"the topology has {n_places} demes, but n_demes is {n_demes}")
        self.sites = Sites(n_places if n_demes is None else n_demes, None if topology is None else topology.shape)
        self._settings: dict[str, Any] = {**DEFAULTS, "presets": (), **dict.fromkeys(QUANTITIES, ())}
        if self.is_discrete:
            self._settings.update(n_ages=2, new_adult_age=1)
        self._ops: tuple[Op, ...] = ()
        self._observation: tuple[Mapping[str, Any], bool] = {}, False

    @setting
    def setup(
        self,
        name: str = "SpatialPopulation",
        stochastic: bool = True,
        use_continuous_sampling: bool = False,
        use_fixed_egg_count: bool = False,
        population_scale: float = 1.0,
        seed: int | np.random.SeedSequence = 0,
    ) -> None:
        """How the population is simulated; the same for all demes.

        Parameters
        ----------
        name : str
        stochastic : bool
            Whether numbers are drawn; else they are what is expected.
        use_continuous_sampling : bool
            Whether real numbers are drawn instead of whole ones.
        use_fixed_egg_count : bool
            Whether as many eggs are laid as expected; else a Poisson number.
        population_scale : float
            Factor on the carrying capacity and all initial numbers.
        seed : int or SeedSequence
            Equal seeds give equal histories.
        """

    @setting
    def age_structure(self, n_ages: int = 8, new_adult_age: int = 2) -> None:
        """Ages in ticks, and the first one of adults."""

    @setting
    def initial_state(self, individual_count: Any, sperm_storage: Any = None) -> None:
        """Who is there at the start.

        Parameters
        ----------
        individual_count : dict or float64[2, n_ages, n_genotypes]
            ``{"female": {"WT|WT": count}}``, where a count is a number for every age of adults, a list by age, or
            ``{age: number}``.
        sperm_storage : dict or float64[n_ages, n_genotypes, n_genotypes]
            ``{"WT|WT": {"WT|Dr": count}}``: of these females how many have stored sperm of these males.
        """

    @setting
    def survival(
        self,
        female_age_based_survival_rates: Any = None,
        male_age_based_survival_rates: Any = None,
        female_age0_survival: Any = 1.0,
        male_age0_survival: Any = 1.0,
    ) -> None:
        """Shares that survive a tick, besides what competition and fitness do.

        Parameters
        ----------
        female_age_based_survival_rates, male_age_based_survival_rates : float, list, dict or callable
            Of each age: one rate for all, a list, ``{age: rate}`` with 1 for the other ages, or a function of age.
        female_age0_survival, male_age0_survival : float
            Of juveniles, where generations are discrete.
        """

    @setting
    def reproduction(
        self,
        eggs_per_female: Any = 50.0,
        sex_ratio: Any = 0.5,
        female_age_based_mating_rates: Any = None,
        male_age_based_mating_rates: Any = None,
        female_age_based_reproduction_rates: Any = None,
        female_age_based_relative_fertility: Any = None,
        sperm_displacement_rate: Any = 0.05,
        female_adult_mating_rate: Any = 1.0,
        male_adult_mating_rate: Any = 1.0,
    ) -> None:
        """Mating and eggs.

        Parameters
        ----------
        eggs_per_female : float
            In a tick.
        sex_ratio : float
            Share of females among zygotes.
        female_age_based_mating_rates, male_age_based_mating_rates : float, list, dict or callable
            By age: share of females that mate in a tick, and weight of males among those who mate; of adults 1.
        female_age_based_reproduction_rates : float, list, dict or callable
            By age: share of mated females that lay; of adults 1.
        female_age_based_relative_fertility : float, list, dict or callable
            By age: factor on the number of eggs.
        sperm_displacement_rate : float
            Share of the stored sperm that a further mating replaces.
        female_adult_mating_rate, male_adult_mating_rate : float
            Where generations are discrete.
        """

    @setting
    def competition(
        self,
        competition_strength: Any = 5.0,
        juvenile_growth_mode: Any = "logistic",
        low_density_growth_rate: Any = 6.0,
        age_1_carrying_capacity: Any = None,
        old_juvenile_carrying_capacity: Any = None,
        expected_num_adult_females: Any = None,
        equilibrium_distribution: Any = None,
        carrying_capacity: Any = None,
    ) -> None:
        """How juveniles' survival depends on how many they are.

        Parameters
        ----------
        competition_strength : float
            How much a juvenile of age 1 counts, in multiples of one of age 0.
        juvenile_growth_mode : str
            One of `GROWTH_MODES`.
        low_density_growth_rate : float
            Survival of a juvenile that is alone, in multiples of that at equilibrium.
        carrying_capacity, age_1_carrying_capacity, old_juvenile_carrying_capacity : float
            Individuals of age 1 at equilibrium; one of these names.
        expected_num_adult_females : float
            Females that become adult in a tick at equilibrium; else it follows from the carrying capacity.
        equilibrium_distribution : float64[2, n_ages]
            Individuals by sex and age at equilibrium; else they follow from the carrying capacity and survival.
        """

    @setting
    def migration(
        self,
        kernel: Any = None,
        migration_rate: Any = 0.0,
        adjacency: Any = None,
        kernel_bank: Any = None,
        deme_kernel_ids: Any = None,
        kernel_include_center: bool = False,
    ) -> None:
        """Who leaves a deme in a tick, and where to; to the demes beside it unless a kernel or shares are given.

        Parameters
        ----------
        kernel : float64[odd, odd]
            Weights of the demes around one, on a grid.
        migration_rate : float, float64[n_ages], float64[2, n_ages] or dict
            Share that leaves; one number is of adults, a dict has ``"female"`` and ``"male"``.
        adjacency : dict of dicts, sparse matrix or float64[n_demes, n_demes]
            Share of a row's emigrants that go to a column; what is missing to 1 stays.
        kernel_bank : sequence of kernels
        deme_kernel_ids : int[n_demes]
            Which kernel of the bank each deme has.
        kernel_include_center : bool
            Whether some emigrants come back at once, by the weight in the middle.
        """

    def hooks(self, *ops: Op | Sequence[Op]) -> "SpatialBuilder":
        """Add operations that are done at the beginning of ticks: releases, removals, reasons to stop; see `Op`."""
        for op in ops:
            self._ops += (op,) if isinstance(op, Op) else tuple(op)
        for one in self._ops:
            if not isinstance(one, Op):
                raise UsageError(f"hooks(): operations such as Op.add(...) are expected, got {one!r}")
        return self

    @step
    def with_observation(self, groups: Mapping[str, Mapping[str, Any]], collapse_age: bool = False) -> "SpatialBuilder":
        """Count groups of individuals while the population runs; see `Observation`."""
        self._observation = groups, collapse_age
        return self

    def presets(self, *preset_list: Any) -> "SpatialBuilder":
        """Add genetic systems, such as a `HomingDrive`; each for all demes, or a batch with one for each, or None."""
        self._settings["presets"] += preset_list
        return self

    @step
    def fitness(
        self,
        viability: Any = None,
        fecundity: Any = None,
        sexual_selection: Any = None,
        zygote_viability: Any = None,
        mode: Any = "replace",
    ) -> "SpatialBuilder":
        """Set the fitness of genotypes by patterns, as in `Fitness.set`, on what presets and earlier calls have set."""
        given = dict(
            viability=viability,
            fecundity=fecundity,
            sexual_selection=sexual_selection,
            zygote_viability=zygote_viability,
        )
        for quantity, patterns in given.items():
            if patterns is not None:
                self._settings[quantity] += ((patterns, mode),)
        return self

    def build(self) -> SpatialPopulation:
        """The population in its initial state.

        Raises
        ------
        UsageError
            If a value is not what it must be, and tells the deme (site) it is of, or values of demes are missing.
        """
        self._check()
        settings = self._settings
        values = {name: spread(value, name, self.sites) for name, value in settings.items()}
        columns = {name: column for name, column in values.items() if column is not None}
        rates = self._migration_rates(columns.pop("migration_rate", None))
        paths = make_paths(self._migration_rows(rates), rates, settings["stochastic"])
        bank, ids, report = self._build_heterogeneous(columns)
        population = SpatialPopulation(
            self.species,
            self.is_discrete,
            bank,
            ids,
            report,
            settings["seed"],
            settings["name"],
            self.topology,
            paths,
            self._ops,
        )
        population.observe(*self._observation)
        make_schedule(self._ops, population.layout, 0, 0)  # refuses now what a run would refuse
        return population

    def _keep(self, method: str, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            if name in (_FOR_AGES if self.is_discrete else _FOR_GENERATIONS):
                kind = "with ages" if self.is_discrete else "of discrete generations"
                raise UsageError(f"{method}(): {name} is for populations {kind}")
            if method in _MODES and isinstance(value, BatchSetting):
                raise UsageError(f"{method}(): {name} must be the same in all demes: it is {_MODES[method]}")
            if method == "migration" and name != "migration_rate" and isinstance(value, BatchSetting):
                raise UsageError(f"migration(): {name} is of all demes; kernel_bank and deme_kernel_ids may differ")
            if name in SCHEMA.parameters and (np.ndim(value) or callable(value)):
                raise UsageError(f"{method}(): {name} is one number; batch_setting(...) gives each deme its own")
        self._settings.update(given)

    def _check(self) -> None:
        settings = self._settings
        for name in ("stochastic", "use_continuous_sampling", "use_fixed_egg_count"):
            if not isinstance(settings[name], bool):
                raise UsageError(f"setup(): {name} must be True or False, got {settings[name]!r}")
        scale = settings["population_scale"]
        if not isinstance(scale, Real) or not 0 < float(scale) < np.inf:
            raise UsageError(f"setup(): population_scale must be a number above 0, got {scale!r}")
        given = [name for name in CAPACITIES if settings[name] is not None]
        if len(given) > 1:
            raise UsageError(f"the carrying capacity is given twice, as {' and '.join(given)}")
        if not given and settings["juvenile_growth_mode"] != "no_competition":
            raise UsageError('competition(carrying_capacity=...) is needed, or juvenile_growth_mode="no_competition"')
        n_ages, new_adult_age = settings["n_ages"], settings["new_adult_age"]
        if not isinstance(n_ages, int) or n_ages < 2:
            raise UsageError(f"n_ages must be a whole number of at least 2, got {n_ages!r}")
        if not isinstance(new_adult_age, int) or new_adult_age not in range(1, n_ages):
            raise UsageError(f"new_adult_age must be one of ages 1 to {n_ages - 1}, got {new_adult_age!r}")

    def _build_heterogeneous(self, columns: Mapping[str, Any]) -> tuple[Bank, np.ndarray, SharingReport]:
        """The configurations of all signatures, and the signature of each deme: int32[n_demes].

        One is built in full, that of the first deme.  All others are variants of it: only what follows from a setting
        that differs is built again, an array once for all demes with the same values of these settings.
        """
        configs = self._config_builder()
        makers = {field: partial(configs.array, field) for field in ARRAYS}
        first = {field: self._of_deme(make, SETTINGS_OF[field], columns, 0) for field, make in makers.items()}
        bank = Bank(SCHEMA, self._of_deme(partial(configs.build, arrays=first), SCHEMA.parameters, columns, 0))
        varied = {name: column for name, column in columns.items() if self._can_use_replace(name)}
        rebuilt: dict[str, str] = {}
        for names, fields in _fields_of(columns).items():
            groups = Signatures({name: columns[name] for name in names}, self.sites.n)
            for field in fields:
                arrays = [self._of_deme(makers[field], SETTINGS_OF[field], columns, site) for site in groups.first]
                varied[field] = bank.arrays[field].numbers(arrays)[groups.ids]
                rebuilt[field] = f"{len(groups)} times, for {' and '.join(names)}"
        signatures = Signatures(varied, self.sites.n)
        bank.vary(signatures)
        _check_sperm(self.species, bank, signatures)
        return bank, signatures.ids, SharingReport.of(bank, signatures.ids, list(columns), rebuilt)

    def _migration_rates(self, column: Sequence[Any] | np.ndarray | None) -> np.ndarray:
        """The share that leaves, float64[n_demes or 1, 2, n_ages]; of values of each deme if they differ."""
        ages = self._settings["n_ages"], self._settings["new_adult_age"]
        if column is None:
            return migration_rates(self._settings["migration_rate"], self.sites.n, *ages)
        rates = []
        for site, value in enumerate(column):
            try:
                rates.append(migration_rates(value, 1, *ages))
            except UsageError as error:
                raise UsageError(f"{error} at site {site}") from None
        return np.concatenate(rates)

    def _migration_rows(self, rates: np.ndarray) -> Rows:
        """Where emigrants go."""
        settings, n_demes = self._settings, self.sites.n
        ways = ("kernel", "kernel_bank", "adjacency")
        given = [name for name in ways if settings[name] is not None]
        if len(given) > 1:
            raise UsageError(f"migration(): one of {', '.join(ways)} is needed, got {' and '.join(given)}")
        if settings["adjacency"] is not None:
            return rows_of_adjacency(settings["adjacency"], n_demes)
        if given:
            kernels = [settings["kernel"]] if given == ["kernel"] else settings["kernel_bank"]
            which = settings["deme_kernel_ids"]
            return rows_of_kernels(self.topology, kernels, which, settings["kernel_include_center"])
        if self.topology is not None:
            return rows_of_neighbours(self.topology)
        if rates.any() and n_demes > 1:
            raise UsageError("migration(): the builder has no topology, so a kernel or adjacency is needed")
        return rows_of_adjacency({}, n_demes)

    @staticmethod
    def _can_use_replace(name: str) -> bool:
        """Whether a setting is a number, so that demes that differ in it share all arrays."""
        return name in SCHEMA.parameters

    def _config_builder(self) -> PopulationConfigBuilder:
        settings = self._settings
        modes = {
            "is_stochastic": settings["stochastic"],
            "use_continuous_sampling": settings["use_continuous_sampling"],
            "use_fixed_egg_count": settings["use_fixed_egg_count"],
        }
        return PopulationConfigBuilder(
            self.species,
            settings["n_ages"],
            settings["new_adult_age"],
            self.is_discrete,
            settings["population_scale"],
            modes,
        )

    def _of_deme(
        self, build: Callable[[Mapping[str, Any]], T], names: Iterable[str], columns: Mapping[str, Any], site: int
    ) -> T:
        """What is built of the settings of these names that a deme has."""
        settings = {name: columns[name][site] if name in columns else self._settings[name] for name in names}
        try:
            return build(settings)
        except UsageError as error:
            if columns.keys().isdisjoint(names):
                raise
            raise UsageError(f"{error} at site {site}") from None


def _fields_of(varied: Container[str]) -> dict[tuple[str, ...], list[str]]:
    """The arrays that follow from settings that differ, by these settings."""
    fields: dict[tuple[str, ...], list[str]] = {}
    for field, settings in SETTINGS_OF.items():
        names = tuple(name for name in settings if name in varied)
        if names:
            fields.setdefault(names, []).append(field)
    return fields


def _check_sperm(species: Species, bank: Bank, signatures: Signatures) -> None:
    """Refuse more females with stored sperm than there are."""
    females = bank.arrays["initial_individual_count"].stack[:, Sex.FEMALE]  # (., n_ages, n_genotypes)
    stored = bank.arrays["initial_sperm_storage"].stack.sum(axis=-1)
    numbers = [bank.array_numbers(field) for field in ("initial_individual_count", "initial_sperm_storage")]
    pairs, first = np.unique(np.stack(numbers), axis=1, return_index=True)
    for individuals, sperm, signature in zip(*pairs, first, strict=True):
        excess = stored[sperm] - females[individuals] * (1 + 1e-12)  # sums of shares are not exact
        if (excess > 0).any():
            age, genotype = np.unravel_index(np.argmax(excess), excess.shape)
            raise UsageError(
                f"sperm_storage of {species.genotypes[genotype]!r} at age {age} is of {stored[sperm, age, genotype]:g} "
                f"females, individual_count has {females[individuals, age, genotype]:g}, "
                f"at site {signatures.first[signature]}"
            )
