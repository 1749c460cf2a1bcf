"""A farm's day: who is treated, who dies, what is sold and stocked, and what it is worth."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import farm
from l2l.optimizees.slim.kernels.stages import L1, L2, L3, L4, L5F

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


def test_treatment_from_before_the_first_day_goes_on(sea_of):
    sea = sea_of({"treatment_dates": [["2017-12-20 00:00:00", "emb"], ["2017-06-01 00:00:00", "emb"]]})
    sea.step()
    assert sea.state.n_events[0] == 1  # that of June has ended
    assert sea.state.events[0, 0, :3].tolist() == [EMB, -12, -7]
    assert sea.state.cost[0] == pytest.approx(5000 / 28)  # paid for before


@pytest.mark.parametrize("rules", ["revised", "published"])
def test_treatment_from_before_the_first_day_has_the_temperature_of_its_own_month(sea_of, rules):
    by_month = np.array([[5.0, *[9.0] * 10, 14.0]])  # EMB: 42 days if applied in January, 15 in December
    given = {"treatment_dates": [["2017-12-12 00:00:00", "emb"]]}  # acts until 5 + 15 days later
    sea = sea_of(given, temperatures=by_month, rules=rules)
    sea.step()
    assert sea.state.events[0, : sea.state.n_events[0], [1, 3]].T.tolist() == [[-20, 0]]
    sea.step()
    assert sea.state.treating[0, EMB] == 0


def test_published_fish_die_by_the_duration_of_the_month_of_application(sea_of):
    by_month = np.array([[5.0, *[9.0] * 10, 14.0]])
    deadly = {"treatments.EMB.quadratic_fish_mortality_coeffs": [10.0, 0, 0, 0, 0, 0]}
    given = {"treatment_dates": [["2017-12-30 00:00:00", "emb"]]}
    sea = sea_of(given, temperatures=by_month, rules="published", **deadly)
    sea.put_lice(100_000)
    sea.step()
    assert sea.state.dead_fish[0] == pytest.approx(40_000 * 0.1 / 15, abs=41)  # and at most 40 of lice


def test_published_schedule_asks_with_the_years_quota_untouched(sea_of):
    given = {"treatment_dates": [["2018-01-02 00:00:00", "emb"]], "max_num_treatments": 1}
    for rules, accepted in (("published", [1, 2]), ("revised", [1, 1])):
        sea = infested(sea_of, given, rules=rules)
        n_events = []
        for action in (THERMOLICER, NOTHING):
            sea.step(action)
            n_events.append(sea.state.n_events[0])
        assert n_events == accepted
    sea = infested(sea_of, {**given, "max_num_treatments": 0}, rules="published")
    sea.step()
    sea.step()
    assert sea.state.n_events[0] == 0


def test_scheduled_treatment_comes_before_the_action_of_the_day(sea_of):
    sea = infested(sea_of, {"treatment_dates": [["2018-01-01 00:00:00", "emb"]]})
    sea.step(EMB)
    assert sea.state.n_events[0] == 1  # under it already
    assert sea.state.remaining[0] == 10


def test_forced_request_needs_one_that_is_left_under_both_rule_sets(sea_of):
    for rules in ("revised", "published"):
        sea = infested(sea_of, {"max_num_treatments": 1}, rules=rules)
        assert request(sea, EMB)
        assert not request(sea, THERMOLICER, force=True)


def test_worst_cage_and_fallow_cages_are_told(sea_of):
    sea = sea_of({"ncages": 3}, **NO_LICE_DIE)
    sea.state.lice[:, L5F, 0] = [4000, 12_000, 0]
    sea.state.fish[2] = 0
    sea.step()
    assert sea.state.worst_aggregation[0] == pytest.approx(0.3, rel=1e-3)
    assert sea.state.fallow_cages[0] == 1
    sea.step(FALLOW)
    assert sea.state.worst_aggregation[0] == 0
    assert sea.state.fallow_cages[0] == 3


def test_cages_that_wait_for_their_smolts_are_not_fallow(sea_of):
    sea = sea_of({"cages_start_dates": ["2018-01-03 00:00:00"]})
    sea.step()
    assert sea.state.fallow_cages[0] == 0


def test_eggs_are_allotted_to_farms_on_the_day_they_are_laid(sea_of):
    probs = np.array([[0.2, 0.3], [0.0, 0.1]])
    sea = sea_of({}, {}, interfarm_probs=probs, interfarm_times=np.full((2, 2), 9.0))
    sea.put_lice(20_000)
    sea.step()
    expected = probs.T @ sea.state.eggs.sum(axis=1)
    np.testing.assert_allclose(sea.state.allotted_eggs, expected, atol=5 * np.sqrt(expected.max()))
    np.testing.assert_array_equal(sea.state.allotted_eggs, sea.state.larvae.sum(axis=(1, 2)))
    assert sea.state.arrivals.sum() == 0
    sea.step(FALLOW, FALLOW)
    assert sea.state.allotted_eggs.sum() == 0  # of the day, not so far


def test_more_treatments_than_there_is_room_for_are_an_error(sea_of):
    sea = sea_of({})
    for _ in range(sea.shared.n_slots):
        assert request(sea, EMB, force=True)
    with pytest.raises(OverflowError, match="more treatments at once"):
        request(sea, EMB, force=True)


def test_quota_is_renewed_every_year_of_the_farm(sea_of):
    sea = infested(sea_of, {"start_date": "2017-12-25 00:00:00", "num_fish": 0})
    renewed = []
    for _ in range(730):
        sea.state.remaining[0] = 3
        sea.step()
        if sea.state.remaining[0] == 10:
            renewed.append(sea.day - 1)
    assert renewed == [364 - 7, 729 - 7]


# --------------------------------------------------------------------------------------------------- money


def mass_kg(age_days):
    return 10 / (1 + np.exp(-0.01 * (age_days - 475)))


def test_payoff_is_the_growth_of_the_stock_less_lice_and_costs(sea_of):
    sea = sea_of(infection_discount=0.5, monthly_cost=2800.0, gain_per_kg=4.0, **NO_LICE_DIE)
    sea.state.lice[0, [L3, L5F], 0] = 10, 20
    sea.step()
    n_lice = sea.state.lice[0, L3:].sum()
    assert n_lice == 30
    assert sea.state.dead_fish[0] == 0
    assert sea.state.cost[0] == pytest.approx(100.0)
    growth = 40_000 * (mass_kg(365) - mass_kg(364)) * 4.0
    assert sea.state.payoff[0] == pytest.approx(growth - 0.5 * 30 - 100)
    sea.step()
    assert sea.state.payoff[0] == pytest.approx(40_000 * (mass_kg(366) - mass_kg(365)) * 4.0 - 100)
    assert sea.state.total_payoff[0] == pytest.approx(40_000 * (mass_kg(366) - mass_kg(364)) * 4.0 - 15 - 200)


def test_dead_fish_are_lost_at_their_value_of_today(sea_of):
    sea = sea_of(fish_background_mortality=0.1, gain_per_kg=4.0, monthly_cost=0.0)
    sea.step()
    left = sea.state.fish[0]
    assert left == 40_000 - sea.state.dead_fish[0] < 37_000
    assert sea.state.payoff[0] == pytest.approx((left * mass_kg(365) - 40_000 * mass_kg(364)) * 4.0)


def test_emb_is_dosed_for_all_biomass_on_each_day_of_its_application(sea_of):
    still = {"treatments.EMB.quadratic_fish_mortality_coeffs": [0.0] * 6}
    sea = infested(sea_of, monthly_cost=0.0, fish_mortality_k=0.0, fish_mortality_center=100.0, **still)
    costs = []
    for day in range(9):
        sea.step(EMB if day == 1 else NOTHING)
        costs.append(sea.state.cost[0])
    doses = [341.2 * 50e-6 * 40_000 * mass_kg(365 + day) for day in range(1, 8)]
    np.testing.assert_allclose(costs, [0, *doses, 0])


def test_thermolicer_and_cleaner_fish_are_paid_per_cage_and_application(sea_of):
    sea = infested(sea_of, {"ncages": 3}, monthly_cost=28.0)
    sea.step(THERMOLICER)
    assert sea.state.cost[0] == pytest.approx(3 * 10_000 + 3)
    sea.step(CLEANERFISH)
    assert sea.state.cost[0] == pytest.approx(3 * 500 + 3)
    sea.step(CLEANERFISH)  # refused: there are some
    assert sea.state.cost[0] == pytest.approx(3)


def test_several_treatments_add_up(sea_of):
    sea = infested(sea_of, monthly_cost=0.0)
    request(sea, EMB)
    request(sea, THERMOLICER)
    sea.step()
    assert sea.state.cost[0] == pytest.approx(10_000 + 341.2 * 50e-6 * 40_000 * mass_kg(365))


def test_empty_cage_pays_its_rent(sea_of):
    sea = sea_of({"ncages": 2}, monthly_cost=2800.0)
    sea.step(FALLOW)
    sea.step()
    assert sea.state.cost[0] == pytest.approx(200)
    assert sea.state.payoff[0] == pytest.approx(-200)


def test_stock_is_sold_at_yesterdays_value(sea_of):
    sea = sea_of(monthly_cost=0.0, infection_discount=0.1, **NO_LICE_DIE)
    sea.state.lice[0, L5F, 0] = 50
    sea.step()
    earned = sea.state.total_payoff[0]
    sea.step(FALLOW)
    assert sea.state.payoff[0] == pytest.approx(0, abs=1e-6)
    assert sea.state.total_payoff[0] == pytest.approx(earned)
    assert sea.state.sold_fish[0] == 40_000
    assert sea.state.removed_lice[0] == 50


def test_smolts_cost_what_they_are_worth(sea_of):
    sea = sea_of({"cages_start_dates": ["2018-01-02 00:00:00"]}, monthly_cost=0.0, gain_per_kg=4.0)
    sea.step()
    assert sea.state.payoff[0] == 0
    sea.step()
    assert sea.state.fish[0] == 40_000
    assert sea.state.payoff[0] == pytest.approx(0)
    sea.step()
    assert sea.state.payoff[0] == pytest.approx(40_000 * (mass_kg(1) - mass_kg(0)) * 4.0)


# -------------------------------------------------------------------------------------------- cleaner fish


def test_cleaner_fish_are_stocked_once_and_decay(sea_of):
    sea = infested(sea_of)
    sea.step(CLEANERFISH)
    assert sea.state.cleaner_fish[0, CLEANERFISH] == 0
    n_fish = sea.state.fish[0]
    sea.step()
    assert sea.state.cleaner_fish[0, CLEANERFISH] == round(0.05 * n_fish)
    days = 0
    while sea.state.cleaner_fish[0, CLEANERFISH] > 0:
        before = sea.state.cleaner_fish[0, CLEANERFISH]
        sea.step()
        assert sea.state.cleaner_fish[0, CLEANERFISH] <= before
        days += 1
    assert 150 < days < 450  # ln(2000) / 0.028 = 271 until the last one is expected


def test_cleaner_fish_die_at_their_natural_rate(sea_of):
    sea = sea_of()
    sea.state.cleaner_fish[0, CLEANERFISH] = 10**8
    sea.step()
    assert 1e8 - sea.state.cleaner_fish[0, CLEANERFISH] == pytest.approx(2.8e6, abs=5 * np.sqrt(2.8e6))


def test_cleaner_fish_eat_once_a_day(sea_of):
    sea = infested(sea_of, {"num_fish": 10**6}, **NO_LICE_DIE)
    sea.step(CLEANERFISH)
    sea.step()
    sea.state.lice[:] = 0
    sea.state.lice[0, [L3, L5F], 0] = 10**8
    sea.state.cleaner_fish[0, CLEANERFISH] = 100_000
    fish = sea.state.fish[0]
    sea.step()  # under the event and with fish about
    assert sea.state.lice[0, L5F, 0] == pytest.approx(1e8 * np.exp(-0.823 * 1e5 / fish), rel=5e-3)
    assert sea.state.lice[0, [L3, L4], 0].sum() == pytest.approx(1e8, rel=5e-3)


# --------------------------------------------------------------------------- deaths, mating, what is seen


def test_lice_go_down_with_dead_fish(sea_of):
    half = {"fish_background_mortality": 0.5, "fish_mortality_center": 100.0, "fish_mortality_k": 0.0}
    sea = sea_of({"num_fish": 10**6}, **half, **NO_LICE_DIE)
    # nobody moults on the way
    sea = type(sea)(sea.shared._replace(**{f"rate_l{s}": sea.shared.rate_l1 * 0 for s in (1, 3, 4)}), 1)
    sea.put_lice(10**7)
    sea.state.lice[:, L2] = 0
    sea.step()
    lost = sea.state.dead_fish[0] / 1e6
    assert lost == pytest.approx(0.5, abs=0.0025)
    left = sea.state.lice[0, :, 0] / 1e7
    expected = [1, 0, 1 - lost, 1 - lost * (1 + 0.3) / 2, 1 - lost, 1 - lost * 0.3]
    np.testing.assert_allclose(left, expected, atol=5 * 0.5 / np.sqrt(1e7))


def test_background_and_treatment_compete_for_the_same_lice(sea_of):
    sea = infested(
        sea_of,
        **{"treatments.Thermolicer.quadratic_fish_mortality_coeffs": [0.0] * 6}
        | {"fish_mortality_center": 100.0, "fish_mortality_k": 0.0, "treatments.THERMOLICER.effect_delay": 0},
    )
    sea.state.lice[:] = 0
    sea.state.lice[0, L5F, 0] = 10**9
    sea.step(THERMOLICER)  # at 8.4 degrees: 99 per cent
    assert sea.state.lice[0, L5F, 0] == pytest.approx(1e9 * 0.98 * 0.01, rel=5e-3)


def test_dams_recover_on_days_without_mating(sea_of):
    sea = sea_of()
    sea.state.busy_dams[0] = 0.3
    sea.step()
    assert sea.state.busy_dams[0] == pytest.approx(0.2)
    sea.state.lice[0, L5F, 0] = 10  # far too few to meet a male
    sea.step()
    assert sea.state.busy_dams[0] == pytest.approx(0.3 * (2 / 3) ** 2)


def test_busy_dams_average_matings_per_female_over_their_days(sea_of):
    sea = infested(sea_of, {"num_fish": 1000}, **NO_LICE_DIE)
    sea.step()
    # as many males as females and many lice on each fish: every free female mates
    matings = sea.state.eggs[0].sum() / sea.shared.eggs_per_mating
    assert sea.state.busy_dams[0] == pytest.approx(matings / 80_000 / 3, rel=1e-4)
    assert matings == pytest.approx(80_000, rel=0.01)
    sea.put_lice(80_000)
    sea.step()
    free = 1 - min(1, 3 * matings / 80_000 / 3)
    assert sea.state.eggs[0].sum() <= (free + 0.01) * 80_000 * sea.shared.eggs_per_mating


def test_fallow_frees_the_dams(sea_of):
    sea = sea_of()
    sea.state.busy_dams[0] = 0.3
    sea.step(FALLOW)
    assert sea.state.busy_dams[0] == 0


def test_lice_fall_in_all_cages_alike(sea_of):
    sea = sea_of({"ncages": 4}, **NO_LICE_DIE)
    sea.state.larvae[0, 0] = [4 * 10**7, 0, 4]
    sea.step()
    assert sea.state.arrivals[0].tolist() == [4 * 10**7, 0, 4]
    assert sea.state.lice[:, L1].sum() == 4 * 10**7 + 4
    np.testing.assert_allclose(sea.state.lice[:, L1, 0], 1e7, atol=5 * np.sqrt(7.5e6))
    assert sea.state.larvae[0, 0].sum() == 0


def test_external_pressure_is_per_cage_and_falls_everywhere(sea_of):
    starts = ["2017-01-01 00:00:00", "2018-12-01 00:00:00"]
    sea = sea_of({"ncages": 2, "cages_start_dates": starts}, ext_pressure=10**6, **NO_LICE_DIE)
    sea.state.lice[:] = 0
    sea.step()
    assert sea.state.influx_lice[0] == 2 * 10**6
    totals = sea.state.lice.sum(axis=(1, 2))
    assert totals.sum() == 2 * 10**6
    np.testing.assert_allclose(totals, 1e6, atol=5 * np.sqrt(5e5))


def test_farm_sees_its_mean_and_reports_its_worst_cage_on_sampling_days(sea_of):
    starts = ["2017-01-01 00:00:00"] * 2 + ["2018-06-01 00:00:00"]
    sea = sea_of({"ncages": 3, "cages_start_dates": starts, "sampling_spacing": 3}, **NO_LICE_DIE)
    reported = []
    for _ in range(7):
        sea.put_lice(0)
        sea.state.lice[:2, L5F, 0] = 40_000, 120_000
        sea.step()
        assert sea.state.aggregation[0] == pytest.approx(4 / 3, abs=0.03)
        reported.append(sea.state.reported_aggregation[0])
    np.testing.assert_allclose(reported, [3, 0, 0, 3, 0, 0, 3], atol=0.05)


def test_cage_that_has_not_started_is_not_fallow(sea_of):
    sea = sea_of({"ncages": 2, "cages_start_dates": ["2017-01-01 00:00:00", "2018-06-01 00:00:00"]})
    sea.step()
    assert sea.state.treating[0, 3] == 0
    sea.step(FALLOW)
    assert sea.state.treating[0, 3] == 1


def test_fallow_takes_the_attached_lice_and_leaves_the_water(sea_of):
    sea = sea_of(**NO_LICE_DIE)
    sea.put_lice(1000)
    sea.step(FALLOW)
    assert sea.state.lice[0, L3:].sum() == 0
    assert sea.state.lice[0, [L1, L2]].sum() == 2000
    assert sea.state.removed_lice[0] == 4000


def test_fallow_ends_the_treatments_under_way(sea_of):
    sea = infested(sea_of)
    sea.step(EMB)
    assert sea.state.treating[0].tolist() == [1, 0, 0, 0]
    sea.step(FALLOW)
    assert sea.state.treating[0].tolist() == [0, 0, 0, 1]


def test_fallow_does_not_bring_forward_a_cage_that_starts_later(sea_of):
    cycle = {"harvest_mass_g": 1e6, "fallow_days": 5}
    sea = sea_of({"cages_start_dates": ["2018-02-01 00:00:00"]}, production_cycle=cycle)
    sea.step(FALLOW)
    assert sea.state.cage_start[0] == 31


def test_thermolicer_kills_by_the_temperature_of_the_month(sea_of):
    still = {"treatments.THERMOLICER.quadratic_fish_mortality_coeffs": [0.0] * 6, "fish_mortality_center": 100.0}
    sea = sea_of(
        {"cages_start_dates": ["2018-01-01 00:00:00"]},
        start_date="2018-08-01 00:00:00",  # 13.9 degrees
        fish_mortality_k=0.0,
        **{**NO_LICE_DIE, **still, "treatments.THERMOLICER.effect_delay": 0},
    )
    sea.state.lice[0, L5F, 0] = 10**8
    sea.step(THERMOLICER)
    assert sea.state.lice[0, L5F, 0] == pytest.approx(2e7, abs=5 * 4000)


def test_accepted_requests_are_remembered_by_their_day(sea_of):
    sea = infested(sea_of)
    sea.day = 17
    request(sea, THERMOLICER)
    request(sea, EMB, force=True)
    assert sea.state.memory[0, THERMOLICER] == 17
    assert max(sea.state.memory[0, [EMB, CLEANERFISH]]) < -(10**6)


def test_aggregation_is_summed_over_the_days(sea_of):
    sea = sea_of()
    total = 0.0
    for _ in range(3):
        sea.state.lice[0, L5F, 0] = 100_000
        sea.step()
        total += sea.state.aggregation[0]
    assert sea.state.total_aggregation[0] == pytest.approx(total) == pytest.approx(3 * 2.5 * 0.98, rel=0.02)


def test_farm_does_not_sample_before_its_start(sea_of):
    sea = sea_of({"start_date": "2018-01-08 00:00:00", "sampling_spacing": 7})
    reported = []
    for _ in range(8):
        sea.state.lice[0, L5F, 0] = 100_000
        sea.step()
        reported.append(sea.state.reported_aggregation[0] > 0)
    assert reported == [False] * 7 + [True]
