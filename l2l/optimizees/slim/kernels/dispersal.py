"""Eggs and larvae on their way between farms, and from a farm's water to its cages.

A larva enters the first stage on the later of its hatch day and its arrival day.  One ring buffer per farm holds
those to come: ``ring`` int64[n_farms, ring_days, n_genotypes], day d in slot d mod ring_days.
"""

from numba import njit

from .sampling import binomial, poisson


@njit(cache=True, nogil=True)
def disperse(stream, day, batches, probability, travel_days, travel, ring, sent=None):
    """Send a farm's eggs of ``day`` on their way, and clear ``batches``.

    Parameters
    ----------
    batches : int64[ring_days, n_genotypes]
        Eggs by days until they hatch.
    probability : float64[n_farms]
        That an egg from this farm reaches each farm.  A batch is split by one multinomial over the farms and
        being lost.
    travel_days : float64[n_farms]
        Mean days on the way; one Poisson draw for each target and day.
    travel : int64[n_farms]
        Filled: days on the way, if there are any eggs.
    sent : int64[n_farms, ring_days, n_genotypes] or None
        Eggs for each farm by days until they hatch are added here, too.
    """
    n_farms, ring_days, n_genotypes = ring.shape
    total_probability = probability.sum()
    under_way = False
    for h in range(ring_days):
        for g in range(n_genotypes):
            n_eggs = batches[h, g]
            if n_eggs == 0:
                continue
            batches[h, g] = 0
            if not under_way:
                under_way = True
                for j in range(n_farms):
                    travel[j] = min(poisson(stream, travel_days[j]), ring_days - 1)
            left = binomial(stream, n_eggs, total_probability)
            share_left = total_probability
            for j in range(n_farms):
                if left == 0:
                    break
                if probability[j] <= 0.0:
                    continue
                arriving = binomial(stream, left, min(1.0, probability[j] / share_left))
                share_left -= probability[j]
                left -= arriving
                entry = max(1, h, travel[j])  # farms read their ring before today's eggs are sent
                ring[j, (day + entry) % ring_days, g] += arriving
                if sent is not None:
                    sent[j, h, g] += arriving


@njit(cache=True, nogil=True)
def take_share(stream, waiting, n_cages_left, share):
    """Move one cage's part of ``waiting`` int64[n_genotypes] into ``share``; cage after cage a uniform multinomial."""
    for g in range(waiting.shape[0]):
        share[g] = 0
        if waiting[g] > 0:
            share[g] = binomial(stream, waiting[g], 1.0 / n_cages_left)
            waiting[g] -= share[g]
