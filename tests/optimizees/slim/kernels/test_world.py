"""A scenario and a state as one object."""

import gc
import weakref

import numpy as np
from numba import njit

from l2l.optimizees.slim.kernels.world import make_world
from l2l.optimizees.slim.simulation import record as records
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.state import allocate, begin


@njit
def drown(world, cage):
    world.state.fish[cage] -= world.shared.num_fish[0]


def test_kernels_see_and_change_the_arrays_a_world_was_made_of():
    shared = build_shared(Config.scenario("Fyne"))
    state = allocate(shared)
    world = make_world(shared, state, records.allocate(shared, 2))
    begin(shared, state, np.random.SeedSequence(1))
    for cage, call in enumerate([drown, drown.py_func]):
        assert state.fish[cage] == shared.num_fish[0] > 0
        call(world, cage)
        assert state.fish[cage] == 0


def test_arrays_live_as_long_as_their_world():
    shared = build_shared(Config.scenario("Fyne"))
    state = allocate(shared)
    fish = weakref.ref(state.fish)
    world = make_world(shared, state, records.allocate(shared, 2))
    drown(world, 0)
    del state
    gc.collect()
    assert fish()[0] == -shared.num_fish[0]
    del world
    gc.collect()
    assert fish() is None
