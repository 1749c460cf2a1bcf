"""The cages of a farm: breeding, treatments and deaths of fish, and the lice's own day.

Each kernel takes a farm and goes through its cages; handing the whole state on once per cage would cost more than
the cage's day.
"""

from .arrivals import take_batches, take_share
from .fish import fish_deaths, infected_fish, lice_death_probability
from .inner import inner, merged
from .lice import (
    count_free_females,
    count_lice,
    count_matings,
    count_stages,
    develop,
    develop_in_bulk,
    infection_probability,
    lack_none,
    lay_eggs,
    lose,
    lost_with_fish,
    reservoir_lice,
    survive,
    survive_by_rounding,
)
from .sampling import binomial, draw, poisson
from .stages import L1, L3, L4, L5F, L5M, N_STAGES
from .treatments import (
    application_cost,
    application_hazard,
    cleaner_fish_gained,
    deaths_under_effect,
    drop_finished,
    eat_lice,
    kill_apart,
    last_application_cost,
    meals,
    stock_cleaner_fish,
    treat_lice,
)

LARGE_FISH_KG = 2.0
MONTH_DAYS = 28
MOST_EGGS = 10**12  # per cage and day; the samplers are exact up to here, and no sea holds more


@inner
def breed(shared, state, farm, day):
    """Mate the adults of each cage and put their eggs with the farm's others of the same hatch day."""
    stream = state.streams[1 + 2 * farm]
    hatching_days = shared.hatching_days[shared.climate[farm], shared.month[day]]
    memory = 1.0 / shared.dam_unavailability
    eggs = state.counts[farm, 1]
    scratch = (state.counts[farm, 2], state.gametes[farm, 0], state.gametes[farm, 1], state.probabilities[farm])
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        if state.fish[c] == 0 or day < state.cage_start[c]:
            continue
        lice = state.lice[c]
        females = count_lice(lice, L5F)
        n_matings = 0
        free = 0
        if females > 0:
            free = count_free_females(females, state.busy_dams[c], shared.dam_unavailability)
            n_matings = count_matings(stream, state.fish[c], count_lice(lice, L5M), free)
        if n_matings > 0 or shared.rules.dam_recovery:
            rate = n_matings / max(1, females)
            state.busy_dams[c] = min(1.0, (1.0 - memory) * state.busy_dams[c] + memory * rate)
        if n_matings == 0:
            continue
        n_eggs = round(shared.eggs_per_mating * n_matings)
        if n_eggs > MOST_EGGS:
            raise OverflowError(
                "more than 1e12 lice eggs in one cage and day: nothing keeps these lice in check; "
                "treat, or leave the enforcement of fallow on"
            )
        lay_eggs(
            stream,
            lice,
            n_matings,
            free,
            n_eggs,
            shared.maternal,
            shared.gamete_map,
            shared.zygote_map,
            shared.mutation_rate,
            shared.rules,
            scratch,
            eggs,
        )
        hatch = min(poisson(stream, hatching_days), shared.ring_days - 1)
        if state.batches[farm, hatch].sum() == 0:
            state.hatch_days[farm, state.n_batches[farm]] = hatch
            state.n_batches[farm] += 1
        for g in range(eggs.shape[0]):
            state.batches[farm, hatch, g] += eggs[g]
            state.eggs[farm, g] += eggs[g]


@inner
def treat(shared, state, farm, day):
    """Let treatments, cleaner fish and lice act on each cage.

    Takes the day's dead fish out, adds up rent and what treatments cost, and fills what decides on the death of lice:
    their probability to survive in ``state.survival``; or, where causes of death do not compete, those
    ``state.killed`` by treatments; and where lice are not lost in proportion to all dead fish, those ``state.lost``
    with fish.
    """
    rules = shared.rules
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        survival = state.survival[c]
        for s in range(N_STAGES):
            for g in range(survival.shape[1]):
                survival[s, g] = 1.0 - shared.background_mortality[s]
        if not rules.competing_mortality:
            state.killed[c] = 0
        if not (rules.competing_mortality and rules.lice_on_dead_fish):
            state.lost[c] = 0
        state.dead_in_cage[c] = 0
        keep_cleaner_fish(shared, state, farm, c, day)
        state.n_events[c] = drop_finished(state.events[c], state.n_events[c], day)
        in_use = state.fish[c] > 0 and day >= state.cage_start[c]
        if rules.money or not in_use:  # SLIM asks rent for cages without fish alone
            state.cost[farm] += shared.monthly_cost / MONTH_DAYS
        if in_use:
            treat_cage(shared, state, farm, c, day)
            kill_fish(shared, state, farm, c, day)


@merged
def keep_cleaner_fish(shared, state, farm, cage, day):
    """Let cleaner fish die, and note those of the start of the day."""
    stream = state.streams[1 + 2 * farm]
    events, n_events = state.events[cage], state.n_events[cage]
    for t in shared.cleaners:
        n_cleaner = state.cleaner_fish[cage, t]
        state.cleaners_before[farm, t] = n_cleaner
        if shared.rules.cleaner_fish:
            state.cleaner_fish[cage, t] -= binomial(stream, n_cleaner, shared.cleaner_mortality[t])
        elif n_cleaner > 0 or n_events > 0:
            state.cleaner_fish[cage, t] += cleaner_fish_gained(
                events, n_events, day, t, state.fish[cage], n_cleaner, shared.cleaner_mortality[t]
            )


@merged
def treat_cage(shared, state, farm, cage, day):
    """Pay for a cage's treatments, stock cleaner fish, and let both act on its lice."""
    rules = shared.rules
    period = shared.application_period
    events, n_events = state.events[cage], state.n_events[cage]
    n_fish = state.fish[cage]
    if n_events > 0:
        mass_kg = shared.mass_kg[day - state.cage_start[cage]]
        dose_price, price = shared.dose_price, shared.application_price
        if rules.money:
            cost = application_cost(events, n_events, day, period, dose_price, price, n_fish * mass_kg)
        else:
            is_cleaner = shared.is_cleaner
            cost = last_application_cost(events, n_events, day, period, dose_price, price, is_cleaner, mass_kg)
        state.cost[farm] += cost
        if rules.cleaner_fish:
            stock_cleaner_fish(
                state.cleaner_fish[cage], events, n_events, day, shared.effect_delay, shared.restock_fraction, n_fish
            )
    efficacy = shared.efficacy[shared.climate[farm], shared.month[day]]
    cleaners = state.cleaners_before[farm]
    if rules.competing_mortality:
        if n_events > 0:
            treat_lice(state.survival[cage], events, n_events, day, efficacy, shared.is_cleaner)
        for t in shared.cleaners:
            if cleaners[t] > 0:
                times = meals(events, n_events, day, t, rules)
                eat_lice(state.survival[cage], times * cleaners[t] / n_fish, efficacy[t])
    else:
        kill_apart(
            state.streams[1 + 2 * farm],
            state.lice[cage],
            events,
            n_events,
            day,
            efficacy,
            shared.is_cleaner,
            cleaners,
            n_fish,
            rules,
            state.killed[cage],
        )


@merged
def kill_fish(shared, state, farm, cage, day):
    """Let fish of a cage die of treatments, lice and other reasons, and lice with them."""
    rules = shared.rules
    stream = state.streams[1 + 2 * farm]
    lice = state.lice[cage]
    events, n_events = state.events[cage], state.n_events[cage]
    n_fish = state.fish[cage]
    age = day - state.cage_start[cage]
    size = 1 if shared.mass_kg[age] > LARGE_FISH_KG else 0
    share_killed = shared.fish_mortality[shared.climate[farm], shared.month[day], size]
    dead = 0
    if rules.treatment_fish_mortality and n_events > 0:
        hazard = application_hazard(events, n_events, day, shared.application_period, share_killed)
        dead = draw(stream, n_fish, hazard, rules.stochastic_demography)
    n_pathogenic = count_lice(lice, L4) + count_lice(lice, L5F) + count_lice(lice, L5M)
    n_infected = infected_fish(n_fish, n_pathogenic + count_lice(lice, L3))
    mass_kg = shared.mass_kg[age if rules.fish_age else day]
    lice_hazard = lice_death_probability(
        n_pathogenic, n_infected, mass_kg, shared.fish_mortality_center, shared.fish_mortality_k
    )
    dead_otherwise = fish_deaths(
        stream,
        n_fish - dead,
        n_infected,
        lice_hazard,
        shared.fish_background_mortality,
        rules.stochastic_demography,
    )
    if not rules.treatment_fish_mortality and dead_otherwise > 0:
        dead = deaths_under_effect(
            stream,
            n_fish,
            events,
            n_events,
            day,
            shared.month,
            shared.duration[shared.climate[farm]],
            share_killed,
            rules.stochastic_demography,
        )
    dead = min(n_fish, dead + dead_otherwise)
    state.fish[cage] = n_fish - dead
    state.dead_in_cage[cage] = dead
    state.dead_fish[farm] += dead
    if rules.lice_on_dead_fish:
        survival = state.survival[cage]
        lost = dead / n_fish  # lice that go down with their host; males often let go, and half of L4 are males
        stay = 1.0 - shared.male_detachment_rate if dead < n_fish else 1.0  # the last fish leaves none to go to
        for g in range(survival.shape[1]):
            survival[L3, g] *= 1.0 - lost
            survival[L4, g] *= 1.0 - lost * (1.0 + stay) / 2.0
            survival[L5F, g] *= 1.0 - lost
            survival[L5M, g] *= 1.0 - lost * stay
    else:
        n_lice = state.n_developing[farm]
        count_stages(lice, n_lice)
        lost_with_fish(n_lice, dead_otherwise, n_infected, shared.male_detachment_rate, state.lost[cage])


@merged
def bury(shared, state, farm, cage):
    """Take out the lice of a cage that die today; return how many."""
    rules = shared.rules
    stream = state.streams[1 + 2 * farm]
    lice = state.lice[cage]
    survival = state.survival[cage]
    left = state.counts[farm, 1]
    deaths = state.lost[cage]
    dead = 0
    if rules.competing_mortality:
        if rules.stochastic_demography:
            dead = survive(stream, lice, survival)
        else:
            dead = survive_by_rounding(lice, survival, state.probabilities[farm], left)
    else:
        for s in range(N_STAGES):
            # where fish take no lice with them there is the background alone, whose halves must round as in SLIM
            mortality = 1.0 - survival[s, 0] if rules.lice_on_dead_fish else shared.background_mortality[s]
            deaths[s] += draw(stream, count_lice(lice, s), mortality, rules.stochastic_demography)
    if not (rules.competing_mortality and rules.lice_on_dead_fish):
        dead += lose(lice, deaths, state.killed[cage], left)
    return dead


@inner
def live(shared, state, farm, day, n_fish_farm):
    """Let the lice of each cage die and develop, and newcomers join: larvae from farms, lice from the reservoir.

    ``n_fish_farm`` is the farm's fish at the start of the day.  Where numbers that develop are not those of
    survivors, the dead of a cage do not count for the cages after it, as in SLIM.
    """
    rules = shared.rules
    stream = state.streams[1 + 2 * farm]
    first, last = shared.first_cage[farm], shared.first_cage[farm + 1]
    month = shared.month[day]
    climate = shared.climate[farm]
    rate_l1 = shared.rate_l1[climate, month]
    rate_l3 = shared.rate_l3[climate, month]
    rate_l4 = shared.rate_l4[climate, month]
    one_by_one = rules.develop_survivors and rules.stochastic_demography
    n_developing = state.n_developing[farm]
    newcomers = state.counts[farm, 0]
    waiting = state.larvae[farm, day % shared.ring_days]
    for g in range(waiting.shape[0]):
        state.arrivals[farm, g] = waiting[g]
    influx_left = state.influx[0] * (last - first)
    state.influx_lice[farm] = influx_left
    if not rules.arrivals_accumulate:
        state.n_queued[farm] = take_batches(
            stream,
            state.queue[farm],
            state.n_queued[farm],
            day,
            state.hatched_larvae[first:last],
            state.counts[farm, 1],
            newcomers,
        )
    for c in range(first, last):
        lice = state.lice[c]
        infection = 0.0
        if state.fish[c] > 0 and day >= state.cage_start[c]:
            infection = infection_probability(
                n_fish_farm,
                shared.log_mass_kg[day - state.cage_start[c] if rules.fish_age else day],
                shared.infection_main_delta,
                shared.infection_weight_delta,
                shared.delta_expectation_weight_log,
            )
        if not rules.develop_survivors:
            n_fish_farm -= state.dead_in_cage[c]
            count_stages(lice, n_developing)
        state.dead_lice[farm] += bury(shared, state, farm, c)
        if one_by_one:
            develop(stream, lice, rate_l1, shared.infective_share * infection, rate_l3, rate_l4)
        else:
            if rules.develop_survivors:
                count_stages(lice, n_developing)
            develop_in_bulk(
                stream,
                lice,
                n_developing,
                rate_l1,
                infection,
                shared.infective_share,
                rate_l3,
                rate_l4,
                shared.default_ratios,
                state.developed[farm],
                rules.stochastic_demography,
            )
        take_share(stream, waiting, last - c, newcomers)
        for g in range(newcomers.shape[0]):
            lice[L1, g] += newcomers[g]
        if not rules.arrivals_accumulate:
            for g in range(newcomers.shape[0]):
                lice[L1, g] += state.hatched_larvae[c, g]
                state.arrivals[farm, g] += state.hatched_larvae[c, g]
        influx = binomial(stream, influx_left, 1.0 / (last - c))
        influx_left -= influx
        if influx > 0:
            reservoir_lice(stream, lice, influx, state.reservoir_ratios, newcomers)
        if not one_by_one:
            lack_none(lice)
