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


def test_application_kills_its_share_of_the_stock_in_even_parts(sea_of):
    sea = sea_of({"num_fish": 10**9})
    share = sea.shared.fish_mortality[0, 0, 1, EMB]
    farm.request_treatment(sea.shared, sea.state, 0, EMB, 0, True)
    dead = []
    for _ in range(12):
        sea.step()
        dead.append(sea.state.dead_fish[0])
    expected = share * 1e9 / 7
    np.testing.assert_allclose(dead[:7], expected, rtol=0, atol=5 * np.sqrt(expected))
    assert sum(dead) == pytest.approx(share * 1e9, abs=5 * np.sqrt(share * 1e9))
    assert sum(dead[7:]) == 0


def test_application_that_kills_all_empties_the_cage_in_its_period(sea_of):
    deadly = {"treatments.EMB.quadratic_fish_mortality_coeffs": [100.0, 0, 0, 0, 0, 0]}
    sea = sea_of(**deadly)
    farm.request_treatment(sea.shared, sea.state, 0, EMB, 0, True)
    for _ in range(6):
        sea.step()
    assert sea.state.fish[0] > 4000
    sea.step()
    assert sea.state.fish[0] == 0


@pytest.mark.parametrize("fallow_days", [0, 1, 5])
def test_cage_rests_its_days_after_an_order_to_fallow(sea_of, fallow_days):
    sea = sea_of(production_cycle={"harvest_mass_g": 1e6, "fallow_days": fallow_days})
    sea.step(FALLOW)
    empty_days = 0
    while sea.state.fish[0] == 0:
        empty_days += 1
        sea.step()
    assert empty_days == fallow_days
    assert sea.state.cage_start[0] == fallow_days


@pytest.mark.parametrize("fallow_days", [0, 3])
def test_cage_rests_its_days_after_harvest(sea_of, fallow_days):
    sea = sea_of(production_cycle={"harvest_mass_g": 2500.0, "fallow_days": fallow_days})
    harvest = np.searchsorted(sea.shared.mass_kg, 2.5) - 365
    for _ in range(harvest):
        sea.step()
        assert sea.state.sold_fish[0] == 0
    sea.step()
    assert sea.state.sold_fish[0] == 40000
    for _ in range(fallow_days):
        assert sea.state.fish[0] == 0
        sea.step()
    assert sea.state.fish[0] == 40000


def test_cage_that_died_out_is_stocked_again_in_the_next_cycle(sea_of):
    sea = sea_of(production_cycle={"harvest_mass_g": 2500.0, "fallow_days": 3})
    sea.state.fish[0] = 0
    harvest = np.searchsorted(sea.shared.mass_kg, 2.5) - 365
    for _ in range(harvest + 3):
        sea.step()
        assert sea.state.fish[0] == 0
    sea.step()
    assert sea.state.fish[0] == 40000


def test_farm_that_is_told_to_fallow_on_the_day_of_its_smolts_does_not_buy_them(sea_of):
    sea = sea_of({"cages_start_dates": ["2018-01-03 00:00:00"]})
    sea.step()
    sea.step()
    sea.step(FALLOW)
    assert sea.state.fish[0] == 0
    assert sea.state.sold_fish[0] == 0
    sea.step()
    assert sea.state.fish[0] == 0


def test_treatment_ends_in_a_cage_that_died_out(sea_of):
    sea = sea_of()
    sea.put_lice(100_000)
    sea.step(THERMOLICER)
    assert sea.state.treating[0, THERMOLICER] == 1
    sea.state.fish[0] = 0
    for _ in range(3):
        sea.step()
    np.testing.assert_array_equal(sea.state.treating[0], [0, 0, 0, 1])
