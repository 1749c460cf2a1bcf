"""Demes that differ in some settings: each has what a build of its own would give it."""

import numpy as np
import pytest

from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.config import SCHEMA, PopulationConfig
from l2l.optimizees.demes.config_builder import SETTINGS_OF
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.presets import HomingDrive
from l2l.sharing import batch_setting

SPECIES = Species.from_dict("mosquito", {"chromosome": {"locus": ["WT", "Dr"]}})
N = 5


def drive(rate):
    return HomingDrive(name="drive", drive_allele="Dr", target_allele="WT", drive_conversion_rate=rate)


def state(count):
    return {"female": {"WT|WT": count}, "male": {"WT|WT": count, "WT|Dr": 5}}


def distribution(count):
    return np.linspace(count, 1, 12).reshape(2, 6)


# Of every setting that may differ: the method, N values of which some are equal, the kind of population
DIFFERENT = {
    "carrying_capacity": ("competition", [1000, 20.5, 1000, 0, 3e6], "both"),
    "age_1_carrying_capacity": ("competition", [1000, 20.5, 1000, 0, 3e6], "ages"),
    "old_juvenile_carrying_capacity": ("competition", [1000, 20.5, 1000, 0, 3e6], "ages"),
    "juvenile_growth_mode": ("competition", ["linear", "ricker", 3, "fixed", "no_competition"], "both"),
    "low_density_growth_rate": ("competition", [6, 1, 6.5, 2, 8], "both"),
    "expected_num_adult_females": ("competition", [100, 200.5, 100, 7, 30], "both"),
    "equilibrium_distribution": ("competition", [distribution(k) for k in (100, 200, 100, 300, 400)], "ages"),
    "competition_strength": ("competition", [5, 1.5, 5, 0, 2], "ages"),
    "eggs_per_female": ("reproduction", [50, 20.5, 50, 0, 7], "both"),
    "sex_ratio": ("reproduction", [0.5, 1, 0, 0.3, 0.5], "both"),
    "sperm_displacement_rate": ("reproduction", [0.05, 1, 0, 0.3, 0.05], "ages"),
    "female_age_based_mating_rates": ("reproduction", [0.5, 1.0, [0, 0, 1, 1, 0.5, 0.1], {3: 0.5}, 0.5], "ages"),
    "male_age_based_mating_rates": ("reproduction", [0.5, 1.0, [0, 0, 1, 1, 0.5, 0.1], {3: 0.5}, 0.5], "ages"),
    "female_age_based_reproduction_rates": ("reproduction", [0.5, 1.0, 0.1, {3: 0.5}, 0.5], "ages"),
    "female_age_based_relative_fertility": ("reproduction", [0.5, 1.5, 0.1, {3: 0.5}, 0.5], "ages"),
    "female_adult_mating_rate": ("reproduction", [0.5, 1.0, 0.1, 0, 0.5], "discrete"),
    "male_adult_mating_rate": ("reproduction", [0.5, 1.0, 0.1, 0, 0.5], "discrete"),
    "female_age_based_survival_rates": ("survival", [0.5, 1, [1, 0.9, 0.8, 0.7, 0.6, 0], {2: 0.5}, 0.5], "ages"),
    "male_age_based_survival_rates": ("survival", [0.5, 1, [1, 0.9, 0.8, 0.7, 0.6, 0], {2: 0.5}, 0.5], "ages"),
    "female_age0_survival": ("survival", [0.5, 1.0, 0.1, 0, 0.5], "discrete"),
    "male_age0_survival": ("survival", [0.5, 1.0, 0.1, 0, 0.5], "discrete"),
    "individual_count": ("initial_state", [state(k) for k in (600, 10, 600, 0, 7)], "both"),
    "sperm_storage": ("initial_state", [{"WT|WT": {"WT|Dr": k}} for k in (3, 0, 3, 1, 2)], "ages"),
    "viability": ("fitness", [{"Dr|*": k} for k in (0.5, 1, 0.5, 0, 0.3)], "both"),
    "fecundity": ("fitness", [{"Dr|Dr": {"female": k}} for k in (0.5, 1, 0.5, 0, 0.3)], "both"),
    "sexual_selection": ("fitness", [{"Dr|*": k} for k in (0.5, 1, 0.5, 0, 0.3)], "both"),
    "zygote_viability": ("fitness", [{"Dr|Dr": k} for k in (0.5, 1, 0.5, 0, 0.3)], "both"),
    "presets": ("presets", [drive(0.9), None, drive(0.5), (drive(0.9),), drive(0.1)], "both"),
}
CASES = [
    (name, kind) for name, (_, _, of) in DIFFERENT.items() for kind in ("ages", "discrete") if of in (kind, "both")
]


def build(kind, n=1, scale=1.0, **given):
    """A population of n demes; what is given replaces or joins the settings of all."""
    builder = SpatialBuilder(SPECIES, n, pop_type="age_structured" if kind == "ages" else "discrete_generation")
    builder.setup(population_scale=scale)
    settings = {"initial_state": {"individual_count": state(500)}, "competition": {}, "presets": {}}
    if kind == "ages":
        settings["age_structure"] = {"n_ages": 6}
    for name, value in given.items():
        settings.setdefault(DIFFERENT[name][0], {})[name] = value
    if not any(name.endswith("carrying_capacity") for name in given):
        settings["competition"]["carrying_capacity"] = 1000
    builder.presets(*settings.pop("presets").values())
    for method, values in settings.items():
        getattr(builder, method)(**values)
    return builder.build()


def assert_same(variant, full):
    for field in PopulationConfig._fields:
        one, other = getattr(variant, field), getattr(full, field)
        np.testing.assert_array_equal(one, other, err_msg=field)
        assert type(one) is type(other), field


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_deme_that_differs_has_what_a_build_of_its_own_gives_it(name, kind):
    _, values, _ = DIFFERENT[name]
    population = build(kind, N, scale=1.5, **{name: batch_setting(values)})
    alone = [build(kind, N, scale=1.5, **{name: value}) for value in values]
    for index, full in enumerate(alone):
        assert_same(population.deme(index).config, full.deme(index).config)
    assert_same_states(population, alone)
    for one in (population, *alone):
        one.run(3)
    assert_same_states(population, alone)


def assert_same_states(population, alone):
    """Each deme is as the one of its number, which has its random stream, in a population that has its values."""
    for index, full in enumerate(alone):
        np.testing.assert_array_equal(population.deme(index).individual_count, full.deme(index).individual_count)
        if not population.is_discrete:
            np.testing.assert_array_equal(population.deme(index).sperm_storage, full.deme(index).sperm_storage)


def test_every_parameter_that_may_differ_is_tested():
    assert set(DIFFERENT) == set(SCHEMA.parameters).union(*SETTINGS_OF.values())


def test_demes_that_differ_in_several_settings_have_all_of_them():
    given = {
        "carrying_capacity": [1, 2, 3, 1, 2],
        "sex_ratio": [0.5, 0.5, 0.4, 0.5, 0.1],
        "presets": DIFFERENT["presets"][1],
        "viability": [{"Dr|*": 0.5}] * 4 + [{}],
        "female_age_based_survival_rates": [0.5, 0.5, 0.9, 0.5, 0.5],
        "individual_count": [state(k) for k in range(N)],
    }
    population = build("ages", N, **{name: batch_setting(values) for name, values in given.items()})
    for index in range(N):
        alone = build("ages", **{name: values[index] for name, values in given.items()})
        assert_same(population.deme(index).config, alone.deme(0).config)
    rebuilt = population.report().rebuilt
    assert rebuilt["age_based_survival_rates"] == "2 times, for female_age_based_survival_rates"
    assert rebuilt["viability_fitness"] == "5 times, for presets and viability"
    assert "genotype_to_gametes_map" in rebuilt and "age_based_mating_rates" not in rebuilt


@pytest.mark.parametrize("name", ["eggs_per_female", "female_age_based_survival_rates"])
def test_equilibrium_of_expected_females_is_that_of_each_deme(name):
    values = DIFFERENT[name][1][:2]
    population = build("ages", 2, expected_num_adult_females=100, **{name: batch_setting(values)})
    rates = [population.deme(index).config.expected_survival_rate for index in range(2)]
    alone = [build("ages", expected_num_adult_females=100, **{name: value}) for value in values]
    assert rates == [one.deme(0).config.expected_survival_rate for one in alone]
    assert rates[0] != rates[1]


def test_arrays_that_do_not_differ_are_shared():
    population = build("discrete", N, carrying_capacity=batch_setting(range(N)))
    one, other = population.deme(0).config, population.deme(1).config
    for field in PopulationConfig._fields:
        if isinstance(getattr(one, field), np.ndarray):
            assert np.shares_memory(getattr(one, field), getattr(other, field)), field


def test_each_different_array_is_held_once():
    population = build("discrete", N, scale=1.5, individual_count=batch_setting(DIFFERENT["individual_count"][1]))
    assert len(population.bank.arrays["initial_individual_count"]) == 4  # of five demes two are alike
