"""Ensembles of one model agree; those of another do not."""

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.policies import Policy
from l2l.optimizees.slim.validation.agreement import agreements, required_quantities
from l2l.optimizees.slim.validation.ensemble_table import simulate, summarise

N_DAYS = 7 * 40


def stored(runs, n=20):
    return summarise("any", "any", range(n), {name: values[:n] for name, values in runs.items()})


def only(found):
    (agreement,) = found
    return agreement


def compare(ours, theirs, name="L1"):
    """Of one quantity [n_runs, d] at one place."""
    found = agreements({name: ours[:, :, None]}, stored({name: theirs[:, :, None]}, len(theirs)), ("a",))
    return only(found)


def drawn(rng, n_runs, mean=100.0, std=10.0):
    """Independent days, the hardest for a share of days."""
    return rng.normal(mean, std, (n_runs, N_DAYS))


@pytest.mark.parametrize("seed", range(5))
def test_runs_of_one_distribution_agree(seed):
    rng = np.random.default_rng(seed)
    agreement = compare(drawn(rng, 100), drawn(rng, 20))
    assert agreement.agrees and agreement.mean_days == 1.0
    assert abs(agreement.worst_z) < 5 and agreement.ratio == pytest.approx(1.0, abs=0.02)


def test_heavy_tail_that_few_runs_missed_agrees():
    ours = np.where(np.random.default_rng(0).random((1000, N_DAYS)) < 0.03, 1e6, 1.0)
    theirs = np.ones((20, N_DAYS))
    assert compare(ours, theirs).agrees


def test_worst_day_and_its_errors_are_named():
    rng = np.random.default_rng(1)
    ours, theirs = drawn(rng, 100), drawn(rng, 20)
    theirs[:, 70] += 100.0
    agreement = compare(ours, theirs)
    error = np.sqrt(10.0**2 / 100 + 10.0**2 / 20)
    assert agreement.worst_day == 70 and agreement.worst_z == pytest.approx(-100 / error, rel=0.4)
    assert agreement.agrees  # one week of forty is 2.5 %
    theirs[:, 77:92] += 100.0
    assert not compare(ours, theirs).agrees


def test_shift_of_seven_errors_is_found():
    rng = np.random.default_rng(2)
    error = np.sqrt(10.0**2 / 100 + 10.0**2 / 20)
    assert not compare(drawn(rng, 100, 100 + 7 * error), drawn(rng, 20)).agrees


def test_spread_is_found_where_means_agree():
    rng = np.random.default_rng(3)
    for wide, narrow in ((100.0, 10.0), (10.0, 100.0)):
        agreement = compare(drawn(rng, 100, std=wide), drawn(rng, 20, std=narrow))
        assert agreement.mean_days == 1.0 and not agreement.agrees


@pytest.mark.parametrize("n_runs", [1, 2, 5, 9])
def test_few_runs_are_compared_by_their_means_alone(n_runs):
    rng = np.random.default_rng(8)
    agreement = compare(drawn(rng, 100), drawn(rng, n_runs))
    assert agreement.agrees and np.isnan(agreement.quartile_days)
    assert not compare(drawn(rng, 100), drawn(rng, n_runs, mean=160.0)).agrees


def test_days_without_spread_agree_where_they_are_equal_within_rounding():
    ours, theirs = np.full((100, N_DAYS), 240_000.0), np.full((20, N_DAYS), 240_000.0)
    assert compare(ours, theirs * (1 + 1e-7)).agrees
    agreement = compare(ours, theirs + 1)
    assert not agreement.agrees and agreement.worst_z == -np.inf
    assert compare(0 * ours, 0 * theirs).worst_z == 0.0


def genotypes(rng, n_runs, frequency):
    """Counts of a, A, Aa in Hardy-Weinberg proportions; abundance varies over orders of magnitude."""
    lice = np.exp(rng.normal(10.0, 1.0, (n_runs, N_DAYS, 1)))
    p = np.clip(rng.normal(frequency, 0.01, (n_runs, N_DAYS, 1)), 0, 1)
    return {"eggs_a": lice * (1 - p) ** 2, "eggs_A": lice * p**2, "eggs_Aa": lice * 2 * p * (1 - p)}


def test_frequency_is_compared_more_closely_than_counts():
    rng = np.random.default_rng(4)
    other = stored(genotypes(rng, 20, 0.5))
    for frequency, agrees in ((0.5, True), (0.6, False)):
        found = {a.quantity: a for a in agreements(genotypes(rng, 100, frequency), other, ("a",))}
        assert found["eggs_a"].agrees and found["eggs_Aa"].agrees
        assert found["eggs_frequency_A"].agrees == agrees
        assert found["eggs_frequency_A"].required
        assert found["eggs_frequency_A"].ratio == pytest.approx(frequency / 0.5, rel=0.02)


def test_no_lice_have_no_frequency_but_a_number():
    none = {name: np.zeros((30, N_DAYS, 1)) for name in ("eggs_a", "eggs_A", "eggs_Aa")}
    some = genotypes(np.random.default_rng(5), 30, 0.5)
    found = {a.quantity: a.agrees for a in agreements(some, stored(none), ("a",))}
    assert found == {"eggs_a": False, "eggs_A": False, "eggs_Aa": False, "eggs_frequency_A": True}


def test_frequency_in_one_run_is_no_difference():
    rng = np.random.default_rng(7)
    ours, theirs = genotypes(rng, 100, 0.3), genotypes(rng, 20, 0.6)
    for runs in (ours, theirs):
        for values in runs.values():
            values[1:] = 0.0
    found = {a.quantity: a for a in agreements(ours, stored(theirs), ("a",))}
    assert found["eggs_frequency_A"].worst_z == 0.0


def test_mutants_that_only_the_other_met_are_no_difference_of_frequency():
    pure = {"eggs_a": np.full((100, N_DAYS, 1), 1e5), "eggs_A": np.zeros((100, N_DAYS, 1))}
    pure["eggs_Aa"] = pure["eggs_A"]
    other = {name: values.copy() for name, values in pure.items()}
    other["eggs_Aa"][3] = 1.0
    found = {a.quantity: a for a in agreements(pure, stored(other), ("a",))}
    assert found["eggs_frequency_A"].agrees and found["eggs_frequency_A"].worst_z == pytest.approx(-1, abs=0.6)


def test_what_only_one_of_them_has_is_left_out_and_money_is_for_information():
    rng = np.random.default_rng(6)
    ours = {name: drawn(rng, 30)[:, :, None] for name in ("L1", "cum_payoff", "ours_only")}
    theirs = {name: drawn(rng, 20)[:, :, None] for name in ("L1", "cum_payoff", "theirs_only")}
    found = agreements(ours, stored(theirs), ("a",))
    assert [(a.quantity, a.required) for a in found] == [("L1", True), ("cum_payoff", False)]


def test_required_are_lice_fish_eggs_genotypes_and_treatments():
    assert required_quantities(("a",)) == [
        *("L1", "L2", "L3", "L4", "L5f", "L5m"),
        *("L5f_a", "L5f_A", "L5f_Aa", "L5f_frequency_A"),
        *("agg_max", "num_fish", "cages_fallow", "cum_treatments", "eggs", "arrivals"),
        *("eggs_a", "eggs_A", "eggs_Aa", "eggs_frequency_A"),
    ]


@pytest.fixture(scope="module")
def fyne():
    return Config.scenario("Fyne", end_date="2018-12-01 00:00:00", ext_pressure=1000)


@pytest.fixture(scope="module")
def runs(fyne):
    return simulate(fyne, Policy.built_in("bernoulli"), range(120), 2)


def test_an_ensemble_split_in_two_agrees(fyne, runs):
    ours = {name: values[20:] for name, values in runs.items()}
    found = agreements(ours, stored(runs), fyne.genes)
    assert [a for a in found if not a.agrees] == []
    assert {a.place for a in found} == {-1, 0, 1}


def test_another_mortality_of_copepodids_is_found(fyne, runs):
    other = fyne.replace(**{"background_lice_mortality_rates.L2": 0.12})
    found = agreements(simulate(other, Policy.built_in("bernoulli"), range(200, 260), 2), stored(runs), fyne.genes)
    assert "L2" in {a.quantity for a in found if a.required and not a.agrees}
