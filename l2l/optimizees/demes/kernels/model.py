"""What the kernels read and write: the model of all demes, their state, and room to work in."""

from typing import NamedTuple

import numpy as np

from l2l.optimizees.demes.config import ARRAYS, COLUMNS, GROWTH_MODES, PopulationConfig
from l2l.optimizees.demes.sexes import Sex
from l2l.sharing import Bank

from .draws import CONTINUOUS, DRAWN, EXPECTED, merged

FEMALE, MALE = int(Sex.FEMALE), int(Sex.MALE)

FIXED, LOGISTIC, BEVERTON_HOLT, RICKER = (
    GROWTH_MODES[name] for name in ("fixed", "logistic", "beverton_holt", "ricker")
)

# Where the fields stand in rows of the bank
_CAPACITY = COLUMNS.index("carrying_capacity")
_STRENGTH = COLUMNS.index("expected_competition_strength")
_SURVIVAL_RATE = COLUMNS.index("expected_survival_rate")
_EGGS = COLUMNS.index("expected_eggs_per_female")
_SEX_RATIO = COLUMNS.index("sex_ratio")
_GROWTH_RATE = COLUMNS.index("low_density_growth_rate")
_GROWTH_MODE = COLUMNS.index("juvenile_growth_mode")
_DISPLACEMENT = COLUMNS.index("sperm_displacement_rate")
_MATING = ARRAYS.index("age_based_mating_rates")
_REPRODUCTION = ARRAYS.index("age_based_reproduction_rates")
_SURVIVAL = ARRAYS.index("age_based_survival_rates")
_FERTILITY = ARRAYS.index("female_age_based_relative_fertility")
_COMPETITION = ARRAYS.index("age_based_relative_competition_strength")
_VIABILITY = ARRAYS.index("viability_fitness")
_FECUNDITY = ARRAYS.index("fecundity_fitness")
_PREFERENCE = ARRAYS.index("sexual_selection_fitness")
_ZYGOTE_VIABILITY = ARRAYS.index("zygote_viability_fitness")
_GAMETES = ARRAYS.index("genotype_to_gametes_map")
_ZYGOTES = ARRAYS.index("gametes_to_zygote_map")


class Model(NamedTuple):
    """Of all demes; nothing in it changes.  ``n_g`` genotypes, ``n_h`` gametes, a stack's first axis is its length."""

    mode: int
    """`draws.EXPECTED`, ``DRAWN`` or ``CONTINUOUS``."""
    fixed_eggs: bool
    """Whether the number of eggs is as expected although their genotypes are drawn."""
    new_adult_age: int
    signature: np.ndarray
    """int32[n_demes]"""
    numbers: np.ndarray
    """Columns as `config.COLUMNS` says: float64[n_signatures, n_columns]"""
    combination: np.ndarray
    """Which arrays a signature has: int32[n_signatures]"""
    combinations: np.ndarray
    """Which entry of a stack that is, in the order of `config.ARRAYS`: int32[n_combinations, n_arrays]"""
    mating: np.ndarray
    """float64[., 2, n_ages]"""
    reproduction: np.ndarray
    """float64[., n_ages]"""
    survival: np.ndarray
    """float64[., 2, n_ages]"""
    fertility: np.ndarray
    """float64[., n_ages]"""
    competition: np.ndarray
    """float64[., n_ages]"""
    viability: np.ndarray
    """float64[., 2, n_ages, n_g]"""
    fecundity: np.ndarray
    """float64[., 2, n_g]"""
    preference: np.ndarray
    """Of females for males: float64[., n_g, n_g]"""
    zygote_viability: np.ndarray
    """float64[., 2, n_g]"""
    gametes: np.ndarray
    """float64[., 2, n_g, n_h]"""
    zygotes: np.ndarray
    """float64[., n_h, n_h, n_g]"""


class State(NamedTuple):
    """Of all demes."""

    individuals: np.ndarray
    """float64[n_demes, 2, n_ages, n_g]"""
    sperm: np.ndarray
    """Mated females by age, genotype and that of their mate, if adults live on: float64[n_demes, n_ages, n_g, n_g]"""
    streams: np.ndarray
    """uint64[n_demes, 4]"""
    arriving: np.ndarray
    """Individuals on their way, for each block of demes: float64[n_blocks, n_demes, 2, n_ages, n_g]"""
    arriving_sperm: np.ndarray
    """float64[n_blocks, n_demes, n_ages, n_g, n_g]"""


class Room(NamedTuple):
    """What one block of demes works in; each array has a first axis of blocks."""

    pairs: np.ndarray
    """float64[n_g, n_g]"""
    weights: np.ndarray
    """float64[3, n_g]"""
    gametes: np.ndarray
    """float64[n_h, n_g]"""
    unions: np.ndarray
    """float64[n_h, n_h]"""
    juveniles: np.ndarray
    """float64[2, n_g]"""
    grown: np.ndarray
    """float64[2, n_g]"""
    seeking: np.ndarray
    """Females that mate: float64[n_ages, n_g]"""
    threshold: np.ndarray
    """`draws.make_alias` of males that are chosen: float64[n_g]"""
    alias: np.ndarray
    """int64[n_g, 2]"""
    work: np.ndarray
    """int64[n_g]"""


class Deme(NamedTuple):
    """What the model says of one deme."""

    capacity: float
    strength: float
    survival_rate: float
    eggs: float
    sex_ratio: float
    growth_rate: float
    growth_mode: int
    displacement: float
    mating: np.ndarray
    reproduction: np.ndarray
    survival: np.ndarray
    fertility: np.ndarray
    competition: np.ndarray
    viability: np.ndarray
    fecundity: np.ndarray
    preference: np.ndarray
    zygote_viability: np.ndarray
    gametes: np.ndarray
    zygotes: np.ndarray


def make_model(bank: Bank, signatures: np.ndarray) -> Model:
    """The model of demes that have these signatures, int32[n_demes], of a `l2l.sharing.Bank`; nothing is copied."""
    config = bank.base
    mode = EXPECTED if not config.is_stochastic else CONTINUOUS if config.use_continuous_sampling else DRAWN
    return Model(
        mode,
        config.use_fixed_egg_count and config.is_stochastic,
        config.new_adult_age,
        signatures,
        bank.numbers,
        bank.combination,
        bank.combinations,
        bank.arrays["age_based_mating_rates"].stack,
        bank.arrays["age_based_reproduction_rates"].stack,
        bank.arrays["age_based_survival_rates"].stack,
        bank.arrays["female_age_based_relative_fertility"].stack,
        bank.arrays["age_based_relative_competition_strength"].stack,
        bank.arrays["viability_fitness"].stack,
        bank.arrays["fecundity_fitness"].stack,
        bank.arrays["sexual_selection_fitness"].stack,
        bank.arrays["zygote_viability_fitness"].stack,
        bank.arrays["genotype_to_gametes_map"].stack,
        bank.arrays["gametes_to_zygote_map"].stack,
    )


def make_state(individuals: np.ndarray, sperm: np.ndarray, streams: np.ndarray, n_blocks: int) -> State:
    """The state of demes, whose arrays are the caller's; ``sperm`` is of no demes where adults live for one tick."""
    arriving, arriving_sperm = np.zeros((n_blocks, *individuals.shape)), np.zeros((n_blocks, *sperm.shape))
    return State(individuals, sperm, streams, arriving, arriving_sperm)


@merged
def room_of(room, block):
    """Views of a block's room."""
    return Room(
        room.pairs[block],
        room.weights[block],
        room.gametes[block],
        room.unions[block],
        room.juveniles[block],
        room.grown[block],
        room.seeking[block],
        room.threshold[block],
        room.alias[block],
        room.work[block],
    )


def make_room(config: PopulationConfig, n_blocks: int) -> Room:
    """Room for blocks of demes."""
    n_genotypes, n_gametes = config.gametes_to_zygote_map.shape[2], config.gametes_to_zygote_map.shape[0]
    return Room(
        np.empty((n_blocks, n_genotypes, n_genotypes)),
        np.empty((n_blocks, 3, n_genotypes)),
        np.empty((n_blocks, n_gametes, n_genotypes)),
        np.empty((n_blocks, n_gametes, n_gametes)),
        np.empty((n_blocks, 2, n_genotypes)),
        np.empty((n_blocks, 2, n_genotypes)),
        np.empty((n_blocks, config.n_ages, n_genotypes)),
        np.empty((n_blocks, n_genotypes)),
        np.empty((n_blocks, n_genotypes, 2), np.int64),
        np.empty((n_blocks, n_genotypes), np.int64),
    )


@merged
def deme_of(model, d):
    """Views of what the model says of deme ``d``."""
    signature = model.signature[d]
    numbers = model.numbers[signature]
    array = model.combinations[model.combination[signature]]
    return Deme(
        numbers[_CAPACITY],
        numbers[_STRENGTH],
        numbers[_SURVIVAL_RATE],
        numbers[_EGGS],
        numbers[_SEX_RATIO],
        numbers[_GROWTH_RATE],
        int(numbers[_GROWTH_MODE]),
        numbers[_DISPLACEMENT],
        model.mating[array[_MATING]],
        model.reproduction[array[_REPRODUCTION]],
        model.survival[array[_SURVIVAL]],
        model.fertility[array[_FERTILITY]],
        model.competition[array[_COMPETITION]],
        model.viability[array[_VIABILITY]],
        model.fecundity[array[_FECUNDITY]],
        model.preference[array[_PREFERENCE]],
        model.zygote_viability[array[_ZYGOTE_VIABILITY]],
        model.gametes[array[_GAMETES]],
        model.zygotes[array[_ZYGOTES]],
    )
