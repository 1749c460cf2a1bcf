"""Populations: their initial state, and views of their demes."""

import pickle

import numpy as np
import pytest

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import Op
from l2l.optimizees.demes.topology import SquareGrid
from l2l.sharing import batch_setting

SPECIES = Species.from_dict("mosquito", {"chromosome": {"locus": ["WT", "Dr"]}})
COUNTS = [{"female": {"WT|WT": k}, "male": {"WT|Dr": 2 * k}} for k in range(4)]


def population(kind="age_structured", sperm_storage=None, **modes):
    builder = SpatialBuilder(SPECIES, 4, pop_type=kind).setup(**modes).competition(carrying_capacity=100)
    state = {} if sperm_storage is None else {"sperm_storage": sperm_storage}
    return builder.initial_state(batch_setting(COUNTS), **state).build()


def test_demes_begin_with_what_they_were_given():
    made = population()
    assert made.individual_count.shape == (4, 2, 8, 3)
    assert made.sperm_storage.shape == (4, 8, 3, 3)
    adults = made.individual_count[:, :, 2:].sum(axis=2)  # six ages of them
    assert adults[:, 0, 0].tolist() == [0, 6, 12, 18]
    assert adults[:, 1, 1].tolist() == [0, 12, 24, 36]
    assert made.get_total_count() == made.individual_count.sum() == 6 * 18
    assert (made.get_female_count(), made.get_male_count()) == (36, 72)


def test_discrete_generations_have_no_stored_sperm():
    assert population("discrete_generation").sperm_storage.size == 0


def test_demes_are_views():
    made = population()
    deme = made.deme(2)
    assert (deme.index, deme.get_female_count(), deme.get_male_count(), deme.get_total_count()) == (2, 12, 24, 36)
    deme.individual_count[:] = 0
    deme.sperm_storage[:] = 1
    assert made.individual_count[2].sum() == 0
    assert made.sperm_storage[2].all() and not made.sperm_storage[1].any()
    assert [one.index for one in made.demes] == [0, 1, 2, 3]


def test_juveniles_that_are_there_at_the_start_grow_up():
    builder = SpatialBuilder(SPECIES).setup(stochastic=False).age_structure(n_ages=4).survival(1)
    builder.competition(juvenile_growth_mode="no_competition").initial_state({"female": {"WT|WT": {0: 100}}})
    assert builder.build().run(1).individual_count[0, 0, :, 0].tolist() == [0, 100, 0, 0]


def test_reset_restores_the_initial_state_and_the_streams():
    made = population()
    before, streams = made.individual_count.copy(), made.streams.copy()
    made.individual_count[:] = 7
    made.streams[:] = 7
    made.tick = 5
    made.reset()
    np.testing.assert_array_equal(made.individual_count, before)
    np.testing.assert_array_equal(made.streams, streams)
    assert made.tick == 0


def test_reset_takes_another_seed():
    made, other = population(seed=1), population(seed=2)
    made.reset(2)
    np.testing.assert_array_equal(made.streams, other.streams)


def test_initial_numbers_are_whole_where_whole_numbers_are_drawn():
    sperm = {"WT|WT": {"WT|WT": 0.5, "WT|Dr": 0.5}}
    drawn = population(sperm_storage=batch_setting([None, sperm, sperm, sperm]), population_scale=1.5)
    assert drawn.individual_count[1, 0, 2, 0] == 2
    assert drawn.sperm_storage.sum() == 0  # 0.75 of a female is none
    expected = population(population_scale=1.5, stochastic=False)
    assert expected.individual_count[1, 0, 2, 0] == 1.5
    assert population(population_scale=1.5, use_continuous_sampling=True).individual_count[1, 0, 2, 0] == 1.5


def test_report_tells_what_is_shared():
    report = population().report()
    assert (report.n_sites, report.n_signatures, report.varied) == (4, 4, ("individual_count",))
    assert report.rebuilt == {"initial_individual_count": "4 times, for individual_count"}


def landscape(**settings):
    """Flies of discrete generations on 3 x 4 demes, in which a drive is released."""
    builder = SpatialBuilder(SPECIES, topology=SquareGrid(3, 4), pop_type="discrete_generation")
    builder.setup(**settings).initial_state({"female": {"WT|WT": 50}, "male": {"WT|WT": 50}})
    builder.competition(carrying_capacity=batch_setting(lambda row, col: 100 + 10 * row)).migration(migration_rate=0.1)
    builder.hooks(Op.add(genotypes="Dr|Dr", ages=1, sex="male", delta=20, demes=(1, 1), when="tick == 2"))
    return builder.with_observation({"drive": {"genotype": "Dr|*"}, "all": {"deme": {"mode": "aggregate"}}}).build()


def test_equal_seeds_have_equal_histories():
    one, other, third = landscape(seed=1).run(6), landscape(seed=1).run(6), landscape(seed=2).run(6)
    np.testing.assert_array_equal(one.individual_count, other.individual_count)
    assert (one.individual_count != third.individual_count).any()


def test_reset_population_lives_the_same_life_again():
    made = landscape(seed=1).run(6)
    first, observed = made.individual_count.copy(), made.observed
    made.reset()
    assert made.observed["drive"].size == 0
    made.run(6)
    np.testing.assert_array_equal(made.individual_count, first)
    np.testing.assert_array_equal(made.observed["drive"], observed["drive"])


def test_run_in_pieces_is_the_whole_run():
    whole, pieces = landscape(seed=1).run(6), landscape(seed=1)
    for n in (1, 3, 0, 2):
        pieces.run(n)
    assert pieces.tick == 6
    np.testing.assert_array_equal(pieces.individual_count, whole.individual_count)
    np.testing.assert_array_equal(pieces.observed_ticks, range(7))
    for name, values in whole.observed.items():
        np.testing.assert_array_equal(pieces.observed[name], values)


def test_releases_are_observed_and_spread():
    made = landscape(seed=1).run(12)
    drive = made.observed["drive"].sum(axis=(2, 3))  # (13, 12)
    assert not drive[:3].any()
    assert drive[3, 5] > 0  # deme (1, 1)
    assert (drive[12] > 0).sum() > 3
    np.testing.assert_array_equal(made.observed["all"].sum(axis=(1, 2))[12], made.get_total_count())


@pytest.mark.parametrize(("demes", "ticks"), [("all", 5), ([0, 2], 0)])
def test_operation_for_each_deme_asks_each_of_them(demes, ticks):
    """Deme 0 has nobody, the others have: all of them together, or each alone."""
    made = population("discrete_generation")
    made.ops = [Op.stop_if_zero()] if demes == "all" else [Op.stop_if_zero(demes=deme) for deme in demes]
    assert made.run(5).tick == ticks


def test_observed_ticks_may_be_some():
    made = landscape().run(6, record_every=3)
    assert made.observed_ticks.tolist() == [0, 3, 6]
    made.run(4, record_every=0)
    assert made.observed_ticks.tolist() == [0, 3, 6]


def test_operation_that_stops_a_run_ends_its_record():
    made = landscape()
    made.ops = (Op.stop_if_above(threshold=0, when="tick == 2"),)
    made.run(6)
    assert made.tick == 2
    assert made.observed_ticks.tolist() == [0, 1, 2]
    assert len(made.observed["drive"]) == 3


def test_population_in_mid_run_is_pickled():
    made = landscape(seed=1).run(3)
    copy = pickle.loads(pickle.dumps(made)).run(3)
    made.run(3)
    np.testing.assert_array_equal(copy.individual_count, made.individual_count)
    np.testing.assert_array_equal(copy.observed["drive"], made.observed["drive"])


def test_rate_of_emigration_may_differ_between_demes():
    builder = SpatialBuilder(SPECIES, topology=SquareGrid(1, 3), pop_type="discrete_generation")
    builder.setup(stochastic=False).initial_state({"female": {"WT|WT": 50}, "male": {"WT|WT": 50}})
    builder.competition(carrying_capacity=100).migration(migration_rate=batch_setting([0, 0.5, 0]))
    made = builder.build().run(1)
    np.testing.assert_allclose(made.individual_count.sum(axis=(1, 2, 3)), [125, 50, 125], rtol=1e-12)
