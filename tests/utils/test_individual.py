"""One individual."""

import copy
import pickle

import numpy as np
import pytest

from l2l.errors import UnknownNameError
from l2l.utils.individual import Individual


def test_parameters_are_read_by_short_name():
    individual = Individual(2, 3, {"individual.coords": np.zeros(2), "individual.a.b": 1.0})
    assert (individual.generation, individual.ind_idx) == (2, 3)
    assert individual.coords is individual["coords"]
    assert individual["a.b"] == 1.0
    assert list(individual.keys) == ["individual.coords", "individual.a.b"]


def test_parameters_may_come_as_several_dictionaries():
    individual = Individual(params=[{"individual.a": 1.0}, {"individual.b": 2.0}])
    assert (individual.a, individual.b) == (1.0, 2.0)
    assert Individual().params == {}


def test_individuals_do_not_share_their_parameters():
    one, other = Individual(), Individual()
    one.f_add_parameter("individual.a", 1.0)
    assert not hasattr(other, "a")


def test_an_added_parameter_is_found_by_its_bare_name():
    individual = Individual()
    individual.f_add_parameter("n", 1)
    assert individual.n == 1 and individual["n"] == 1


def test_an_attribute_that_is_set_shadows_the_parameter():
    individual = Individual(params={"individual.coords": [1, 2]})
    individual.coords = 1
    assert individual.coords == 1


@pytest.mark.parametrize("read", [lambda ind: ind.cords, lambda ind: ind["cords"]])
def test_an_unknown_parameter_raises_with_the_nearest_name(read):
    with pytest.raises(UnknownNameError, match="no parameter 'cords'; did you mean 'coords'"):
        read(Individual(params={"individual.coords": 1.0}))


def test_the_seed_of_an_evaluation_gives_way_to_a_parameter_of_that_name():
    individual = Individual()
    assert individual.seed is None
    individual.seed = 5
    assert individual.seed == 5
    individual.f_add_parameter("individual.seed", 7.0)
    assert individual.seed == 7.0


def test_it_pickles_and_copies():
    individual = Individual(1, 2, {"individual.a": 1.0})
    individual.seed = 5
    for twin in (pickle.loads(pickle.dumps(individual)), copy.copy(individual), copy.deepcopy(individual)):
        assert (twin.generation, twin.ind_idx, twin.a, twin.seed) == (1, 2, 1.0, 5)
