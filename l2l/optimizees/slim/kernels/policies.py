"""Policies compiled for whole episodes: what a farm does today, from what it may see.

Actions are the treatments by number, then FALLOW = n_treatments and no action = n_treatments + 1.
"""

from math import log1p

from numba import njit

from ..types.policies import Family
from .farm import YEAR_DAYS
from .inner import inner
from .sampling import integer_below, uniform

BERNOULLI, MOSAIC, THRESHOLD, LINEAR, PILOTED = (
    int(Family.BERNOULLI),
    int(Family.MOSAIC),
    int(Family.THRESHOLD),
    int(Family.LINEAR),
    int(Family.PILOTED),
)
GIVEN = -1  # in place of a family: the caller says what the farms do
MOSAIC_AGGREGATION = 2.0  # adult females per fish above which a farm in a mosaic follows the request to treat


@inner
def decide(family, parameters, shared, state, farm, day):
    """Action of ``farm`` on ``day`` under a policy.

    Parameters
    ----------
    family : int
        A ``Family``.
    parameters : float64[n_parameters]
        The farm's, of the tunable families, see ``threshold`` and ``linear``; its action on each day, if piloted.
    """
    if family == BERNOULLI:
        return bernoulli(
            state.streams[2 + 2 * farm],
            state.aggregation[farm],
            state.asked_to_treat[farm],
            shared.enforcement_threshold[farm],
            shared.defection_proba[farm],
            shared.allowed[farm],
        )
    if family == MOSAIC:
        turns = state.memory[farm, -1:]
        return mosaic(state.aggregation[farm], state.asked_to_treat[farm], shared.allowed[farm], turns)
    if family == THRESHOLD:
        return threshold(parameters, shared, state, farm, day)
    if family == LINEAR:
        return linear(parameters, shared, state, farm)
    if family == PILOTED:
        return int(parameters[day])
    return shared.is_cleaner.shape[0] + 1


@njit(cache=True, nogil=True)
def bernoulli(stream, aggregation, asked, enforcement_threshold, defection_proba, allowed):
    """Treat at random: always above the enforcement threshold, with 1 - ``defection_proba`` when asked to.

    ``allowed`` bool[n_treatments] are the treatments that the site may use.
    """
    none = allowed.shape[0] + 1
    if aggregation < enforcement_threshold and (asked == 0 or uniform(stream) < defection_proba):
        return none
    n_allowed = allowed.sum()
    if n_allowed == 0:
        return none
    return nth_allowed(allowed, integer_below(stream, n_allowed))


@njit(cache=True, nogil=True)
def mosaic(aggregation, asked, allowed, turns):
    """Take the treatments in turn, one whenever asked to and the cages have more than two females per fish.

    ``turns`` int64[1] counts the treatments asked for so far, in place.
    """
    n_allowed = allowed.sum()
    if asked == 0 or aggregation <= MOSAIC_AGGREGATION or n_allowed == 0:
        return allowed.shape[0] + 1
    turns[0] += 1
    return nth_allowed(allowed, (turns[0] - 1) % n_allowed)


@njit(cache=True, nogil=True)
def nth_allowed(allowed, n):
    """Number of the ``n``-th treatment that a site may use, counted from 0."""
    for t in range(allowed.shape[0]):
        if allowed[t]:
            if n == 0:
                return t
            n -= 1
    return allowed.shape[0] + 1


@inner
def threshold(parameters, shared, state, farm, day):
    """Treat when the lice reach a treatment's own threshold: the one exceeded most in proportion, or the first.

    ``parameters`` are three for each treatment - aggregation at which to treat, least days since the last time,
    share of the yearly quota kept back (released evenly over the farm's year) -, then cooperation (by which share
    the thresholds fall when the farm is asked to treat) and the aggregation at which to fallow.
    """
    n_treatments = shared.is_cleaner.shape[0]
    aggregation = state.aggregation[farm]
    if aggregation >= parameters[3 * n_treatments + 1]:
        return n_treatments
    relief = 1.0 - parameters[3 * n_treatments] * state.asked_to_treat[farm]
    day_of_year = (day - shared.farm_start[farm]) % YEAR_DAYS
    kept_back = shared.max_num_treatments[farm] * (1.0 - day_of_year / YEAR_DAYS)
    chosen = n_treatments + 1
    most = 0.0
    for t in range(n_treatments):
        if not shared.allowed[farm, t] or day - state.memory[farm, t] < parameters[3 * t + 1]:
            continue
        if not shared.is_cleaner[t] and state.remaining[farm] <= parameters[3 * t + 2] * kept_back:
            continue
        limit = parameters[3 * t]
        if aggregation >= relief * limit and aggregation / limit > most:
            most = aggregation / limit
            chosen = t
    return chosen


@inner
def linear(parameters, shared, state, farm):
    """Take the action of the highest score; no action scores 0, the others are linear in the observation.

    ``parameters`` are float64[(n_treatments + 1) * n_features], a row for each treatment and for fallow, over:
    1, ln(1 + aggregation), ln(1 + reported aggregation), fish left, cleaner fish per fish, each treatment under
    way, a cage fallow, share of the year's treatments left, asked to treat.
    """
    n_treatments = shared.is_cleaner.shape[0]
    n_features = n_treatments + 8
    fish = state.fish_population[farm]
    chosen = n_treatments + 1
    best = 0.0
    for a in range(n_treatments + 1):
        if a < n_treatments and not shared.allowed[farm, a]:
            continue
        row = parameters[a * n_features : (a + 1) * n_features]
        score = row[0] + row[1] * log1p(state.aggregation[farm]) + row[2] * log1p(state.reported_aggregation[farm])
        score += row[3] * fish / max(1, shared.stocked_fish[farm])
        score += row[4] * state.cleaner_population[farm] / max(1, fish)
        for t in range(n_treatments + 1):
            score += row[5 + t] * state.treating[farm, t]
        score += row[6 + n_treatments] * state.remaining[farm] / max(1, shared.max_num_treatments[farm])
        score += row[7 + n_treatments] * state.asked_to_treat[farm]
        if score > best:
            best = score
            chosen = a
    return chosen
