"""The configuration of a deme, and what of it may differ between demes."""

from typing import Any, NamedTuple

import numpy as np

from l2l.optimizees.demes.equilibrium import compute_equilibrium_metrics
from l2l.sharing import Derived, Parameter, Schema
from l2l.sharing.schema import Fields

GROWTH_MODES = {
    "no_competition": 0,
    "fixed": 1,
    "linear": 2,
    "logistic": 2,
    "concave": 3,
    "beverton_holt": 3,
    "ricker": 4,
}
"""How juveniles' survival falls with their density: the names and the numbers that kernels know.  ``"linear"`` is
``"logistic"``, whose survival falls linearly; ``"concave"`` is ``"beverton_holt"``."""

MOST = 1e15
"""Whole numbers up to about nine times this are exact as float64."""


CAPACITIES = ("carrying_capacity", "age_1_carrying_capacity", "old_juvenile_carrying_capacity")
"""Names that the carrying capacity may be given by."""


class PopulationConfig(NamedTuple):
    """All that a kernel has to know of a deme; arrays are read-only and shared between demes that have them in common.

    The first axis of length 2 is the sex, females first.  Rates and fitness are probabilities or factors per tick.
    ``n_g`` genotypes, and ``n_hl = n_haploid_genotypes * n_glabs`` kinds of gametes.
    """

    is_stochastic: bool  # draws, or expectations throughout
    use_continuous_sampling: bool  # draws of real numbers where counts are large, instead of whole ones
    use_fixed_egg_count: bool  # a female lays exactly what is expected of her, instead of a Poisson number
    n_sexes: int
    n_ages: int
    n_genotypes: int
    n_haploid_genotypes: int
    n_glabs: int  # labels of gametes, such as what a mother deposits in an egg
    new_adult_age: int  # the first age of adults
    age_based_mating_rates: np.ndarray  # (2, n_ages), females that mate; males by how much they take part
    age_based_reproduction_rates: np.ndarray  # (n_ages,), mated females that lay
    age_based_survival_rates: np.ndarray  # (2, n_ages), from one age to the next
    female_age_based_relative_fertility: np.ndarray  # (n_ages,), factor on the eggs of a female
    viability_fitness: np.ndarray  # (2, n_ages, n_g), factor on survival
    fecundity_fitness: np.ndarray  # (2, n_g), factor on the eggs of a pair, one of each parent
    sexual_selection_fitness: np.ndarray  # (n_g, n_g), what a female of the row prefers the male of the column by
    zygote_viability_fitness: np.ndarray  # (2, n_g), share of zygotes that live, before juveniles compete
    age_based_relative_competition_strength: np.ndarray  # (n_ages,), what one juvenile counts in competition
    sperm_displacement_rate: float  # share of stored sperm that a further mating replaces, 0 to 1
    expected_eggs_per_female: float  # in a tick
    carrying_capacity: float  # individuals of age 1 at equilibrium, times the population scale
    sex_ratio: float  # share of females among zygotes
    low_density_growth_rate: float  # juveniles' survival when alone, in multiples of that at equilibrium
    juvenile_growth_mode: int  # of GROWTH_MODES
    expected_competition_strength: float  # derived: see equilibrium.py
    expected_survival_rate: float  # derived
    equilibrium_individual_distribution: np.ndarray  # (2, n_ages), all zero if it follows from the carrying capacity
    genotype_to_gametes_map: np.ndarray  # (2, n_g, n_hl), shares of a parent's gametes
    gametes_to_zygote_map: np.ndarray  # (n_hl, n_hl, n_g), shares of zygotes, the mother's gamete first
    initial_individual_count: np.ndarray  # (2, n_ages, n_g)
    initial_sperm_storage: np.ndarray  # (n_ages, n_g, n_g), females of the first genotype with sperm of the second
    population_scale: float  # factor on all absolute numbers
    base_carrying_capacity: float  # as it was given
    base_expected_num_adult_females: float  # that become adult in a tick at equilibrium; NaN if not given


def _as_given(capacity: Any, _: Fields) -> Any:
    return capacity


def _scaled(capacity: Any, fields: Fields) -> Any:
    return capacity * fields["population_scale"]


def _capacity(name: str) -> Parameter:
    return Parameter(name, {"base_carrying_capacity": _as_given, "carrying_capacity": _scaled}, low=0, high=MOST)


SCHEMA = Schema(
    [
        *map(_capacity, CAPACITIES),
        Parameter.of("eggs_per_female", "expected_eggs_per_female", low=0, high=MOST),
        Parameter.of("expected_num_adult_females", "base_expected_num_adult_females", low=0, high=MOST),
        Parameter.of("sex_ratio", low=0, high=1),
        Parameter.of("sperm_displacement_rate", low=0, high=1),
        Parameter.of("low_density_growth_rate", low=1, high=MOST),
        Parameter.of("juvenile_growth_mode", whole=True, low=0, high=max(GROWTH_MODES.values()), names=GROWTH_MODES),
    ],
    [
        Derived(
            ("expected_competition_strength", "expected_survival_rate"),
            frozenset(
                {
                    "carrying_capacity",
                    "sex_ratio",
                    "expected_eggs_per_female",
                    "base_expected_num_adult_females",
                    "equilibrium_individual_distribution",
                    "age_based_survival_rates",
                    "age_based_reproduction_rates",
                    "female_age_based_relative_fertility",
                    "age_based_relative_competition_strength",
                }
            ),
            compute_equilibrium_metrics,
        )
    ],
)
"""Numbers that may differ between demes, by the builder's names, and what is computed from them and from arrays."""

COLUMNS = tuple(name for name in PopulationConfig._fields if name in SCHEMA.numbers)
"""The numbers that differ between demes, in the order of the columns of `l2l.sharing.Bank.numbers`."""

ARRAYS = tuple(name for name, kind in PopulationConfig.__annotations__.items() if kind is np.ndarray)
"""The fields that are arrays, in the order of the columns of `l2l.sharing.Bank.combinations`."""
