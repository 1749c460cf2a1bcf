"""Lice of one cage: death, development, infection, mating and eggs."""

from math import exp, log, log1p

from numba import njit

from .fish import infected_fish
from .genetics import gamete_frequencies, zygote_probabilities
from .sampling import binomial, integer_below, multinomial, multivariate_hypergeometric, poisson
from .stages import L1, L2, L3, L4, L5F, L5M, N_STAGES


@njit(cache=True, nogil=True)
def count_lice(lice, stage):
    """Lice of one stage over all genotypes; ``lice`` is int64[n_stages, n_genotypes]."""
    total = 0
    for g in range(lice.shape[1]):
        total += lice[stage, g]
    return total


@njit(cache=True, nogil=True)
def count_attached(lice):
    """Lice that sit on fish: L3, L4 and the adults."""
    total = 0
    for s in range(L3, N_STAGES):
        for g in range(lice.shape[1]):
            total += lice[s, g]
    return total


@njit(cache=True, nogil=True)
def survive(stream, lice, survival):
    """Keep each louse with its stage's and genotype's ``survival`` probability, in place; return the dead."""
    dead = 0
    for s in range(N_STAGES):
        for g in range(lice.shape[1]):
            n = lice[s, g]
            if n > 0:
                left = binomial(stream, n, survival[s, g])
                dead += n - left
                lice[s, g] = left
    return dead


@njit(cache=True, nogil=True)
def infection_probability(n_fish_farm, log_mass_kg, main_delta, weight_delta, expected_log_mass):
    """Daily probability that a copepodid finds a host, Aldrin et al. (2017): logistic in farm size and fish mass."""
    if n_fish_farm <= 0:
        return 0.0
    eta = main_delta + log(n_fish_farm / 1e5) + weight_delta * (log_mass_kg - expected_log_mass)
    return 1.0 / (1.0 + exp(-eta))


@njit(cache=True, nogil=True)
def develop(stream, lice, rate_l1, infection_rate, rate_l3, rate_l4):
    """Move today's survivors on by at most one stage, genotype by genotype, in place.

    The later stages go first, so that nobody moves twice.  Half of the new adults are females.
    """
    for g in range(lice.shape[1]):
        adults = binomial(stream, lice[L4, g], rate_l4)
        females = binomial(stream, adults, 0.5)
        preadults = binomial(stream, lice[L3, g], rate_l3)
        attached = binomial(stream, lice[L2, g], infection_rate)
        copepodids = binomial(stream, lice[L1, g], rate_l1)
        lice[L5F, g] += females
        lice[L5M, g] += adults - females
        lice[L4, g] += preadults - adults
        lice[L3, g] += attached - preadults
        lice[L2, g] += copepodids - attached
        lice[L1, g] -= copepodids


@njit(cache=True, nogil=True)
def reservoir_lice(stream, lice, n_lice, ratios, drawn):
    """Add ``n_lice`` from the wild to L1 and L2, with genotypes drawn from ``ratios`` float64[n_genotypes].

    Their age is unknown: the number of L1 is uniform on 0 .. n_lice - 1.  ``drawn`` is scratch int64[n_genotypes].
    """
    n_l1 = integer_below(stream, n_lice)
    multinomial(stream, n_l1, ratios, 1.0, drawn)
    for g in range(drawn.shape[0]):
        lice[L1, g] += drawn[g]
    multinomial(stream, n_lice - n_l1, ratios, 1.0, drawn)
    for g in range(drawn.shape[0]):
        lice[L2, g] += drawn[g]


@njit(cache=True, nogil=True)
def count_free_females(n_females, busy_dams, dam_unavailability):
    """Adult females of a cage that are free to mate.

    ``busy_dams`` is their daily rate of matings; each keeps a female busy for ``dam_unavailability`` days.
    """
    return n_females - round(min(1.0, dam_unavailability * busy_dams) * n_females)


@njit(cache=True, nogil=True)
def count_matings(stream, n_fish, n_males, n_free_females):
    """Matings of a day under mate limitation by aggregation, after Cox et al. (2017).

    The probability that a female meets a male follows from lice spread over fish as a negative binomial of
    aggregation g = mean / (variance-to-mean ratio - 1).
    """
    k = n_males + n_free_females
    if n_males <= 0 or n_free_females <= 0 or n_fish <= 1:
        return 0
    mean = k / infected_fish(n_fish, k)
    variance = float(k) * k * (n_fish - 1) / (float(n_fish) * n_fish)
    ratio = variance / mean
    if ratio <= 1.0:
        return 0
    g = mean / (ratio - 1.0)
    meeting = 1.0 - exp((-1.0 - g) * log1p(n_males / (k * g)))
    return min(poisson(stream, meeting * n_free_females), n_males, n_free_females)


@njit(cache=True, nogil=True)
def lay_eggs(stream, lice, n_matings, n_eggs, maternal, gamete_map, zygote_map, scratch, eggs):
    """Draw the genotypes of ``n_eggs`` eggs of ``n_matings`` pairs into ``eggs`` int64[n_genotypes].

    Parents are drawn without replacement from the adults; their gametes, with mutation in ``gamete_map``, meet
    at random.  With ``maternal`` inheritance an egg has its mother's genotype.
    ``scratch`` is (int64[n_genotypes], float64[n_gametes], float64[n_gametes], float64[n_genotypes]).
    """
    parents, dam_gametes, sire_gametes, probabilities = scratch
    multivariate_hypergeometric(stream, lice[L5F], n_matings, parents)
    if maternal:
        for g in range(parents.shape[0]):
            probabilities[g] = parents[g] / n_matings
    else:
        gamete_frequencies(parents, gamete_map, dam_gametes)
        multivariate_hypergeometric(stream, lice[L5M], n_matings, parents)
        gamete_frequencies(parents, gamete_map, sire_gametes)
        zygote_probabilities(dam_gametes, sire_gametes, zygote_map, probabilities)
    multinomial(stream, n_eggs, probabilities, 1.0, eggs)
