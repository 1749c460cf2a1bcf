"""The state of a running simulation: a struct of arrays over all farms and cages, held once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..kernels.genetics import joint_ratios
from ..kernels.sampling import make_streams
from ..kernels.stages import L1, L3, N_STAGES, STAGE_NAMES
from ..kernels.treatments import EVENT_FIELDS
from ..types.numbers import MOST_LICE
from .shared import Shared

LONG_AGO = -(1 << 40)  # a day before any simulation


class State(NamedTuple):
    """Everything that changes from day to day.  Objects are views on it; a worker keeps one and resets it.

    Axes as in ``Shared``; r is a day of the ring buffer, e a slot of a cage's treatment events.
    """

    streams: np.ndarray  # uint64[1 + 2 f, 4]: the organisation's, then each farm's and its policy's
    # cages
    lice: np.ndarray  # int64[c, s, g]
    fish: np.ndarray  # int64[c]
    cleaner_fish: np.ndarray  # int64[c, t]
    busy_dams: np.ndarray  # float64[c], matings per female and day, averaged
    cage_start: np.ndarray  # int64[c], day of the current stock's arrival
    events: np.ndarray  # int64[c, e, 5]
    n_events: np.ndarray  # int64[c]
    # farms
    larvae: np.ndarray  # int64[f, r, g], to enter L1 on day d in slot d mod r
    queue: np.ndarray  # int64[f, batches, 2 + g], on their way; none where all count that hatch before they arrive
    n_queued: np.ndarray  # int64[f]
    remaining: np.ndarray  # int64[f], treatments left this year
    strikes: np.ndarray  # int64[f]
    to_cull: np.ndarray  # int64[f]
    stock_value: np.ndarray  # float64[f], GBP
    next_day: np.ndarray  # int64[f], the day to be simulated next
    memory: np.ndarray  # int64[f, t + 1], day of each treatment's last acceptance; last: treatments rotated
    # what a farm's policy may see
    aggregation: np.ndarray  # float64[f], adult females per fish, mean over cages
    worst_aggregation: np.ndarray  # float64[f], of the worst cage
    reported_aggregation: np.ndarray  # float64[f], the same on sampling days, else 0
    fish_population: np.ndarray  # int64[f]
    cleaner_population: np.ndarray  # int64[f]
    treating: np.ndarray  # int64[f, t + 1], treatments under way; last: a cage is fallow
    fallow_cages: np.ndarray  # int64[f]
    asked_to_treat: np.ndarray  # int64[f]
    # organisation and reservoir
    mean_eggs: np.ndarray  # float64[g]
    alpha: np.ndarray  # float64[genes, 3]
    reservoir_ratios: np.ndarray  # float64[g]
    influx: np.ndarray  # int64[1], lice per cage, tomorrow
    # the day's tally, by farm
    eggs: np.ndarray  # int64[f, g], laid
    allotted_eggs: np.ndarray  # int64[f], of all farms, on their way to this one
    arrivals: np.ndarray  # int64[f, g], larvae that entered L1
    influx_lice: np.ndarray  # int64[f], from the reservoir
    dead_lice: np.ndarray  # int64[f]
    removed_lice: np.ndarray  # int64[f], with sold fish
    dead_fish: np.ndarray  # int64[f]
    sold_fish: np.ndarray  # int64[f]
    cost: np.ndarray  # float64[f], GBP
    payoff: np.ndarray  # float64[f], GBP
    # totals of the run so far, by farm
    total_payoff: np.ndarray  # float64[f], GBP
    total_aggregation: np.ndarray  # float64[f], to be divided by the days
    treatments_used: np.ndarray  # int64[f, t], accepted requests
    # scratch
    survival: np.ndarray  # float64[c, s, g]
    cleaners_before: np.ndarray  # int64[f, t], of the cage at hand at the start of the day
    killed: np.ndarray  # int64[c, s, g], by treatments, where causes of death do not compete
    dead_in_cage: np.ndarray  # int64[c], fish, today
    lost: np.ndarray  # int64[c, s], dead of each stage, of all genotypes alike
    n_developing: np.ndarray  # int64[f, s]
    developed: np.ndarray  # int64[f, 6, g]
    hatched_larvae: np.ndarray  # int64[c, g], hatched on the way, where not all count
    batches: np.ndarray  # int64[f, r, g], today's eggs, by days until they hatch
    hatch_days: np.ndarray  # int64[f, most cages], of these the days that occur, as they came
    n_batches: np.ndarray  # int64[f], and how many
    travel: np.ndarray  # int64[links]
    counts: np.ndarray  # int64[f, 3, g]
    probabilities: np.ndarray  # float64[f, g]
    gametes: np.ndarray  # float64[f, 2, gametes]
    gene_ratios: np.ndarray  # float64[genes, 3]


def sequence_of(seed: int | np.random.SeedSequence) -> np.random.SeedSequence:
    """The seed sequence of a run."""
    return seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)


def allocate(shared: Shared) -> State:
    """Arrays of a state for ``shared``, not yet begun."""
    f, c, t, g = shared.n_farms, shared.n_cages, shared.n_treatments, shared.n_genotypes
    r = shared.ring_days
    n_genes = shared.gene_digit.shape[1]

    def integers(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    return State(
        streams=np.zeros((1 + 2 * f, 4), np.uint64),
        lice=integers(c, N_STAGES, g),
        fish=integers(c),
        cleaner_fish=integers(c, t),
        busy_dams=np.zeros(c),
        cage_start=integers(c),
        events=integers(c, shared.n_slots, EVENT_FIELDS),
        n_events=integers(c),
        larvae=integers(f, r, g),
        queue=integers(f, 0 if shared.rules.arrivals_accumulate else _most_batches(shared), 2 + g),
        n_queued=integers(f),
        remaining=integers(f),
        strikes=integers(f),
        to_cull=integers(f),
        stock_value=np.zeros(f),
        next_day=integers(f),
        memory=integers(f, t + 1),
        aggregation=np.zeros(f),
        worst_aggregation=np.zeros(f),
        reported_aggregation=np.zeros(f),
        fish_population=integers(f),
        cleaner_population=integers(f),
        treating=integers(f, t + 1),
        fallow_cages=integers(f),
        asked_to_treat=integers(f),
        mean_eggs=np.zeros(g),
        alpha=np.zeros((n_genes, 3)),
        reservoir_ratios=np.zeros(g),
        influx=integers(1),
        eggs=integers(f, g),
        allotted_eggs=integers(f),
        arrivals=integers(f, g),
        influx_lice=integers(f),
        dead_lice=integers(f),
        removed_lice=integers(f),
        dead_fish=integers(f),
        sold_fish=integers(f),
        cost=np.zeros(f),
        payoff=np.zeros(f),
        total_payoff=np.zeros(f),
        total_aggregation=np.zeros(f),
        treatments_used=integers(f, t),
        survival=np.zeros((c, N_STAGES, g)),
        cleaners_before=integers(f, t),
        killed=integers(c, N_STAGES, g),
        dead_in_cage=integers(c),
        lost=integers(c, N_STAGES),
        n_developing=integers(f, N_STAGES),
        developed=integers(f, 6, g),
        hatched_larvae=integers(c, g),
        batches=integers(f, r, g),
        hatch_days=integers(f, np.diff(shared.first_cage).max()),
        n_batches=integers(f),
        travel=integers(len(shared.link_target)),
        counts=integers(f, 3, g),
        probabilities=np.zeros((f, g)),
        gametes=np.zeros((f, 2, shared.zygote_map.shape[0])),
        gene_ratios=np.zeros((n_genes, 3)),
    )


def _most_batches(shared: Shared) -> int:
    """Batches on their way to a farm at once: of each cage one a day, for as many days as they may travel.

    The days on which a farm's batches are still on their way are a Poisson number's; of many farms the sum strays less
    than each alone.
    """
    n_cages = np.diff(shared.first_cage)
    swum = shared.link_prob > 0
    days, target = shared.link_days[swum], shared.link_target[swum]
    from_cages = np.repeat(n_cages, np.diff(shared.link_first))[swum]

    def arriving(batches: np.ndarray) -> np.ndarray:
        return np.bincount(target, batches, shared.n_farms)

    each_late = arriving(from_cages * (days + 6 * np.sqrt(days) + 6))
    together = arriving(from_cages * (days + 1)) + 9 * np.sqrt(arriving(from_cages**2 * (days + 1)))
    return int(np.minimum(each_late, together).max()) + 1


def begin(shared: Shared, state: State, seed_sequence: np.random.SeedSequence) -> None:
    """Set every array to the start of the first day.

    Every farm, every farm's policy and the organisation get a stream of their own from ``seed_sequence``.
    """
    for array in state:
        array.fill(0)
    state.streams[:] = make_streams(seed_sequence, len(state.streams))
    state.lice[:, L1] = shared.initial_lice
    there = (shared.cage_start < 0) | (not shared.rules.production_cycle)
    state.fish[:] = np.where(there, shared.num_fish, 0)
    state.cage_start[:] = shared.cage_start
    state.remaining[:] = shared.max_num_treatments
    state.memory[:, :-1] = LONG_AGO
    mass_kg = shared.mass_kg[np.maximum(0, -1 - shared.cage_start)]
    farm_of_cage = shared.farm_of_cage
    state.stock_value[:] = np.bincount(farm_of_cage, state.fish * mass_kg * shared.gain_per_kg, shared.n_farms)
    state.fish_population[:] = np.bincount(farm_of_cage, state.fish, shared.n_farms)
    state.alpha[:] = shared.initial_alpha
    ratios = shared.initial_alpha / shared.initial_alpha.sum(axis=1, keepdims=True)
    state.reservoir_ratios[:] = joint_ratios(ratios)
    state.influx[0] = int(shared.ext_pressure)


def check_lice(shared: Shared, state: State, first_farm: int, last_farm: int) -> None:
    """See to it that nobody has put lice where kernels would go wrong on the farms first_farm .. last_farm - 1.

    Raises
    ------
    ValueError
        For fewer lice than none, more than can be reckoned with, or attached ones where there are no fish; it names
        farm, cage and stage.
    """
    first, last = shared.first_cage[first_farm], shared.first_cage[last_farm]
    lice, fish = state.lice[first:last], state.fish[first:last]
    # published SLIM leaves lice behind where all fish have died
    bare = fish == 0 if shared.rules.lice_on_dead_fish else np.zeros(len(fish), bool)
    if lice.min() >= 0 and lice.max() <= MOST_LICE and not lice[bare, L3:].any():
        return
    impossible = (lice < 0) | (lice > MOST_LICE)
    impossible[bare, L3:] |= lice[bare, L3:] > 0
    c, s, _ = np.argwhere(impossible)[0]
    farm = int(np.searchsorted(shared.first_cage, first + c, side="right")) - 1
    expected = "none without fish" if bare[c] and s >= L3 else f"0 to {MOST_LICE:.0e} of each genotype"
    raise ValueError(
        f"farm_{farm}, cage {first + c - shared.first_cage[farm]}: {lice[c, s].tolist()} lice in stage "
        f"{STAGE_NAMES[s]}; expected {expected}"
    )


def restore(state: State, arrays: Mapping[str, np.ndarray]) -> None:
    """Set every array to what a state of the same scenario held.

    Raises
    ------
    ValueError
        If one is missing or of another shape or kind.
    """
    for name, array in state._asdict().items():
        saved = arrays.get(name)
        if saved is None or saved.shape != array.shape or saved.dtype != array.dtype:
            there = "missing" if saved is None else f"{saved.dtype}{list(saved.shape)}"
            raise ValueError(f"{name} is {there}; expected {array.dtype}{list(array.shape)}")
        array[...] = saved
