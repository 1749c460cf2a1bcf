"""Orders to a farm between two days."""

import pytest

from l2l.optimizees.slim.kernels.orders import order
from l2l.optimizees.slim.kernels.stages import L5F
from l2l.optimizees.slim.kernels.world import make_world
from l2l.optimizees.slim.simulation import record as records

EMB, FALLOW = 0, 3


@pytest.fixture
def sea(sea_of):
    return sea_of({"ncages": 2}, {})


def give(sea, farm, action, force=False):
    return order.py_func(
        make_world(sea.shared, sea.state, records.allocate(sea.shared, 0)), farm, action, sea.day, force
    )


def test_a_treatment_is_given_where_there_are_lice(sea):
    sea.state.lice[1, L5F, 0] = 2 * sea.state.fish[1]
    assert give(sea, 0, EMB)
    assert sea.state.n_events.tolist() == [0, 1, 0]
    assert not give(sea, 1, EMB)
    assert give(sea, 1, EMB, force=True)


def test_a_farm_fallows_alone(sea):
    assert give(sea, 0, FALLOW)
    assert sea.state.fish.tolist() == [0, 0, sea.shared.num_fish[1]]
