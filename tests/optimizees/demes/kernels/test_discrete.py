"""A tick of discrete generations, against the equations in NumPy and against moments."""

import numpy as np
import pytest

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import make_schedule
from l2l.optimizees.demes.kernels.model import make_model, make_room, make_state
from l2l.optimizees.demes.kernels.run import advance as advance_all
from l2l.optimizees.demes.migration import make_paths, migration_rates, rows_of_kernels
from l2l.optimizees.demes.observation import Observation
from l2l.optimizees.demes.selection import Layout
from l2l.optimizees.demes.topology import SquareGrid

KERNEL = np.array([[1.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 2.0, 1.0]])
SPECIES = Species.from_dict("fly", {"one": {"A": ["a", "b"]}})


def population(n_demes=None, topology=None, mode="beverton_holt", seed=1, **options):
    builder = SpatialBuilder(SPECIES, n_demes, topology, pop_type="discrete_generation")
    builder.setup(seed=seed, **{"stochastic": False, **options})
    builder.initial_state({"female": {"a|a": 300, "a|b": 200}, "male": {"a|a": 100, "b|b": 60, "b|a": 30}})
    builder.survival(female_age0_survival=0.9, male_age0_survival=0.7)
    builder.reproduction(eggs_per_female=20, sex_ratio=0.4, female_adult_mating_rate=0.8)
    builder.competition(juvenile_growth_mode=mode, low_density_growth_rate=4, carrying_capacity=700)
    builder.fitness(
        viability={"b|b": 0.6},
        fecundity={"female": {"a|b": 0.8}, "male": {"b|b": 0.5}},
        sexual_selection={"a|a": {"b|b": 0.3}},
        zygote_viability={"b|b": 0.7},
    )
    return builder.build()


def advance(flies, n_ticks, rate=0.0, n_blocks=1):
    config, n_demes = flies.bank.base, len(flies)
    grid = flies.topology or SquareGrid(1, n_demes)
    rows = rows_of_kernels(grid, [KERNEL])
    layout = Layout(SPECIES, config.n_ages, n_demes)
    advance_all(
        make_model(flies.bank, flies.signature_ids),
        make_state(flies.individual_count, flies.sperm_storage, flies.streams, n_blocks),
        make_room(config, n_blocks),
        make_paths(rows, migration_rates(rate, n_demes, config.n_ages, config.new_adult_age)),
        make_schedule([], layout, 0, n_ticks),
        Observation({}, layout).make_record(0, n_ticks),
        0,
        n_ticks,
    )
    return flies.individual_count


def expected_generation(config, adults):
    """Equations of one deme's tick; ``adults`` float64[2, n_g]."""
    gametes = config.genotype_to_gametes_map
    tensor = np.einsum("ih,jk,hkg->ijg", gametes[0], gametes[1], config.gametes_to_zygote_map)
    weights = config.sexual_selection_fitness * adults[1] * config.age_based_mating_rates[1, 1]
    chosen = weights / weights.sum(1, keepdims=True)
    pairs = adults[0][:, None] * config.age_based_mating_rates[0, 1] * chosen
    fecundity = np.multiply.outer(config.fecundity_fitness[0], config.fecundity_fitness[1])
    zygotes = np.einsum("ij,ijg->g", pairs * config.expected_eggs_per_female * fecundity, tensor)
    at_birth = np.array([config.sex_ratio, 1 - config.sex_ratio])
    juveniles = zygotes * at_birth[:, None] * config.zygote_viability_fitness
    survival = config.age_based_survival_rates[:, 0]
    capacity, r = config.carrying_capacity, config.low_density_growth_rate
    crowd = capacity * at_birth[0] * survival[0] / (at_birth @ survival) * config.expected_eggs_per_female
    x, least = juveniles.sum() / crowd, capacity / (crowd * (at_birth @ survival))
    share = {
        0: 1.0,
        1: min(1.0, capacity / juveniles.sum()),
        2: max(0.0, r - (r - 1) * x) * least,
        3: r / (1 + (r - 1) * x) * least,
        4: r ** (1 - x) * least,
    }[config.juvenile_growth_mode]
    return juveniles * np.minimum(1.0, share * survival[:, None] * config.viability_fitness[:, 0])


@pytest.mark.parametrize("mode", ["no_competition", "fixed", "logistic", "beverton_holt", "ricker"])
def test_expected_generation_follows_the_equations(mode):
    flies = population(mode=mode)
    expected = flies.individual_count[0, :, 1].copy()
    for _ in range(5):
        expected = expected_generation(flies.bank.base, expected)
    after = advance(flies, 5)
    np.testing.assert_allclose(after[0, :, 1], expected, rtol=1e-12)
    assert (after[0, :, 0] == 0).all()


def test_expected_migration_moves_shares_to_all_sides():
    grid = SquareGrid(3, 4)
    flies = population(topology=grid, mode="fixed")
    flies.individual_count[5] *= 2
    before = np.array([expected_generation(flies.bank.base, deme[:, 1]) for deme in flies.individual_count])
    shares = np.zeros((12, 12))
    for i in range(12):
        for j in range(12):
            row, col = j // 4 - i // 4, j % 4 - i % 4
            if i != j and abs(row) <= 1 and abs(col) <= 1:
                shares[i, j] = KERNEL[1 + row, 1 + col]
    shares /= shares.sum(1, keepdims=True)
    after = advance(flies, 1, rate=0.2)
    np.testing.assert_allclose(
        after[:, :, 1], 0.8 * before + 0.2 * np.einsum("isg,ij->jsg", before, shares), rtol=1e-12
    )


@pytest.mark.parametrize("options", [{}, {"use_continuous_sampling": True}, {"use_fixed_egg_count": True}])
def test_drawn_generations_have_the_expected_mean(options):
    n = 4000
    flies = population(n, mode="no_competition", stochastic=True, **options)
    flies.individual_count[:] /= 10
    expected = expected_generation(flies.bank.base, flies.individual_count[0, :, 1])
    drawn = advance(flies, 1)[:, :, 1]
    error = np.abs(drawn.mean(0) - expected) / (drawn.std(0) / np.sqrt(n) + 1e-12)
    assert error[expected > 0].max() < 4.5


def test_nobody_is_lost_or_gained_on_the_way():
    flies = population(topology=SquareGrid(4, 5), mode="fixed", stochastic=True)
    alone = population(topology=SquareGrid(4, 5), mode="fixed", stochastic=True)
    moved, stayed = advance(flies, 1, rate=0.3), advance(alone, 1, rate=0.0)
    np.testing.assert_array_equal(moved.sum(0), stayed.sum(0))
    assert (moved != stayed).any()
    assert (moved == np.rint(moved)).all() and (moved >= 0).all()


def test_there_are_never_more_adults_than_eggs():
    flies = population(mode="ricker", stochastic=False)
    flies.individual_count[:] *= 1e-3
    eggs = flies.individual_count[0, 0, 1].sum() * 0.8 * 20
    assert advance(flies, 1).sum() <= eggs


@pytest.mark.parametrize("options", [{"stochastic": True}, {"stochastic": True, "use_continuous_sampling": True}, {}])
def test_any_number_of_threads_gives_equal_results(options):
    alone, together, more = (population(topology=SquareGrid(5, 5), mode="ricker", **options) for _ in range(3))
    expected = advance(alone, 4, rate=0.3)
    np.testing.assert_array_equal(advance(together, 4, rate=0.3, n_blocks=2), expected)
    np.testing.assert_array_equal(together.streams, alone.streams)
    np.testing.assert_array_equal(advance(more, 4, rate=0.3, n_blocks=3), expected)
