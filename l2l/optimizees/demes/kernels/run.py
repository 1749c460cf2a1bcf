"""Ticks of all demes, in one call."""

from l2l.optimizees.slim.kernels.inner import entry

from . import age_structured, discrete
from .draws import EXPECTED, stage
from .interventions import intervene, stops
from .migration import arrive, emigrate, fetch
from .model import deme_of, room_of
from .observation import observe


@entry
def run(model, state, room, paths, schedule, record, first_tick, last_tick):
    """Advance all demes through the ticks ``first_tick .. last_tick - 1``, unless a condition stops them.

    Returns
    -------
    int
        The tick that comes next.
    """
    n_demes = state.individuals.shape[0]
    row = 0
    if record.every > 0:
        observe(state.individuals, record, row, first_tick)
    for tick in range(first_tick, last_tick):
        if stops(state.individuals, schedule, tick):
            return tick
        live(model, state, room, paths, schedule, tick, 0, 0, n_demes)
        if model.mode == EXPECTED:
            fetch(state, paths, 0, n_demes)
        settle(state, 0, n_demes)
        if record.every > 0 and (tick + 1) % record.every == 0:
            row += 1
            observe(state.individuals, record, row, tick + 1)
    return last_tick


@stage
def live(model, state, room, paths, schedule, tick, block, first, last):
    """Let the demes ``first .. last - 1`` have their tick, and their emigrants leave."""
    intervene(state, schedule, tick, first, last, model.mode)
    mine = room_of(room, block)
    for d in range(first, last):
        stream, individuals = state.streams[d], state.individuals[d]
        deme = deme_of(model, d)
        if state.sperm.shape[0] == 0:
            discrete.advance(stream, individuals, deme, mine, model.mode, model.fixed_eggs)
        else:
            age_structured.advance(
                stream, individuals, state.sperm[d], deme, mine, model.new_adult_age, model.mode, model.fixed_eggs
            )
        if model.mode != EXPECTED:
            emigrate(state, d, paths, block, model.mode)


@stage
def settle(state, first, last):
    """Let emigrants arrive in the demes ``first .. last - 1``."""
    for d in range(first, last):
        arrive(state, d)
