"""Harvest, fallow and restocking over several cycles, and fish that die for other reasons."""

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.simulator import Simulator

N_FISH, FALLOW_DAYS = 40_000, 42
FAST = {  # fish of 5 kg at 250 days, so that 2.5 years hold three cycles
    "smolt_mass_params": {"max_mass": 6000.0, "skewness": -0.03, "x_shift": 200.0},
    "production_cycle": {"harvest_mass_g": 5000, "fallow_days": FALLOW_DAYS},
    "end_date": "2020-07-01",
    "agg_rate_enforcement_strikes": 10_000,  # nobody is told to fallow
    "ext_pressure": 1000,
    "infection_discount": 0.0,
}
CALM = {"ext_pressure": 0, "reservoir_offspring_integration_ratio": 0.0}


def harvest_age(shared) -> int:
    """Age in days at which a cage is sold."""
    return int(np.searchsorted(shared.mass_kg, shared.harvest_mass_kg))


def stockings(shared) -> np.ndarray:
    """How often each cage has been stocked since the first day, int64[n_cages]."""
    cycle = harvest_age(shared) + FALLOW_DAYS
    bought = (shared.n_days - 1 - shared.cage_start) // cycle + 1
    return bought - (shared.cage_start < 0)  # the first was there


@pytest.fixture(scope="module", params=["untreated", "mosaic"])
def cycles(request):
    """A run over several cycles: the simulator at its end, and its record."""
    simulator = Simulator(Config.scenario("Fyne", **FAST))
    return simulator, simulator.run_recorded(Policy.built_in(request.param), 1)


def by_farm(shared, cages) -> np.ndarray:
    return np.add.reduceat(cages, shared.first_cage[:-1])


def test_each_cage_goes_through_its_cycles_in_time(cycles):
    simulator, record = cycles
    shared = simulator.shared
    cycle = harvest_age(shared) + FALLOW_DAYS
    assert stockings(shared).min() >= 3
    np.testing.assert_array_equal((simulator.state.cage_start - shared.cage_start) % cycle, 0)
    sold_on = {start + harvest_age(shared) + k * cycle for start in shared.cage_start for k in range(5)} & set(
        range(shared.n_days)
    )
    assert set(np.flatnonzero(record.sold_fish.sum(axis=1))) == sold_on


def test_fish_are_stocked_sold_dead_or_in_their_cages(cycles):
    simulator, record = cycles
    shared = simulator.shared
    there = by_farm(shared, np.where(shared.cage_start < 0, N_FISH, 0))
    stocked = by_farm(shared, stockings(shared) * N_FISH)
    gone = record.sold_fish.sum(axis=0) + record.dead_fish.sum(axis=0)
    np.testing.assert_array_equal(there + stocked, gone + by_farm(shared, simulator.state.fish))


def test_attached_lice_leave_with_the_fish(cycles):
    _, record = cycles
    empty = record.fish_population == 0
    assert empty.any()
    assert record.lice[:, :, 2:].sum(axis=(2, 3))[empty].max() == 0
    assert record.removed_lice[record.sold_fish > 0].sum() > 0
    assert record.removed_lice[record.sold_fish == 0].sum() == 0


def test_payoffs_are_sales_less_smolts_and_costs(cycles):
    simulator, record = cycles
    shared, state = simulator.shared, simulator.state
    price = shared.mass_kg * shared.gain_per_kg
    age = shared.n_days - 1 - state.cage_start
    stock = by_farm(shared, state.fish * price[np.maximum(0, age)])
    before = by_farm(shared, np.where(shared.cage_start < 0, N_FISH * price[np.maximum(0, -1 - shared.cage_start)], 0))
    sales = record.sold_fish.sum(axis=0) * price[harvest_age(shared) - 1]  # at yesterday's mass
    smolts = by_farm(shared, stockings(shared) * N_FISH) * price[0]
    expected = sales - smolts - record.cost.sum(axis=0) + stock - before
    np.testing.assert_allclose(record.payoff.sum(axis=0), expected, rtol=1e-9)
    assert expected.min() > 0


def test_rent_is_paid_in_fallow_too(cycles):
    simulator, record = cycles
    if record.treatments_used[-1].sum() == 0:
        rent = simulator.shared.monthly_cost / 28 * np.diff(simulator.shared.first_cage)
        np.testing.assert_allclose(record.cost, np.tile(rent, (len(record.cost), 1)))


@pytest.mark.parametrize("share", [0.0, 0.002])
def test_fish_die_for_other_reasons_at_their_daily_rate(share: float):
    config = Config.scenario("Fyne", **{**FAST, **CALM, "fish_background_mortality": share, "farms.*.num_fish": 10**7})
    simulator = Simulator(config)
    record = simulator.run_recorded(Policy.built_in("untreated"), 1)
    n_days = harvest_age(simulator.shared)  # also on that of stocking, not on that of harvest
    sold = record.sold_fish[record.sold_fish > 0]
    assert len(sold) >= 3 * simulator.shared.n_cages - 3
    alive = 1e7 * (1 - share) ** n_days
    # cages that were there on the first day have lost none before
    late = record.sold_fish[365:][record.sold_fish[365:] > 0]
    np.testing.assert_allclose(late, alive, atol=5 * np.sqrt(1e7 * 0.25))


def test_whole_cycle_without_deaths_earns_its_growth_less_the_rent():
    config = Config.scenario("Fyne", **{**FAST, **CALM, "fish_background_mortality": 0.0})
    simulator = Simulator(config)
    record = simulator.run_recorded(Policy.built_in("untreated"), 1)
    shared = simulator.shared
    age = harvest_age(shared)
    first = int(shared.cage_start[0]) + age + FALLOW_DAYS  # the first cage of the first farm is stocked again
    cycle = slice(first, first + age + FALLOW_DAYS)
    cages = np.diff(shared.first_cage)[0]  # each goes through one whole cycle in that time, at some phase of it
    growth = cages * N_FISH * (shared.mass_kg[age - 1] - shared.mass_kg[0]) * shared.gain_per_kg
    rent = cages * shared.monthly_cost / 28 * (age + FALLOW_DAYS)
    assert record.payoff[cycle, 0].sum() == pytest.approx(growth - rent)
