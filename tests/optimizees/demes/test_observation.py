"""Groups that are counted in a run."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes import SpatialBuilder, Species
from l2l.optimizees.demes.observation import Observation
from l2l.optimizees.demes.selection import Layout

SPECIES = Species.from_dict("fly", {"one": {"A": ["a", "b"]}})


def population(groups, collapse_age=False):
    """Three demes of different sizes, with ages, in which numbers change."""
    builder = SpatialBuilder(SPECIES, 3, pop_type="age_structured").age_structure(n_ages=4, new_adult_age=1)
    builder.initial_state({"female": {"a|a": [0, 50, 40, 30], "a|b": 5}, "male": {"b|b": [0, 20, 10, 5]}})
    builder.competition(carrying_capacity=100)
    flies = builder.build()
    flies.individual_count[1] *= 2
    flies.observe(groups, collapse_age)
    return flies


def test_a_group_has_all_demes_some_or_their_sum():
    some = {"genotype": ["a|b", "b|b"], "sex": "male"}
    flies = population(
        {
            "all": some,
            "masked": {**some, "deme": [1]},
            "chosen": {**some, "deme": {"demes": [2, 0], "mode": "expand"}},
            "sum": {**some, "deme": {"demes": [2, 1], "mode": "aggregate"}},
        }
    )
    expected = []
    for _ in range(4):
        counts = flies.individual_count.copy()
        counts[:, 0] = 0
        expected.append(counts[..., 1:].sum(-1))
        flies.run(1)
    expected = np.array(expected)
    seen = {name: values[:4] for name, values in flies.observed.items()}
    np.testing.assert_array_equal(flies.observed_ticks, range(5))
    np.testing.assert_array_equal(seen["all"], expected)
    np.testing.assert_array_equal(seen["masked"], expected * [[[0]], [[1]], [[0]]])
    np.testing.assert_array_equal(seen["chosen"], expected[:, [2, 0]])
    np.testing.assert_array_equal(seen["sum"], expected[:, 1:].sum(1))


def test_ages_are_added_up_if_asked():
    flies = population({"young": {"age": [1, 2]}}, collapse_age=True)
    before = flies.individual_count[:, :, 1:3].sum((2, 3))
    flies.run(2)
    assert flies.observed["young"].shape == (3, 3, 2)
    np.testing.assert_array_equal(flies.observed["young"][0], before)
    np.testing.assert_array_equal(flies.observed["young"][-1], flies.individual_count[:, :, 1:3].sum((2, 3)))


def test_a_record_is_made_at_multiples_of_its_interval():
    flies = population({"all": {}})
    flies.run(7, record_every=3)
    np.testing.assert_array_equal(flies.observed_ticks, [0, 3, 6])
    flies.run(3, record_every=3)
    np.testing.assert_array_equal(flies.observed_ticks, [0, 3, 6, 7, 9])


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"deme": [3]}, "observation 'x': there is no deme 3; demes are 0 to 2"),
        ({"deme": {"demes": [0], "mode": "sum"}}, "mode must be one of mask, expand, aggregate, got 'sum'"),
        ({"genotypes": "a|a"}, "there is no 'genotypes'.*did you mean 'genotype'"),
        ({"age": 4}, "no age 4; ages are 0 to 3"),
        ({"sex": "queen"}, "sex must be"),
    ],
)
def test_what_is_not_there_cannot_be_observed(group, message):
    with pytest.raises(UsageError, match=message):
        Observation({"x": group}, Layout(SPECIES, 4, 3))
