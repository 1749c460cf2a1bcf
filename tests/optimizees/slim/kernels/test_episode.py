"""The order of a day, and whole runs at the edges of what can be configured."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import episode
from l2l.optimizees.slim.kernels.stages import L1, L3, L5F
from l2l.optimizees.slim.kernels.world import make_world
from l2l.optimizees.slim.simulation import record as records

EMB, THERMOLICER, CLEANERFISH, FALLOW, NOTHING = range(5)
UNTREATED, BERNOULLI = 0, 1


def run(sea, family=UNTREATED, n_days=None):
    """Record of a run in Python."""
    shared = sea.shared if n_days is None else sea.shared._replace(n_days=n_days)
    record = records.allocate(shared, shared.n_days)
    actions, parameters = np.zeros(shared.n_farms, np.int64), np.zeros((shared.n_farms, 0))
    world = make_world(shared, sea.state, record)
    n_days, n_farms = shared.n_days, shared.n_farms
    episode.run(world, family, parameters, actions, 0, n_days, 0, n_farms, episode.WHOLE_DAY)
    return record


def assert_accounted(sea, record, lice_before, fish_before):
    """Every louse and fish is where it was, came or went, day by day."""
    totals = record.lice.sum(axis=(2, 3))
    before = np.vstack([lice_before, totals[:-1]])
    joined = record.arrivals.sum(axis=2) + record.influx_lice
    np.testing.assert_array_equal(totals, before + joined - record.dead_lice - record.removed_lice)
    gone = np.cumsum(record.dead_fish + record.sold_fish, axis=0)
    np.testing.assert_array_equal(record.fish_population, fish_before - gone)
    for name in ("lice", "fish_population", "cleaner_fish", "eggs", "arrivals", "dead_lice", "dead_fish"):
        assert getattr(record, name).min() >= 0, name
    assert all(np.isfinite(array).all() for array in record)


def test_recorded_days_are_those_that_were_stepped(sea_of):
    treated = {"treatment_dates": [["2018-01-10 00:00:00", "emb"]]}
    seas = [sea_of(treated, {}, ext_pressure=20_000, seed=5) for _ in range(2)]
    record = run(seas[0], BERNOULLI, n_days=40)
    assert record.treating.sum() > 0
    state = seas[1].state
    same = set(record._fields) & set(state._fields) - {"lice", "cleaner_fish"}  # these are by cage
    others = {"lice": "lice", "cleaner_fish": "cleaner_population", "allowed_treatments": "remaining"}
    assert len(same) + len(others) == len(record._fields) - 1  # all but the action
    for day in range(40):
        seas[1].step(*record.action[day])
        for name in same:
            np.testing.assert_array_equal(getattr(record, name)[day], getattr(state, name), name)
        for name, of_state in others.items():
            np.testing.assert_array_equal(getattr(record, name)[day], getattr(state, of_state), name)


def test_all_actions_are_carried_out_before_any_farm_is_updated(sea_of):
    # the last farm's fallow must be done when the first one is updated: its eggs of today do not exist
    sea = sea_of({}, {})
    sea.put_lice(400_000)
    sea.step(NOTHING, FALLOW)
    assert sea.state.eggs[0].sum() > 0
    assert sea.state.eggs[1].sum() == 0


def test_farm_is_emptied_the_day_after_the_order(sea_of):
    sea = sea_of({}, {"sampling_spacing": 1}, agg_rate_enforcement_strikes=3)
    fish = []
    for _ in range(5):
        sea.state.lice[1, L5F, 0] = 400_000
        sea.step()
        fish.append((sea.state.fish > 0).tolist())
    assert fish == [[True, True]] * 3 + [[True, False]] * 2


def test_farms_are_asked_to_treat_on_the_day_after_the_report(sea_of):
    sea = sea_of({"sampling_spacing": 2}, {"sampling_spacing": 1000})
    sea.put_lice(0)
    asked = []
    for day in range(6):
        sea.state.lice[0, L5F, 0] = 120_000 if day == 2 else 0
        sea.step()
        asked.append(sea.state.asked_to_treat.tolist())
    assert asked == [[0, 0], [0, 0], [1, 1], [0, 0], [0, 0], [0, 0]]


def test_larvae_enter_where_the_sea_takes_them(sea_of):
    sea = sea_of({}, {}, interfarm_probs=[[0.0, 1.0], [0.0, 0.0]])
    sea.put_lice(400_000)
    sea.state.lice[1] = 0
    sea.step()
    laid = sea.state.eggs[0].copy()
    assert laid.sum() > 10**8
    np.testing.assert_array_equal(sea.state.larvae[1].sum(axis=0), laid)
    assert sea.state.larvae[0].sum() == 0
    days = np.flatnonzero(sea.state.larvae[1].sum(axis=1))
    sea.put_lice(0)
    for _ in range(days[-1]):
        assert sea.state.lice[1, L1].sum() == 0 or sea.day > days[0]
        sea.step()
    assert sea.state.larvae[1].sum() == 0
    assert sea.state.lice[0].sum() == 0


def test_reservoir_sends_more_with_the_eggs_that_are_laid(sea_of):
    sea = sea_of(ext_pressure=7, reservoir_offspring_integration_ratio=1e-5)
    sea.put_lice(400_000)
    sea.step()
    assert sea.state.influx_lice[0] == 7
    expected = int(sea.state.eggs.sum() / 30 * 1e-5 + 7)
    assert expected > 7
    sea.step()
    assert sea.state.influx_lice[0] == expected


def test_two_genes_run_a_year_with_every_louse_accounted_for(sea_of):
    ratios = {"a": 0.5, "A": 0.25, "Aa": 0.25, "t": 0.5, "T": 0.25, "Tt": 0.25}
    resistance = {"dominant": 0.9, "incompletely_dominant": 0.5, "recessive": 0.0}
    sea = sea_of(
        {"defection_proba": 0.0},
        {},
        ext_pressure=20_000,
        genetic_ratios=ratios,
        fish_background_mortality=0.0005,
        **{"treatments.THERMOLICER.pheno_resistance": resistance},
    )
    record = run(sea, BERNOULLI, n_days=365)
    assert record.lice.shape[-1] == 9
    assert sea.state.treatments_used.sum() > 0
    assert record.arrivals.sum() > 0
    assert_accounted(sea, record, [20_000, 20_000], [40_000, 40_000])


def test_genes_stay_independent_without_selection(sea_of):
    # as random mating leaves them: a mixture of generations with other ratios is not independent
    ratios = {"a": 0.36, "A": 0.16, "Aa": 0.48, "b": 0.25, "B": 0.25, "Bb": 0.5}
    sea = sea_of(ext_pressure=100_000, genetic_ratios=ratios, reservoir_prior_mass=1e6, geno_mutation_rate=0.0)
    record = run(sea, n_days=200)
    joint = record.lice[-1, 0].sum(axis=0).reshape(3, 3) / record.lice[-1].sum()
    expected = np.outer([0.36, 0.16, 0.48], [0.25, 0.25, 0.5])
    np.testing.assert_allclose(joint, expected, atol=0.005)
    assert record.eggs.sum() > 0


@pytest.mark.parametrize("num_fish", [0, 1, 2])
def test_hardly_any_fish_run_a_year(sea_of, num_fish):
    sea = sea_of({"num_fish": num_fish}, {}, ext_pressure=1000, fish_background_mortality=0.01)
    record = run(sea, BERNOULLI, n_days=365)
    assert_accounted(sea, record, [1000, 1000], [num_fish, 40_000])
    if num_fish == 0:
        assert record.lice[:, 0, L3:].sum() == 0
    else:
        assert record.fish_population[-1, 0] == 0  # expected after 100 days


@pytest.mark.parametrize("ext_pressure", [0, 1_000_000])
def test_no_and_a_million_lice_a_day_run_a_year(sea_of, ext_pressure):
    sea = sea_of({}, {}, ext_pressure=ext_pressure, reservoir_offspring_integration_ratio=1e-6)
    record = run(sea, BERNOULLI, n_days=365)
    assert_accounted(sea, record, [ext_pressure] * 2, [40_000, 40_000])
    if ext_pressure == 0:
        assert record.lice.sum() == record.eggs.sum() == 0


def test_twenty_years_run_with_cycles(sea_of):
    sea = sea_of(
        {"defection_proba": 0.0},
        end_date="2038-01-01 00:00:00",
        ext_pressure=100,
        production_cycle={"harvest_mass_g": 5000.0, "fallow_days": 30},
    )
    record = run(sea, BERNOULLI)
    stocked = (np.diff(record.fish_population[:, 0] > 0, prepend=True) & (record.fish_population[:, 0] > 0)).sum()
    assert record.action.shape == (7305, 1)
    assert stocked >= 13  # a cycle of 475 + 30 days, the first half run
    assert record.lice[-1].sum() > 0


def test_treatment_that_kills_all_fish_empties_the_farm(sea_of):
    sea = sea_of(**{"treatments.THERMOLICER.quadratic_fish_mortality_coeffs": [100.0, 0, 0, 0, 0, 0]})
    sea.put_lice(80_000)
    sea.step(THERMOLICER)
    assert sea.state.fish_population[0] == 0
    assert sea.state.lice[0, L3:].sum() == 0
    for _ in range(30):
        sea.step()
        assert sea.state.lice[0, L3:].sum() == 0
        assert sea.state.payoff[0] == pytest.approx(-sea.shared.monthly_cost / 28)


def test_all_lice_die_where_their_mortality_is_one(sea_of):
    stages = ("L1", "L2", "L3", "L4", "L5f", "L5m")
    sea = sea_of(**{f"background_lice_mortality_rates.{s}": 1.0 for s in stages})
    sea.put_lice(1000)
    sea.step()
    assert sea.state.lice.sum() == 0
    assert sea.state.dead_lice[0] == 6000


def test_parts_of_a_day_add_up_to_it_in_any_order_of_farms(sea_of):
    whole, parts = (sea_of({}, {}, {}, ext_pressure=20_000, seed=8) for _ in range(2))
    actions = np.full(3, NOTHING)
    for day in range(40):
        episode.step(whole.shared, whole.state, actions, day, 0, 3, episode.WHOLE_DAY)
        for part in (episode.UPDATE, episode.DISPERSE):
            for f in (2, 0, 1):
                episode.step(parts.shared, parts.state, actions, day, f, f + 1, part)
        episode.step(parts.shared, parts.state, actions, day, 0, 0, episode.OVERSEE)
    assert whole.state.eggs.min() > 0
    for name, a, b in zip(whole.state._fields, whole.state, parts.state, strict=True):
        np.testing.assert_array_equal(a, b, name)
