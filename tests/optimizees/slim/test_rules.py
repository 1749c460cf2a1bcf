"""The two rule sets as whole models: each switch alone acts, counts stay counts, and tables are the published ones."""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.kernels.stages import L3
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.simulation.shared import build_shared
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.types.rules import PUBLISHED, REVISED, Rules, describe

# Enough lice, resistance, genes and treatments that every rule has something to do within two months.
BUSY = {
    "start_date": "2018-08-01 00:00:00",
    "end_date": "2018-10-01 00:00:00",
    "farms.*.num_fish": 4000,
    "genetic_ratios": {"a": 0.6, "A": 0.2, "Aa": 0.2, "t": 0.5, "T": 0.25, "Tt": 0.25},
    "treatments.Thermolicer.pheno_resistance": {"dominant": 0.5, "incompletely_dominant": 0.5, "recessive": 0.0},
    "farms.0.treatment_types": ["emb", "cleanerfish"],
    "farms.1.treatment_types": ["emb", "thermolicer", "cleanerfish"],
    "farms.*.cages_start_dates": None,
    "temperature_rows": [[665300, *[8.0] * 12], [685715, *[16.0] * 12]],  # the southern one first
    "farms.1.location": [192500, 684000],
}


def busy(**rules):
    scenario = Config.scenario("Fyne")
    starts = [[str(date) for date in farm.cages_start_dates] for farm in scenario.farms]
    starts[1][-1] = "2018-08-20 00:00:00"  # one cage waits
    overrides = {key: value for key, value in BUSY.items() if value is not None}
    overrides |= {f"farms.{i}.cages_start_dates": dates for i, dates in enumerate(starts)}
    return scenario.replace(**overrides, rules=rules)


def run(config, seed=1):
    """Sixty days under a fixed course of all treatments, also while fallow."""
    simulator = Simulator(config)
    simulator.reset(seed)
    simulator.state.lice[:] = np.random.default_rng(0).integers(2000, 4000, simulator.state.lice.shape)
    simulator.state.lice[simulator.state.fish == 0, L3:] = 0
    lice, fish, payoff = [], [], []
    for day in range(config.n_days):
        action = {1: 2, 2: 1, 4: 0, 6: 0, 45: 3, 50: 0}.get(day, 4)
        simulator.step(np.array([action, 4 if day == 45 else action]))
        lice.append(simulator.state.lice.copy())
        fish.append(simulator.state.fish.copy())
        payoff.append(simulator.state.payoff.copy())
        assert simulator.state.lice.min() >= 0
        assert simulator.state.fish.min() >= 0
        assert simulator.state.cleaner_fish.min() >= 0
    return np.array(lice), np.array(fish), np.array(payoff)


@pytest.fixture(scope="module")
def runs():
    return {base: run(busy(base=base)) for base in ("revised", "published")}


@pytest.mark.parametrize("rule", Rules._fields)
@pytest.mark.parametrize("base", ["revised", "published"])
def test_each_rule_can_be_switched_alone(runs, base, rule):
    switched = run(busy(base=base, **{rule: base == "published"}))
    assert any((x != y).any() for x, y in zip(runs[base], switched, strict=True))


@pytest.mark.parametrize("base", ["revised", "published"])
def test_same_seed_gives_the_same_run(runs, base):
    again = run(busy(base=base))
    other = run(busy(base=base), seed=2)
    for x, y, z in zip(runs[base], again, other, strict=True):
        np.testing.assert_array_equal(x, y)
        assert (x != z).any()


@pytest.mark.parametrize("policy", ["untreated", "bernoulli", "mosaic"])
def test_published_run_is_the_same_whole_and_day_by_day(policy):
    simulator = Simulator(Config.scenario("Fyne", rules="published", end_date="2018-12-01"))
    record = simulator.run_recorded(Policy.built_in(policy), 5)
    whole = {name: array.copy() for name, array in simulator.state._asdict().items()}
    simulator.reset(5)
    for actions in record.action:
        simulator.step(actions)
    for name, array in simulator.state._asdict().items():
        if name not in ("streams", "memory"):  # a policy has a stream and a memory of its own
            np.testing.assert_array_equal(array, whole[name], err_msg=name)


def test_rules_go_by_name_by_base_and_by_switch():
    scenario = Config.scenario("Fyne")
    assert scenario.rules == REVISED
    assert scenario.replace(rules="published").rules == PUBLISHED
    assert scenario.replace(**{"rules.money": False}).rules == REVISED._replace(money=False)
    assert scenario.replace(rules={"base": "published", "money": True}).rules == PUBLISHED._replace(money=True)
    assert describe(PUBLISHED) == "published"
    assert describe(PUBLISHED._replace(money=True)) == "published, but money"
    assert describe(REVISED._replace(money=False)) == "revised, but not money"


def test_production_cycle_wants_its_rule():
    cycle = {"harvest_mass_g": 5000, "fallow_days": 60}
    with pytest.raises(ConfigError, match="none, as the rules have no production_cycle"):
        Config.scenario("Fyne", rules="published", production_cycle=cycle)


def test_published_development_rates_are_those_of_its_code(slim_data):
    vectors = json.loads((slim_data / "slim-unit-vectors.json").read_text())["dev_rate"]
    for stage, rate in (("L1", "rate_l1"), ("L3", "rate_l3")):
        for temp_c, expected in vectors[stage]:
            config = Config.scenario("Fyne", rules="published", temperatures=np.full((2, 12), temp_c))
            assert getattr(build_shared(config), rate)[0, 0] == pytest.approx(expected, rel=1e-12)
    assert (build_shared(config).rate_l4 == 0.1).all()


def test_cages_that_wait_have_fish_from_the_first_day_where_nothing_is_stocked():
    config = busy(production_cycle=False)
    simulator = Simulator(config)
    simulator.reset(1)
    assert simulator.state.fish[-1] == 4000
    assert build_shared(config).mass_kg[-19] < build_shared(config).mass_kg[0]  # smolts that wait to grow


def test_published_money_counts_fish_that_wait_for_their_start_as_lighter_than_smolts():
    config = busy(base="published")
    simulator = Simulator(config)
    simulator.reset(1)
    simulator.step(np.array([4, 4]))
    ages = [-(start - config.start_date).days for start in config.farms[1].cages_start_dates]
    assert ages[-1] == -19
    mass_kg = sum(float(config.mass_g(np.array(age))) for age in ages) / 1000
    attached = simulator.state.lice[6:, 2:].sum()
    waiting_rent = config.monthly_cost / 28
    expected = config.gain_per_kg * mass_kg - config.infection_discount * attached - waiting_rent
    assert simulator.state.payoff[1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("rules", ["revised", "published"])
@pytest.mark.parametrize("n_fish", [0, 1])
def test_a_billion_lice_a_day_stay_counts(rules, n_fish):
    overrides = {"ext_pressure": 10**9, "farms.*.num_fish": n_fish, "end_date": "2018-03-01"}
    simulator = Simulator(Config.scenario("Fyne", rules=rules, **overrides))
    outcome = simulator.run(Policy.built_in("bernoulli"), 1)
    assert simulator.state.lice.min() >= 0
    assert simulator.state.lice.sum() > 10**10
    assert (outcome.fish <= n_fish * np.diff(simulator.shared.first_cage)).all()
    assert np.isfinite(outcome.payoff).all()
    if n_fish == 0:
        assert simulator.state.lice[:, 2:].sum() == 0  # none to sit on
