"""One deme in which everybody may meet everybody, as a user of NATAL writes it."""

from l2l.optimizees.demes import AgeStructuredPopulation, DiscreteGenerationPopulation, HomingDrive, Op, Species

SPECIES = Species.from_dict("mosquito", {"chr1": {"locus": ["WT", "Dr", "R2", "R1"]}})


def test_homing_drive_takes_over_one_deme():
    drive = HomingDrive(
        name="drive",
        drive_allele="Dr",
        target_allele="WT",
        resistance_allele="R2",
        functional_resistance_allele="R1",
        drive_conversion_rate=0.95,
    )
    population = (
        DiscreteGenerationPopulation.setup(species=SPECIES, name="cage", stochastic=True, seed=1)
        .initial_state(individual_count={"male": {"WT|WT": 5000}, "female": {"WT|WT": 5000}})
        .reproduction(eggs_per_female=100)
        .competition(low_density_growth_rate=6.0, carrying_capacity=10000, juvenile_growth_mode="concave")
        .presets(drive)
        .hooks(Op.add(genotypes="WT|Dr", ages=1, sex="male", delta=500, when="tick == 2"))
        .with_observation({"drive": {"genotype": "Dr|*"}, "all": {}})
        .build()
    )
    assert (population.name, population.n_demes) == ("cage", 1)
    population.run(16)
    drive, everybody = (population.observed[name].sum(axis=(1, 2, 3)) for name in ("drive", "all"))
    assert drive[2] == 0
    assert drive[16] > 0.9 * everybody[16] > 8000


def test_population_with_ages_has_one_deme():
    population = (
        AgeStructuredPopulation.setup(SPECIES)
        .age_structure(n_ages=6)
        .initial_state({"female": {"WT|WT": 10}, "male": {"WT|WT": 10}})
        .competition(age_1_carrying_capacity=100)
        .build()
    )
    assert population.individual_count.shape == (1, 2, 6, 10)
    assert population.sperm_storage.shape == (1, 6, 10, 10)
