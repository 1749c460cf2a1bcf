"""What a farm's policy sees."""

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.observation import observations
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.state import allocate, begin


@pytest.fixture
def state():
    shared = build_shared(Config.scenario("Fyne"))
    state = allocate(shared)
    begin(shared, state, np.random.SeedSequence(1))
    return state


def test_each_farm_sees_its_own_row(state):
    state.aggregation[:] = 1.5, 2.5
    state.reported_aggregation[:] = 0.0, 3.0
    state.cleaner_population[:] = 7, 8
    state.treating[1] = 0, 1, 0, 1
    state.remaining[:] = 10, 4
    state.asked_to_treat[1] = 1
    _, second = observations(state)
    assert {name: np.asarray(value).tolist() for name, value in second.items()} == {
        "aggregation": [2.5],
        "reported_aggregation": [3.0],
        "fish_population": [120000],
        "cleaner_fish": [8],
        "current_treatments": [0, 1, 0, 1],
        "allowed_treatments": 4,
        "asked_to_treat": [1],
    }


def test_types_are_those_of_slim(state):
    first = observations(state)[0]
    types = {name: getattr(value, "dtype", type(value)) for name, value in first.items()}
    assert types == {
        "aggregation": np.float32,
        "reported_aggregation": np.float32,
        "fish_population": np.int64,
        "cleaner_fish": np.int64,
        "current_treatments": np.int8,
        "allowed_treatments": int,
        "asked_to_treat": np.int8,
    }


def test_a_slice_observes_some_farms(state):
    state.aggregation[:] = 1.5, 2.5
    (only,) = observations(state, slice(1, 2))
    assert only["aggregation"] == 2.5


def test_an_observation_stays_when_the_state_goes_on(state):
    seen = observations(state)[0]
    before = {name: np.array(value) for name, value in seen.items()}
    for array in state:
        array += array.dtype.type(1)
    for name, value in seen.items():
        np.testing.assert_array_equal(value, before[name], name)
