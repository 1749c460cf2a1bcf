"""Lice of one cage: death, development, infection, mating and eggs."""

from math import exp, log, log1p

from numba import njit

from .fish import infected_fish
from .genetics import apportion, gamete_frequencies, mutate, unlink, zygote_probabilities
from .sampling import binomial, draw, integer_below, multinomial, multivariate_hypergeometric, poisson
from .stages import L1, L2, L3, L4, L5F, L5M, N_STAGES
from .treatments import HYPERGEOMETRIC_BELOW


@njit(cache=True, nogil=True)
def count_lice(lice, stage):
    """Lice of one stage over all genotypes; ``lice`` is int64[n_stages, n_genotypes]."""
    total = 0
    for g in range(lice.shape[1]):
        total += lice[stage, g]
    return total


@njit(cache=True, nogil=True)
def count_stages(lice, totals):
    """Lice of each stage over all genotypes into ``totals`` int64[n_stages]."""
    for s in range(N_STAGES):
        totals[s] = count_lice(lice, s)


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
def survive_by_rounding(lice, survival, expected, left):
    """As ``survive``, but as many of a stage as are expected, rounded, with genotypes in proportion.

    ``expected`` float64[n_genotypes] and ``left`` int64[n_genotypes] are scratch.
    """
    dead = 0
    for s in range(N_STAGES):
        n = count_lice(lice, s)
        for g in range(lice.shape[1]):
            expected[g] = lice[s, g] * survival[s, g]
        n_left = round(expected.sum())
        share_out(n_left, expected, left)
        for g in range(lice.shape[1]):
            lice[s, g] = left[g]
        dead += n - n_left
    return dead


@njit(cache=True, nogil=True)
def share_out(n, weights, out):
    """``n`` lice in proportion to ``weights``, which may all be zero if ``n`` is."""
    if n == 0:
        out[:] = 0
    else:
        apportion(n, weights, out)


@njit(cache=True, nogil=True)
def lose(lice, deaths, killed, left):
    """Take from each stage ``deaths`` int64[n_stages], in proportion to its genotypes, and then those ``killed``.

    The two were counted on their own, so that a louse may be in both: a stage that would have lost more than it had
    has none left.  ``killed`` is int64[n_stages, n_genotypes], ``left`` scratch int64[n_genotypes].  Return the dead.
    """
    dead = 0
    for s in range(N_STAGES):
        n = count_lice(lice, s)
        if n == 0:
            continue
        if deaths[s] > 0:
            share_out(max(0, n - deaths[s]), lice[s], left)
            for g in range(lice.shape[1]):
                lice[s, g] = left[g]
        for g in range(lice.shape[1]):
            lice[s, g] = max(0, lice[s, g] - killed[s, g])
        dead += n - count_lice(lice, s)
    return dead


@njit(cache=True, nogil=True)
def lost_with_fish(n_lice, n_dead, n_infected, male_detachment_rate, lost):
    """Lice of each stage that go down with ``n_dead`` of ``n_infected`` fish, by largest remainder.

    Males let go with ``male_detachment_rate``; half of L4 are males.  ``n_lice`` int64[n_stages] counts all,
    ``lost`` int64[n_stages] is filled.
    """
    lost[:] = 0
    n_attached = n_lice[L3:]
    total = n_attached.sum()
    n_down = min(n_dead, n_infected)
    if n_down == 0 or total == 0:
        return
    down = round(total * n_down / n_infected)
    share_out(down, n_attached, lost[L3:])
    lost[L4] -= int(n_lice[L4] / (2.0 * total) * down * male_detachment_rate)
    lost[L5M] -= int(n_lice[L5M] / total * down * male_detachment_rate)


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
def develop_in_bulk(
    stream, lice, n_before, rate_l1, infection_rate, infective_share, rate_l3, rate_l4, ratios, drawn, stochastic
):
    """Move on as many of each stage as its whole number ``n_before`` int64[n_stages] says, in place.

    The numbers are drawn, or else rounded; their genotypes are in proportion to those that are there now, or to
    ``ratios`` float64[n_genotypes] where nobody is.  More may move on than are there: see ``lack_none``.
    ``infection_rate`` is per infective copepodid.  ``drawn`` is scratch int64[6, n_genotypes].
    """
    copepodids = draw(stream, n_before[L1], rate_l1, stochastic)
    preadults = draw(stream, n_before[L3], rate_l3, stochastic)
    adults = draw(stream, n_before[L4], rate_l4, stochastic)
    if stochastic:
        attached = binomial(stream, n_before[L2], infective_share * infection_rate)
        females = binomial(stream, adults, 0.5)
    else:
        infective = round(infective_share * n_before[L2])
        attached = min(poisson(stream, infection_rate * infective), infective)
        females = adults // 2
        if adults % 2 == 1:
            females += integer_below(stream, 2)
    move(lice[L4], females, ratios, drawn[0])
    move(lice[L4], adults - females, ratios, drawn[1])
    move(lice[L3], preadults, ratios, drawn[2])
    move(lice[L2], attached, ratios, drawn[3])
    move(lice[L1], copepodids, ratios, drawn[4])
    move(lice[L4], adults, ratios, drawn[5])
    for g in range(lice.shape[1]):
        lice[L5F, g] += drawn[0, g]
        lice[L5M, g] += drawn[1, g]
        lice[L4, g] += drawn[2, g] - drawn[5, g]  # which need not be those that join the adults
        lice[L3, g] += drawn[3, g] - drawn[2, g]
        lice[L2, g] += drawn[4, g] - drawn[3, g]
        lice[L1, g] -= drawn[4, g]


@njit(cache=True, nogil=True)
def lack_none(lice):
    """Make the negative numbers zero that ``develop_in_bulk`` left and newcomers did not fill up."""
    for s in range(N_STAGES):
        for g in range(lice.shape[1]):
            lice[s, g] = max(0, lice[s, g])


@njit(cache=True, nogil=True)
def move(counts, n, ratios, out):
    """``n`` lice in the ratios of ``counts``, whether there are so many or not; in ``ratios`` where there are none."""
    if counts.sum() > 0:
        share_out(n, counts, out)
    else:
        share_out(n, ratios, out)


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
def draw_parents(stream, adults, n, shares, parents):
    """Draw ``n`` of ``adults`` int64[n_genotypes] as SLIM does: of many with replacement, unless all are taken.

    ``shares`` is scratch float64[n_genotypes]; ``parents`` int64[n_genotypes] is filled.
    """
    n_adults = adults.sum()
    if n < n_adults and n_adults >= HYPERGEOMETRIC_BELOW:
        for g in range(adults.shape[0]):
            shares[g] = adults[g] / n_adults
        multinomial(stream, n, shares, 1.0, parents)
    else:
        multivariate_hypergeometric(stream, adults, n, parents)


@njit(cache=True, nogil=True)
def lay_eggs(
    stream, lice, n_matings, n_free, n_eggs, maternal, gamete_map, zygote_map, mutation_rate, rules, scratch, eggs
):
    """Draw the genotypes of ``n_eggs`` eggs of ``n_matings`` pairs into ``eggs`` int64[n_genotypes].

    Parents are drawn without replacement from the adults, the dams from the ``n_free`` among them; their gametes,
    with mutation in ``gamete_map`` or else in the eggs, meet at random.  With ``maternal`` inheritance an egg has its
    mother's genotype.
    ``scratch`` is (int64[n_genotypes], float64[n_gametes], float64[n_gametes], float64[n_genotypes]).
    """
    parents, dam_gametes, sire_gametes, probabilities = scratch
    if rules.stochastic_demography:
        multivariate_hypergeometric(stream, lice[L5F], n_matings, parents)
    else:
        share_out(count_lice(lice, L5F) - n_free, lice[L5F], parents)  # the busy ones
        for g in range(eggs.shape[0]):
            eggs[g] = lice[L5F, g] - parents[g]
        draw_parents(stream, eggs, n_matings, probabilities, parents)
    if maternal and not rules.stochastic_demography:
        for g in range(parents.shape[0]):
            parents[g] = eggs[g]  # all that are free
        share_out(n_eggs, parents, eggs)
    else:
        if maternal:
            for g in range(parents.shape[0]):
                probabilities[g] = parents[g] / n_matings
        else:
            gamete_frequencies(parents, gamete_map, dam_gametes)
            if rules.stochastic_demography:
                multivariate_hypergeometric(stream, lice[L5M], n_matings, parents)
            else:
                draw_parents(stream, lice[L5M], n_matings, probabilities, parents)
            gamete_frequencies(parents, gamete_map, sire_gametes)
            if not rules.joint_genotypes:
                unlink(dam_gametes)
                unlink(sire_gametes)
            zygote_probabilities(dam_gametes, sire_gametes, zygote_map, probabilities)
        multinomial(stream, n_eggs, probabilities, 1.0, eggs)
    if not rules.mutation_on_gametes:
        mutate(stream, eggs, mutation_rate)
