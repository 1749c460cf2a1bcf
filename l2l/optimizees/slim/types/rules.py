"""The rules of the model that can be switched, and the two sets that have names."""

from typing import NamedTuple


class Rules(NamedTuple):
    """Which rules are those of SLIM's documents (True), and which those of its published code, version 0.4.0 (False).

    ``docs/slim-model.md`` says what each of them does either way.
    """

    competing_mortality: bool  # causes of death compete for a louse, rather than being added up
    develop_survivors: bool  # today's survivors develop, rather than as many as the day began with
    stochastic_demography: bool  # deaths, moults and sexes are drawn, rather than rounded expectations
    untruncated_development: bool  # rates of development from the whole distribution of ages
    mutation_on_gametes: bool  # alleles mutate in proportion to their number, once
    joint_genotypes: bool  # genes are inherited together, rather than each on its own
    eligibility: bool  # fallow, treated and clean cages get no treatment
    site_treatments: bool  # a farm has only its treatment_types
    effect_delay: bool  # lice die from effect_delay days after the application on
    treatment_fish_mortality: bool  # charged once per application, rather than on each day of the effect
    arrivals_accumulate: (
        bool  # all batches of larvae that hatched on the way count, rather than a cage's last of the day
    )
    fish_age: bool  # mass from days since the cage was stocked, everywhere
    dam_recovery: bool  # busy females recover every day, also on those without matings
    lice_on_dead_fish: bool  # a stage loses lice in proportion to all fish that die
    dispersal_is_a_split: bool  # of the eggs of a batch over the farms, rather than a draw for each farm
    treatment_thermal_gene: bool  # the thermal treatment acts on its own gene
    cleaner_fish: bool  # stocked once per application, and eat once
    money: bool  # payoffs add up to the profit of the whole stock
    production_cycle: bool  # cages are empty until they start, and may be stocked again
    fish_background_mortality: bool  # fish also die for other reasons
    temperature_by_northing: bool  # the northern row of temperatures.csv is told by its northing, not by its place


REVISED = Rules(*[True] * len(Rules._fields))
PUBLISHED = Rules(*[False] * len(Rules._fields))
RULE_SETS = {"revised": REVISED, "published": PUBLISHED}


def describe(rules: Rules) -> str:
    """The nearest of the two sets and what differs from it, in words: ``published, but eligibility``."""
    name, base = max(RULE_SETS.items(), key=lambda item: sum(x == y for x, y in zip(rules, item[1], strict=True)))
    others = [rule for rule in Rules._fields if getattr(rules, rule) != getattr(base, rule)]
    return name if not others else f"{name}, but {', '.join(('' if getattr(rules, r) else 'not ') + r for r in others)}"
