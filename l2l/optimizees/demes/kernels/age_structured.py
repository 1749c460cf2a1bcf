"""A tick of a deme whose adults live on, and whose females keep the sperm of their mates.

Throughout, ``individuals`` is float64[2, n_ages, n_g] and ``sperm`` float64[n_ages, n_g, n_g]: females by age, genotype
and that of their mate.  The others of them have not mated.
"""

from .draws import merged, thin, thin_each, thin_rows
from .model import FEMALE
from .reproduction import choose, chosen, count_suitors, grow_up, is_indifferent, lay


@merged
def advance(stream, individuals, sperm, deme, room, new_adult_age, mode, fixed_eggs):
    """Let a deme mate, reproduce, and grow older."""
    mate(stream, individuals, sperm, deme, room, new_adult_age, mode)
    reproduce(stream, sperm, deme, room, new_adult_age, mode, fixed_eggs)
    grow_up(stream, individuals, deme, new_adult_age, room, mode)
    grow_older(stream, individuals, sperm, deme, room, new_adult_age, mode)


@merged
def mate(stream, individuals, sperm, deme, room, new_adult_age, mode):
    """Let females mate, some of them again: that displaces the sperm of their earlier mate."""
    suitors, weights = room.weights[0], room.weights[1]
    if count_suitors(individuals, deme, new_adult_age, suitors) <= 0.0:
        return
    for age in range(new_adult_age, individuals.shape[1]):
        seek(stream, individuals[FEMALE, age], sperm[age], deme, age, room, mode)
    indifferent = is_indifferent(deme.preference)
    has_alias, total = False, 0.0
    for i in range(individuals.shape[2]):
        if i == 0 or not indifferent:
            total = chosen(suitors, deme.preference[i], weights)
            has_alias = False
        if total <= 0.0:
            continue
        for age in range(new_adult_age, individuals.shape[1]):
            has_alias = choose(stream, room.seeking[age, i], weights, total, has_alias, room, sperm[age, i], mode)


@merged
def seek(stream, females, mates, deme, age, room, mode):
    """How many females of an age mate: ``room.seeking``; those that mated before lose the sperm of that mate.

    Parameters
    ----------
    females : float64[n_g]
    mates : float64[n_g, n_g]
    """
    seeking, n_mated, lost = room.seeking[age], room.weights[2], room.pairs
    rate = deme.mating[FEMALE, age]
    if rate <= 0.0:
        seeking[:] = 0.0
        return
    thin_rows(stream, mates, rate * deme.displacement, lost, n_mated, seeking, mode)
    for i in range(females.shape[0]):
        if seeking[i] > 0.0:
            for j in range(females.shape[0]):
                mates[i, j] -= lost[i, j]
        seeking[i] += thin(stream, females[i] - n_mated[i], rate, mode)


@merged
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


@merged
def grow_older(stream, individuals, sperm, deme, room, new_adult_age, mode):
    """Move all that survive to the next age, those of ``room.grown`` to age 1."""
    n_ages, n_genotypes = individuals.shape[1:]
    for age in range(n_ages - 2, 0, -1):
        for sex in range(2):
            p, here, older = deme.survival[sex, age], individuals[sex, age], individuals[sex, age + 1]
            if age == new_adult_age - 1:
                for g in range(n_genotypes):
                    older[g] = thin(stream, here[g], min(1.0, p * deme.viability[sex, age, g]), mode)
            elif sex == FEMALE and age >= new_adult_age:
                n_mated, n_living = room.weights[0], room.weights[1]
                thin_rows(stream, sperm[age], p, sperm[age + 1], n_mated, n_living, mode)
                for g in range(n_genotypes):
                    here[g] -= n_mated[g]
                thin_each(stream, here, p, older, mode)
                for g in range(n_genotypes):
                    older[g] += n_living[g]
            else:
                thin_each(stream, here, p, older, mode)
    for sex in range(2):
        for g in range(n_genotypes):
            individuals[sex, 1, g] = room.grown[sex, g]
    sperm[new_adult_age] = 0.0
