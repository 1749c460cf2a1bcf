"""Farms updated by several actors."""

import threading

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L5F, L5M
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.farm_pool import FarmActor, FarmPool, split_evenly
from l2l.optimizees.slim.simulation.simulator import Simulator


@pytest.fixture
def simulator():
    simulator = Simulator(Config.scenario("circle"))
    simulator.reset(1)
    simulator.actions[:] = simulator.shared.n_treatments + 1
    return simulator


@pytest.mark.parametrize(
    ("cages", "n_actors", "bounds"),
    [
        ([2, 2, 2, 2], 2, [0, 2, 4]),
        ([6, 3], 2, [0, 1, 2]),
        ([1, 1, 1, 9], 2, [0, 3, 4]),
        ([9, 1, 1, 1], 3, [0, 1, 2, 4]),
        ([5, 5, 5], 1, [0, 3]),
    ],
)
def test_actors_get_about_as_many_cages_each(cages, n_actors, bounds):
    assert split_evenly(np.cumsum([0, *cages]), n_actors) == bounds


@pytest.mark.parametrize("n_actors", range(1, 6))
def test_no_actor_is_without_farms(n_actors):
    for cages in ([20, 1, 1, 1, 1], [1, 1, 1, 1, 20], [1, 20, 1, 20, 1]):
        bounds = split_evenly(np.cumsum([0, *cages]), n_actors)
        assert bounds[0] == 0 and bounds[-1] == 5
        assert (np.diff(bounds) > 0).all()


@pytest.mark.parametrize("n_actors", [0, 10])
def test_there_are_as_many_actors_as_farms_at_most(simulator, n_actors):
    with pytest.raises(ValueError, match=rf"n_actors is a whole number from 1 to 9, got {n_actors}"):
        FarmPool(simulator, n_actors)


def test_an_actor_updates_its_farms_and_no_others(simulator):
    FarmActor(simulator, 2, 4).update(0)
    assert simulator.state.next_day.tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_actors_work_in_threads_of_their_own_but_for_the_first(simulator):
    pool = FarmPool(simulator, 3)
    pool.step(0)
    names = {thread.name for thread in threading.enumerate()}
    assert {"farms 3-5", "farms 6-8"} <= names and "farms 0-2" not in names
    pool.stop()
    assert not {"farms 3-5", "farms 6-8"} & {thread.name for thread in threading.enumerate()}


def test_a_pool_goes_on_after_it_was_stopped(simulator):
    pool = FarmPool(simulator, 2)
    for day in range(3):
        pool.step(day)
        pool.stop()
    assert simulator.day == 3


@pytest.mark.parametrize("cage", [0, 17], ids=["of the first actor", "of another actor"])
def test_what_goes_wrong_with_an_actor_is_raised_and_waits_for_the_others(simulator, cage):
    simulator.state.lice[cage, (L5F, L5M)] = 10**11
    pool = FarmPool(simulator, 2)
    with pytest.raises(OverflowError, match="more than 1e12 lice eggs"):
        pool.step(0)
    simulator.reset(1)
    pool.step(0)
    assert simulator.state.next_day.tolist() == [1] * 9
    pool.stop()


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 3), (4, 2), (0, 10), (0, 1.5)])
def test_an_actor_has_farms_that_there_are(simulator, first, last):
    with pytest.raises(ValueError, match="_farm is a whole number from"):
        FarmActor(simulator, first, last)


@pytest.mark.parametrize("day", [1, -1, 10**6])
def test_a_day_follows_the_one_before(simulator, day):
    with pytest.raises(ValueError, match=rf"day|days .*, got {day}"):
        FarmActor(simulator, 0, 2).update(day)
    assert simulator.day == 0


def test_an_update_ends_once_and_begins_once(simulator):
    actor = FarmActor(simulator, 0, 2)
    with pytest.raises(RuntimeError, match="no update is under way"):
        actor.end_update()
    actor.begin_update(0)
    with pytest.raises(RuntimeError, match="an update is under way"):
        actor.begin_update(0)
    actor.end_update()
    actor.stop()


@pytest.mark.parametrize(("farm", "action", "what"), [(9, 0, "farm"), (-1, 0, "farm"), (0, 4, "treatment")])
def test_orders_are_for_farms_and_treatments_that_there_are(simulator, farm, action, what):
    with pytest.raises(ValueError, match=what):
        simulator.order(farm, action, 0)
