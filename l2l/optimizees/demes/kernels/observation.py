"""Sums over groups of individuals, recorded while a run goes on."""

from typing import NamedTuple

import numpy as np

from .draws import stage


class Record(NamedTuple):
    """What is recorded, and when: after every tick whose number is a multiple of ``every``; never if that is 0."""

    every: int
    column: np.ndarray
    """Where the values of a group begin that a deme adds to, or -1: int32[n_groups, n_demes]"""
    first: np.ndarray
    """int32[n_groups + 1]"""
    cell: np.ndarray
    """What belongs to a group, as a number in (2, n_ages, n_g): int32[n_cells]"""
    offset: np.ndarray
    """The value that it is added to, counted from the column: int32[n_cells]"""
    ticks: np.ndarray
    """Filled: int64[n_rows]"""
    values: np.ndarray
    """Filled: float64[n_rows, n_columns]"""


@stage
def observe(individuals, record, row, tick):
    """Fill a row of ``record``; demes are added in their order."""
    record.ticks[row] = tick
    values = record.values[row]
    for k in range(values.shape[0]):
        values[k] = 0.0
    for d in range(individuals.shape[0]):
        counts = individuals[d].reshape(-1)
        for group in range(record.column.shape[0]):
            column = record.column[group, d]
            if column >= 0:
                for k in range(record.first[group], record.first[group + 1]):
                    values[column + record.offset[k]] += counts[record.cell[k]]
