"""What cannot be is refused: the message tells what came, where, and what was expected."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.interventions import Op
from l2l.optimizees.demes.presets import HomingDrive
from l2l.optimizees.demes.topology import SquareGrid
from l2l.sharing import batch_setting

SPECIES = Species.from_dict("mosquito", {"chromosome": {"locus": ["WT", "Dr"]}})


def builder(n=3, kind="age_structured", capacity=1000):
    made = SpatialBuilder(SPECIES, n, pop_type=kind).initial_state({"female": {"WT|WT": 100}})
    return made if capacity is None else made.competition(carrying_capacity=capacity)


def differing(**settings):
    """A builder whose demes differ in a setting of competition or reproduction."""
    made = builder()
    for name, values in settings.items():
        method = made.reproduction if name in ("eggs_per_female", "sex_ratio") else made.competition
        method(**{name: batch_setting(values)})
    return made


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"carrying_capacity": [1, 2]}, "carrying_capacity needs one value for each of 3 sites, got 2"),
        ({"carrying_capacity": np.ones((3, 3))}, r"carrying_capacity must be a number .*, got array\(\[1., 1., 1.\]\)"),
        ({"carrying_capacity": [1, 2, -3]}, "carrying_capacity must be a number between 0 and .*, got -3 at site 2"),
        ({"carrying_capacity": [-1, 2, 3]}, "carrying_capacity must be .*, got -1 at site 0"),
        ({"carrying_capacity": [1, None, 3]}, "carrying_capacity must be .*, got None at site 1"),
        ({"carrying_capacity": [1, float("inf"), 3]}, "got inf at site 1"),
        ({"sex_ratio": [0.5, 1.5, 0]}, "sex_ratio must be a number between 0 and 1, got 1.5 at site 1"),
        ({"juvenile_growth_mode": ["ricker", "rickr", "linear"]}, "no value 'rickr' at site 1; did you mean 'ricker'"),
        ({"carrying_capacity": lambda row, col: row}, "function of row and column, but the sites are in no rows"),
    ],
)
def test_values_of_demes_that_cannot_be_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        differing(**settings).build()


def test_ints_and_floats_of_a_batch_may_be_mixed():
    population = differing(carrying_capacity=[1, 2.5, np.float32(3)]).build()
    capacities = [population.deme(i).config.carrying_capacity for i in range(3)]
    assert capacities == [1.0, 2.5, 3.0]
    assert {type(one) for one in capacities} == {float}


def test_names_of_modes_and_their_numbers_may_be_mixed():
    population = differing(juvenile_growth_mode=["concave", 4, "beverton_holt"]).build()
    assert [population.deme(i).config.juvenile_growth_mode for i in range(3)] == [3, 4, 3]


@pytest.mark.parametrize("flag", ["stochastic", "use_continuous_sampling", "use_fixed_egg_count", "population_scale"])
def test_how_demes_are_simulated_cannot_differ(flag):
    with pytest.raises(UsageError, match=f"setup.*{flag} must be the same in all demes"):
        builder().setup(**{flag: batch_setting([True, False, True])})


def test_ages_cannot_differ():
    with pytest.raises(UsageError, match="n_ages must be the same in all demes"):
        builder().age_structure(n_ages=batch_setting([6, 7, 8]))


def test_misspelt_setting_names_the_nearest():
    with pytest.raises(TypeError, match="competition.. has no keyword 'carying_capacity'; did you mean 'carrying"):
        builder().competition(carying_capacity=5)
    with pytest.raises(TypeError, match="fitness.. has no keyword 'viabilty'; did you mean 'viability'"):
        builder().fitness(viabilty={"WT|*": 0.5})
    with pytest.raises(TypeError, match="with_observation.. has no keyword 'group'; did you mean 'groups'"):
        builder().with_observation(group={})
    with pytest.raises(TypeError, match="SpatialBuilder.. has no keyword 'topolgy'; did you mean 'topology'"):
        SpatialBuilder(SPECIES, topolgy=SquareGrid(2, 2))
    with pytest.raises(TypeError, match="HomingDrive.. has no keyword 'drive_alele'; did you mean 'drive_allele'"):
        HomingDrive("drive", drive_alele="Dr", target_allele="WT")
    with pytest.raises(TypeError, match="Op.. has no keyword 'genotype'; did you mean 'genotypes'"):
        Op.add(genotype="Dr|*", delta=5)


def test_setting_of_another_method_names_it():
    with pytest.raises(TypeError, match="survival.. has no keyword 'sex_ratio': it is one of reproduction"):
        builder().survival(sex_ratio=0.5)
    with pytest.raises(TypeError, match="competition.. has no keyword 'fecundity': it is one of fitness"):
        builder().competition(fecundity={"WT|*": 0.5})


def test_settings_of_the_other_kind_of_population_are_refused():
    with pytest.raises(UsageError, match="sperm_displacement_rate is for populations with ages"):
        builder(kind="discrete_generation").reproduction(sperm_displacement_rate=0.1)
    with pytest.raises(UsageError, match="female_age0_survival is for populations of discrete generations"):
        builder().survival(female_age0_survival=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.competition(age_1_carrying_capacity=5), "given twice, as carrying_capacity and age_1_carrying"),
        (lambda b: b.age_structure(n_ages=3, new_adult_age=3), "new_adult_age must be one of ages 1 to 2, got 3"),
        (lambda b: b.age_structure(n_ages=6.5), "n_ages must be a whole number of at least 2, got 6.5"),
        (lambda b: b.age_structure(new_adult_age=2.0), "new_adult_age must be one of ages 1 to 7, got 2.0"),
        (lambda b: b.competition(carrying_capacity=[1, 2, 3]), "carrying_capacity is one number; batch_setting"),
        (lambda b: b.competition(carrying_capacity=lambda i: i), "carrying_capacity is one number; batch_setting"),
        (lambda b: b.competition(competition_strength=[1]), r"competition_strength must be a number, got shape \(1,\)"),
        (lambda b: b.presets("drive"), "a preset such as HomingDrive.* is expected, got 'drive'"),
        (lambda b: b.fitness(viability=0.5), "viability needs numbers by patterns, .* got 0.5"),
        (lambda b: b.fitness(viability={5: 0.5}), "a pattern of genotypes is a text, .* got 5"),
        (lambda b: b.hooks("add"), "hooks..: operations such as Op.add.* are expected, got 'a'"),
        (lambda b: b.hooks(Op.kill(prob=1, demes=3)), "there is no deme 3; demes are 0 to 2"),
        (lambda b: b.with_observation(["all"]), r"groups are .* got \['all'\]"),
        (lambda b: b.setup(stochastic="no"), "stochastic must be True or False, got 'no'"),
        (lambda b: b.setup(population_scale=0), "population_scale must be a number above 0, got 0"),
        (lambda b: b.setup(population_scale="2"), "population_scale must be a number above 0, got '2'"),
        (lambda b: b.setup(seed=-1), "seed must be a whole number of at least 0, or a SeedSequence, got -1"),
        (lambda b: b.competition(carrying_capacity=-5), "carrying_capacity must be .* got -5"),
        (lambda b: b.survival([0.5, 0.5]), r"female_age_based_survival_rates must be numbers of shape \(8,\), got .*2"),
        (lambda b: b.survival(1.5), "female_age_based_survival_rates must be between 0 and 1, got 1.5"),
        (lambda b: b.survival({9: 0.5}), "there is no age 9; ages are 0 to 7"),
        (lambda b: b.survival("half"), "must be numbers of shape"),
        (lambda b: b.initial_state({"fmale": {}}), "there is no sex 'fmale'; did you mean 'female'"),
        (lambda b: b.initial_state({"female": 5}), "individual_count needs numbers by genotype, got 5"),
        (lambda b: b.initial_state({"female": {"WT|Drr": 5}}), "no genotype 'WT|Drr'; did you mean 'WT|Dr'"),
        (lambda b: b.initial_state({"female": {"WT|WT": -5}}), "individual_count of 'WT|WT' must be between 0 and"),
        (lambda b: b.initial_state({"female": {"WT|WT": [1] * 9}}), "there are 8 ages, got 9 counts"),
        (lambda b: b.initial_state(np.ones((2, 8))), r"must be numbers of shape \(2, 8, 3\), got shape \(2, 8\)"),
        (lambda b: b.initial_state({"female": {"WT|WT": 5}}, {"WT|WT": 5}), "sperm_storage of 'WT|WT' needs numbers"),
        (lambda b: b.initial_state({"female": {"WT|WT": 5}}, {"WT|WT": {"WT|WT": 4, "WT|Dr": 2}}),
         "sperm_storage of 'WT.WT' at age 2 is of 6 females, individual_count has 5"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(UsageError, match=message):
        change(builder()).build()


def test_deme_of_a_wrong_value_is_named_where_it_is_built_in_full():
    rates = batch_setting([0.5, 0.6, 1.7])
    with pytest.raises(UsageError, match="female_age_based_survival_rates .* got 1.7 at site 2"):
        builder().survival(female_age_based_survival_rates=rates).build()


def test_deme_of_a_wrong_genotype_is_named():
    counts = batch_setting([{"female": {name: 5}} for name in ("WT|WT", "WT|Dr", "WT|Rr")])
    with pytest.raises(UsageError, match="no genotype 'WT|Rr'.* at site 2"):
        builder().initial_state(counts).build()


def test_carrying_capacity_is_needed_to_compete():
    with pytest.raises(UsageError, match="carrying_capacity=.* is needed"):
        builder(capacity=None).build()
    assert builder(capacity=None).competition(juvenile_growth_mode="no_competition").build().n_demes == 3


def test_deme_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="there is no deme 3; demes are 0 to 2"):
        builder().build().deme(3)


def test_setting_that_is_the_same_everywhere_is_not_blamed_on_a_deme():
    with pytest.raises(UsageError, match="got 1.5$"):
        builder(capacity=batch_setting([1, 2, 3])).survival(1.5).build()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((SPECIES, 2.5), "there must be a whole number of sites, at least one, got 2.5"),
        (("mosquito",), "species must be a Species, got 'mosquito'"),
        ((SPECIES, None, (3, 3)), r"topology must be a grid or a graph, .* got \(3, 3\)"),
    ],
)
def test_what_is_no_species_or_landscape_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        SpatialBuilder(*arguments)


@pytest.mark.parametrize("n_steps", [-1, 2.5, "a"])
def test_number_of_ticks_that_is_none_is_refused(n_steps):
    with pytest.raises(UsageError, match="n_steps must be a whole number of at least 0, got"):
        builder().build().run(n_steps)


def test_topology_and_number_of_demes_must_agree():
    with pytest.raises(UsageError, match="the topology has 6 demes, but n_demes is 5"):
        SpatialBuilder(SPECIES, 5, SquareGrid(2, 3))
    assert SpatialBuilder(SPECIES, topology=SquareGrid(2, 3)).sites.n == 6


@pytest.mark.parametrize(
    ("migration", "message"),
    [
        ({"migration_rate": 0.1}, "the builder has no topology, so a kernel or adjacency is needed"),
        ({"kernel": np.ones((3, 3))}, "a migration kernel lies on a grid"),
        (
            {"kernel": np.ones((3, 3)), "adjacency": {}},
            "one of kernel, kernel_bank, adjacency is needed, got kernel and",
        ),
        ({"adjacency": {0: {1: 0.7, 2: 0.7}}}, "migration row 0 sums to 1.4"),
        ({"migration_rate": 1.5}, "migration rate must be between 0 and 1, got 1.5"),
        ({"migration_rate": batch_setting([0.5, 0.5, 1.5])}, "rate must be between 0 and 1, got 1.5 at site 2"),
        ({"migration_rate": "fast"}, "a migration rate must be a number, or one for each age, got 'fast'"),
        ({"kernel": batch_setting([np.ones((3, 3))] * 3)}, "kernel is of all demes; kernel_bank and deme_kernel_ids"),
    ],
)
def test_migration_that_cannot_be_is_refused(migration, message):
    with pytest.raises(UsageError, match=message):
        builder().migration(**migration).build()


def test_kernel_with_even_sides_is_refused():
    grid = SpatialBuilder(SPECIES, topology=SquareGrid(2, 2)).competition(carrying_capacity=5)
    with pytest.raises(UsageError, match=r"odd numbers of rows and columns.* shape \(2, 3\)"):
        grid.migration(np.ones((2, 3))).build()


def test_observation_of_a_deme_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="observation 'all': there is no deme 3"):
        builder().with_observation({"all": {"deme": [3]}}).build()
