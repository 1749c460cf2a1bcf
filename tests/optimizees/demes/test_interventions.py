"""Operations on demes at certain ticks, and when they end a run."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes import SpatialBuilder, Species, SquareGrid
from l2l.optimizees.demes.interventions import Op, holds

SPECIES = Species.from_dict("fly", {"one": {"A": ["a", "b"]}})


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("tick == 3", [3]),
        ("tick >= 2 and tick % 3 == 0", [3, 6]),
        ("tick < 1 or not tick <= 5", [0, 6, 7]),
        ("2 < tick <= 4", [3, 4]),
        ("(tick - 1) // 2 == 1", [3, 4]),
    ],
)
def test_conditions_are_those_of_arithmetic(when, expected):
    np.testing.assert_array_equal(np.flatnonzero(holds(when, np.arange(8))), expected)


@pytest.mark.parametrize(
    "when", ["tick =", "time == 3", "__import__('os')", "tick == 1.5", "tick + 1", "tick ** 2 == 4"]
)
def test_other_conditions_are_refused(when):
    with pytest.raises(UsageError, match="condition"):
        holds(when, np.arange(3))


def population(*ops, ages=False, **setup):
    """Two demes in which nobody breeds; females of ages have mated, half of them with each genotype."""
    builder = SpatialBuilder(SPECIES, 2, pop_type="age_structured" if ages else "discrete_generation")
    builder.setup(**setup)
    if ages:
        builder.age_structure(n_ages=4, new_adult_age=1)
        builder.initial_state(
            {"female": {"a|a": [0, 100, 0, 0]}}, {"a|a": {"a|a": [0, 40, 0, 0], "b|b": [0, 40, 0, 0]}}
        )
        builder.reproduction(eggs_per_female=0, female_age_based_mating_rates=0)
    else:
        builder.initial_state({"female": {"a|a": 50}, "male": {"b|b": 50}})
        builder.reproduction(eggs_per_female=0)
    builder.competition(juvenile_growth_mode="no_competition")
    return builder.hooks(*ops).build()


def after_a_tick(*ops, **setup):
    flies = population(*ops, **setup)
    flies.run(1)
    return flies


def test_released_flies_are_there_at_the_beginning_of_the_tick():
    """They breed in the tick: two of a kind have their eggs."""
    builder = SpatialBuilder(SPECIES, 2, pop_type="discrete_generation")
    builder.setup(stochastic=False).initial_state({"female": {"a|a": 0}, "male": {"a|a": 0}})
    builder.reproduction(eggs_per_female=10).competition(juvenile_growth_mode="no_competition")
    flies = builder.hooks(Op.add(genotypes="b|b", delta=3, ages=1, demes=[1], when="tick == 2")).build()
    flies.run(2)
    assert flies.get_total_count() == 0
    flies.run(1)
    np.testing.assert_allclose(flies.individual_count.sum((1, 2)), [[0, 0, 0], [0, 0, 30]])


@pytest.mark.parametrize("stochastic", [True, False])
def test_flies_who_are_taken_take_their_sperm_along(stochastic):
    flies = after_a_tick(Op.add(ages=1, sex="female", genotypes="a|a", delta=-30), ages=True, stochastic=stochastic)
    females, sperm = flies.individual_count[:, 0, 2, 0], flies.sperm_storage[:, 2, 0]
    np.testing.assert_array_equal(females, [70, 70])
    assert (sperm.sum(1) <= 70).all() and (sperm.sum(1) >= 50).all()
    if not stochastic:
        np.testing.assert_allclose(sperm, [[28, 0, 28]] * 2)


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (Op.scale(sex="female", factor=0.5), 50),
        (Op.scale(sex="female", factor=2), 200),
        (Op.set_count(sex="female", genotypes="a|a", ages=1, value=[7, 9]), [7, 9]),
        (Op.kill(prob=1), 0),
        (Op.kill(prob=0.25), 75),
        (Op.add(genotypes="a|a", sex="female", ages=1, delta=-1000), 0),
    ],
)
def test_operations_change_counts(op, expected):
    flies = after_a_tick(op, ages=True, stochastic=False)
    np.testing.assert_allclose(flies.individual_count[:, 0, 2, 0], np.broadcast_to(expected, 2))


def test_drawn_counts_stay_whole():
    flies = after_a_tick(Op.scale(factor=0.123), Op.kill(prob=0.1), ages=True, stochastic=True)
    females, sperm = flies.individual_count[:, 0, 2, 0], flies.sperm_storage[:, 2, 0]
    assert (females == np.rint(females)).all() and (sperm == np.rint(sperm)).all()
    assert (0 < females).all() and (sperm.sum(1) <= females).all() and (sperm >= 0).all()


@pytest.mark.parametrize(
    ("op", "tick"),
    [
        (Op.stop_if_zero(genotypes="a|a"), 1),
        (Op.stop_if_below(threshold=100.5, demes=[1]), 0),
        (Op.stop_if_below(threshold=100.5), 1),
        (Op.stop_if_above(threshold=50, sex="male", when="tick > 0"), 4),
        (Op.stop_if_above(threshold=99, sex="male"), 0),
        (Op.stop_if_extinction(when="tick >= 2"), 2),
    ],
)
def test_a_run_stops_before_the_tick_for_which_a_reason_holds(op, tick):
    flies = population(op)
    flies.run(4)
    assert flies.tick == tick


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Op.add(delta=1, demes=[2]), "there is no deme 2; demes are 0 to 1"),
        (Op.add(delta=1, demes=[1, 1]), r"\[1\] are named twice"),
        (Op.add(delta=[1, 2, 3]), "one for each of 2 demes"),
        (Op.add(delta=1, ages=7), "no age 7"),
        (Op.add(delta=1, sex="females"), "did you mean 'female'"),
        (Op.kill(prob=1.5), "between 0 and 1, got 1.5"),
        (Op.scale(factor=-1), "between 0 and inf, got -1"),
        (Op.add(delta=1, when="tock == 1"), "condition 'tock == 1'"),
        (Op.add(delta=1, genotypes="a|c"), "no allele 'c'"),
    ],
)
def test_operations_that_cannot_be_are_refused(op, message):
    with pytest.raises(UsageError, match=message):
        population(op).run(1)


def test_releases_on_a_grid_are_by_row_and_column():
    builder = SpatialBuilder(SPECIES, topology=SquareGrid(2, 3), pop_type="discrete_generation").setup(stochastic=False)
    builder.initial_state({"female": {"a|a": 0}}).competition(juvenile_growth_mode="no_competition")
    builder.reproduction(eggs_per_female=2)
    flies = builder.hooks(Op.add(delta=[5, 8], demes=[(1, 2), (0, 1)], genotypes="a|a", ages=1)).build()
    flies.run(1)
    np.testing.assert_allclose(flies.individual_count.sum((1, 2, 3)), [0, 16, 0, 0, 0, 10])
    with pytest.raises(UsageError, match=r"no deme \(2, 0\)"):
        flies.layout.demes([(2, 0)])
