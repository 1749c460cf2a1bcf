"""One farm, driven by itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from l2l.errors import UnknownNameError
from l2l.optimizees.slim.kernels.stages import L3, L5F, L5M
from l2l.optimizees.slim.simulation.config import Config, ConfigError
from l2l.optimizees.slim.simulation.farm import Farm, Offspring
from l2l.optimizees.slim.simulation.lice_population import GenoDistrib
from l2l.optimizees.slim.types.actions import InvalidActionError
from l2l.optimizees.slim.types.treatments import Treatment

EMB, THERMOLICER, CLEANERFISH, FALLOW, NOTHING = range(5)
CONFIG = Config.scenario("Fyne")
START = CONFIG.start_date
DAY = timedelta(days=1)
PURE = [[1.0, 0.0, 0.0]]
RATIOS = np.array([0.5, 0.25, 0.25])


def eggs_of(**by_hatch_day):
    """Eggs that hatch some days after the first: ``eggs_of(d3=(5, 0, 1))``."""
    return {
        START + int(name[1:]) * DAY: GenoDistrib.from_counts(counts, RATIOS) for name, counts in by_hatch_day.items()
    }


def counts_of(eggs):
    return {hatch: lice.counts.tolist() for hatch, lice in eggs.items()}


def sea(**overrides):
    """The first farm of a scenario that differs from Fyne."""
    return Farm(0, CONFIG.replace(**overrides))


@pytest.fixture
def farm():
    return Farm(0, CONFIG)


@pytest.fixture
def lousy(farm):
    """A farm on its first day with three females, and as many males, on every fish."""
    state = farm.simulator.state
    state.lice[:, L5F, 0] = state.lice[:, L5M, 0] = 3 * state.fish
    return farm


# ----------------------------------------------------------------------------------------------- reading


def test_a_farm_made_alone_begins_a_simulation_of_its_own(farm):
    other = Farm(0, CONFIG)
    other.update(START, 0, PURE)
    assert farm.next_day == 0
    assert farm.lice_population["L1"] == 6 * CONFIG.ext_pressure
    assert farm.num_fish == 6 * 40000
    assert (farm.name, farm.id_, len(farm.cages)) == (CONFIG.farms[0].name, 0, 6)


def test_the_seed_is_that_of_the_scenario():
    def lice_after_a_day(seed):
        farm = sea(seed=seed)
        farm.update(START, 50, PURE)
        return farm.lice_population

    assert lice_after_a_day(1) == lice_after_a_day(1) != lice_after_a_day(2)


def test_initial_lice_replace_those_of_the_scenario_in_every_cage():
    farm = Farm(1, CONFIG, {"L3": 1000, "L5f": 10})
    assert farm.lice_population == {"L1": 0, "L2": 0, "L3": 3000, "L4": 0, "L5f": 30, "L5m": 0}
    assert [cage.lice_population["L3"]["a"] for cage in farm.cages] == [999, 999, 999]
    assert Farm(0, CONFIG, simulator=farm.simulator).lice_population["L3"] == 0


def test_initial_lice_of_an_unknown_stage_are_refused():
    with pytest.raises(UnknownNameError, match="no stage 'L6'"):
        Farm(0, CONFIG, {"L6": 3})


@pytest.mark.parametrize("farm", [2, -1, 0.5, None, "0", True])
def test_a_farm_that_the_scenario_lacks_is_refused(farm):
    with pytest.raises((TypeError, ValueError), match=rf"a whole number from 0 to 1, got {farm!r}"):
        Farm(farm, CONFIG)


def test_initial_lice_are_attached_to_fish_alone():
    late = CONFIG.replace(**{"farms.0.cages_start_dates": ["2017-10-01 00:00:00"] * 5 + ["2018-03-01 00:00:00"]})
    farm = Farm(0, late, {"L2": 30, "L3": 1000, "L5f": 10})
    assert [cage.lice_population["L3"].gross for cage in farm.cages] == [1000] * 5 + [0]
    assert farm.lice_population["L2"] == 180


def test_genomics_sum_the_cages_and_are_copies(farm):
    farm.cages[0].lice_population["L2"]["Aa"] = 5
    farm.cages[3].lice_population["L2"]["Aa"] = 2
    genomics = farm.lice_genomics
    assert genomics["L2"].to_json_dict() == {"a": 0, "A": 0, "Aa": 7}
    genomics["L2"].set(0)
    assert farm.lice_population["L2"] == 7


def test_gym_space_is_that_of_the_farm(lousy):
    lousy.update(START, 0, PURE)
    seen = lousy.get_gym_space()
    assert int(seen["fish_population"][0]) == lousy.num_fish < 6 * 40000
    assert seen["aggregation"] == pytest.approx(np.mean([cage.aggregation_rate for cage in lousy.cages]))
    assert seen["allowed_treatments"] == CONFIG.farms[0].max_num_treatments


def test_profit_is_the_value_of_the_fish_less_a_discount_for_lice(farm):
    farm = Farm(1, CONFIG.replace(infection_discount=0.5, gain_per_kg=2.0), {"L2": 7, "L3": 10})
    days = [(START + 9 * DAY - cage.start_date).days for cage in farm.cages]
    mass_kg = sum(10 / (1 + np.exp(-0.01 * (day - 475))) for day in days)
    assert farm.get_profit(START + 9 * DAY) == pytest.approx(40000 * mass_kg * 2.0 - 0.5 * 30)


@pytest.mark.parametrize("days", [-1, CONFIG.n_days + 1])
def test_profit_is_known_for_the_days_of_the_scenario(farm, days):
    with pytest.raises(ValueError, match="a date lies in 2018-01-01 .* got"):
        farm.get_profit(START + days * DAY)


def test_profit_under_slims_money_is_that_of_a_fish_per_cage():
    farm = Farm(1, CONFIG.replace(rules={"money": False}, infection_discount=0.5, gain_per_kg=2.0), {"L3": 10})
    days = [(START - cage.start_date).days for cage in farm.cages]
    mass_kg = sum(10 / (1 + np.exp(-0.01 * (day - 475))) for day in days)
    assert farm.get_profit(START) == pytest.approx(mass_kg * 2.0 - 0.5 * 30)
    farm.update(START, 0, PURE)
    assert farm.simulator.state.payoff[1] == pytest.approx(farm.get_profit(START))


# -------------------------------------------------------------------------------------------- treatments


def test_a_treatment_event_follows_from_temperature_and_delay(farm):
    event = farm.generate_treatment_event(Treatment.EMB, START + DAY)
    days = int(210 / CONFIG.temperatures[0, 0])
    assert event.treatment_type == Treatment.EMB
    assert event.first_application_date == START + DAY
    assert event.affecting_date == START + 6 * DAY
    assert event.effectiveness_duration == days
    assert event.end_application_date == START + 8 * DAY


def test_the_generated_event_is_the_one_that_cages_get(farm):
    farm.add_treatment("thermolicer", START, force=True)
    for cage in farm.cages:
        assert cage.treatment_events == [farm.generate_treatment_event(THERMOLICER, START)]


def test_a_treatment_is_given_to_cages_with_more_than_one_female_per_fish(farm):
    assert not farm.add_treatment(Treatment.EMB, START)
    farm.cages[2].lice_population["L5f"] = 40001
    assert farm.add_treatment(Treatment.EMB, START)
    assert [cage.is_treated(Treatment.EMB) for cage in farm.cages] == [False, False, True, False, False, False]
    assert farm.get_gym_space()["allowed_treatments"] == CONFIG.farms[0].max_num_treatments - 1


def test_a_cage_under_a_treatment_does_not_get_it_again(lousy):
    assert lousy.add_treatment(Treatment.EMB, START)
    assert not lousy.add_treatment(Treatment.EMB, START)
    assert lousy.add_treatment(Treatment.THERMOLICER, START)


def test_force_treats_clean_cages_and_spares_the_quota(farm):
    before = farm.get_gym_space()["allowed_treatments"]
    assert farm.add_treatment(Treatment.EMB, START, force=True)
    assert farm.add_treatment(Treatment.EMB, START, force=True)
    assert farm.get_gym_space()["allowed_treatments"] == before


def test_a_treatment_can_be_forced_many_times_over(farm):
    assert all(farm.add_treatment(THERMOLICER, START, force=True) for _ in range(16))
    assert all(len(cage.treatment_events) == 16 for cage in farm.cages)


def test_no_treatment_is_given_when_none_is_left(lousy):
    lousy.simulator.state.remaining[0] = 1
    assert lousy.add_treatment(Treatment.EMB, START)
    assert not lousy.add_treatment(Treatment.THERMOLICER, START)


def test_a_fallow_cage_is_not_treated(lousy):
    lousy.fallow()
    assert not lousy.add_treatment(Treatment.EMB, START)
    assert lousy.num_fish == 0


def test_a_treatment_of_a_later_day_is_refused(farm):
    with pytest.raises(ValueError, match="2018-01-01 00:00:00, not later, got 2018-01-02"):
        farm.add_treatment(Treatment.EMB, START + DAY)


@pytest.mark.parametrize("treatment", [3, -1, 1.5, None, True])
def test_unknown_treatments_are_refused(farm, treatment):
    with pytest.raises((TypeError, ValueError), match=f"a treatment is a whole number from 0 to 2, got {treatment!r}"):
        farm.add_treatment(treatment, START)


def test_misspelt_treatments_are_refused(farm):
    with pytest.raises(ConfigError, match="did you mean 'emb'"):
        farm.add_treatment("emv", START)


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_ordered_after_the_last_day(force):
    farm = sea(end_date="2018-01-02 00:00:00")
    farm.update(START, 0, PURE)
    with pytest.raises(ValueError, match="the run of 1 days is over"):
        farm.add_treatment(EMB, START + DAY, force)


@pytest.mark.parametrize("date", ["2018-01-01", START.date(), None, 0, START.replace(tzinfo=UTC)])
def test_dates_are_datetimes(farm, date):
    with pytest.raises(TypeError, match="a date is a datetime without a time zone, got"):
        farm.apply_action(date, NOTHING)


def test_dates_are_whole_days(farm):
    noon = START + DAY / 2
    with pytest.raises(ValueError, match="whole number of days after 2018-01-01 00:00:00, got 2018-01-01 12:00:00"):
        farm.disperse_offspring(eggs_of(d3=(5, 0, 0)) | {noon: eggs_of(d0=(1, 1, 1))[START]}, START)


def test_is_treating_says_what_was_under_way_on_the_last_day(lousy):
    lousy.apply_action(START, THERMOLICER)
    assert lousy.is_treating == [0, 0, 0, 0]
    lousy.update(START, 0, PURE)
    assert lousy.is_treating == [0, 1, 0, 0]
    lousy.fallow()
    lousy.update(START + DAY, 0, PURE)
    assert lousy.is_treating == [0, 0, 0, 1]


def test_fallow_sells_the_stock_and_its_lice(lousy):
    n_attached = 6 * lousy.num_fish
    lousy.fallow()
    assert lousy.num_fish == 0
    assert lousy.lice_population["L5f"] == 0
    assert lousy.lice_population["L1"] > 0
    _, cost = lousy.update(START, 0, PURE)
    # sold for what it was worth the day before, less the discount for the lice that came since
    assert lousy.simulator.state.payoff[0] == pytest.approx(-cost - CONFIG.infection_discount * n_attached)


# ----------------------------------------------------------------------------------------------- the day


def test_an_action_is_carried_out_by_the_next_update_alone(lousy):
    lousy.apply_action(START, EMB)
    assert not lousy.cages[0].is_treated()
    lousy.update(START, 0, PURE)
    lousy.update(START + DAY, 0, PURE)
    assert lousy.simulator.state.treatments_used[0].tolist() == [1, 0, 0]


def test_an_action_replaces_the_one_before(lousy):
    lousy.apply_action(START, FALLOW)
    lousy.apply_action(START, NOTHING)
    lousy.update(START, 0, PURE)
    assert lousy.num_fish > 0


@pytest.mark.parametrize("action", [-1, 5, 0.5])
def test_an_action_that_there_is_not_is_refused(farm, action):
    with pytest.raises(InvalidActionError, match=r"farm_0, day 0: action .* from 0 to 4 .*3 fallow"):
        farm.apply_action(START, action)


def test_days_follow_each_other(farm):
    for wrong in (START - DAY, START + DAY):
        with pytest.raises(ValueError, match="next day of Tarbert South is 2018-01-01"):
            farm.update(wrong, 0, PURE)
        with pytest.raises(ValueError, match="next day"):
            farm.apply_action(wrong, NOTHING)
    farm.update(START, 0, PURE)
    with pytest.raises(ValueError, match="2018-01-02"):
        farm.update(START, 0, PURE)


def test_there_is_no_day_after_the_last():
    farm = sea(end_date="2018-01-02 00:00:00")
    farm.update(START, 0, PURE)
    with pytest.raises(ValueError, match="last day of Tarbert South is over"):
        farm.update(START + DAY, 0, PURE)


def test_eggs_of_an_update_are_handed_over_whole(lousy):
    eggs, _ = lousy.update(START, 0, PURE)
    laid = sum(lice.counts for lice in eggs.values())
    np.testing.assert_array_equal(laid, lousy.simulator.state.eggs[0])
    assert laid.sum() > 1000
    assert lousy.simulator.state.batches.sum() == 0
    assert min(eggs) >= START


def test_cost_of_an_update_is_rent_and_treatments(lousy):
    _, rent = lousy.update(START, 0, PURE)
    assert rent == pytest.approx(6 * CONFIG.monthly_cost / 28)
    lousy.cages[0].lice_population["L5f"] = 10**5
    lousy.apply_action(START + DAY, THERMOLICER)
    _, cost = lousy.update(START + DAY, 0, PURE)
    assert cost == pytest.approx(rent + 6 * CONFIG.treatments[THERMOLICER].price_per_application)


def test_lice_come_from_the_reservoir_as_it_is_given(farm):
    farm = Farm(0, CONFIG, {})
    farm.update(START, 1000, [[0.0, 1.0, 0.0]])
    lice = {stage: lice.to_json_dict() for stage, lice in farm.lice_genomics.items()}
    assert lice["L1"]["A"] + lice["L2"]["A"] == 6000
    farm.update(START + DAY, 0, np.array([0.0, 1.0, 0.0]))
    assert farm.lice_population["L1"] < 6000


@pytest.mark.parametrize("influx", [-1, 0.5, float("nan"), 10**16, None, "5"])
def test_only_whole_lice_come(farm, influx):
    with pytest.raises((TypeError, ValueError), match="ext_influx is a whole number from 0 to 10+, got"):
        farm.update(START, influx, PURE)


@pytest.mark.parametrize("ratios", [0.5, [1.0, 0.0], [[0.5, 0.5, 0.5]], [2.0, -1.0, 0.0], [[1, 0, 0], [1, 0, 0]]])
def test_ratios_are_shares_of_the_genotypes(farm, ratios):
    with pytest.raises(ValueError, match="ratios are 3 shares of genotypes that sum to one"):
        farm.update(START, 10, ratios)


# --------------------------------------------------------------------------------------------- dispersal


def test_eggs_go_where_the_currents_take_them():
    farm = sea(interfarm_probs=[[0.0, 1.0], [0.0, 0.0]], interfarm_times=[[0.0, 0.0], [0.0, 0.0]])
    eggs = eggs_of(d2=(70, 20, 10), d5=(3, 0, 0))
    (here, _), (there, arrival) = farm.disperse_offspring(eggs, START)
    assert [len(here), len(there)] == [6, 3]
    assert farm.get_cage_arrivals_stats(here)[0] == 0
    total, _, by_cage = farm.get_cage_arrivals_stats(there)
    assert total == 103
    assert GenoDistrib.batch_sum(by_cage).counts.tolist() == [73, 20, 10]
    assert {hatch for cage in there for hatch in cage} == set(eggs)
    assert arrival == START


def test_a_share_of_the_eggs_is_lost_at_sea():
    farm = sea(interfarm_probs=[[0.3, 0.1], [0.0, 0.0]])
    allocations = farm.disperse_offspring(eggs_of(d2=(10**6, 0, 0)), START)
    arrived = [farm.get_cage_arrivals_stats(cages)[0] for cages, _ in allocations]
    for n, p in zip(arrived, (0.3, 0.1), strict=True):
        assert abs(n - p * 1e6) < 5 * np.sqrt(p * (1 - p) * 1e6)


def test_eggs_are_on_the_way_for_as_long_as_the_currents_take():
    farm = sea(interfarm_times=[[0.0, 300.0], [0.0, 0.0]])
    (_, at_once), (_, later) = farm.disperse_offspring(eggs_of(d2=(1000, 0, 0)), START)
    assert at_once == START
    assert 200 < (later - START).days < 400


def test_without_eggs_nothing_is_drawn(farm):
    streams = farm.simulator.state.streams.copy()
    allocations = farm.disperse_offspring({}, START)
    assert allocations == [([{}] * 6, START), ([{}] * 3, START)]
    np.testing.assert_array_equal(farm.simulator.state.streams, streams)


def test_each_farm_takes_its_share_of_the_same_eggs(lousy):
    other = Farm(1, CONFIG, simulator=lousy.simulator)
    eggs, _ = lousy.update(START, 0, PURE)
    taken = [farm.disperse_offspring_v2(eggs, START) for farm in (other, lousy)]
    again = [farm.disperse_offspring_v2(eggs, START) for farm in (other, lousy)]
    in_one_go = lousy.disperse_offspring(eggs, START)[::-1]
    for (cages, arrival), (cages_again, _), (expected, expected_arrival) in zip(taken, again, in_one_go, strict=True):
        assert arrival == expected_arrival
        total = lousy.get_cage_arrivals_stats(cages)[0]
        assert 0 < total == lousy.get_cage_arrivals_stats(cages_again)[0]
        assert total == lousy.get_cage_arrivals_stats(expected)[0]


def test_plain_eggs_are_a_farms_own():
    config = CONFIG.replace(interfarm_probs=[[1.0, 0.0], [0.0, 0.0]])
    first = Farm(0, config)
    second = Farm(1, config, simulator=first.simulator)
    eggs = eggs_of(d2=(50, 0, 0))
    assert first.get_cage_arrivals_stats(first.disperse_offspring_v2(eggs, START)[0])[0] == 50
    assert first.get_cage_arrivals_stats(second.disperse_offspring_v2(eggs, START)[0])[0] == 0
    from_first = Offspring(first, eggs)
    assert first.get_cage_arrivals_stats(second.disperse_offspring_v2(from_first, START)[0])[0] == 0


@pytest.mark.parametrize("hatch", ["d-1", "d9999"])
def test_eggs_that_hatch_out_of_time_are_refused(farm, hatch):
    with pytest.raises(ValueError, match=r"hatch within \d+ days"):
        farm.disperse_offspring(eggs_of(**{hatch: (1, 0, 0)}), START)


def test_eggs_must_be_counts_of_the_genotypes_that_there_are(farm):
    two_genes = {START: GenoDistrib.from_counts(np.ones(9), np.ones(9))}
    fewer_than_none = eggs_of(d0=(1, -1, 0))
    for eggs in (two_genes, fewer_than_none):
        for take in (
            lambda eggs: farm.disperse_offspring(eggs, START),
            lambda eggs: farm.get_cage_allocation(2, eggs),
            lambda eggs: farm.distribute_cage_offspring([eggs], START),
        ):
            with pytest.raises(ValueError, match="has lice of 3 genotypes, none fewer than 0"):
                take(eggs)


def test_farm_allocation_takes_out_the_eggs_that_do_not_arrive():
    farm = sea(interfarm_probs=[[0.0, 0.4], [0.0, 0.0]])
    eggs = eggs_of(d2=(10**6, 0, 0), d3=(0, 0, 5))
    assert farm.get_farm_allocation(1, eggs) is eggs
    lice = eggs[START + 2 * DAY].gross
    assert abs(lice - 4e5) < 5 * np.sqrt(0.24e6)
    assert set(eggs) == {START + 2 * DAY, START + 3 * DAY}
    farm.get_farm_allocation(0, eggs)
    assert [lice.gross for lice in eggs.values()] == [0, 0]
    assert farm.get_farm_allocation(1, {}) == {}


@pytest.mark.parametrize("target", [2, -1, None, 0.5])
def test_farm_allocation_is_for_a_farm_that_there_is(farm, target):
    with pytest.raises((TypeError, ValueError), match="target_farm is a whole number from 0 to 1, got"):
        farm.get_farm_allocation(target, eggs_of(d2=(1, 0, 0)))


def test_cage_allocation_splits_evenly_and_loses_nobody(farm):
    eggs = eggs_of(d2=(40000, 0, 400), d3=(1, 0, 0))
    cages = farm.get_cage_allocation(4, eggs)
    total, by_cage, by_genotype = farm.get_cage_arrivals_stats(cages)
    assert total == 40401
    assert GenoDistrib.batch_sum(by_genotype).counts.tolist() == [40001, 0, 400]
    assert all(abs(n - 10100) < 5 * np.sqrt(40400 * 3 / 16) for n in by_cage)
    assert sum(cage[START + 3 * DAY].gross for cage in cages) == 1
    assert counts_of(eggs)[START + 2 * DAY] == [40000, 0, 400]


def test_eggs_cannot_be_allocated_to_no_cage(farm):
    with pytest.raises(ValueError, match="ncages is a whole number >= 1, got 0"):
        farm.get_cage_allocation(0, eggs_of(d2=(1, 0, 0)))


def test_arrivals_stats_are_totals_by_cage(farm):
    cages = [eggs_of(d2=(1, 2, 3), d4=(1, 0, 0)), {}, eggs_of(d2=(0, 0, 5))]
    total, by_cage, by_genotype = farm.get_cage_arrivals_stats(cages)
    assert (total, by_cage) == (12, [7, 0, 5])
    assert [lice.counts.tolist() for lice in by_genotype] == [[2, 2, 3], [0, 0, 0], [0, 0, 5]]


def test_cage_pressures_add_up(farm):
    pressures = farm.get_cage_pressures(60000)
    assert len(pressures) == 6 and sum(pressures) == 60000
    assert all(abs(n - 10000) < 5 * np.sqrt(60000 * 5 / 36) for n in pressures)
    assert farm.get_cage_pressures(0) == [0] * 6
    with pytest.raises(ValueError, match="external_inflow .* from 0 to 10+, got -1"):
        farm.get_cage_pressures(-1)


@pytest.mark.parametrize(
    ("hatch", "arrival", "enters"),
    [(3, 1, 3), (1, 3, 3), (0, 0, 0)],
    ids=["hatched after arrival", "hatched on the way", "at once"],
)
def test_larvae_enter_when_they_have_hatched_and_arrived(farm, hatch, arrival, enters):
    eggs = eggs_of(**{f"d{hatch}": (6, 5, 4)})
    farm.update_arrivals(([eggs, {}, eggs], START + arrival * DAY))
    entered = []
    for day in range(5):
        farm.update(START + day * DAY, 0, PURE)
        entered.append(farm.simulator.state.arrivals[0].tolist())
    assert [n for n, counts in enumerate(entered) if any(counts)] == [enters]
    assert entered[enters] == [12, 10, 8]


def test_larvae_that_would_enter_too_late_are_refused(farm):
    with pytest.raises(ValueError, match=r"eggs get to Tarbert South by .* arrive on 2019-01-01"):
        farm.distribute_cage_offspring([eggs_of(d2=(1, 0, 0))], datetime(2019, 1, 1))


def test_draws_for_the_caller_leave_the_simulation_alone(farm):
    streams = farm.simulator.state.streams.copy()
    first = farm.get_cage_pressures(1000)
    farm.get_cage_allocation(3, eggs_of(d2=(1000, 0, 0)))
    farm.get_farm_allocation(1, eggs_of(d2=(1000, 0, 0)))
    assert farm.get_cage_pressures(1000) != first
    np.testing.assert_array_equal(farm.simulator.state.streams, streams)


def test_lice_of_a_cage_are_changed_through_its_views(farm):
    farm.cages[1].lice_population["L3"] = 500
    assert farm.simulator.state.lice[1, L3].sum() == 500


@pytest.mark.parametrize(
    ("stage", "n", "n_fish", "expected"),
    [("L3", -1, 9, "0 to 1e.15"), ("L1", 10**16, 0, "0 to 1e.15"), ("L4", 7, 0, "none without fish")],
)
def test_lice_that_cannot_be_are_refused_with_their_place(farm, stage, n, n_fish, expected):
    farm.cages[1].lice_population["L1"] = 0
    farm.simulator.state.fish[1] = n_fish
    farm.cages[1].lice_population[stage].counts[2] = n
    with pytest.raises(ValueError, match=rf"farm_0, cage 1: \[0, 0, {n}\] lice in stage {stage}; expected {expected}"):
        farm.update(START, 0, PURE)
    with pytest.raises(ValueError, match="farm_0, cage 1"):
        farm.simulator.step([NOTHING, NOTHING])


def test_published_rules_leave_lice_where_all_fish_have_died():
    farm = sea(rules="published")
    farm.simulator.state.fish[1] = 0
    farm.cages[1].lice_population["L4"] = 7
    farm.update(START, 0, PURE)
    assert farm.next_day == 1
