"""A farm's day: who is treated, who dies, what is sold and stocked, and what it is worth."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import farm
from l2l.optimizees.slim.kernels.stages import L1, L2, L3, L4, L5F, L5M

EMB, THERMOLICER, CLEANERFISH, FALLOW, NOTHING = range(5)
NO_LICE_DIE = {f"background_lice_mortality_rates.{s}": 0.0 for s in ("L1", "L2", "L3", "L4", "L5f", "L5m")}


def test_cage_whose_last_fish_dies_has_no_attached_lice(sea_of):
    sea = sea_of(fish_background_mortality=1.0)
    sea.put_lice(100_000)
    sea.step()
    assert sea.state.fish[0] == 0
    assert sea.state.lice[0, L3:].sum() == 0
    assert (sea.state.lice[0, [L1, L2], 0] > 0).all()
