"""Whole runs: conservation, limits, reproducibility, and one day at a time against one call."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3
from l2l.optimizees.slim.simulation import record as records
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

POLICIES = ["untreated", "bernoulli", "mosaic"]


@pytest.fixture(scope="module")
def fyne():
    return Simulator(Config.scenario("Fyne"))


@pytest.mark.parametrize("policy", POLICIES)
def test_every_louse_is_accounted_for_every_day(fyne, policy):
    record = fyne.run_recorded(Policy.built_in(policy), seed=1)
    lice = record.lice.sum(axis=(2, 3))
    before = np.vstack([fyne.shared.initial_lice.sum() * np.diff(fyne.shared.first_cage), lice[:-1]])
    joined = record.arrivals.sum(axis=2) + record.influx_lice
    left = record.dead_lice + record.removed_lice
    np.testing.assert_array_equal(lice, before + joined - left)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_fish_is_accounted_for_every_day(fyne, policy):
    record = fyne.run_recorded(Policy.built_in(policy), seed=2)
    stocked = fyne.shared.stocked_fish
    gone = np.cumsum(record.dead_fish + record.sold_fish, axis=0)
    np.testing.assert_array_equal(record.fish_population, stocked - gone)


def test_record_says_what_was_done_when_a_farm_is_ordered_to_fallow(fyne):
    record = fyne.run_recorded(Policy.built_in("untreated"), seed=2)
    fallow = fyne.shared.n_treatments
    for f in range(fyne.shared.n_farms):
        first = record.sold_fish[:, f].argmax()
        assert record.sold_fish[first, f] > 0
        assert record.action[first, f] == fallow


def test_counts_are_never_negative(fyne):
    record = fyne.run_recorded(Policy.built_in("bernoulli"), seed=3)
    for name in ("lice", "fish_population", "cleaner_fish", "eggs", "arrivals", "dead_lice", "allowed_treatments"):
        assert getattr(record, name).min() >= 0, name


def test_record_counts_treatments_up_to_the_total(fyne):
    record = fyne.run_recorded(Policy.built_in("mosaic"), seed=3)
    np.testing.assert_array_equal(record.treatments_used[-1], fyne.outcome().treatments)
    daily = np.diff(record.treatments_used, axis=0, prepend=0)
    days, farms, treatments = np.nonzero(daily)
    assert daily.max() == 1
    np.testing.assert_array_equal(record.action[days, farms], treatments)


@pytest.fixture(scope="module")
def compiled_record(fyne):
    return fyne.run_recorded(Policy.built_in("mosaic"), seed=12)


def test_compiled_run_equals_the_one_in_python(fyne, compiled_record, in_python):
    record = fyne.run_recorded(Policy.built_in("mosaic"), seed=12)
    assert record.treatments_used[-1].sum() > 0
    for name, a, b in zip(record._fields, record, compiled_record, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, err_msg=name)


def test_runs_in_threads_equal_those_one_after_the_other(fyne):
    def run(seed):
        return Simulator(fyne.shared).run(Policy.built_in("bernoulli"), seed).payoff

    with ThreadPoolExecutor(4) as pool:
        np.testing.assert_array_equal(list(pool.map(run, range(8))), [run(seed) for seed in range(8)])


def test_two_genes_run_compiled_without_losing_a_louse():
    ratios = {"a": 0.5, "A": 0.25, "Aa": 0.25, "t": 0.5, "T": 0.25, "Tt": 0.25}
    resistance = {"dominant": 0.9, "incompletely_dominant": 0.5, "recessive": 0.0}
    simulator = Simulator(
        Config.scenario("Fyne", genetic_ratios=ratios, **{"treatments.THERMOLICER.pheno_resistance": resistance})
    )
    record = simulator.run_recorded(Policy.built_in("mosaic"), seed=13)
    assert record.lice.shape[-1] == 9
    changes = np.diff(record.lice.sum(axis=(2, 3)), axis=0)
    joined = record.arrivals.sum(axis=2) + record.influx_lice
    np.testing.assert_array_equal(changes, (joined - record.dead_lice - record.removed_lice)[1:])
    assert simulator.outcome().resistance.shape == (2,)


def test_same_seed_gives_the_same_run(fyne):
    first = fyne.run_recorded(Policy.built_in("bernoulli"), seed=4)
    again = Simulator(fyne.shared).run_recorded(Policy.built_in("bernoulli"), seed=4)
    other = fyne.run_recorded(Policy.built_in("bernoulli"), seed=5)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.lice, other.lice)


def test_day_by_day_equals_one_call(fyne):
    record = fyne.run_recorded(Policy.built_in("mosaic"), seed=6)
    total = fyne.outcome().payoff
    fyne.reset(6)
    for day in range(fyne.shared.n_days):
        fyne.step(record.action[day])
        np.testing.assert_array_equal(fyne.state.payoff, record.payoff[day])
    np.testing.assert_array_equal(fyne.outcome().payoff, total)
    np.testing.assert_array_equal(
        np.add.reduceat(fyne.state.lice, fyne.shared.first_cage[:-1], axis=0), record.lice[-1]
    )


def test_payoffs_add_up_to_stock_gained_plus_sales_less_costs(fyne):
    fyne.reset(0)
    shared, state = fyne.shared, fyne.state
    at_first = state.stock_value.copy()
    record = fyne.run_recorded(Policy.built_in("untreated"), seed=7)
    kept = record.sold_fish.sum(axis=0) == 0
    # without a sale, the profit is the growth of the stock's value less what was spent
    gained = state.stock_value - at_first - record.cost.sum(axis=0)
    np.testing.assert_allclose(record.payoff.sum(axis=0)[kept], gained[kept])
    assert shared.gain_per_kg > 0


def test_without_lice_nothing_ever_comes():
    simulator = Simulator(Config.scenario("Fyne", ext_pressure=0))
    record = simulator.run_recorded(Policy.built_in("untreated"), seed=8)
    assert record.lice.sum() == 0
    assert record.eggs.sum() == 0


def test_without_mutation_recessive_lice_stay_recessive():
    simulator = Simulator(
        Config.scenario("Fyne", geno_mutation_rate=0.0, genetic_ratios={"a": 1.0, "A": 0.0, "Aa": 0.0})
    )
    record = simulator.run_recorded(Policy.built_in("mosaic"), seed=9)
    assert record.lice[..., 0].sum() > 1000
    assert record.lice[..., 1:].sum() == 0
    assert simulator.outcome().resistance[0] == 0.0


def test_fallow_farm_stays_empty_and_pays_its_rent(fyne):
    fallow, nothing = fyne.shared.n_treatments, fyne.shared.n_treatments + 1
    fyne.reset(10)
    for _ in range(60):
        fyne.step(np.array([nothing, nothing]))
    fyne.step(np.array([fallow, nothing]))
    assert fyne.state.fish_population[0] == 0
    assert fyne.state.lice[: fyne.shared.first_cage[1], L3:].sum() == 0
    n_cages = fyne.shared.first_cage[1]
    assert fyne.state.payoff[0] == pytest.approx(-n_cages * fyne.shared.monthly_cost / 28)
    for _ in range(30):
        fyne.step(np.array([nothing, nothing]))
    assert fyne.state.fish_population[0] == 0 < fyne.state.fish_population[1]


def test_production_cycle_harvests_rests_and_stocks_again():
    cycle = {"harvest_mass_g": 3000.0, "fallow_days": 42}
    simulator = Simulator(Config.scenario("Fyne", production_cycle=cycle, agg_rate_enforcement_strikes=1000))
    shared, state = simulator.shared, simulator.state
    simulator.reset(11)
    fish = []
    for _ in range(shared.n_days):
        simulator.step(np.full(shared.n_farms, shared.n_treatments + 1))
        fish.append(state.fish.copy())
    empty = np.array(fish) == 0
    np.testing.assert_array_equal(empty.sum(axis=0), 42)
    harvest = empty.argmax(axis=0)
    ages = harvest - shared.cage_start
    assert (shared.mass_kg[ages] >= 3.0).all() and (shared.mass_kg[ages - 1] < 3.0).all()
    smolts = np.array(fish)[harvest + 42, np.arange(shared.n_cages)]
    assert (smolts > 0.99 * shared.num_fish.max()).all()


@pytest.mark.parametrize("actions", [[0], [0, 9], [-1, 0], [0.5, 1.0]])
def test_invalid_actions_are_refused(fyne, actions):
    fyne.reset(0)
    with pytest.raises(ValueError, match=r"action"):
        fyne.step(np.array(actions))


def test_a_day_needs_a_run_that_has_begun_and_has_not_ended(fyne):
    simulator = Simulator(fyne.shared)
    nothing = np.full(2, fyne.shared.n_treatments + 1)
    with pytest.raises(ValueError, match=r"reset\(seed\)"):
        simulator.step(nothing)
    simulator.run(Policy.built_in("untreated"), 1)
    with pytest.raises(ValueError, match=r"reset\(seed\)"):
        simulator.step(nothing)
    simulator.reset(1)
    simulator.step(nothing)


def test_lice_out_of_all_bounds_are_an_error():
    simulator = Simulator(Config.scenario("Fyne", agg_rate_enforcement_strikes=10**9, end_date="2024-01-01 00:00:00"))
    with pytest.raises(OverflowError, match="more than 1e12 lice eggs"):
        simulator.run(Policy.built_in("untreated"), seed=1)
    assert simulator.state.lice.min() >= 0


def test_outcome_totals_the_run(fyne):
    record = fyne.run_recorded(Policy.built_in("bernoulli"), seed=14)
    outcome = fyne.outcome()
    np.testing.assert_allclose(outcome.payoff, record.payoff.sum(axis=0))
    np.testing.assert_allclose(outcome.aggregation, record.aggregation.mean(axis=0))
    np.testing.assert_array_equal(outcome.fish, record.fish_population[-1])
    a, dominant, hybrid = record.lice[-1].sum(axis=(0, 1))
    assert outcome.resistance[0] == pytest.approx((dominant + hybrid / 2) / (a + dominant + hybrid))
    assert 0 < outcome.resistance[0] < 1


def test_outcome_of_a_sea_without_lice_has_no_resistance():
    simulator = Simulator(Config.scenario("Fyne", ext_pressure=0))
    assert np.isnan(simulator.run(Policy.built_in("untreated"), seed=1).resistance[0])


@pytest.mark.parametrize("policy", POLICIES)
def test_run_in_pieces_is_the_run_at_once(fyne, policy):
    policy = Policy.built_in(policy)
    whole = fyne.run_recorded(policy, seed=4)
    total = fyne.outcome()
    fyne.reset(4)
    window = records.allocate(fyne.shared, 50)
    for last_day in (1, 50, 99, 120, 730):
        first_day = fyne.day
        fyne.advance(policy, last_day, window)
        days = np.arange(max(first_day, last_day - 50), last_day)
        for name in whole._fields:
            np.testing.assert_array_equal(getattr(window, name)[days % 50], getattr(whole, name)[days], name)
    np.testing.assert_array_equal(fyne.outcome().payoff, total.payoff)
    with pytest.raises(ValueError, match=r"last_day must lie in 730 \.\. 730, got 731"):
        fyne.advance(policy, 731)
