"""A tick of a deme with ages and stored sperm, against the equations in NumPy."""

import numpy as np
import pytest

from l2l.optimizees.demes import SpatialBuilder, Species, SquareGrid

SPECIES = Species.from_dict("fly", {"one": {"A": ["a", "b"]}})
N_AGES, ADULT = 5, 2


def population(topology=None, mode="beverton_holt", migration_rate=0.0, **modes):
    builder = SpatialBuilder(SPECIES, topology=topology).setup(**{"stochastic": False, **modes})
    builder.age_structure(n_ages=N_AGES, new_adult_age=ADULT)
    builder.initial_state(
        {
            "female": {"a|a": [0, 90, 60, 50, 40], "a|b": [0, 0, 70, 30, 0]},
            "male": {"a|a": [0, 60, 50, 30, 0], "b|b": 25},
        },
        {"a|a": {"a|a": [0, 0, 20, 30, 10], "b|b": [0, 0, 10, 0, 30]}},
    )
    builder.survival(
        female_age_based_survival_rates=[0.9, 0.8, 0.7, 0.6, 0.5],
        male_age_based_survival_rates=[0.8, 0.9, 0.5, 0.4, 0.3],
    )
    builder.reproduction(
        eggs_per_female=20,
        sex_ratio=0.4,
        female_age_based_mating_rates=[0, 0, 0.8, 0.7, 0.6],
        male_age_based_mating_rates=[0, 0, 1, 0.5, 0.5],
        female_age_based_reproduction_rates=[0, 0, 1, 0.9, 0.5],
        female_age_based_relative_fertility=[1, 1, 1, 0.8, 0.6],
        sperm_displacement_rate=0.3,
    )
    builder.competition(
        juvenile_growth_mode=mode, low_density_growth_rate=4, age_1_carrying_capacity=150, competition_strength=3
    )
    builder.fitness(
        viability={"b|b": 0.6},
        fecundity={"female": {"a|b": 0.8}, "male": {"b|b": 0.5}},
        sexual_selection={"a|a": {"b|b": 0.3}},
        zygote_viability={"b|b": 0.7},
    )
    if topology is not None:
        builder.migration(migration_rate=migration_rate)
    return builder.build()


def expected_tick(config, counts, sperm):
    """Counts float64[2, n_ages, n_g] and sperm float64[n_ages, n_g, n_g] after a tick of one deme."""
    counts, sperm = counts.copy(), sperm.copy()
    suitors = (counts[1, ADULT:] * config.age_based_mating_rates[1, ADULT:, None]).sum(0)
    weights = config.sexual_selection_fitness * suitors
    chosen = weights / weights.sum(1, keepdims=True)
    for age in range(ADULT, N_AGES):
        rate, again = config.age_based_mating_rates[0, age], config.sperm_displacement_rate
        mated = sperm[age].sum(1)
        mating = (counts[0, age] - mated) * rate + mated * rate * again
        sperm[age] = sperm[age] * (1 - rate * again) + mating[:, None] * chosen
    each = config.age_based_reproduction_rates * config.female_age_based_relative_fertility
    pairs = (sperm * each[:, None, None])[ADULT:].sum(0) * config.expected_eggs_per_female
    pairs = pairs * np.multiply.outer(*config.fecundity_fitness)
    gametes = config.genotype_to_gametes_map
    tensor = np.einsum("ih,jk,hkg->ijg", gametes[0], gametes[1], config.gametes_to_zygote_map)
    at_birth = np.array([config.sex_ratio, 1 - config.sex_ratio])
    juveniles = np.einsum("ij,ijg->g", pairs, tensor) * at_birth[:, None] * config.zygote_viability_fitness
    crowd = juveniles.sum() + 3 * counts[:, 1].sum()
    survival = config.age_based_survival_rates
    shares = at_birth * survival[:, 0] / (at_birth @ survival[:, 0])
    females = config.carrying_capacity * shares[0] * np.cumprod(np.concatenate([[1, 1], survival[0, 1:4]]))
    eggs = (females * each)[ADULT:].sum() * config.expected_eggs_per_female
    capacity = config.carrying_capacity
    x, least = crowd / (eggs + 3 * capacity), capacity / (eggs * (at_birth @ survival[:, 0]))
    r = config.low_density_growth_rate
    share = {
        1: min(1.0, capacity / juveniles.sum()),
        2: max(0.0, r - (r - 1) * x) * least,
        3: r / (1 + (r - 1) * x) * least,
        4: r ** (1 - x) * least,
    }[config.juvenile_growth_mode]
    counts[:, 0] = juveniles * np.minimum(share, 1 / survival[:, :1])
    counts *= survival[:, :, None]
    counts[:, ADULT - 1] *= config.viability_fitness[:, ADULT - 1]
    sperm *= survival[0, :, None, None]
    older, older_sperm = np.zeros_like(counts), np.zeros_like(sperm)
    older[:, 1:], older_sperm[1:] = counts[:, :-1], sperm[:-1]
    return older, older_sperm


@pytest.mark.parametrize("mode", ["fixed", "logistic", "beverton_holt", "ricker"])
def test_expected_ticks_follow_the_equations(mode):
    flies = population(mode=mode)
    counts, sperm = flies.individual_count[0].copy(), flies.sperm_storage[0].copy()
    for _ in range(6):
        counts, sperm = expected_tick(flies.bank.base, counts, sperm)
    flies.run(6)
    np.testing.assert_allclose(flies.individual_count[0], counts, rtol=1e-12)
    np.testing.assert_allclose(flies.sperm_storage[0], sperm, rtol=1e-12)


def test_females_who_leave_take_their_sperm_along():
    flies = population(SquareGrid(1, 3), migration_rate=0.2)
    flies.individual_count[0] *= 3
    flies.sperm_storage[0] *= 3
    before = zip(flies.individual_count, flies.sperm_storage, strict=True)
    alone = [expected_tick(flies.bank.base, *state) for state in before]
    flies.run(1)
    moved = np.array([[0.8, 0.2, 0], [0.1, 0.8, 0.1], [0, 0.2, 0.8]])  # row to column; age 1 and younger stay
    counts, sperm = (np.array(part) for part in zip(*alone, strict=True))
    went = np.einsum("ij,isag->jsag", moved, counts)
    went[:, :, :ADULT] = counts[:, :, :ADULT]
    np.testing.assert_allclose(flies.individual_count, went, rtol=1e-12)
    np.testing.assert_allclose(flies.sperm_storage, np.einsum("ij,iagh->jagh", moved, sperm), rtol=1e-12)


@pytest.mark.parametrize("modes", [{}, {"use_continuous_sampling": True}, {"use_fixed_egg_count": True}])
def test_drawn_ticks_have_the_expected_mean(modes):
    flies = population(SquareGrid(40, 50), mode="fixed", stochastic=True, **modes)
    counts, sperm = expected_tick(flies.bank.base, flies.individual_count[0], flies.sperm_storage[0])
    flies.run(1)
    for drawn, expected in ((flies.individual_count, counts), (flies.sperm_storage, sperm)):
        error = np.abs(drawn.mean(0) - expected) / (drawn.std(0) / np.sqrt(len(drawn)) + 1e-9)
        assert error.max() < 4.5


@pytest.mark.parametrize("modes", [{"use_continuous_sampling": True}, {}])
def test_females_are_never_fewer_than_those_that_mated(modes):
    one, two = (population(SquareGrid(6, 6), migration_rate=0.3, stochastic=True, **modes) for _ in range(2))
    one.run(12)
    assert (one.sperm_storage >= 0).all()
    assert (one.individual_count[:, 0] - one.sperm_storage.sum(-1) >= -1e-6).all()
    if not modes:
        assert (one.individual_count == np.rint(one.individual_count)).all()
    two.run(5, n_threads=2).run(7)
    np.testing.assert_array_equal(one.individual_count, two.individual_count)
    np.testing.assert_array_equal(one.sperm_storage, two.sperm_storage)
