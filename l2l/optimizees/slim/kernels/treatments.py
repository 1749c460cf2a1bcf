"""Treatments of one cage: its list of events, what they kill, and what they cost.

An event is a row of int64[n_slots, 4]: treatment, day of application, first and last day on which lice die.
"""

from math import exp

from numba import njit

from .stages import N_STAGES

TREATMENT, APPLIED, EFFECT_FIRST, EFFECT_LAST = 0, 1, 2, 3
EVENT_FIELDS = 4


@njit(cache=True, nogil=True)
def add_event(events, n_events, treatment, day, effect_delay, duration):
    """Append an event; lice die on days d with delay <= d - day <= delay + duration.  Return the new count."""
    if n_events == events.shape[0]:
        raise OverflowError("a cage is under more treatments at once than it has room for; drop those that have ended")
    events[n_events, TREATMENT] = treatment
    events[n_events, APPLIED] = day
    events[n_events, EFFECT_FIRST] = day + effect_delay
    events[n_events, EFFECT_LAST] = int(day + effect_delay + duration)
    return n_events + 1


@njit(cache=True, nogil=True)
def drop_finished(events, n_events, day, application_period):
    """Remove the events that neither kill lice nor are applied from ``day`` on; return how many are left."""
    kept = 0
    for e in range(n_events):
        period = application_period[events[e, TREATMENT]]
        if day <= events[e, EFFECT_LAST] or day < events[e, APPLIED] + period:
            for field in range(EVENT_FIELDS):
                events[kept, field] = events[e, field]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def is_under(events, n_events, treatment):
    """Whether a cage is under this treatment; ``events`` holds only those that are not finished."""
    for e in range(n_events):
        if events[e, TREATMENT] == treatment:
            return True
    return False


@njit(cache=True, nogil=True)
def treat_lice(survival, events, n_events, day, efficacy, is_cleaner):
    """Multiply ``survival`` float64[n_stages, n_genotypes] by what each treatment in effect lets live.

    ``efficacy`` float64[n_treatments, n_stages, n_genotypes] is the share killed a day, at the farm and month.
    Cleaner fish act by their number instead, see ``eat_lice``.
    """
    for e in range(n_events):
        t = events[e, TREATMENT]
        if is_cleaner[t] or day < events[e, EFFECT_FIRST] or day > events[e, EFFECT_LAST]:
            continue
        for s in range(N_STAGES):
            for g in range(survival.shape[1]):
                survival[s, g] *= 1.0 - efficacy[t, s, g]


@njit(cache=True, nogil=True)
def eat_lice(survival, cleaner_per_fish, rate):
    """Multiply ``survival`` by what cleaner fish leave: exp(-rate W / N) a day, ``rate`` float64[n_stages, n_genotypes]."""
    for g in range(survival.shape[1]):
        last, spared = 0.0, 1.0
        for s in range(N_STAGES):
            if rate[s, g] != last:  # mostly two values: 0 and that of all stages that they eat
                last = rate[s, g]
                spared = exp(-last * cleaner_per_fish)
            survival[s, g] *= spared


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


@njit(cache=True, nogil=True)
def stock_cleaner_fish(cleaner_fish, events, n_events, day, effect_delay, restock_fraction, n_fish):
    """Add to ``cleaner_fish`` int64[n_treatments] those that come today, ``effect_delay`` days after application."""
    for e in range(n_events):
        t = events[e, TREATMENT]
        if restock_fraction[t] > 0.0 and day == events[e, APPLIED] + effect_delay[t]:
            cleaner_fish[t] += round(restock_fraction[t] * n_fish)
