"""One farm's day: its orders, its cages, and what they are worth."""

from .dispersal import disperse, take_share
from .fish import fish_deaths, infected_fish, lice_death_probability
from .inner import inner
from .lice import (
    count_attached,
    count_lice,
    count_matings,
    develop,
    infection_probability,
    lay_eggs,
    reservoir_lice,
    survive,
)
from .sampling import binomial, poisson
from .stages import L1, L3, L4, L5F, L5M, N_STAGES
from .treatments import (
    add_event,
    application_cost,
    application_hazard,
    cleaner_fish_stocked,
    drop_finished,
    eat_lice,
    is_under,
    treat_lice,
)

COOPERATION_AGGREGATION = 1.0  # adult females per fish that a cage must pass to be treated
LARGE_FISH_KG = 2.0
MONTH_DAYS = 28
YEAR = 365


@inner
def request_treatment(shared, state, farm, treatment, day, force):
    """Ask for a treatment of every eligible cage of a farm; return whether any cage gets it.

    A cage is eligible if it has started, is not fallow, is not under the same treatment and has more than one
    adult female per fish.  ``force`` waives the last three, and does not count in the yearly quota.  The request
    is refused if the site may not use the treatment or has none left.
    """
    if not shared.allowed[farm, treatment] or state.remaining[farm] <= 0:
        return False
    duration = shared.duration[farm, shared.month[day], treatment]
    accepted = False
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        state.n_events[c] = drop_finished(state.events[c], state.n_events[c], day, shared.application_period)
        if day < shared.cage_start[c]:
            continue
        if not force:
            females = count_lice(state.lice[c], L5F)
            if females <= COOPERATION_AGGREGATION * state.fish[c]:  # a fallow cage has neither
                continue
            if is_under(state.events[c], state.n_events[c], treatment):
                continue
        delay = shared.effect_delay[treatment]
        state.n_events[c] = add_event(state.events[c], state.n_events[c], treatment, day, delay, duration)
        accepted = True
    if accepted and not force:
        state.treatments_used[farm, treatment] += 1
        state.memory[farm, treatment] = day
        if not shared.is_cleaner[treatment]:
            state.remaining[farm] -= 1
    return accepted


@inner
def sell_stock(shared, state, farm, cage, day):
    """Empty a cage at yesterday's stock value; it rests ``fallow_days`` before smolts come."""
    age = day - 1 - state.cage_start[cage]
    attached = count_attached(state.lice[cage])
    if state.fish[cage] > 0:
        value = state.fish[cage] * shared.mass_kg[max(0, age)] * shared.gain_per_kg
        state.stock_value[farm] -= value - shared.infection_discount * attached
    state.sold_fish[farm] += state.fish[cage]
    state.removed_lice[farm] += attached
    state.fish[cage] = 0
    state.lice[cage, L3:] = 0
    state.busy_dams[cage] = 0.0
    state.n_events[cage] = 0
    state.cage_start[cage] = max(state.cage_start[cage], day + shared.fallow_days)


@inner
def fallow(shared, state, farm, day):
    """Empty every cage of a farm."""
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        sell_stock(shared, state, farm, c, day)


@inner
def apply_action(shared, state, farm, action, day):
    """Carry out a farm's action: a treatment's number, n_treatments to fallow, anything above for nothing."""
    n_treatments = shared.is_cleaner.shape[0]
    if action == n_treatments:
        fallow(shared, state, farm, day)
    elif 0 <= action < n_treatments:
        request_treatment(shared, state, farm, action, day, False)
    for i in range(shared.scheduled_first[farm], shared.scheduled_first[farm + 1]):
        if shared.scheduled_day[i] == day:
            request_treatment(shared, state, farm, shared.scheduled_treatment[i], day, True)


@inner
def begin_day(shared, state, farm, day):
    """Clear the day's tallies, renew the yearly quota and harvest what is ready."""
    state.eggs[farm] = 0
    state.arrivals[farm] = 0
    state.influx_lice[farm] = 0
    state.dead_lice[farm] = 0
    state.removed_lice[farm] = 0
    state.dead_fish[farm] = 0
    state.sold_fish[farm] = 0
    if day > shared.farm_start[farm] and (day - shared.farm_start[farm] + 1) % YEAR == 0:
        state.remaining[farm] = shared.max_num_treatments[farm]
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        age = day - state.cage_start[c]
        if age >= 0 and shared.mass_kg[age] >= shared.harvest_mass_kg:
            sell_stock(shared, state, farm, c, day)


@inner
def stock_cages(shared, state, farm, day):
    """Put smolts in the cages that are due, bought at the value they have on arrival."""
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        if day == state.cage_start[c]:
            state.fish[c] = shared.num_fish[farm]
            state.n_events[c] = 0
            state.stock_value[farm] += state.fish[c] * shared.mass_kg[0] * shared.gain_per_kg


@inner
def update_farm(shared, state, farm, day):
    """Stock a farm's cages, advance them by a day, send its eggs on their way, and account for it.

    Every rate is taken from the state at the start of the day.  Deaths come first, then the survivors develop,
    then newcomers join; the day's eggs are laid by the adults of its start.
    """
    stock_cages(shared, state, farm, day)
    stream = state.streams[1 + 2 * farm]
    first, last = shared.first_cage[farm], shared.first_cage[farm + 1]
    month = shared.month[day]
    waiting = state.larvae[farm, day % shared.ring_days]
    state.arrivals[farm] = waiting
    influx_left = state.influx[0] * (last - first)
    state.influx_lice[farm] = influx_left
    n_fish_farm = 0
    for c in range(first, last):
        n_fish_farm += state.fish[c]
    cost = 0.0
    value = 0.0
    for c in range(first, last):
        lice = state.lice[c]
        survival = state.survival[farm]
        for s in range(N_STAGES):
            survival[s] = 1.0 - shared.background_mortality[s]
        n_fish = state.fish[c]
        state.n_events[c] = drop_finished(state.events[c], state.n_events[c], day, shared.application_period)
        infection_rate = 0.0
        if n_fish > 0:
            age = day - state.cage_start[c]
            mass_kg = shared.mass_kg[age]
            cost += treat_cage(shared, state, stream, farm, c, day, month, mass_kg)
            if state.fish[c] > 0:
                infection_rate = shared.infective_share * infection_probability(
                    n_fish_farm,
                    shared.log_mass_kg[age],
                    shared.infection_main_delta,
                    shared.infection_weight_delta,
                    shared.delta_expectation_weight_log,
                )
            breed(shared, state, stream, farm, c, month, n_fish)
        state.dead_lice[farm] += survive(stream, lice, survival)
        develop(
            stream,
            lice,
            shared.rate_l1[farm, month],
            infection_rate,
            shared.rate_l3[farm, month],
            shared.rate_l4[farm, month],
        )
        newcomers = state.counts[farm, 0]
        take_share(stream, waiting, last - c, newcomers)
        for g in range(newcomers.shape[0]):
            lice[L1, g] += newcomers[g]
        if influx_left > 0:
            influx = binomial(stream, influx_left, 1.0 / (last - c))
            influx_left -= influx
            if influx > 0:
                reservoir_lice(stream, lice, influx, state.reservoir_ratios, newcomers)
        if state.cleaner_fish[c] > 0:
            state.cleaner_fish[c] -= binomial(stream, state.cleaner_fish[c], shared.cleaner_mortality)
        if n_fish > 0:
            events, n_events = state.events[c], state.n_events[c]
            state.cleaner_fish[c] += cleaner_fish_stocked(
                events, n_events, day, shared.effect_delay, shared.restock_fraction, n_fish
            )
            value += state.fish[c] * mass_kg * shared.gain_per_kg - shared.infection_discount * count_attached(lice)
        cost += shared.monthly_cost / MONTH_DAYS
    disperse(
        stream,
        day,
        state.batches[farm],
        shared.interfarm_probs[farm],
        shared.interfarm_times[farm],
        state.travel[farm],
        state.larvae,
    )
    state.cost[farm] = cost
    state.payoff[farm] = value - state.stock_value[farm] - cost
    state.stock_value[farm] = value
    state.total_payoff[farm] += state.payoff[farm]


@inner
def treat_cage(shared, state, stream, farm, cage, day, month, mass_kg):
    """Let treatments, cleaner fish and lice act on a stocked cage; return what the treatments cost today.

    Multiplies the lice's ``state.survival[farm]`` and takes the day's dead fish out of the cage.
    """
    lice = state.lice[cage]
    survival = state.survival[farm]
    n_fish = state.fish[cage]
    events, n_events = state.events[cage], state.n_events[cage]
    cost = 0.0
    hazard = 0.0
    if n_events > 0:
        treat_lice(
            survival,
            events,
            n_events,
            day,
            shared.efficacy[farm, month],
            shared.susceptible,
            shared.is_cleaner,
        )
        size = 1 if mass_kg > LARGE_FISH_KG else 0
        period = shared.application_period
        hazard = application_hazard(events, n_events, day, period, shared.fish_mortality[farm, month, size])
        cost = application_cost(
            events, n_events, day, period, shared.dose_price, shared.application_price, n_fish * mass_kg
        )
    if state.cleaner_fish[cage] > 0:
        eat_lice(survival, state.cleaner_fish[cage] / n_fish, shared.cleaner_rate, shared.cleaner_susceptible)
    n_pathogenic = count_lice(lice, L4) + count_lice(lice, L5F) + count_lice(lice, L5M)
    n_infected = infected_fish(n_fish, n_pathogenic + count_lice(lice, L3))
    lice_hazard = lice_death_probability(
        n_pathogenic, n_infected, mass_kg, shared.fish_mortality_center, shared.fish_mortality_k
    )
    dead = fish_deaths(stream, n_fish, hazard, n_infected, lice_hazard, shared.fish_background_mortality)
    state.fish[cage] = n_fish - dead
    state.dead_fish[farm] += dead
    lost = dead / n_fish  # lice that go down with their host; males often let go, and half of L4 are males
    stay = 1.0 - shared.male_detachment_rate if dead < n_fish else 1.0  # the last fish leaves none to go to
    for g in range(lice.shape[1]):
        survival[L3, g] *= 1.0 - lost
        survival[L4, g] *= 1.0 - lost * (1.0 + stay) / 2.0
        survival[L5F, g] *= 1.0 - lost
        survival[L5M, g] *= 1.0 - lost * stay
    return cost


@inner
def breed(shared, state, stream, farm, cage, month, n_fish):
    """Mate the adults of a cage and put their eggs with the farm's others of the same hatch day."""
    lice = state.lice[cage]
    females = count_lice(lice, L5F)
    if females == 0:
        state.busy_dams[cage] *= 1.0 - 1.0 / shared.dam_unavailability
        return
    busy = min(1.0, shared.dam_unavailability * state.busy_dams[cage])
    free = females - round(busy * females)
    n_matings = count_matings(stream, n_fish, count_lice(lice, L5M), free)
    memory = 1.0 / shared.dam_unavailability
    state.busy_dams[cage] = min(1.0, (1.0 - memory) * state.busy_dams[cage] + memory * n_matings / females)
    if n_matings == 0:
        return
    eggs = state.counts[farm, 1]
    scratch = (
        state.counts[farm, 2],
        state.gametes[farm, 0],
        state.gametes[farm, 1],
        state.probabilities[farm],
    )
    lay_eggs(
        stream,
        lice,
        n_matings,
        round(shared.eggs_per_mating * n_matings),
        shared.maternal,
        shared.gamete_map,
        shared.zygote_map,
        scratch,
        eggs,
    )
    hatch = min(poisson(stream, shared.hatching_days[farm, month]), shared.ring_days - 1)
    for g in range(eggs.shape[0]):
        state.batches[farm, hatch, g] += eggs[g]
        state.eggs[farm, g] += eggs[g]


@inner
def observe(shared, state, farm, day):
    """Write what a farm's policy may see after ``day``, and what the farm reports to the organisation."""
    n_treatments = shared.is_cleaner.shape[0]
    first, last = shared.first_cage[farm], shared.first_cage[farm + 1]
    total, worst = 0.0, 0.0
    fish, cleaner = 0, 0
    state.treating[farm] = 0
    for c in range(first, last):
        fish += state.fish[c]
        cleaner += state.cleaner_fish[c]
        if state.fish[c] > 0:
            per_fish = count_lice(state.lice[c], L5F) / state.fish[c]
            total += per_fish
            worst = max(worst, per_fish)
        elif day >= state.cage_start[c] or shared.cage_start[c] != state.cage_start[c]:
            state.treating[farm, n_treatments] = 1
        for t in range(n_treatments):
            if is_under(state.events[c], state.n_events[c], t):
                state.treating[farm, t] = 1
    sampled = day >= shared.farm_start[farm] and (day - shared.farm_start[farm]) % shared.sampling_spacing[farm] == 0
    state.aggregation[farm] = total / (last - first)
    state.total_aggregation[farm] += state.aggregation[farm]
    state.reported_aggregation[farm] = worst if sampled else 0.0
    state.fish_population[farm] = fish
    state.cleaner_population[farm] = cleaner
