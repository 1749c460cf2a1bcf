"""The equilibrium of a deme, against sums by hand."""

import numpy as np
import pytest

from l2l.optimizees.demes.config import ARRAYS, COLUMNS, SCHEMA, PopulationConfig
from l2l.optimizees.demes.equilibrium import compute_equilibrium_metrics, equilibrium_distribution, rows_of
from l2l.sharing import Bank, Signatures

N_GENOTYPES, N_GAMETES = 3, 2


def config(n_ages=2, new_adult_age=1, **fields):
    """A configuration in which only what matters for the equilibrium has values."""
    adults = (np.arange(n_ages) >= new_adult_age).astype(float)
    values = dict(
        is_stochastic=False,
        use_continuous_sampling=False,
        use_fixed_egg_count=False,
        n_sexes=2,
        n_ages=n_ages,
        n_genotypes=N_GENOTYPES,
        n_haploid_genotypes=N_GAMETES,
        n_glabs=1,
        new_adult_age=new_adult_age,
        age_based_mating_rates=np.array([adults, adults]),
        age_based_reproduction_rates=adults,
        age_based_survival_rates=np.full((2, n_ages), 0.5),
        female_age_based_relative_fertility=np.ones(n_ages),
        viability_fitness=np.ones((2, n_ages, N_GENOTYPES)),
        fecundity_fitness=np.ones((2, N_GENOTYPES)),
        sexual_selection_fitness=np.ones((N_GENOTYPES, N_GENOTYPES)),
        zygote_viability_fitness=np.ones((2, N_GENOTYPES)),
        age_based_relative_competition_strength=np.ones(n_ages),
        sperm_displacement_rate=0.05,
        expected_eggs_per_female=50.0,
        carrying_capacity=1000.0,
        sex_ratio=0.5,
        low_density_growth_rate=6.0,
        juvenile_growth_mode=2,
        expected_competition_strength=0.0,
        expected_survival_rate=0.0,
        equilibrium_individual_distribution=np.zeros((2, n_ages)),
        genotype_to_gametes_map=np.full((2, N_GENOTYPES, N_GAMETES), 0.5),
        gametes_to_zygote_map=np.full((N_GAMETES, N_GAMETES, N_GENOTYPES), 1 / 3),
        initial_individual_count=np.zeros((2, n_ages, N_GENOTYPES)),
        initial_sperm_storage=np.zeros((n_ages, N_GENOTYPES, N_GENOTYPES)),
        population_scale=1.0,
        base_carrying_capacity=1000.0,
        base_expected_num_adult_females=np.nan,
    )
    return PopulationConfig(**{**values, **fields})


def metrics(one):
    strength, rate = compute_equilibrium_metrics(rows_of(one)).values()
    return strength.item(), rate.item()


SURVIVAL = np.array([[0.9, 0.8, 0.7, 0.6, 0.5, 0.0], [0.9, 0.85, 0.6, 0.5, 0.4, 0.0]])
AGES = dict(n_ages=6, new_adult_age=2, age_based_survival_rates=SURVIVAL)


def test_discrete_generations_lay_and_survive_by_hand():
    one = config(sex_ratio=0.4, age_based_survival_rates=np.array([[0.6, 0.0], [0.7, 0.0]]))
    females = 1000 * 0.4 * 0.6 / (0.4 * 0.6 + 0.6 * 0.7)
    assert metrics(one) == pytest.approx((females * 50, 1000 / (females * 50 * (0.4 * 0.6 + 0.6 * 0.7))), rel=1e-15)


def test_ages_follow_from_survival():
    by_sex = equilibrium_distribution(rows_of(config(**AGES)))[0]
    np.testing.assert_allclose(by_sex[0], [0, 500, 400, 280, 168, 84], rtol=1e-15)
    np.testing.assert_allclose(by_sex[1], [0, 500, 425, 255, 127.5, 51], rtol=1e-15)


def test_juveniles_of_all_ages_compete_by_their_weights():
    weights = np.array([2.0, 5.0, 7.0, 1.0, 1.0, 1.0])
    laid = (400 + 280 + 168 + 84) * 50
    strength, rate = metrics(config(age_based_relative_competition_strength=weights, **AGES))
    assert (strength, rate) == pytest.approx((laid * 2 + 1000 * 5, 1000 / (laid * 0.9)), rel=1e-15)


def test_fertility_and_reproduction_by_age_count():
    rates, fertility = np.array([0, 0, 0.5, 0.6, 0.7, 0.8]), np.array([1, 1, 0.9, 0.8, 0.7, 0.6])
    laid = (400 * 0.45 + 280 * 0.48 + 168 * 0.49 + 84 * 0.48) * 50
    one = config(age_based_reproduction_rates=rates, female_age_based_relative_fertility=fertility, **AGES)
    assert metrics(one) == pytest.approx((laid + 1000, 1000 / (laid * 0.9)), rel=1e-15)


def test_expected_adult_females_lay_what_survival_is_measured_against():
    eggs = 100 * (1 + 0.7 + 0.42 + 0.21) * 50 * 2
    one = config(base_expected_num_adult_females=100.0, population_scale=2.0, **AGES)
    assert metrics(one)[1] == pytest.approx(1000 / (eggs * 0.9), rel=1e-15)


def test_distribution_that_is_given_is_taken():
    given = np.array([[500, 400, 300, 200, 100, 50], [450, 350, 300, 200, 100, 50]], float)
    one = config(equilibrium_individual_distribution=given, **AGES)
    assert metrics(one) == pytest.approx((650 * 50 + 750, 750 / (650 * 50 * 0.9)), rel=1e-15)


@pytest.mark.parametrize("fields", [{"carrying_capacity": 0.0}, {"age_based_survival_rates": np.zeros((2, 2))}])
def test_nobody_is_expected_where_nobody_can_live(fields):
    assert metrics(config(**fields))[1] == 0


def test_one_configuration_gets_the_bits_it_gets_among_many():
    rng = np.random.default_rng(1)
    columns = {
        "carrying_capacity": rng.uniform(0, 1e5, 97),
        "sex_ratio": rng.uniform(0, 1, 97),
        "eggs_per_female": rng.uniform(0, 200, 97),
    }
    signatures = Signatures(columns, 97)
    bank = Bank(SCHEMA, config(**AGES))
    bank.vary(signatures)
    for i in range(97):
        alone = metrics(config(**AGES, carrying_capacity=columns["carrying_capacity"][i],
                               sex_ratio=columns["sex_ratio"][i],
                               expected_eggs_per_female=columns["eggs_per_female"][i]))  # fmt: skip
        one = bank.config(i)
        assert (one.expected_competition_strength, one.expected_survival_rate) == alone


def test_columns_and_arrays_are_those_of_the_bank():
    bank = Bank(SCHEMA, config())
    assert tuple(bank.column_of) == COLUMNS
    assert tuple(bank.arrays) == ARRAYS
