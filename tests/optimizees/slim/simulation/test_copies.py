"""Copies and pickles of simulators, objects and environments go on as the originals do, and apart from them."""

import copy
import pickle

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3
from l2l.optimizees.slim.simulation import environment
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.farm import Farm
from l2l.optimizees.slim.simulation.organisation import Organisation
from l2l.optimizees.slim.simulation.organisation_env import OrganisationEnv
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.simulator import Simulator

FYNE = Config.scenario("Fyne")
NONE = 4


def pickled(original):
    return pickle.loads(pickle.dumps(original))


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.state, b.state, strict=True))


def drive_simulator(simulator):
    simulator.step([NONE, NONE])


def drive_organisation(organisation):
    day = organisation.simulator.day
    organisation.step(organisation.farms[0].date(day), [NONE, NONE])


def drive_in_turns(env):
    env.step(NONE)
    env.step(NONE)


def drive_in_parallel(env):
    env.step({"farm_0": NONE, "farm_1": NONE})


@pytest.fixture(params=[copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def copied(request):
    return request.param


@pytest.mark.parametrize(
    ("make", "drive"),
    [
        (lambda: Simulator(FYNE), drive_simulator),
        (lambda: Simulator(build_shared(FYNE)), drive_simulator),
        (lambda: Organisation(FYNE, n_actors=2), drive_organisation),
        (lambda: environment.env(FYNE), drive_in_turns),
        (lambda: environment.parallel_env(FYNE), drive_in_parallel),
        (lambda: OrganisationEnv(FYNE), drive_simulator),
    ],
    ids=["simulator", "of a Shared", "organisation", "AEC", "parallel", "gymnasium"],
)
def test_copy_goes_on_as_the_original_and_apart_from_it(make, drive, copied):
    original = make()
    original.reset(seed=5)
    for _ in range(30):
        drive(original)
    twin = copied(original)
    one, other = (getattr(x, "simulator", x) for x in (original, twin))
    assert one is not other and equal(one, other)
    drive(original)
    assert (one.day, other.day) == (31, 30)
    drive(twin)
    assert equal(one, other)
    assert not other.shared.month.flags.writeable  # as kernels are compiled for
    for ended in (original, twin):
        getattr(ended, "stop", lambda: None)()


def test_copied_farms_and_cages_are_views_on_the_copy(copied):
    farm = Farm(0, FYNE)
    for cage in (copied(farm).cages[0], copied(farm.cages[0])):
        cage.lice_population["L3"] = 77
        assert cage.farm.simulator.state.lice[0, L3].sum() == cage.farm.lice_population["L3"] == 77
    assert farm.lice_population["L3"] == 0


def test_copied_farm_does_what_it_was_told(copied):
    farm = Farm(0, FYNE)
    farm.apply_action(FYNE.start_date, 3)
    twin = copied(farm)
    twin.update(FYNE.start_date, 0, [[1.0, 0.0, 0.0]])
    assert twin.num_fish == 0 < farm.num_fish
