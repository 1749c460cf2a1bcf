"""Treatments that a configuration adds: what a day under them does to lice, fish and money."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import farm
from l2l.optimizees.slim.kernels.stages import L3, L4, L5F, L5M

ADDED = 3  # the number of the first treatment after those of SLIM
STILL = {"fish_mortality_center": 100.0, "fish_mortality_k": 0.0}  # no fish dies of lice
BATH = {
    "treatment_name": "Bath",
    "treatment_type": "freshwater",
    "effect_delay": 2,
    "application_period": 2,
    "duration_days": 1,
    "efficacy": 0.5,
    "price_per_application": 700,
    "price_per_tonne": 100,
    "fish_mortality": [[None, 0.01, 0.02]],
}
WRASSE = {
    "treatment_name": "Wrasse",
    "treatment_type": "cleanerfish",
    "effect_delay": 1,
    "application_period": 1,
    "price_per_application": 300,
    "pheno_resistance": {"dominant": 0.3, "incompletely_dominant": 0.3, "recessive": 0.3},
    "efficacy": [[None, 1.0], [9, 0.5]],
    "natural_mortality": 0.01,
    "restock_fraction": 0.1,
    "fish_mortality": 0.0,
}
SLIM = ["emb", "thermolicer", "cleaner fish"]


@pytest.fixture
def treated(sea_of):
    """Make a sea whose one farm may use the treatments that are added to those of SLIM."""

    def make(*added, **overrides):
        names = [*SLIM, *(treatment["treatment_name"] for treatment in added)]
        no_deaths = {f"background_lice_mortality_rates.{s}": 0.0 for s in ("L1", "L2", "L3", "L4", "L5f", "L5m")}
        farms = {"treatment_types": names, "num_fish": 10**6}
        return sea_of(farms, treatments=[*SLIM, *added], **{**no_deaths, **STILL, **overrides})

    return make


def apply(sea, treatment=ADDED):
    assert farm.request_treatment(sea.shared, sea.state, 0, treatment, sea.day, True)


def test_bath_kills_by_stage_from_its_delay_until_its_duration_has_passed(treated):
    sea = treated({**BATH, "fish_mortality": 0.0, "stage_efficacy": {"L5m": 0.4}})
    apply(sea)
    for killed_f, killed_m in [(0, 0), (0, 0), (0.5, 0.2), (0.5, 0.2), (0, 0)]:
        sea.state.lice[:] = 0
        sea.state.lice[0, [L5F, L5M], 0] = 10**8
        sea.step()
        left = sea.state.lice[0, [L5F, L5M], 0] / 1e8
        np.testing.assert_allclose(left, [1 - killed_f, 1 - killed_m], atol=5 * 0.5e-4)


def test_bath_kills_fish_by_size_over_its_application(treated):
    sea = treated(BATH)  # fish of 2.5 kg
    apply(sea)
    dead = []
    for _ in range(3):
        sea.step()
        dead.append(sea.state.dead_fish[0])
    np.testing.assert_allclose(dead, [10_000, 10_000, 0], atol=5 * 100)


def test_bath_is_paid_by_the_cage_once_and_by_the_tonne_over_its_application(treated):
    sea = treated({**BATH, "fish_mortality": 0.0}, monthly_cost=0.0)
    apply(sea)
    costs, tonnes = [], []
    for _ in range(3):
        tonnes.append(sea.state.fish[0] * sea.shared.mass_kg[sea.day + 365] / 1000)
        sea.step()
        costs.append(sea.state.cost[0])
    np.testing.assert_allclose(costs, [700 + 50 * tonnes[0], 50 * tonnes[1], 0])


def test_two_kinds_of_cleaner_fish_have_their_own_stock_and_appetite(treated):
    sea = treated(WRASSE)  # at 8.4 degrees
    apply(sea, 2)
    apply(sea)
    sea.step()
    sea.step()
    assert sea.state.cleaner_fish[0].tolist() == [0, 0, 50_000, 100_000]
    assert sea.state.cleaner_population[0] == 150_000
    sea.state.lice[:] = 0
    sea.state.lice[0, L5F, 0] = 10**8
    sea.step()
    eaten = np.exp(-0.823 * 0.05 - 0.3 * 0.1)
    assert sea.state.lice[0, L5F, 0] == pytest.approx(1e8 * eaten, abs=5 * 1e4)
    alive = [50_000 * (1 - 0.028), 100_000 * (1 - 0.01)]
    np.testing.assert_allclose(sea.state.cleaner_fish[0, 2:], alive, atol=5 * 40)


def test_cleaner_fish_eat_less_where_their_appetite_is_smaller(treated):
    sea = treated(WRASSE, temperatures=np.full((1, 12), 12.0))
    sea.state.cleaner_fish[0, ADDED] = 10**6
    sea.state.lice[0, L5F, 0] = 10**8
    sea.step()
    assert sea.state.lice[0, L5F, 0] == pytest.approx(1e8 * np.exp(-0.15), abs=5 * 1e4)


def test_added_cleaner_fish_do_not_use_up_the_quota(treated):
    sea = treated(WRASSE, BATH)
    sea.put_lice(10**7)
    for treatment, left in [(ADDED, 10), (ADDED + 1, 9)]:
        assert farm.request_treatment(sea.shared, sea.state, 0, treatment, 0, False)
        assert sea.state.remaining[0] == left


GENES = {"a": 0.8, "A": 0.1, "Aa": 0.1, "b": 0.5, "B": 0.25, "Bb": 0.25}


def test_each_treatment_selects_on_its_own_gene_alone(treated):
    resistance = {"recessive": 0.0, "incompletely_dominant": 0.25, "dominant": 0.5}
    bath = {**BATH, "effect_delay": 0, "fish_mortality": 0.0, "gene": "b", "pheno_resistance": resistance}
    sea = treated(bath, genetic_ratios=GENES)
    sea.state.lice[:] = 0
    sea.state.lice[0, L5F] = 10**7  # of each of nine genotypes
    apply(sea)
    sea.step()
    left = sea.state.lice[0, L5F].reshape(3, 3) / 1e7  # gene a, gene b
    np.testing.assert_allclose(left, np.tile([0.5, 0.75, 0.625], (3, 1)), atol=5 * 0.5 / np.sqrt(1e7))


def test_offspring_carry_the_gene_that_was_selected_and_the_other_as_before(treated):
    resistance = {"recessive": 0.0, "incompletely_dominant": 0.4, "dominant": 0.8}
    bath = {**BATH, "effect_delay": 0, "fish_mortality": 0.0, "gene": "b", "pheno_resistance": resistance}
    sea = treated({**bath, "efficacy": 1.0}, genetic_ratios=GENES, geno_mutation_rate=0.0)
    sea.state.lice[:] = 0
    sea.state.lice[0, L5F:] = 10**6  # as many of each of nine genotypes, females and males
    apply(sea)
    sea.step()
    sea.step()
    eggs = sea.state.eggs[0].reshape(3, 3)  # gene a, gene b; recessive, dominant, heterozygous
    share = {"a": 0.5, "b": (0.8 + 0.4 / 2) / (0.8 + 0.4)}  # of dominant alleles among the survivors
    # the matings of a day sample half a million dams
    for gene, counts in [("a", eggs.sum(axis=1)), ("b", eggs.sum(axis=0))]:
        p = share[gene]
        hardy_weinberg = [(1 - p) ** 2, p**2, 2 * p * (1 - p)]
        np.testing.assert_allclose(counts / counts.sum(), hardy_weinberg, atol=0.005)


def test_treatments_of_the_same_gene_meet_the_same_resistance(treated):
    resistance = {"recessive": 0.0, "incompletely_dominant": 1.0, "dominant": 1.0}
    bath = {**BATH, "effect_delay": 0, "fish_mortality": 0.0, "gene": "b", "pheno_resistance": resistance}
    sea = treated(bath, {**bath, "treatment_name": "Another"}, genetic_ratios=GENES)
    sea.state.lice[:] = 0
    sea.state.lice[0, L4] = 10**7
    apply(sea, ADDED)
    apply(sea, ADDED + 1)
    sea.step()
    left = sea.state.lice[0, L4:].sum(axis=0).reshape(3, 3) / 1e7  # pre-adults, or adults by now
    np.testing.assert_allclose(left, np.tile([0.25, 1, 1], (3, 1)), atol=5 * 0.5 / np.sqrt(1e7))


def test_stages_that_are_not_susceptible_survive(treated):
    sea = treated({**BATH, "effect_delay": 0, "efficacy": 1.0, "susceptible_stages": ["L5f"], "fish_mortality": 0.0})
    sea.state.lice[:] = 0
    sea.state.lice[0, L3:, 0] = 10**6
    apply(sea)
    sea.step()
    assert sea.state.lice[0, L3:, 0].sum() == 3 * 10**6
    assert sea.state.lice[0, L5F, 0] < 10**5  # those who moulted today
