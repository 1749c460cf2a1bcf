"""One farm's day: its orders, its stock, its books, and what can be seen of it."""

from .cages import breed, live, treat
from .dispersal import disperse
from .inner import inner, merged
from .lice import count_attached, count_lice
from .stages import L3, L5F
from .treatments import add_event, drop_finished, is_under

ELIGIBLE_AGGREGATION = 1.0  # adult females per fish that a cage must pass to be treated
YEAR_DAYS = 365


@inner
def treat_cages(shared, state, farm, treatment, day, force):
    """Put every eligible cage of a farm under a treatment; return whether there is any.

    A cage is eligible if it has started, is not fallow, is not under the same treatment and has more than one
    adult female per fish.  ``force`` waives the last three; without the rule ``eligibility`` they are never asked.
    """
    rules = shared.rules
    month = shared.month[max(day, shared.n_days - shared.month.shape[0])]  # what is older is over, whatever the month
    duration = shared.duration[shared.climate[farm], month, treatment]
    accepted = False
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        state.n_events[c] = drop_finished(state.events[c], state.n_events[c], day)
        if day < shared.cage_start[c]:
            continue
        if rules.eligibility and not force:
            females = count_lice(state.lice[c], L5F)
            if females <= ELIGIBLE_AGGREGATION * state.fish[c]:  # a fallow cage has neither
                continue
            if is_under(state.events[c], state.n_events[c], treatment, day, shared.application_period):
                continue
        delay, period = shared.effect_delay[treatment], shared.application_period[treatment]
        state.n_events[c] = add_event(
            state.events[c], state.n_events[c], treatment, day, delay, duration, period, rules
        )
        accepted = True
    return accepted


@inner
def request_treatment(shared, state, farm, treatment, day, force):
    """Ask for a treatment of every eligible cage of a farm, see `treat_cages`; return whether any cage gets it.

    The request is refused if the site may not use the treatment or has none left.  What is forced does not count in
    the yearly quota.
    """
    if not (shared.allowed[farm, treatment] and state.remaining[farm] > 0):
        return False
    accepted = treat_cages(shared, state, farm, treatment, day, force)
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
    if shared.rules.dam_recovery:
        state.busy_dams[cage] = 0.0
    state.n_events[cage] = 0
    state.cage_start[cage] = max(state.cage_start[cage], day + shared.fallow_days)


@inner
def fallow(shared, state, farm, day):
    """Empty every cage of a farm."""
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        sell_stock(shared, state, farm, c, day)


@inner
def follow_schedule(shared, state, farm, day):
    """Give a farm the treatments that are scheduled for ``day``, if the site may use them and has one left."""
    # SLIM asks for all of them beforehand, with the year's quota untouched
    left = state.remaining[farm] if shared.rules.eligibility else shared.max_num_treatments[farm]
    for i in range(shared.scheduled_first[farm], shared.scheduled_first[farm + 1]):
        scheduled = shared.scheduled_day[i]
        treatment = shared.scheduled_treatment[i]
        due = scheduled == day or (day == 0 and scheduled < 0)  # what was applied before may still act
        if due and left > 0 and shared.allowed[farm, treatment]:
            treat_cages(shared, state, farm, treatment, scheduled, True)


@inner
def apply_action(shared, state, farm, action, day):
    """Carry out a farm's schedule, then its action.

    That is a treatment's number, n_treatments to fallow, anything above for nothing.
    """
    follow_schedule(shared, state, farm, day)
    n_treatments = shared.is_cleaner.shape[0]
    if action == n_treatments:
        fallow(shared, state, farm, day)
    elif 0 <= action < n_treatments:
        request_treatment(shared, state, farm, action, day, False)


@inner
def begin_day(shared, state, farm, day):
    """Clear the day's tallies and harvest what is ready."""
    state.eggs[farm] = 0
    state.allotted_eggs[farm] = 0
    state.dead_lice[farm] = 0
    state.removed_lice[farm] = 0
    state.dead_fish[farm] = 0
    state.sold_fish[farm] = 0
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        age = day - state.cage_start[c]
        if age >= 0 and shared.mass_kg[age] >= shared.harvest_mass_kg:
            sell_stock(shared, state, farm, c, day)


@inner
def stock_cages(shared, state, farm, day):
    """Put smolts in the cages that are due, bought at the value they have on arrival."""
    if not shared.rules.production_cycle:  # the fish are there from the first day
        return
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        if day == state.cage_start[c]:
            state.fish[c] = shared.num_fish[c]
            state.n_events[c] = 0
            state.stock_value[farm] += state.fish[c] * shared.mass_kg[0] * shared.gain_per_kg


@merged
def update_farm(shared, state, farm, day):
    """Renew a farm's quota, stock its cages, advance them by a day, and account for it; its eggs wait for `send_eggs`.

    Every rate is taken from the state at the start of the day.  Deaths come first, then the survivors develop,
    then newcomers join; the day's eggs are laid by the adults of its start.
    """
    if (day - shared.farm_start[farm] + 1) % YEAR_DAYS == 0:
        state.remaining[farm] = shared.max_num_treatments[farm]
    stock_cages(shared, state, farm, day)
    n_fish = state.fish[shared.first_cage[farm] : shared.first_cage[farm + 1]].sum()
    state.cost[farm] = 0.0
    breed(shared, state, farm, day)
    treat(shared, state, farm, day)
    live(shared, state, farm, day, n_fish)
    account(shared, state, farm, day)


@inner
def send_eggs(shared, state, farm, day):
    """Send the eggs that a farm's lice laid on ``day`` on their way to all farms."""
    first, last = shared.link_first[farm], shared.link_first[farm + 1]
    disperse(
        state.streams[1 + 2 * farm],
        day,
        state.batches[farm],
        state.hatch_days[farm, : state.n_batches[farm]],
        shared.link_target[first:last],
        shared.link_prob[first:last],
        shared.link_days[first:last],
        state.travel[first:last],
        state.counts[farm],
        shared.rules,
        state.larvae,
        state.queue,
        state.n_queued,
        state.allotted_eggs,
    )
    state.n_batches[farm] = 0


@inner
def stock_value(shared, state, farm, day):
    """What a farm's fish would bring as they are on ``day``, GBP; of SLIM's money, one fish of each cage."""
    value = 0.0
    for c in range(shared.first_cage[farm], shared.first_cage[farm + 1]):
        if not shared.rules.money:
            value += shared.mass_kg[day - shared.cage_start[c]] * shared.gain_per_kg  # before the start: from its end
        elif state.fish[c] > 0:
            value += state.fish[c] * shared.mass_kg[day - state.cage_start[c]] * shared.gain_per_kg
        value -= shared.infection_discount * count_attached(state.lice[c])
    return value


@inner
def account(shared, state, farm, day):
    """Book the change of the stock's value less the day's cost as payoff; SLIM's is the value itself, every day."""
    value = stock_value(shared, state, farm, day)
    state.payoff[farm] = value - state.cost[farm]
    if shared.rules.money:
        state.payoff[farm] -= state.stock_value[farm]
        state.stock_value[farm] = value
    state.total_payoff[farm] += state.payoff[farm]


@inner
def observe(shared, state, farm, day):
    """Write what a farm's policy may see after ``day``, and what the farm reports to the organisation."""
    n_treatments = shared.is_cleaner.shape[0]
    first, last = shared.first_cage[farm], shared.first_cage[farm + 1]
    total, worst = 0.0, 0.0
    fish, cleaner, n_fallow = 0, 0, 0
    state.treating[farm] = 0
    for c in range(first, last):
        fish += state.fish[c]
        cleaner += state.cleaner_fish[c].sum()
        if state.fish[c] > 0:
            per_fish = count_lice(state.lice[c], L5F) / state.fish[c]
            total += per_fish
            worst = max(worst, per_fish)
        elif day >= state.cage_start[c] or shared.cage_start[c] != state.cage_start[c]:
            n_fallow += 1
        for t in range(n_treatments):
            under = is_under(state.events[c], state.n_events[c], t, day, shared.application_period)
            if under and state.fish[c] > 0:
                state.treating[farm, t] = 1
    sampled = day >= shared.farm_start[farm] and (day - shared.farm_start[farm]) % shared.sampling_spacing[farm] == 0
    state.aggregation[farm] = total / (last - first)
    state.worst_aggregation[farm] = worst
    state.total_aggregation[farm] += state.aggregation[farm]
    state.reported_aggregation[farm] = worst if sampled else 0.0
    state.fallow_cages[farm] = n_fallow
    state.treating[farm, n_treatments] = 1 if n_fallow > 0 else 0
    state.fish_population[farm] = fish
    state.cleaner_population[farm] = cleaner
