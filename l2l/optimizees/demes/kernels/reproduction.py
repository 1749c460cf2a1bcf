"""Mating, eggs, and how many of them grow up in each other's company."""

import numpy as np

from .draws import DRAWN, ONE_BY_ONE, bear, make_alias, merged, pick, round_up_or_down, split, stage, thin
from .model import BEVERTON_HOLT, FEMALE, FIXED, LOGISTIC, MALE, RICKER


@merged
def count_suitors(individuals, deme, new_adult_age, suitors):
    """Males that mate, by genotype; an expected number, as mates are drawn from among them with replacement.

    Parameters
    ----------
    individuals : float64[2, n_ages, n_g]
    suitors : float64[n_g]
        Filled.

    Returns
    -------
    float
        Their sum.
    """
    suitors[:] = 0.0
    for age in range(new_adult_age, individuals.shape[1]):
        rate = deme.mating[MALE, age]
        for j in range(suitors.shape[0]):
            suitors[j] += individuals[MALE, age, j] * rate
    return suitors.sum()


@merged
def chosen(suitors, preference, weights):
    """What males a female prefers: weights float64[n_g], filled; return their sum."""
    total = 0.0
    for j in range(suitors.shape[0]):
        weights[j] = suitors[j] * preference[j]
        total += weights[j]
    return total


@merged
def is_indifferent(preference):
    """Whether all females prefer the same males, as by default."""
    n_genotypes = preference.shape[0]
    for i in range(1, n_genotypes):
        for j in range(n_genotypes):
            if preference[i, j] != preference[0, j]:
                return False
    return True


@merged
def choose(stream, n, weights, total, has_alias, room, out, mode):
    """Let ``n`` females choose mates in proportion to ``weights``; ``out`` float64[n_g] is added to.

    Returns
    -------
    bool
        Whether the alias tables of the room are now those of the weights; as given, they are for ``has_alias``.
    """
    n_genotypes = weights.shape[0]
    if mode != DRAWN or n > ONE_BY_ONE * n_genotypes:
        split(stream, n, weights, total, out, mode)
        return has_alias
    if n <= 0.0 or total <= 0.0:
        return has_alias
    threshold, alias = room.threshold, room.alias
    if not has_alias:
        make_alias(weights, total, threshold, alias, room.work)
    for _ in range(np.int64(n)):
        out[pick(stream, n_genotypes, threshold, alias)] += 1.0
    return True


@merged
def lay(stream, deme, room, mode, fixed_eggs):
    """Let the pairs of the room have as many eggs as it says but for their genotypes: ``room.juveniles``, filled.

    Given the pairs, drawn eggs of one genotype are a Poisson number whoever laid them, independent of the others.
    """
    if fixed_eggs:
        hatch_fixed(stream, deme, room, mode)
        return
    unite(room, deme)
    eggs = room.weights[2]
    fertilise(room.unions, deme.zygotes, eggs)
    for g in range(eggs.shape[0]):
        females = eggs[g] * deme.sex_ratio
        room.juveniles[FEMALE, g] = bear(stream, females * deme.zygote_viability[FEMALE, g], mode)
        room.juveniles[MALE, g] = bear(stream, (eggs[g] - females) * deme.zygote_viability[MALE, g], mode)


@merged
def unite(room, deme):
    """How many unions of two gametes are expected of the room's pairs: ``room.unions``, filled."""
    pairs, by_female, unions = room.pairs, room.gametes, room.unions
    by_female[:] = 0.0
    unions[:] = 0.0
    n_gametes, n_genotypes = by_female.shape
    for i in range(n_genotypes):
        fecundity = deme.fecundity[FEMALE, i]
        if fecundity == 0.0 or pairs[i].sum() == 0.0:
            continue
        for h in range(n_gametes):
            share = fecundity * deme.gametes[FEMALE, i, h]
            if share > 0.0:
                for j in range(n_genotypes):
                    by_female[h, j] += share * pairs[i, j]
    for h in range(n_gametes):
        for j in range(n_genotypes):
            eggs = by_female[h, j] * deme.fecundity[MALE, j]
            if eggs > 0.0:
                for k in range(n_gametes):
                    unions[h, k] += eggs * deme.gametes[MALE, j, k]


@stage
def fertilise(unions, zygotes, out):
    """Zygotes by genotype, float64[n_g], of gametes' unions float64[n_h, n_h]."""
    out[:] = 0.0
    n_gametes, n_genotypes = unions.shape[0], out.shape[0]
    for h in range(n_gametes):
        for k in range(n_gametes):
            if unions[h, k] > 0.0:
                for g in range(n_genotypes):
                    out[g] += unions[h, k] * zygotes[h, k, g]


@stage
def hatch_fixed(stream, deme, room, mode):
    """Draw the genotypes of a given number of eggs of each pair, and who of them lives to be a juvenile."""
    n_gametes, n_genotypes = room.gametes.shape
    eggs, expected = room.weights[1], room.weights[2]
    eggs[:] = 0.0
    for i in range(n_genotypes):
        for j in range(n_genotypes):
            n_eggs = room.pairs[i, j] * deme.fecundity[FEMALE, i] * deme.fecundity[MALE, j]
            if n_eggs <= 0.0:
                continue
            for h in range(n_gametes):
                for k in range(n_gametes):
                    room.unions[h, k] = deme.gametes[FEMALE, i, h] * deme.gametes[MALE, j, k]
            fertilise(room.unions, deme.zygotes, expected)
            living = expected.sum()
            n_zygotes = thin(stream, round_up_or_down(stream, n_eggs, mode), living, mode)
            split(stream, n_zygotes, expected, living, eggs, mode)
    for g in range(n_genotypes):
        females = thin(stream, eggs[g], deme.sex_ratio, mode)
        males = eggs[g] - females
        room.juveniles[FEMALE, g] = thin(stream, females, deme.zygote_viability[FEMALE, g], mode)
        room.juveniles[MALE, g] = thin(stream, males, deme.zygote_viability[MALE, g], mode)


@merged
def growth(deme, n_juveniles, density):
    """The share of juveniles that lives on in the company of all, before what dies at their age anyway.

    ``density`` is in units of that at equilibrium, where a share ``survival_rate`` does.
    """
    r = deme.growth_rate
    if deme.growth_mode == FIXED:
        return min(1.0, deme.capacity / n_juveniles) if n_juveniles > 0.0 else 1.0
    if deme.growth_mode == LOGISTIC:
        return max(0.0, r - (r - 1.0) * density) * deme.survival_rate
    if deme.growth_mode == BEVERTON_HOLT:
        return r / (1.0 + (r - 1.0) * density) * deme.survival_rate
    if deme.growth_mode == RICKER:
        return r ** (1.0 - density) * deme.survival_rate
    return 1.0


@merged
def gather(individuals, juveniles, deme, new_adult_age):
    """Move those of age 0 to ``juveniles``.

    Returns
    -------
    n_juveniles, crowd : float
        How many they are, and how many juveniles of all ages, weighted by how they compete.
    """
    n_juveniles = 0.0
    for sex in range(2):
        for g in range(juveniles.shape[1]):
            juveniles[sex, g] += individuals[sex, 0, g]
            individuals[sex, 0, g] = 0.0
            n_juveniles += juveniles[sex, g]
    crowd = n_juveniles * deme.competition[0]
    for age in range(1, new_adult_age):
        for sex in range(2):
            crowd += individuals[sex, age].sum() * deme.competition[age]
    return n_juveniles, crowd


@merged
def grow_up(stream, individuals, deme, new_adult_age, room, mode):
    """Let juveniles of age 0 grow up; what becomes of them is in ``room.grown``, and age 0 is empty.

    How many there is room for follows from their number and is not drawn; who they are is.
    """
    grown, juveniles = room.grown, room.juveniles
    grown[:] = 0.0
    n_juveniles, crowd = gather(individuals, juveniles, deme, new_adult_age)
    if n_juveniles <= 0.0:
        return
    share = growth(deme, n_juveniles, crowd / deme.strength if deme.strength > 0.0 else np.inf)
    if share <= 0.0:
        return
    weight = 0.0
    for sex in range(2):
        for g in range(grown.shape[1]):
            p = deme.survival[sex, 0]
            if new_adult_age == 1:
                p *= deme.viability[sex, 0, g]
            juveniles[sex, g] *= min(p, 1.0 / share)  # a juvenile is one adult at most
            weight += juveniles[sex, g]
    n_places = round_up_or_down(stream, n_juveniles * share, mode)
    n_grown = min(n_juveniles, thin(stream, n_places, weight / n_juveniles, mode))
    split(stream, n_grown, juveniles.reshape(-1), weight, grown.reshape(-1), mode)
