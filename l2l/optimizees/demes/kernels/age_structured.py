"""A tick of a deme whose adults live on, and whose females keep the sperm of their mates.

Throughout, ``individuals`` is float64[2, n_ages, n_g] and ``sperm`` float64[n_ages, n_g, n_g]: females by age, genotype
and that of their mate.  The others of them have not mated.
"""

from .draws import stage, thin
from .model import FEMALE
from .reproduction import choose, chosen, count_suitors, grow_up, is_indifferent, lay


@stage
def advance(stream, individuals, sperm, deme, room, new_adult_age, mode, fixed_eggs):
    """Let a deme mate, reproduce, and grow older."""
    mate(stream, individuals, sperm, deme, room, new_adult_age, mode)
    reproduce(stream, sperm, deme, room, new_adult_age, mode, fixed_eggs)
    grow_up(stream, individuals, deme, new_adult_age, room, mode)
    grow_older(stream, individuals, sperm, deme, room, new_adult_age, mode)


@stage
def mate(stream, individuals, sperm, deme, room, new_adult_age, mode):
    """Let females mate, some of them again: that displaces the sperm of their earlier mate."""
    suitors, weights = room.weights[0], room.weights[1]
    if count_suitors(individuals, deme, new_adult_age, suitors) <= 0.0:
        return
    indifferent = is_indifferent(deme.preference)
    has_alias, total = False, 0.0
    for i in range(individuals.shape[2]):
        if i == 0 or not indifferent:
            total = chosen(suitors, deme.preference[i], weights)
            has_alias = False
        if total <= 0.0:
            continue
        for age in range(new_adult_age, individuals.shape[1]):
            rate = deme.mating[FEMALE, age]
            if individuals[FEMALE, age, i] > 0.0 and rate > 0.0:
                mates = sperm[age, i]
                alone = individuals[FEMALE, age, i] - mates.sum()
                n_mating = thin(stream, alone, rate, mode)
                n_mating += displace(stream, mates, rate * deme.displacement, mode)
                has_alias = choose(stream, n_mating, weights, total, has_alias, room, mates, mode)


@stage
def displace(stream, mates, p, mode):
    """Take away females that lose the sperm of their mate, each with probability ``p``; return their number."""
    n_lost = 0.0
    if p > 0.0:
        for j in range(mates.shape[0]):
            lost = thin(stream, mates[j], p, mode)
            mates[j] -= lost
            n_lost += lost
    return n_lost


@stage
def reproduce(stream, sperm, deme, room, new_adult_age, mode, fixed_eggs):
    """Let mated females have eggs."""
    pairs = room.pairs
    n_genotypes = pairs.shape[0]
    pairs[:] = 0.0
    for age in range(new_adult_age, sperm.shape[0]):
        eggs_each = deme.reproduction[age] * deme.fertility[age] * deme.eggs
        for i in range(n_genotypes):
            for j in range(n_genotypes):
                pairs[i, j] += sperm[age, i, j] * eggs_each
    lay(stream, deme, room, mode, fixed_eggs)


@stage
def grow_older(stream, individuals, sperm, deme, room, new_adult_age, mode):
    """Move all that survive to the next age, those of ``room.grown`` to age 1."""
    n_ages, n_genotypes = individuals.shape[1:]
    for age in range(n_ages - 2, 0, -1):
        for sex in range(2):
            for g in range(n_genotypes):
                p = deme.survival[sex, age]
                if age == new_adult_age - 1:
                    p = min(1.0, p * deme.viability[sex, age, g])
                if sex == FEMALE and age >= new_adult_age:
                    alone = individuals[sex, age, g] - sperm[age, g].sum()
                    living = thin(stream, alone, p, mode)
                    living += survive(stream, sperm[age, g], p, sperm[age + 1, g], mode)
                else:
                    living = thin(stream, individuals[sex, age, g], p, mode)
                individuals[sex, age + 1, g] = living
    for sex in range(2):
        for g in range(n_genotypes):
            individuals[sex, 1, g] = room.grown[sex, g]
    sperm[new_adult_age] = 0.0


@stage
def survive(stream, mates, p, older, mode):
    """Let mated females survive with probability ``p``: to ``older``, filled; return their number."""
    n_living = 0.0
    for j in range(mates.shape[0]):
        older[j] = thin(stream, mates[j], p, mode)
        n_living += older[j]
    return n_living
