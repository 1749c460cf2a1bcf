"""The state of a run on its first day."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L1, L2
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.state import State, allocate, begin

CONFIG = Config.scenario("Fyne_complete")


def begun(config, seed=1):
    shared = build_shared(config)
    state = allocate(shared)
    begin(shared, state, np.random.SeedSequence(seed))
    return shared, state


def test_streams_of_farms_do_not_depend_on_how_many_there_are():
    _, nine = begun(CONFIG)
    _, three = begun(CONFIG.replace(farms=CONFIG.to_dict()["farms"][:3]))
    np.testing.assert_array_equal(nine.streams[: len(three.streams)], three.streams)


def test_streams_differ_from_each_other_and_between_seeds():
    _, one = begun(CONFIG, 1)
    _, two = begun(CONFIG, 2)
    words = np.concatenate([one.streams.ravel(), two.streams.ravel()])
    assert len(np.unique(words)) == words.size


def test_begin_forgets_the_run_before():
    shared, fresh = begun(CONFIG)
    _, used = begun(CONFIG, 7)
    for array in used:
        array.fill(3)
    begin(shared, used, np.random.SeedSequence(1))
    for name, a, b in zip(State._fields, fresh, used, strict=True):
        np.testing.assert_array_equal(a, b, name)


def test_every_cage_begins_with_the_lice_of_the_external_pressure():
    _, state = begun(CONFIG.replace(ext_pressure=150, genetic_ratios={"a": 0.8, "A": 0.1, "Aa": 0.1}))
    np.testing.assert_array_equal(state.lice[:, L1], np.broadcast_to([120, 15, 15], state.lice[:, L1].shape))
    assert state.lice[:, L2:].sum() == 0


def test_cages_that_start_later_begin_empty():
    farm = {**CONFIG.to_dict()["farms"][0], "ncages": 3, "num_fish": 500}
    farm["cages_start_dates"] = ["2017-12-31 00:00:00", "2018-01-01 00:00:00", "2018-03-01 00:00:00"]
    shared, state = begun(CONFIG.replace(farms=[farm]))
    assert state.fish.tolist() == [500, 0, 0]
    assert state.fish_population.tolist() == [500]
    assert state.stock_value[0] == pytest.approx(500 * shared.mass_kg[0] * shared.gain_per_kg)


def test_stock_is_worth_its_mass_on_the_day_before():
    farm = {**CONFIG.to_dict()["farms"][0], "ncages": 1, "num_fish": 1000}
    farm["cages_start_dates"] = ["2017-01-01 00:00:00"]
    _, state = begun(CONFIG.replace(farms=[farm], gain_per_kg=2.0))
    assert state.stock_value[0] == pytest.approx(1000 * 10 / (1 + np.exp(-0.01 * (364 - 475))) * 2.0)


@pytest.mark.parametrize(("rules", "most_bytes"), [("revised", 1e8), ("published", 1e9)])
def test_five_hundred_farms_of_ten_cages_fit_into_memory(rules, most_bytes):
    farm = CONFIG.to_dict()["farms"][0]
    farm |= {"ncages": 10, "cages_start_dates": farm["cages_start_dates"][:1] * 10}
    square = {"interfarm_probs": np.full((500, 500), 0.0005), "interfarm_times": np.full((500, 500), 7.0)}
    state = allocate(build_shared(CONFIG.replace(farms=[farm] * 500, rules=rules, **square)))
    assert sum(array.nbytes for array in state) < most_bytes  # most of it not yet touched
