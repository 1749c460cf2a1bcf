"""Eggs and larvae on their way between farms, and from a farm's water to its cages.

A larva enters the first stage on the later of its hatch day and its arrival day.  One ring buffer per farm holds
those to come: ``ring`` int64[n_farms, ring_days, n_genotypes], day d in slot d mod ring_days.
"""

from numba import njit

from .arrivals import put_batch
from .genetics import apportion
from .sampling import binomial, poisson


@njit(cache=True, nogil=True)
def disperse(
    stream,
    day,
    batches,
    hatch_days,
    target,
    probability,
    travel_days,
    travel,
    scratch,
    rules,
    ring,
    queue,
    n_queued,
    allotted,
    sent=None,
):
    """Send a farm's eggs of ``day`` on their way, and clear ``batches``.

    Parameters
    ----------
    batches : int64[ring_days, n_genotypes]
        Eggs by days until they hatch.
    hatch_days : int64[n_batches]
        Days that occur, in the order in which the batches leave.
    target : int64[n_links]
        The farms that eggs of this farm can reach.
    probability : float64[n_links]
        That an egg from this farm reaches each of them.  A batch is split by one multinomial over the farms and
        being lost; or, as SLIM does, as many as a Poisson draw says go to each farm, with genotypes in proportion.
    travel_days : float64[n_links]
        Mean days on the way; one Poisson draw for each target and day.
    travel : int64[n_links]
        Filled: days on the way, if there are any eggs.
    scratch : int64[3, n_genotypes]
    ring : int64[n_farms, ring_days, n_genotypes]
    queue, n_queued : int64[n_farms, n_rows, 2 + n_genotypes], int64[n_farms]
        Where not all batches count that hatch on the way: all that swim to each farm, see ``arrivals``.
    allotted : int64[n_farms]
        The eggs that set out for each farm are added.
    sent : int64[n_farms, ring_days, n_genotypes] or None
        If given, eggs for each farm by days until they hatch are added here, and go nowhere else.
    """
    _, ring_days, n_genotypes = ring.shape
    n_links = target.shape[0]
    total_probability = probability.sum()
    left, arriving = scratch[0], scratch[1]
    if len(hatch_days) > 0:
        for k in range(n_links):
            travel[k] = min(poisson(stream, travel_days[k]), ring_days - 1)
    for h in hatch_days:
        n_eggs = batches[h].sum()
        if rules.dispersal_is_a_split:
            for g in range(n_genotypes):
                left[g] = binomial(stream, batches[h, g], total_probability)
        share_left = total_probability
        for k in range(n_links):
            if probability[k] <= 0.0:
                continue
            j = target[k]
            if rules.dispersal_is_a_split:
                for g in range(n_genotypes):
                    arriving[g] = binomial(stream, left[g], min(1.0, probability[k] / share_left))
                    left[g] -= arriving[g]
                share_left -= probability[k]
            else:
                n_arriving = min(poisson(stream, probability[k] * n_eggs), n_eggs)
                if n_arriving == 0:
                    continue
                apportion(n_arriving, batches[h], arriving)
            if sent is not None:
                for g in range(n_genotypes):
                    sent[j, h, g] += arriving[g]
            else:
                allotted[j] += arriving.sum()
                n_queued[j] = deliver(arriving, day, h, travel[k], rules, ring[j], queue[j], n_queued[j])
        for g in range(n_genotypes):
            batches[h, g] = 0


@njit(cache=True, nogil=True)
def deliver(larvae, day, hatch_days, travel_days, rules, ring, queue, n_queued):
    """Put ``larvae`` int64[n_genotypes] of ``day`` on their way into a farm's ``ring``; return its ``n_queued``.

    They enter tomorrow at the earliest: a farm has read its ring before today's eggs are sent.
    """
    if larvae.sum() == 0:
        return n_queued
    arrival = max(1, travel_days)
    if hatch_days >= arrival or rules.arrivals_accumulate:
        slot = (day + max(hatch_days, arrival)) % ring.shape[0]
        for g in range(larvae.shape[0]):
            ring[slot, g] += larvae[g]
    if not rules.arrivals_accumulate:
        n_queued = put_batch(queue, n_queued, day + travel_days, hatch_days < arrival, larvae)
    return n_queued
