"""Migration between demes, of all at once.

Where a deme's emigrants go depends on the pattern that it has: its destinations as steps from its own number.  On a
grid all demes away from the borders have the same pattern.

Numbers that are drawn are sent: each deme draws its emigrants from its own stream and adds them to what arrives
elsewhere.  They are whole, or multiples of `draws.GRAIN`, so that their sums are exact in any order.  Expected numbers
are fetched: each deme adds up what comes from its neighbours, always in the same order.
"""

from typing import NamedTuple

import numpy as np

from .draws import CONTINUOUS, DRAWN, ONE_BY_ONE, grains, make_alias, merged, pick, stage, thin, thin_each, thin_rows
from .model import FEMALE


class Paths(NamedTuple):
    """Where emigrants go, and how many there are."""

    rates: np.ndarray
    """Share that leaves in a tick: float64[n_rates, 2, n_ages]"""
    rate_of: np.ndarray
    """int32[n_demes]"""
    pattern: np.ndarray
    """int32[n_demes]"""
    first: np.ndarray
    """Where a pattern's entries begin: int32[n_patterns + 1]"""
    step: np.ndarray
    """Destination minus source: int32[n_entries]"""
    weight: np.ndarray
    """Share of the emigrants; a pattern's sum to 1: float64[n_entries]"""
    threshold: np.ndarray
    """`draws.make_alias` of a pattern's weights, which kernels make: float64[n_entries]"""
    alias: np.ndarray
    """Negative before they have: int64[n_entries, 2]"""
    work: np.ndarray
    """int64[n_entries]"""
    pattern_in: np.ndarray
    """The same by destination: int32[n_demes]"""
    first_in: np.ndarray
    step_in: np.ndarray
    """Source minus destination"""
    weight_in: np.ndarray


class Ways(NamedTuple):
    """Those of a deme, as `Paths` says."""

    step: np.ndarray
    weight: np.ndarray
    threshold: np.ndarray
    alias: np.ndarray


@merged
def emigrate(state, d, paths, room, block, mode):
    """Take emigrants out of deme ``d``, and send them; of females that mated the sperm only, as `arrive` expects."""
    stream, individuals, arriving = state.streams[d], state.individuals[d], state.arriving[block]
    n_ages, n_genotypes = individuals.shape[1:]
    rates = paths.rates[paths.rate_of[d]]
    ways = ways_of(paths, d)
    leaving, staying = room.weights[0], room.weights[1]
    for sex in range(2):
        for age in range(n_ages):
            rate, here = rates[sex, age], individuals[sex, age]
            if rate <= 0.0:
                continue
            staying[:] = 0.0
            if sex == FEMALE and state.sperm.shape[0] > 0:
                there = state.arriving_sperm[block, :, age]
                emigrate_mated(stream, d, here, state.sperm[d, age], rate, ways, room, there, mode)
            thin_each(stream, here, rate, leaving, mode)
            for g in range(n_genotypes):
                if leaving[g] > 0.0:
                    here[g] -= send(stream, d, leaving[g], ways, arriving[:, sex, age, g], mode)
                here[g] += staying[g]


@merged
def emigrate_mated(stream, d, females, mates, rate, ways, room, arriving, mode):
    """Take out of ``females`` all that mated; send some, and let the others be ``room.weights[1]``.

    Parameters
    ----------
    females : float64[n_g]
    mates : float64[n_g, n_g]
    arriving : float64[n_demes, n_g, n_g]
    """
    leaving, n_leaving, staying = room.pairs, room.weights[0], room.weights[1]
    thin_rows(stream, mates, rate, leaving, staying, n_leaving, mode)
    for i in range(females.shape[0]):
        females[i] -= staying[i]
        if n_leaving[i] > 0.0:
            for j in range(females.shape[0]):
                if leaving[i, j] > 0.0:
                    sent = send(stream, d, leaving[i, j], ways, arriving[:, i, j], mode)
                    mates[i, j] -= sent
                    staying[i] -= sent


@merged
def ways_of(paths, d):
    """Views of the ways that lead out of deme ``d``."""
    begin, end = paths.first[paths.pattern[d]], paths.first[paths.pattern[d] + 1]
    return Ways(paths.step[begin:end], paths.weight[begin:end], paths.threshold[begin:end], paths.alias[begin:end])


@merged
def send(stream, d, n, ways, arriving, mode):
    """Send ``n`` emigrants of deme ``d`` on their ways; return their number.

    Parameters
    ----------
    arriving : float64[n_demes]
    """
    n_ways = ways.step.shape[0]
    if mode == DRAWN and n < ONE_BY_ONE * n_ways:
        for _ in range(np.int64(n)):
            arriving[d + ways.step[pick(stream, n_ways, ways.threshold, ways.alias)]] += 1.0
        return n
    sent = 0.0
    n_left, weight_left = n, 1.0
    for k in range(n_ways):
        if n_left <= 0.0:
            break
        share = ways.weight[k] / weight_left if k < n_ways - 1 else 1.0
        n_there = thin(stream, n_left, share, mode)
        n_left -= n_there
        weight_left -= ways.weight[k]
        if mode == CONTINUOUS:
            n_there = grains(n_there)
        arriving[d + ways.step[k]] += n_there
        sent += n_there
    return sent


@stage
def arrive(state, d):
    """Let those arrive in deme ``d`` whom blocks of demes have sent, and nobody be on the way any more."""
    add_arrivals(state.individuals[d].reshape(-1), state.arriving, d)
    if state.sperm.shape[0] > 0:
        for age in range(state.sperm.shape[1]):
            for i in range(state.sperm.shape[2]):
                n_mated = 0.0
                for block in range(state.arriving_sperm.shape[0]):
                    n_mated += state.arriving_sperm[block, d, age, i].sum()
                state.individuals[d, FEMALE, age, i] += n_mated
        add_arrivals(state.sperm[d].reshape(-1), state.arriving_sperm, d)


@stage
def add_arrivals(here, arriving, d):
    """Add what blocks of demes have sent: their exact sum first, which does not depend on how many blocks there are."""
    first = arriving[0, d].reshape(-1)
    for block in range(1, arriving.shape[0]):
        more = arriving[block, d].reshape(-1)
        for k in range(here.shape[0]):
            first[k] += more[k]
            more[k] = 0.0
    for k in range(here.shape[0]):
        here[k] += first[k]
        first[k] = 0.0


@stage
def fetch(state, paths, first, last):
    """Add up what the demes ``first .. last - 1`` gain by migration and lose, as expected, in ``state.arriving[0]``."""
    for d in range(first, last):
        fetch_numbers(d, state.individuals, state.arriving[0], paths)
        if state.sperm.shape[0] > 0:
            fetch_sperm(d, state.sperm, state.arriving_sperm[0], paths)
            for age in range(state.sperm.shape[1]):
                for g in range(state.sperm.shape[2]):  # they arrive with their sperm
                    state.arriving[0, d, FEMALE, age, g] -= state.arriving_sperm[0, d, age, g].sum()


@stage
def fetch_numbers(d, individuals, change, paths):
    n_ages, n_genotypes = individuals.shape[2:]
    rates = paths.rates[paths.rate_of[d]]
    for sex in range(2):
        for age in range(n_ages):
            for g in range(n_genotypes):
                change[d, sex, age, g] = -individuals[d, sex, age, g] * rates[sex, age]
    pattern = paths.pattern_in[d]
    for k in range(paths.first_in[pattern], paths.first_in[pattern + 1]):
        source = d + paths.step_in[k]
        rates_there = paths.rates[paths.rate_of[source]]
        for sex in range(2):
            for age in range(n_ages):
                share = rates_there[sex, age] * paths.weight_in[k]
                if share > 0.0:
                    for g in range(n_genotypes):
                        change[d, sex, age, g] += individuals[source, sex, age, g] * share


@stage
def fetch_sperm(d, sperm, change, paths):
    n_ages = sperm.shape[1]
    rates = paths.rates[paths.rate_of[d], FEMALE]
    for age in range(n_ages):
        here, changed = sperm[d, age].reshape(-1), change[d, age].reshape(-1)
        for k in range(here.shape[0]):
            changed[k] = -here[k] * rates[age]
    pattern = paths.pattern_in[d]
    for k in range(paths.first_in[pattern], paths.first_in[pattern + 1]):
        source = d + paths.step_in[k]
        rates_there = paths.rates[paths.rate_of[source], FEMALE]
        for age in range(n_ages):
            share = rates_there[age] * paths.weight_in[k]
            if share > 0.0:
                there, changed = sperm[source, age].reshape(-1), change[d, age].reshape(-1)
                for c in range(there.shape[0]):
                    changed[c] += there[c] * share


@stage
def find_aliases(paths):
    """Prepare to pick destinations."""
    for pattern in range(paths.first.shape[0] - 1):
        begin, end = paths.first[pattern], paths.first[pattern + 1]
        if end > begin:
            weights, work = paths.weight[begin:end], paths.work[begin:end]
            make_alias(weights, weights.sum(), paths.threshold[begin:end], paths.alias[begin:end], work)
