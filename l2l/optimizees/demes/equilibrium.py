"""The equilibrium that density dependence is measured against, from a deme's configuration.

All of it is elementwise over an axis of configurations, and ages are added one after the other, so that one deme gets
the bits that it gets among many.
"""

from typing import Any

import numpy as np

from l2l.sharing.schema import Fields

FEMALE, MALE = 0, 1


def equilibrium_distribution(fields: Fields) -> np.ndarray:
    """Individuals by sex and age at equilibrium: float64[n, 2, n_ages].

    The carrying capacity is the number at age 1; the sexes have shares of it by the sex ratio at birth and what
    survives of each, and age ``a + 1`` is what survives of age ``a``.  A distribution that users gave stays as it is.

    Parameters
    ----------
    fields : mapping of str to array
        Fields of `PopulationConfig` with an axis of n configurations before their own.
    """
    survival = fields["age_based_survival_rates"]  # (n, 2, n_ages)
    born = _sexes_at_birth(fields)
    survived = _survived_first_age(fields)
    distribution = np.zeros_like(survival)
    for sex in (FEMALE, MALE):
        share = _ratio(born[sex] * survival[:, sex, 0], survived)
        distribution[:, sex, 1] = fields["carrying_capacity"] * share
        for age in range(2, survival.shape[2]):
            distribution[:, sex, age] = distribution[:, sex, age - 1] * survival[:, sex, age - 1]
    given = fields["equilibrium_individual_distribution"]
    is_given = (given > 0).any(axis=(1, 2))
    return np.where(is_given[:, None, None], given, distribution)


def compute_equilibrium_metrics(fields: Fields) -> dict[str, np.ndarray]:
    """What juveniles' competition and survival are measured against.

    With the numbers ``N*[sex, age]`` at equilibrium (`equilibrium_distribution`) and the eggs ``E*`` that their females
    lay, juveniles compete with strength ``S = E* w[0] + sum N*[., a] w[a]`` over ages ``1 <= a < new_adult_age``,
    and a share of ``s* = N*[., 1] / (E s0)`` of the eggs survives besides what dies at age 0, ``s0``.  ``E`` is ``E*``,
    or the eggs of the females that ``expected_num_adult_females`` says become adult in a tick.

    Both are zero where nobody can live.

    Returns
    -------
    dict
        ``expected_competition_strength`` and ``expected_survival_rate``: float64[n].
    """
    numbers = equilibrium_distribution(fields)
    weights = fields["age_based_relative_competition_strength"]
    new_adult_age, n_ages = fields["new_adult_age"], numbers.shape[2]
    laid = _eggs(numbers[:, FEMALE], fields)
    strength = laid * weights[:, 0]
    for age in range(1, new_adult_age):
        strength = strength + (numbers[:, FEMALE, age] + numbers[:, MALE, age]) * weights[:, age]

    females = np.zeros((len(numbers), n_ages))
    females[:, new_adult_age] = fields["base_expected_num_adult_females"] * fields["population_scale"]
    for age in range(new_adult_age + 1, n_ages):
        females[:, age] = females[:, age - 1] * fields["age_based_survival_rates"][:, FEMALE, age - 1]
    expected = _eggs(females, fields)
    eggs = np.where(np.isnan(expected), laid, expected)
    recruits = numbers[:, FEMALE, 1] + numbers[:, MALE, 1]
    rate = _ratio(recruits, eggs * _survived_first_age(fields))
    return {"expected_competition_strength": strength, "expected_survival_rate": rate}


def rows_of(config: Any) -> dict[str, Any]:
    """The fields of one configuration with an axis of length one before their own; whole numbers stay as they are."""
    return {
        name: value if isinstance(value, bool | int) and name != "juvenile_growth_mode" else np.asarray(value)[None]
        for name, value in config._asdict().items()
    }


def _sexes_at_birth(fields: Fields) -> tuple[np.ndarray, np.ndarray]:
    return fields["sex_ratio"], 1 - fields["sex_ratio"]


def _survived_first_age(fields: Fields) -> np.ndarray:
    survival = fields["age_based_survival_rates"]
    females, males = _sexes_at_birth(fields)
    return females * survival[:, FEMALE, 0] + males * survival[:, MALE, 0]


def _eggs(females: np.ndarray, fields: Fields) -> np.ndarray:
    """Eggs that adult females, float64[n, n_ages], lay in a tick: float64[n]."""
    rates, fertility = fields["age_based_reproduction_rates"], fields["female_age_based_relative_fertility"]
    eggs = np.zeros(len(females))
    for age in range(fields["new_adult_age"], females.shape[1]):
        eggs = eggs + females[:, age] * rates[:, age] * fertility[:, age]
    return eggs * fields["expected_eggs_per_female"]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
