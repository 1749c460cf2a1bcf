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


def request(sea, treatment, force=False):
    return farm.request_treatment(sea.shared, sea.state, 0, treatment, sea.day, force)


def infested(sea_of, *farms, **overrides):
    """A sea with two adult females per fish."""
    sea = sea_of(*farms, **overrides)
    sea.put_lice(80_000)
    return sea


def test_request_is_accepted_and_uses_up_the_quota(sea_of):
    sea = infested(sea_of)
    assert request(sea, EMB)
    assert sea.state.remaining[0] == 9
    assert sea.state.treatments_used[0].tolist() == [1, 0, 0]
    assert sea.state.n_events[0] == 1


def test_cleaner_fish_do_not_use_up_the_quota(sea_of):
    sea = infested(sea_of)
    assert request(sea, CLEANERFISH)
    assert sea.state.remaining[0] == 10
    assert sea.state.treatments_used[0, CLEANERFISH] == 1


@pytest.mark.parametrize(("females", "accepted"), [(40_000, False), (40_001, True)])
def test_cage_is_treated_above_one_female_per_fish(sea_of, females, accepted):
    sea = sea_of()
    sea.state.lice[0, L5F, 0] = females
    assert request(sea, EMB) == accepted
    assert sea.state.remaining[0] == 10 - accepted


def test_cage_is_not_put_under_the_same_treatment_twice(sea_of):
    sea = infested(sea_of)
    assert request(sea, EMB)
    assert not request(sea, EMB)
    assert request(sea, THERMOLICER)
    assert sea.state.n_events[0] == 2


def test_same_treatment_is_accepted_again_when_it_has_ended(sea_of):
    sea = infested(sea_of)
    assert request(sea, EMB)
    last = sea.state.events[0, 0, 3]
    sea.day = last
    assert not request(sea, EMB)
    sea.day = last + 1
    assert request(sea, EMB)
    assert sea.state.n_events[0] == 1


def test_only_the_eligible_cages_of_a_farm_are_treated(sea_of):
    sea = infested(sea_of, {"ncages": 3})
    sea.state.lice[1, L5F] = 0
    assert request(sea, EMB)
    assert sea.state.n_events.tolist() == [1, 0, 1]
    assert sea.state.remaining[0] == 9


@pytest.mark.parametrize("force", [False, True])
def test_cage_is_not_treated_before_its_start(sea_of, force):
    sea = infested(sea_of, {"cages_start_dates": ["2018-01-02 00:00:00"]})
    assert not request(sea, EMB, force)
    sea.day = 1
    sea.state.fish[0] = 40_000
    assert request(sea, EMB, force)


@pytest.mark.parametrize("force", [False, True])
def test_treatment_that_a_site_may_not_use_is_refused(sea_of, force):
    sea = infested(sea_of, {"treatment_types": ["thermolicer"]})
    assert not request(sea, EMB, force)
    assert request(sea, THERMOLICER, force)


@pytest.mark.parametrize("force", [False, True])
def test_no_treatment_is_left_when_the_quota_is_used_up(sea_of, force):
    sea = infested(sea_of, {"max_num_treatments": 1})
    assert request(sea, EMB)
    assert not request(sea, THERMOLICER, force)


def test_force_waives_fallow_same_treatment_and_lice_count(sea_of):
    sea = sea_of(
        {"treatment_dates": [["2018-06-01 00:00:00", "emb"]] * 3}  # slots for what is forced
    )
    assert not request(sea, EMB)
    assert request(sea, EMB, force=True)
    assert request(sea, EMB, force=True)
    sea.step(FALLOW)
    assert not request(sea, EMB)
    assert request(sea, EMB, force=True)
    assert sea.state.remaining[0] == 10
    assert sea.state.treatments_used.sum() == 0


def test_smolts_are_not_under_the_treatments_of_an_empty_cage(sea_of):
    sea = sea_of(production_cycle={"harvest_mass_g": 1e6, "fallow_days": 2})
    sea.step(FALLOW)
    assert request(sea, EMB, force=True)
    sea.step()
    sea.step()
    assert sea.state.fish[0] == 40_000
    assert sea.state.n_events[0] == 0


def test_scheduled_treatment_is_applied_on_its_day(sea_of):
    sea = sea_of({"treatment_dates": [["2018-01-03 00:00:00", "emb"], ["2018-01-05 00:00:00", "thermolicer"]]})
    events = []
    for _ in range(5):
        sea.step()
        events.append(sea.state.n_events[0])
    assert events == [0, 0, 1, 1, 2]
    assert sea.state.events[0, :2, :2].tolist() == [[EMB, 2], [THERMOLICER, 4]]


def test_quota_is_renewed_every_year_of_the_farm(sea_of):
    sea = infested(sea_of, {"start_date": "2017-12-25 00:00:00", "num_fish": 0})
    renewed = []
    for _ in range(730):
        sea.state.remaining[0] = 3
        sea.step()
        if sea.state.remaining[0] == 10:
            renewed.append(sea.day - 1)
    assert renewed == [364 - 7, 729 - 7]
