"""The cages of a farm: breeding, treatments and deaths of fish, and the lice's own day.

Each kernel takes a farm and goes through its cages; handing the whole state on once per cage would cost more than
the cage's day.
"""

from .dispersal import take_share
from .fish import fish_deaths, infected_fish, lice_death_probability
from .inner import inner
from .lice import (
    count_free_females,
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
    application_cost,
    application_hazard,
    drop_finished,
    eat_lice,
    stock_cleaner_fish,
    treat_lice,
)

LARGE_FISH_KG = 2.0
MOST_EGGS = 10**12  # per cage and day; the samplers are exact up to here, and no sea holds more


@inner
def breed(shared, state, farm, day):
    """Mate the adults of each cage and put their eggs with the farm's others of the same hatch day."""
    stream = state.streams[1 + 2 * farm]
    hatching_days = shared.hatching_days[farm, shared.month[day]]
    memory = 1.0 / shared.dam_unavailability
    eggs = state.counts[farm, 1]
    scratch = (state.counts[farm, 2], state.gametes[farm, 0], state.gametes[farm, 1], state.probabilities[farm])
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        if state.fish[c] == 0:
            continue
        lice = state.lice[c]
        females = count_lice(lice, L5F)
        n_matings = 0
        if females > 0:
            free = count_free_females(females, state.busy_dams[c], shared.dam_unavailability)
            n_matings = count_matings(stream, state.fish[c], count_lice(lice, L5M), free)
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
        lay_eggs(stream, lice, n_matings, n_eggs, shared.maternal, shared.gamete_map, shared.zygote_map, scratch, eggs)
        hatch = min(poisson(stream, hatching_days), shared.ring_days - 1)
        for g in range(eggs.shape[0]):
            state.batches[farm, hatch, g] += eggs[g]
            state.eggs[farm, g] += eggs[g]


@inner
def treat(shared, state, farm, day):
    """Let treatments, cleaner fish and lice act on each cage.

    Fills the lice's ``state.survival``, takes the day's dead fish out, and adds what the treatments cost.
    """
    stream = state.streams[1 + 2 * farm]
    month = shared.month[day]
    period = shared.application_period
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        lice = state.lice[c]
        survival = state.survival[c]
        for s in range(N_STAGES):
            for g in range(survival.shape[1]):
                survival[s, g] = 1.0 - shared.background_mortality[s]
        n_fish = state.fish[c]
        for t in shared.cleaners:
            n_cleaner = state.cleaner_fish[c, t]
            if n_cleaner == 0:
                continue
            if n_fish > 0:
                eat_lice(survival, n_cleaner / n_fish, shared.efficacy[farm, month, t])
            state.cleaner_fish[c, t] -= binomial(stream, n_cleaner, shared.cleaner_mortality[t])
        if state.n_events[c] > 0:
            state.n_events[c] = drop_finished(state.events[c], state.n_events[c], day, period)
        if n_fish == 0:
            continue
        mass_kg = shared.mass_kg[day - state.cage_start[c]]
        hazard = 0.0
        n_events = state.n_events[c]
        if n_events > 0:
            events = state.events[c]
            treat_lice(survival, events, n_events, day, shared.efficacy[farm, month], shared.is_cleaner)
            size = 1 if mass_kg > LARGE_FISH_KG else 0
            hazard = application_hazard(events, n_events, day, period, shared.fish_mortality[farm, month, size])
            state.cost[farm] += application_cost(
                events, n_events, day, period, shared.dose_price, shared.application_price, n_fish * mass_kg
            )
            stock_cleaner_fish(
                state.cleaner_fish[c], events, n_events, day, shared.effect_delay, shared.restock_fraction, n_fish
            )
        n_pathogenic = count_lice(lice, L4) + count_lice(lice, L5F) + count_lice(lice, L5M)
        n_infected = infected_fish(n_fish, n_pathogenic + count_lice(lice, L3))
        lice_hazard = lice_death_probability(
            n_pathogenic, n_infected, mass_kg, shared.fish_mortality_center, shared.fish_mortality_k
        )
        dead = fish_deaths(stream, n_fish, hazard, n_infected, lice_hazard, shared.fish_background_mortality)
        state.fish[c] = n_fish - dead
        state.dead_fish[farm] += dead
        lost = dead / n_fish  # lice that go down with their host; males often let go, and half of L4 are males
        stay = 1.0 - shared.male_detachment_rate if dead < n_fish else 1.0  # the last fish leaves none to go to
        for g in range(survival.shape[1]):
            survival[L3, g] *= 1.0 - lost
            survival[L4, g] *= 1.0 - lost * (1.0 + stay) / 2.0
            survival[L5F, g] *= 1.0 - lost
            survival[L5M, g] *= 1.0 - lost * stay


@inner
def live(shared, state, farm, day, n_fish_farm):
    """Let the lice of each cage die and develop, and newcomers join: larvae from farms, lice from the reservoir.

    ``n_fish_farm`` is the farm's fish at the start of the day.
    """
    stream = state.streams[1 + 2 * farm]
    first, last = shared.first_cage[farm], shared.first_cage[farm + 1]
    month = shared.month[day]
    newcomers = state.counts[farm, 0]
    waiting = state.larvae[farm, day % shared.ring_days]
    for g in range(waiting.shape[0]):
        state.arrivals[farm, g] = waiting[g]
    influx_left = state.influx[0] * (last - first)
    state.influx_lice[farm] = influx_left
    for c in range(first, last):
        lice = state.lice[c]
        infection_rate = 0.0
        if state.fish[c] > 0:
            infection_rate = shared.infective_share * infection_probability(
                n_fish_farm,
                shared.log_mass_kg[day - state.cage_start[c]],
                shared.infection_main_delta,
                shared.infection_weight_delta,
                shared.delta_expectation_weight_log,
            )
        state.dead_lice[farm] += survive(stream, lice, state.survival[c])
        rate_l1, rate_l3, rate_l4 = (
            shared.rate_l1[farm, month],
            shared.rate_l3[farm, month],
            shared.rate_l4[farm, month],
        )
        develop(stream, lice, rate_l1, infection_rate, rate_l3, rate_l4)
        take_share(stream, waiting, last - c, newcomers)
        for g in range(newcomers.shape[0]):
            lice[L1, g] += newcomers[g]
        influx = binomial(stream, influx_left, 1.0 / (last - c))
        influx_left -= influx
        if influx > 0:
            reservoir_lice(stream, lice, influx, state.reservoir_ratios, newcomers)
