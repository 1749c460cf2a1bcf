import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.fitness import Fitness
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.presets import (
    HomingDrive,
    PointMutation,
    Preset,
    ToxinAntidoteDrive,
    in_order,
    inheritance_maps,
)
from l2l.optimizees.demes.sexes import Sex

DRIVE = {"drive_allele": "Dr", "target_allele": "WT", "resistance_allele": "R2"}


@pytest.fixture
def species():
    return Species.from_dict("drive", {"c": {"a": ["WT", "Dr", "R2", "R1"]}}, gamete_labels=["default", "deposited"])


def gametes(species, presets, genotype, sex=Sex.FEMALE):
    """The gametes of a genotype by name, with their labels where they are marked, without those of share zero."""
    shares, _ = inheritance_maps(species, presets)
    names = [
        h if i == 0 else f"{h}@{label}" for h in species.haplotypes for i, label in enumerate(species.gamete_labels)
    ]
    row = shares[sex, species.genotype(genotype)]
    return {name: share for name, share in zip(names, row, strict=True) if share}


def offspring(species, presets, mother, father):
    """Share of each genotype among the zygotes of two parents, by name, without those of share zero."""
    shares, zygotes = inheritance_maps(species, presets)
    eggs, sperm = shares[Sex.FEMALE, species.genotype(mother)], shares[Sex.MALE, species.genotype(father)]
    of_all = np.einsum("e,s,esg->g", eggs, sperm, zygotes)
    return {name: share for name, share in zip(species.genotypes, of_all, strict=True) if share > 1e-15}


def test_the_target_turns_into_the_drive_and_what_is_left_into_resistance(species):
    drive = HomingDrive(
        "drive",
        **DRIVE,
        functional_resistance_allele="R1",
        drive_conversion_rate=0.9,
        late_germline_resistance_formation_rate=0.5,
        functional_resistance_ratio=0.2,
    )
    # of the half with the target 0.9 homes, 0.1 is left; of this 0.5 resists, of which 0.2 is functional
    expected = {"WT": 0.025, "Dr": 0.5 + 0.45, "R2": 0.5 * 0.1 * 0.5 * 0.8, "R1": 0.5 * 0.1 * 0.5 * 0.2}
    assert gametes(species, [drive], "WT|Dr") == pytest.approx(expected)
    assert gametes(species, [drive], "WT|R2") == {"WT": 0.5, "R2": 0.5}
    assert gametes(species, [drive], "Dr|R2") == {"Dr": 0.5, "R2": 0.5}


def test_a_drive_may_convert_in_one_sex_more_than_in_the_other(species):
    drive = HomingDrive("drive", **DRIVE, drive_conversion_rate={"female": 1.0})
    assert gametes(species, [drive], "WT|Dr", Sex.FEMALE) == {"Dr": 1.0}
    assert gametes(species, [drive], "WT|Dr", Sex.MALE) == {"WT": 0.5, "Dr": 0.5}


def test_a_split_drive_needs_the_allele_with_the_nuclease():
    structure = {"c": {"a": ["WT", "Dr"]}, "d": {"b": ["none", "cas9"]}}
    species = Species.from_dict("split", structure)
    drive = HomingDrive("drive", "Dr", "WT", cas9_allele="cas9", drive_conversion_rate=1.0)
    assert gametes(species, [drive], "WT|Dr;none|none") == {"WT;none": 0.5, "Dr;none": 0.5}
    assert gametes(species, [drive], "WT|Dr;none|cas9") == {"Dr;none": 0.5, "Dr;cas9": 0.5}


def test_mothers_deposit_the_nuclease_in_all_their_embryos(species):
    drive = HomingDrive(
        "drive",
        **DRIVE,
        drive_conversion_rate=0.0,
        embryo_resistance_formation_rate=0.4,
        cas9_deposition_glab="deposited",
    )
    assert gametes(species, [drive], "WT|Dr") == {"WT@deposited": 0.5, "Dr@deposited": 0.5}
    assert gametes(species, [drive], "WT|Dr", Sex.MALE) == {"WT": 0.5, "Dr": 0.5}
    # half of the embryos get the drive and one target, half two targets; each target is cut with 0.4
    expected = {"WT|Dr": 0.3, "Dr|R2": 0.2, "WT|WT": 0.5 * 0.36, "WT|R2": 0.5 * 0.48, "R2|R2": 0.5 * 0.16}
    assert offspring(species, [drive], "WT|Dr", "WT|WT") == pytest.approx(expected)
    assert offspring(species, [drive], "WT|WT", "WT|Dr") == {"WT|WT": 0.5, "WT|Dr": 0.5}


def test_fathers_deposit_where_they_are_said_to(species):
    drive = HomingDrive(
        "drive",
        **DRIVE,
        functional_resistance_allele="R1",
        functional_resistance_ratio=0.25,
        drive_conversion_rate=0.0,
        embryo_resistance_formation_rate=(0.5, 0.4),
        cas9_deposition_glab="deposited",
        use_paternal_deposition=True,
    )
    # the target of a mother without the drive is cut by what the father deposited, with 0.4
    expected = {"WT|Dr": 0.6, "Dr|R2": 0.3, "Dr|R1": 0.1}
    assert offspring(species, [drive], "WT|WT", "Dr|Dr") == pytest.approx(expected)
    both = offspring(species, [drive], "WT|Dr", "Dr|Dr")  # 0.5 is left by the mother's, 0.6 of that by the father's
    assert both["WT|Dr"] == pytest.approx(0.5 * 0.5 * 0.6)
    assert both["Dr|R1"] == pytest.approx(0.5 * 0.25 * (1 - 0.5 * 0.6))


def test_harm_of_a_homing_drive_counts_copies_of_drive_and_resistance_together(species):
    fitness = Fitness(species, 2, 1)
    drive = HomingDrive(
        "drive", **DRIVE, viability_scaling=0.5, fecundity_scaling={"female": 0.0}, fecundity_mode="recessive"
    )
    drive.patch_fitness(fitness)
    for genotype, expected in {"WT|R1": 1.0, "WT|Dr": 0.5, "Dr|R2": 0.25, "R2|R1": 0.5}.items():
        assert fitness.viability[0, 0, species.genotype(genotype)] == expected
    assert ((fitness.fecundity[0] == 0) == species.matching("{Dr,R2}|{Dr,R2}")).all()
    assert (fitness.fecundity[1] == 1).all()


def test_a_drive_does_no_harm_unless_it_is_said_to(species):
    fitness = Fitness(species, 2, 1)
    HomingDrive("drive", **DRIVE).patch_fitness(fitness)
    for array in (fitness.viability, fitness.fecundity, fitness.sexual_selection, fitness.zygote_viability):
        assert (array == 1.0).all()


def test_a_toxin_antidote_drive_disrupts_a_target_elsewhere():
    structure = {"c": {"a": ["empty", "Dr"]}, "d": {"b": ["WT", "disrupted"]}}
    species = Species.from_dict("tare", structure, gamete_labels=["default", "deposited"])
    drive = ToxinAntidoteDrive("tare", "Dr", "WT", "disrupted", conversion_rate=(0.8, 0.4))
    assert gametes(species, [drive], "Dr|Dr;WT|WT") == pytest.approx({"Dr;WT": 0.2, "Dr;disrupted": 0.8})
    assert gametes(species, [drive], "Dr|Dr;WT|WT", Sex.MALE) == pytest.approx({"Dr;WT": 0.6, "Dr;disrupted": 0.4})
    fitness = Fitness(species, 2, 1)
    drive.patch_fitness(fitness)
    dead = fitness.zygote_viability[0] == 0
    assert (dead == species.matching("*;disrupted|disrupted")).all()
    assert (fitness.viability == 1).all()


def test_a_deposited_toxin_disrupts_only_where_it_is_deposited():
    structure = {"c": {"a": ["empty", "Dr"]}, "d": {"b": ["WT", "disrupted"]}}
    species = Species.from_dict("tare", structure, gamete_labels=["default", "deposited"])
    drive = ToxinAntidoteDrive(
        "tare", "Dr", "WT", "disrupted", 0.0, embryo_disruption_rate=0.5, cas9_deposition_glab="deposited"
    )
    by_mother = offspring(species, [drive], "Dr|Dr;WT|WT", "empty|empty;WT|WT")
    assert by_mother == {"empty|Dr;WT|WT": 0.25, "empty|Dr;WT|disrupted": 0.5, "empty|Dr;disrupted|disrupted": 0.25}
    by_father = offspring(
        species, [drive], "empty|empty;WT|WT", "Dr|Dr;WT|WT"
    )  # the embryos have the drive all the same
    assert by_father == {"empty|Dr;WT|WT": 1.0}


def test_mutations_exclude_each_other(species):
    mutation = PointMutation("m", "WT", target_alleles=["Dr", "R2"], mutation_rates=[0.2, (0.3, 0.1)])
    assert gametes(species, [mutation], "WT|WT") == pytest.approx({"WT": 0.5, "Dr": 0.2, "R2": 0.3})
    assert gametes(species, [mutation], "WT|R1", Sex.MALE) == pytest.approx(
        {"WT": 0.35, "Dr": 0.1, "R2": 0.05, "R1": 0.5}
    )


def test_proportional_mutations_sum_to_one(species):
    mutation = PointMutation("m", "WT", None, None, ["Dr", "R2"], [2, {"female": 6}], rate_mode="proportional")
    assert gametes(species, [mutation], "WT|WT") == {"Dr": 0.25, "R2": 0.75}
    assert gametes(species, [mutation], "WT|WT", Sex.MALE) == {"Dr": 1.0}


def test_presets_act_in_the_order_of_their_priority(species):
    first = PointMutation("first", "WT", "R2", 1.0)
    second = PointMutation("second", "R2", "R1", 1.0)
    assert gametes(species, [first, second], "WT|WT") == {"R1": 1.0}
    assert gametes(species, [second, first], "WT|WT") == {"R2": 1.0}
    late = PointMutation("late", "WT", "R2", 1.0, priority=1)
    assert gametes(species, [late, second], "WT|WT") == {"R2": 1.0}
    assert in_order([late, second, first]) == [second, first, late]


def test_all_rows_of_the_maps_sum_to_one(species):
    drive = HomingDrive(
        "drive",
        **DRIVE,
        late_germline_resistance_formation_rate=0.3,
        embryo_resistance_formation_rate=(0.2, 0.1),
        cas9_deposition_glab="deposited",
        use_paternal_deposition=True,
    )
    for shares in inheritance_maps(species, [drive, PointMutation("m", "R2", "R1", 0.01)]):
        assert shares.sum(-1) == pytest.approx(np.ones(shares.shape[:-1]))


def test_a_preset_of_ones_own_needs_only_what_it_changes(species):
    class Selfish(Preset):
        def patch_fitness(self, fitness):
            fitness.set(fecundity={"Dr|*": 2.0})

    fitness = Fitness(species, 2, 1)
    Selfish().patch_fitness(fitness)
    assert fitness.fecundity[0, species.genotype("Dr|R1")] == 2.0
    for changed, plain in zip(inheritance_maps(species, [Selfish()]), inheritance_maps(species), strict=True):
        assert (changed == plain).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drive_conversion_rate": 1.2}, "drive_conversion_rate must be a number in .0, 1., .* got 1.2"),
        ({"drive_conversion_rate": {"femal": 0.5}}, "did you mean 'female'"),
        ({"drive_conversion_rate": "high"}, "must be a number"),
        ({"embryo_resistance_formation_rate": 0.1}, "needs cas9_deposition_glab"),
        (
            {"embryo_resistance_formation_rate": (0.1, 0.1), "cas9_deposition_glab": "deposited"},
            "needs use_paternal_deposition=True",
        ),
        (
            {"late_germline_resistance_formation_rate": 0.1, "functional_resistance_ratio": 0.1},
            "needs functional_resistance_allele for a share of 0.1",
        ),
        ({"late_germline_resistance_formation_rate": 0.1, "resistance_allele": None}, "needs resistance_allele"),
    ],
)
def test_a_wrong_homing_drive_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        HomingDrive("drive", **{**DRIVE, **options})


def test_names_that_the_species_does_not_have_are_refused(species):
    with pytest.raises(UsageError, match="has no allele 'Drr'; did you mean 'Dr'"):
        inheritance_maps(species, [HomingDrive("drive", "Drr", "WT")])
    with pytest.raises(UsageError, match="has no gamete label 'deposit'; did you mean 'deposited'"):
        inheritance_maps(species, [HomingDrive("drive", "Dr", "WT", cas9_deposition_glab="deposit")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"target_allele": "B", "mutation_rate": 0.1, "mutation_rates": [0.1]},
            "either mutation_rate or mutation_rates",
        ),
        ({"mutation_rate": 0.1}, "either target_allele or target_alleles"),
        ({"target_alleles": ["B", "C"], "mutation_rates": [0.1]}, "a rate for each"),
        ({"target_alleles": ["B", "B"], "mutation_rates": [0.1, 0.1]}, "different target alleles"),
        ({"target_allele": "B", "mutation_rate": 2.0}, "in .0, 1."),
        ({"target_alleles": ["B", "C"], "mutation_rates": [0.6, (0.1, 0.5)]}, "sum to 1.1 in males"),
        ({"target_allele": "B", "mutation_rate": -2.0, "rate_mode": "proportional"}, "in .0, 1e.09."),
        ({"target_allele": "B", "mutation_rate": 0.1, "rate_mode": "strickt"}, "did you mean 'strict'"),
    ],
)
def test_a_wrong_mutation_is_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        PointMutation("m", "A", **arguments)
