"""A generation of a deme whose adults live for one tick."""

from .draws import merged, thin_each
from .model import FEMALE
from .reproduction import choose, chosen, count_suitors, grow_up, is_indifferent, lay

ADULT = 1  # their age


@merged
def advance(stream, individuals, deme, room, mode, fixed_eggs):
    """Replace the adults of a deme by their offspring.

    Parameters
    ----------
    individuals : float64[2, 2, n_g]
        By sex, age and genotype.
    """
    mate(stream, individuals, deme, room, mode)
    reproduce(stream, deme, room, mode, fixed_eggs)
    grow_up(stream, individuals, deme, ADULT, room, mode)
    for sex in range(2):
        for g in range(individuals.shape[2]):
            individuals[sex, ADULT, g] = room.grown[sex, g]


@merged
def mate(stream, individuals, deme, room, mode):
    """Pair females and males: ``room.pairs``."""
    pairs, suitors, weights, seeking = room.pairs, room.weights[0], room.weights[1], room.seeking[ADULT]
    count_suitors(individuals, deme, ADULT, suitors)
    thin_each(stream, individuals[FEMALE, ADULT], deme.mating[FEMALE, ADULT], seeking, mode)
    pairs[:] = 0.0
    indifferent = is_indifferent(deme.preference)
    has_alias, total = False, 0.0
    for i in range(pairs.shape[0]):
        if i == 0 or not indifferent:
            total = chosen(suitors, deme.preference[i], weights)
            has_alias = False
        if total > 0.0:
            has_alias = choose(stream, seeking[i], weights, total, has_alias, room, pairs[i], mode)


@merged
def reproduce(stream, deme, room, mode, fixed_eggs):
    """Let pairs have eggs."""
    pairs = room.pairs
    eggs_each = deme.reproduction[ADULT] * deme.fertility[ADULT] * deme.eggs
    for i in range(pairs.shape[0]):
        for j in range(pairs.shape[0]):
            pairs[i, j] *= eggs_each
    lay(stream, deme, room, mode, fixed_eggs)
