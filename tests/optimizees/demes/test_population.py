"""Populations: their initial state, and views of their demes."""

import numpy as np

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
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
    assert (report.n_sites, report.n_signatures, report.n_built, report.varied) == (4, 4, 1, ("individual_count",))
