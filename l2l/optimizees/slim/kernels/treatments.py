"""Treatments of one cage: its list of events, what they kill, and what they cost.

An event is a row of int64[n_slots, 5]: treatment, day of application, first and last day on which lice die, and the
last day on which anything needs it.
"""

from math import ceil, exp

from numba import njit

from .sampling import binomial, draw, hypergeometric
from .stages import N_STAGES

TREATMENT, APPLIED, EFFECT_FIRST, EFFECT_LAST, NEEDED_LAST = 0, 1, 2, 3, 4
EVENT_FIELDS = 5
HYPERGEOMETRIC_BELOW = 10**6  # of so many lice or more SLIM draws parents, and the stages of the dead, with replacement


@njit(cache=True, nogil=True)
def add_event(events, n_events, treatment, day, effect_delay, duration, application_period, rules):
    """Add an event; lice die on days d with delay <= d - day <= delay + duration.  Return the new count.

    Without the rule ``effect_delay`` they die from ``day`` itself on.  Of the events of a day those that act longest
    come first, as in SLIM, where the first one decides on the stages that die, and the last one on the cost.
    """
    if n_events == events.shape[0]:
        raise OverflowError("a cage is under more treatments at once than it has room for; drop those that have ended")
    last = day + int(effect_delay + duration)
    e = n_events
    while e > 0 and events[e - 1, APPLIED] == day and events[e - 1, EFFECT_LAST] < last:
        for field in range(EVENT_FIELDS):
            events[e, field] = events[e - 1, field]
        e -= 1
    events[e, TREATMENT] = treatment
    events[e, APPLIED] = day
    events[e, EFFECT_FIRST] = day + effect_delay if rules.effect_delay else day
    events[e, EFFECT_LAST] = last
    # a day more where cleaner fish are stocked by what was in effect the day before
    events[e, NEEDED_LAST] = max(last if rules.cleaner_fish else last + 1, day + application_period - 1)
    return n_events + 1


@njit(cache=True, nogil=True)
def drop_finished(events, n_events, day):
    """Remove the events that nothing needs from ``day`` on; return how many are left."""
    kept = 0
    for e in range(n_events):
        if day <= events[e, NEEDED_LAST]:
            for field in range(EVENT_FIELDS):
                events[kept, field] = events[e, field]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def is_under(events, n_events, treatment, day, application_period):
    """Whether a treatment of a cage is being applied, awaited, or in effect on ``day``."""
    for e in range(n_events):
        if events[e, TREATMENT] == treatment:
            if day <= events[e, EFFECT_LAST] or day < events[e, APPLIED] + application_period[treatment]:
                return True
    return False


@njit(cache=True, nogil=True)
def in_effect(event, day):
    """Whether lice die of an event, a row of ``events``, on ``day``."""
    return event[EFFECT_FIRST] <= day <= event[EFFECT_LAST]


@njit(cache=True, nogil=True)
def treat_lice(survival, events, n_events, day, efficacy, is_cleaner):
    """Multiply ``survival`` float64[n_stages, n_genotypes] by what each treatment in effect lets live.

    ``efficacy`` float64[n_treatments, n_stages, n_genotypes] is the share killed a day, at the farm and month.
    Cleaner fish act by their number instead, see ``eat_lice``.
    """
    for e in range(n_events):
        t = events[e, TREATMENT]
        if is_cleaner[t] or not in_effect(events[e], day):
            continue
        for s in range(N_STAGES):
            for g in range(survival.shape[1]):
                survival[s, g] *= 1.0 - efficacy[t, s, g]


@njit(cache=True, nogil=True)
def eat_lice(survival, cleaner_per_fish, rate):
    """Multiply ``survival`` by what cleaner fish leave: exp(-rate W / N) a day.

    ``rate`` is float64[n_stages, n_genotypes].
    """
    for g in range(survival.shape[1]):
        last, spared = 0.0, 1.0
        for s in range(N_STAGES):
            if rate[s, g] != last:  # mostly two values: 0 and that of all stages that they eat
                last = rate[s, g]
                spared = exp(-last * cleaner_per_fish)
            survival[s, g] *= spared


@njit(cache=True, nogil=True)
def meals(events, n_events, day, treatment, rules):
    """How often cleaner fish eat their daily share: once; as SLIM has it, again for each event of theirs in effect."""
    n = 1
    if not rules.cleaner_fish:
        for e in range(n_events):
            if events[e, TREATMENT] == treatment and in_effect(events[e], day):
                n += 1
    return n


@njit(cache=True, nogil=True)
def best_efficacy(efficacy, genotype):
    """That on the stage which a treatment kills best; ``efficacy`` is its float64[n_stages, n_genotypes]."""
    best = 0.0
    for s in range(N_STAGES):
        best = max(best, efficacy[s, genotype])
    return best


@njit(cache=True, nogil=True)
def reaches(efficacy, stage):
    """Whether a treatment kills any lice of a stage."""
    for g in range(efficacy.shape[1]):
        if efficacy[stage, g] > 0.0:
            return True
    return False


@njit(cache=True, nogil=True)
def kill_apart(stream, lice, events, n_events, day, efficacy, is_cleaner, cleaner_fish, n_fish, rules, killed):
    """Count the lice that treatments and cleaner fish kill, each genotype on its own, as SLIM does.

    The rates of all treatments are added up, each that on the stage it kills best; the stages are those of the first
    one in effect, cleaner fish that are just there being the last.  The dead of a genotype are split over its stages
    at random.  ``cleaner_fish`` is int64[n_treatments]; ``killed`` int64[n_stages, n_genotypes] is filled.
    """
    killed[:] = 0
    first = -1
    for e in range(n_events):
        if first < 0 and in_effect(events[e], day):
            first = events[e, TREATMENT]
    for t in range(is_cleaner.shape[0]):
        if first < 0 and is_cleaner[t] and cleaner_fish[t] > 0:
            first = t
    if first < 0:
        return
    for g in range(lice.shape[1]):
        rate = 0.0
        for e in range(n_events):
            t = events[e, TREATMENT]
            if in_effect(events[e], day) and not is_cleaner[t]:
                rate += best_efficacy(efficacy[t], g)
        for t in range(is_cleaner.shape[0]):
            if is_cleaner[t] and cleaner_fish[t] > 0:
                eaten = 1.0 - exp(-best_efficacy(efficacy[t], g) * cleaner_fish[t] / n_fish)
                rate += meals(events, n_events, day, t, rules) * eaten
        n_lice = 0
        for s in range(N_STAGES):
            if reaches(efficacy[first], s):
                n_lice += lice[s, g]
        dead = min(n_lice, draw(stream, n_lice, min(1.0, rate), rules.stochastic_demography))
        with_replacement = n_lice >= HYPERGEOMETRIC_BELOW
        for s in range(N_STAGES):
            if reaches(efficacy[first], s) and dead > 0:
                if with_replacement:
                    killed[s, g] = binomial(stream, dead, lice[s, g] / n_lice)
                else:
                    killed[s, g] = hypergeometric(stream, lice[s, g], n_lice - lice[s, g], dead)
                n_lice -= lice[s, g]
                dead -= killed[s, g]


@njit(cache=True, nogil=True)
def application_hazard(events, n_events, day, application_period, fish_mortality):
    """Probability that a living fish dies today of the treatments being applied.

    ``fish_mortality`` float64[n_treatments] is the share of the stock that one application kills, at today's
    temperature and fish size.  An equal part of it dies on each day of the application period, of those that the
    days before have left.
    """
    alive = 1.0
    for e in range(n_events):
        t = events[e, TREATMENT]
        days_applied = day - events[e, APPLIED]
        if 0 <= days_applied < application_period[t]:
            daily = fish_mortality[t] / application_period[t]
            alive *= 1.0 - min(1.0, daily / (1.0 - days_applied * daily))
    return 1.0 - alive


@njit(cache=True, nogil=True)
def deaths_under_effect(stream, n_fish, events, n_events, day, month, duration, fish_mortality, stochastic):
    """Fish that die today of the treatments in effect, as SLIM counts them.

    Each takes the share ``fish_mortality`` float64[n_treatments] of the stock, spread over its ``duration``
    float64[months, n_treatments] when it was applied, a day at least, on each day of its effect.  ``month`` is that
    of each day, those before the first one counted from the end.
    """
    dead = 0
    for e in range(n_events):
        if in_effect(events[e], day):
            t = events[e, TREATMENT]
            days = max(1.0, duration[month[events[e, APPLIED]], t])
            dead += draw(stream, n_fish, min(1.0, fish_mortality[t] / days), stochastic)
    return dead


@njit(cache=True, nogil=True)
def last_application_cost(
    events, n_events, day, application_period, dose_price, application_price, is_cleaner, mass_kg
):
    """SLIM's cost of a cage's treatments today: that of the last one being applied, for one fish of ``mass_kg``.

    Cleaner fish are free.
    """
    cost = 0.0
    for e in range(n_events):
        t = events[e, TREATMENT]
        if events[e, APPLIED] <= day < events[e, APPLIED] + application_period[t]:
            cost = dose_price[t] * mass_kg
            if events[e, APPLIED] == day and not is_cleaner[t]:
                cost += application_price[t]
    return cost


@njit(cache=True, nogil=True)
def application_cost(events, n_events, day, application_period, dose_price, application_price, biomass_kg):
    """Cost of a cage's treatments today: doses by biomass while applied, the fixed price on the first day."""
    cost = 0.0
    for e in range(n_events):
        t = events[e, TREATMENT]
        if events[e, APPLIED] <= day < events[e, APPLIED] + application_period[t]:
            cost += dose_price[t] * biomass_kg
        if events[e, APPLIED] == day:
            cost += application_price[t]
    return cost


SLIM_RESTOCK_FRACTION = 0.01


@njit(cache=True, nogil=True)
def cleaner_fish_gained(events, n_events, day, treatment, n_fish, n_cleaner, mortality):
    """Change of the number of cleaner fish in SLIM: 1 % of the fish for each event in effect yesterday, less the dead.

    Rounded up, so that a few of them live for ever.
    """
    stocked = 0.0
    for e in range(n_events):
        if events[e, TREATMENT] == treatment and in_effect(events[e], day - 1):
            stocked += n_fish * SLIM_RESTOCK_FRACTION
    return int(ceil(stocked - mortality * n_cleaner))  # noqa: RUF046 - a float in kernels


@njit(cache=True, nogil=True)
def stock_cleaner_fish(cleaner_fish, events, n_events, day, effect_delay, restock_fraction, n_fish):
    """Add to ``cleaner_fish`` int64[n_treatments] those that come today, ``effect_delay`` days after application."""
    for e in range(n_events):
        t = events[e, TREATMENT]
        if restock_fraction[t] > 0.0 and day == events[e, APPLIED] + effect_delay[t]:
            cleaner_fish[t] += round(restock_fraction[t] * n_fish)
