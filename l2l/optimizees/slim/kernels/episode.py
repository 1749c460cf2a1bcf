"""Days of the whole system: one kernel call for a whole run, for each day where somebody else decides, or for parts
of a day where farms are advanced apart.
"""

from .farm import apply_action, begin_day, observe, send_eggs, update_farm
from .inner import entry, merged
from .organisation import oversee, update_reservoir
from .policies import GIVEN, decide

# the parts of a day; each must be done for all farms before the next one
UPDATE = 1  # the farms act, and their fish and lice have their day; a farm touches nothing but its own
DISPERSE = 2  # the farms' eggs leave
OVERSEE = 4  # the reservoir and the organisation follow
WHOLE_DAY = UPDATE + DISPERSE + OVERSEE


@merged
def step(shared, state, actions, day, first_farm, last_farm, parts):
    """Advance the farms first_farm .. last_farm - 1 by the ``parts`` of a day under ``actions`` int64[n_farms].

    A farm that was ordered to fallow does that instead, and ``actions`` is changed to say so.
    """
    if parts & UPDATE:
        for f in range(first_farm, last_farm):
            begin_day(shared, state, f, day)
            if state.to_cull[f] == 1:
                actions[f] = shared.is_cleaner.shape[0]
            apply_action(shared, state, f, actions[f], day)
            update_farm(shared, state, f, day)
            observe(shared, state, f, day)
            state.next_day[f] = day + 1
    if parts & DISPERSE:
        for f in range(first_farm, last_farm):
            send_eggs(shared, state, f, day)
    if parts & OVERSEE:
        end_day(shared, state)


@merged
def end_day(shared, state):
    """Let the reservoir and the organisation follow from what all farms laid and reported."""
    eggs_today = state.counts[0, 0]
    eggs_today[:] = 0
    for f in range(state.eggs.shape[0]):
        for g in range(eggs_today.shape[0]):
            eggs_today[g] += state.eggs[f, g]
    update_reservoir(
        state.streams[0],
        eggs_today,
        shared.reservoir_offspring_average,
        shared.genetic_learning_rate,
        shared.gene_digit,
        state.mean_eggs,
        state.alpha,
        state.gene_ratios,
        state.reservoir_ratios,
    )
    from_eggs = state.mean_eggs.sum() * shared.reservoir_offspring_integration_ratio
    state.influx[0] = int(from_eggs + shared.ext_pressure)
    oversee(
        state.reported_aggregation,
        shared.suggested_threshold,
        shared.enforcement_threshold,
        shared.enforcement_strikes,
        state.strikes,
        state.to_cull,
        state.asked_to_treat,
    )


@merged
def write_day(state, first_cage, actions, day, record):
    """Copy the day's figures into the rows of ``record``, summing cages over farms."""
    for f in range(actions.shape[0]):
        record.lice[day, f] = 0
        for c in range(first_cage[f], first_cage[f + 1]):
            record.lice[day, f] += state.lice[c]
    record.action[day] = actions
    record.aggregation[day] = state.aggregation
    record.worst_aggregation[day] = state.worst_aggregation
    record.reported_aggregation[day] = state.reported_aggregation
    record.fish_population[day] = state.fish_population
    record.cleaner_fish[day] = state.cleaner_population
    record.treating[day] = state.treating
    record.fallow_cages[day] = state.fallow_cages
    record.treatments_used[day] = state.treatments_used
    record.allowed_treatments[day] = state.remaining
    record.asked_to_treat[day] = state.asked_to_treat
    record.eggs[day] = state.eggs
    record.allotted_eggs[day] = state.allotted_eggs
    record.arrivals[day] = state.arrivals
    record.influx_lice[day] = state.influx_lice
    record.reservoir_ratios[day] = state.reservoir_ratios
    record.dead_lice[day] = state.dead_lice
    record.removed_lice[day] = state.removed_lice
    record.dead_fish[day] = state.dead_fish
    record.sold_fish[day] = state.sold_fish
    record.cost[day] = state.cost
    record.payoff[day] = state.payoff


@entry
def run(world, family, parameters, actions, first_day, last_day, first_farm, last_farm, parts):
    """Simulate the days first_day .. last_day - 1: a whole run under a compiled policy, or a day of given actions.

    Parameters
    ----------
    world : World
        Day d fills row d mod n of the n of its record; with none nothing is recorded.
    family : int
        A policy's ``Family``, or ``GIVEN``.
    parameters : float64[n_farms, n_parameters]
        Of the policy.
    actions : int64[n_farms]
        What the farms do, if ``GIVEN``; filled by a policy.
    first_farm, last_farm, parts : int
        Farms and parts of the days; all farms and ``WHOLE_DAY`` but for a day of given actions.
    """
    shared, state, record = world.shared, world.state, world.record
    recording = record.action.shape[0] > 0
    for day in range(first_day, last_day):
        if family != GIVEN:
            for f in range(actions.shape[0]):
                actions[f] = decide(family, parameters[f], shared, state, f, day)
        step(shared, state, actions, day, first_farm, last_farm, parts)
        if recording:
            write_day(state, shared.first_cage, actions, day % record.action.shape[0], record)
