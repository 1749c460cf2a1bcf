"""Ticks of all demes, in one call."""

from numba import config, njit, prange, set_num_threads

from l2l.optimizees.slim.kernels.inner import entry

from . import age_structured, discrete
from .cache import compile_once
from .draws import EXPECTED, stage
from .interventions import intervene, stops
from .migration import arrive, emigrate, fetch, find_aliases
from .model import deme_of, room_of
from .observation import observe


def advance(model, state, room, paths, schedule, record, first_tick, last_tick):
    """Advance all demes through the ticks ``first_tick .. last_tick - 1``, unless a condition stops them.

    The blocks of demes that `make_state` was asked for have a thread each, if there are so many.  Results do not depend
    on how many there are.

    Returns
    -------
    int
        The tick that comes next.
    """
    n_blocks = len(state.arriving)
    if n_blocks > 1:
        set_num_threads(min(n_blocks, config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
    kernel = run if n_blocks == 1 else run_blocks
    compile_once(lambda: kernel(model, state, room, paths, schedule, record, first_tick, first_tick))
    return kernel(model, state, room, paths, schedule, record, first_tick, last_tick)


@entry
def run(model, state, room, paths, schedule, record, first_tick, last_tick):
    """`advance` in one thread."""
    n_demes = state.individuals.shape[0]
    begin(state, paths, record, first_tick)
    for tick in range(first_tick, last_tick):
        if stops(state.individuals, schedule, tick):
            return tick
        live(model, state, room, paths, schedule, tick, 0, 0, n_demes)
        if model.mode == EXPECTED:
            fetch(state, paths, 0, n_demes)
        settle(state, 0, n_demes)
        go_on_with_record(state, record, first_tick, tick + 1)
    return last_tick


@njit(cache=True, nogil=True, parallel=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
def run_blocks(model, state, room, paths, schedule, record, first_tick, last_tick):
    """`advance` in a thread for each block."""
    n_demes, n_blocks = state.individuals.shape[0], state.arriving.shape[0]
    begin(state, paths, record, first_tick)
    for tick in range(first_tick, last_tick):
        if stops(state.individuals, schedule, tick):
            return tick
        for block in prange(n_blocks):
            first, last = n_demes * block // n_blocks, n_demes * (block + 1) // n_blocks
            live(model, state, room, paths, schedule, tick, block, first, last)
        if model.mode == EXPECTED:
            for block in prange(n_blocks):
                fetch(state, paths, n_demes * block // n_blocks, n_demes * (block + 1) // n_blocks)
        for block in prange(n_blocks):
            settle(state, n_demes * block // n_blocks, n_demes * (block + 1) // n_blocks)
        go_on_with_record(state, record, first_tick, tick + 1)
    return last_tick


@stage
def begin(state, paths, record, tick):
    """Prepare the paths, if that was not yet done, and record the state at the beginning of a run."""
    if paths.alias[0, 0] < 0:
        find_aliases(paths)
    if record.every > 0:
        observe(state.individuals, record, 0, tick)


@stage
def go_on_with_record(state, record, first_tick, tick):
    """Record the state at a tick if it is due."""
    if record.every > 0 and tick % record.every == 0:
        observe(state.individuals, record, tick // record.every - first_tick // record.every, tick)


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
            emigrate(state, d, paths, mine, block, model.mode)


@stage
def settle(state, first, last):
    """Let emigrants arrive in the demes ``first .. last - 1``."""
    for d in range(first, last):
        arrive(state, d)
