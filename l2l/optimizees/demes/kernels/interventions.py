"""What is done to demes at the beginning of a tick, and when a run stops."""

from typing import NamedTuple

import numpy as np

from l2l.optimizees.slim.kernels.sampling import hypergeometric

from .draws import DRAWN, round_up_or_down, stage, thin
from .model import FEMALE

# What is done to selected counts; stops come last
ADD, SET_COUNT, SCALE, KILL, STOP_IF_ABOVE, STOP_IF_BELOW, STOP_IF_ZERO = range(7)


class Schedule(NamedTuple):
    """Operations in their order, those of the ticks from ``first_tick`` on."""

    first_tick: int
    due: np.ndarray
    """bool[n_ticks, n_operations]"""
    kind: np.ndarray
    """int32[n_operations]"""
    first_cell: np.ndarray
    """int32[n_operations + 1]"""
    cell: np.ndarray
    """What is selected, as a number in (2, n_ages, n_g): int32[.]"""
    first_deme: np.ndarray
    """int32[n_operations + 1]"""
    deme: np.ndarray
    """int32[.]"""
    value: np.ndarray
    """Of each of these demes; the one of an operation's first deme is a stop's threshold: float64[.]"""


@stage
def stops(individuals, schedule, tick):
    """Whether the run stops before this tick."""
    for op in range(schedule.kind.shape[0]):
        kind = schedule.kind[op]
        if kind < STOP_IF_ABOVE or not schedule.due[tick - schedule.first_tick, op]:
            continue
        total = 0.0
        for k in range(schedule.first_deme[op], schedule.first_deme[op + 1]):
            counts = individuals[schedule.deme[k]].reshape(-1)
            for c in range(schedule.first_cell[op], schedule.first_cell[op + 1]):
                total += counts[schedule.cell[c]]
        threshold = schedule.value[schedule.first_deme[op]]
        if (kind == STOP_IF_ABOVE and total > threshold) or (kind == STOP_IF_BELOW and total < threshold):
            return True
        if kind == STOP_IF_ZERO and total <= 0.0:
            return True
    return False


@stage
def intervene(state, schedule, tick, first, last, mode):
    """Do what is due at this tick to the demes ``first .. last - 1``."""
    n_ages, n_genotypes = state.individuals.shape[2:]
    for op in range(schedule.kind.shape[0]):
        kind = schedule.kind[op]
        if kind >= STOP_IF_ABOVE or not schedule.due[tick - schedule.first_tick, op]:
            continue
        for k in range(schedule.first_deme[op], schedule.first_deme[op + 1]):
            d = schedule.deme[k]
            if not first <= d < last:
                continue
            for c in range(schedule.first_cell[op], schedule.first_cell[op + 1]):
                cell = schedule.cell[c]
                sex, age, g = cell // (n_ages * n_genotypes), cell // n_genotypes % n_ages, cell % n_genotypes
                row = state.individuals[d, sex, age]
                if sex == FEMALE and d < state.sperm.shape[0]:
                    change(state.streams[d], kind, schedule.value[k], row, g, state.sperm[d, age, g], mode)
                else:
                    change(state.streams[d], kind, schedule.value[k], row, g, row[:0], mode)


@stage
def change(stream, kind, value, counts, g, mated, mode):
    """Change ``counts[g]`` and, of females, those of them that mated, by the genotype of their mate.

    Who is added has not mated; who is taken is taken at random.
    """
    n = counts[g]
    if kind == KILL:
        kill(stream, value, counts, g, mated, mode)
        return
    wanted = value
    if kind == ADD:
        wanted = n + value
    elif kind == SCALE:
        wanted = n * value
    wanted = round_up_or_down(stream, max(0.0, wanted), mode)
    if wanted < n:
        take(stream, n - wanted, n, mated, mode)
    counts[g] = wanted


@stage
def kill(stream, p, counts, g, mated, mode):
    """Let each of ``counts[g]`` die with probability ``p``."""
    alone = counts[g]
    living = 0.0
    for j in range(mated.shape[0]):
        alone -= mated[j]
        mated[j] -= thin(stream, mated[j], p, mode)
        living += mated[j]
    counts[g] = living + max(0.0, alone) - thin(stream, max(0.0, alone), p, mode)


@stage
def take(stream, n_taken, n, mated, mode):
    """Take ``n_taken`` of ``n`` females: which of those that mated, float64[n_g], go with them."""
    for j in range(mated.shape[0]):
        if n <= 0.0 or n_taken <= 0.0:
            return
        if mode == DRAWN:
            here = np.float64(hypergeometric(stream, np.int64(mated[j]), np.int64(n - mated[j]), np.int64(n_taken)))
        else:
            here = mated[j] * (n_taken / n)
        n -= mated[j]
        mated[j] -= here
        n_taken -= here
