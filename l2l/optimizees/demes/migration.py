"""Which demes emigrants go to, and how many leave."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import UsageError
from l2l.optimizees.demes.topology import Graph, Grid

ROUNDING = 1e-9  # what a sum of shares may be over one


class Rows(NamedTuple):
    """Where a deme's emigrants go: entries ``first[i] .. first[i + 1] - 1`` are deme ``i``'s."""

    first: np.ndarray
    """int64[n_demes + 1]"""
    destination: np.ndarray
    """Ascending within a row: int64[n_entries]"""
    share: np.ndarray
    """float64[n_entries]; those of a deme sum to 1"""

    @property
    def source(self) -> np.ndarray:
        """int64[n_entries]"""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


def _rows(n_demes: int, source: np.ndarray, destination: np.ndarray, share: np.ndarray) -> Rows:
    """Entries in any order; several of one source and destination become one."""
    place, entry = np.unique(source * n_demes + destination, return_inverse=True)
    shares = np.bincount(entry, share, len(place))
    n_entries = np.bincount(place // n_demes, minlength=n_demes)
    return Rows(np.concatenate([[0], np.cumsum(n_entries)]), place % n_demes, shares)


def _scaled(n_demes: int, source: np.ndarray, destination: np.ndarray, weight: np.ndarray) -> Rows:
    """Rows in proportion to weights; where there are none, emigrants stay."""
    total = np.bincount(source, weight, n_demes)
    home = np.flatnonzero(total == 0)
    share = np.concatenate([weight / total[source], np.ones(len(home))])
    return _rows(n_demes, np.concatenate([source, home]), np.concatenate([destination, home]), share)


def rows_of_kernels(
    grid: Grid | Graph | None, kernels: Sequence[Any], kernel_of: Any = None, kernel_include_center: bool = False
) -> Rows:
    """Rows by distance: the weights of a kernel lie around a deme as its neighbours do.

    What lies beyond the border of the grid is divided among the others in proportion.

    Parameters
    ----------
    grid : Grid
    kernels : sequence of float64[odd, odd]
        Rows and columns around the deme in the middle.
    kernel_of : int[n_demes], optional
        The kernel of each deme; the first one by default.
    kernel_include_center : bool
        Whether emigrants may come back to where they left, by the weight in the middle.

    Raises
    ------
    UsageError
        If a kernel has even sides or negative weights, or a deme has none of the kernels.
    """
    if not isinstance(grid, Grid):
        raise UsageError("a migration kernel lies on a grid of rows and columns; give a graph's shares by adjacency")
    checked = [_checked_kernel(kernel, number, kernel_include_center) for number, kernel in enumerate(kernels)]
    which = np.zeros(grid.n_demes, np.int64) if kernel_of is None else np.asarray(kernel_of)
    if which.shape != (grid.n_demes,):
        raise UsageError(f"the number of a kernel is needed for each of {grid.n_demes} demes, got {which.shape}")
    if which.min() < 0 or which.max() >= len(checked):
        raise UsageError(f"there are kernels 0 to {len(checked) - 1}, got {which.min()} to {which.max()}")
    sources, destinations, weights = [], [], []
    for number, kernel in enumerate(checked):
        rows, cols = kernel.shape
        for row, col in np.argwhere(kernel > 0):
            there = grid.moved(row - rows // 2, col - cols // 2)
            demes = np.flatnonzero((which == number) & (there >= 0))
            sources.append(demes)
            destinations.append(there[demes])
            weights.append(np.full(len(demes), kernel[row, col]))
    return _scaled(grid.n_demes, np.concatenate(sources), np.concatenate(destinations), np.concatenate(weights))


def _checked_kernel(kernel: Any, number: int, include_center: bool) -> np.ndarray:
    try:
        kernel = np.array(kernel, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"the weights of migration kernel {number} must be numbers, got {kernel!r}") from None
    if kernel.ndim != 2 or kernel.shape[0] % 2 == 0 or kernel.shape[1] % 2 == 0:
        raise UsageError(
            f"a migration kernel needs odd numbers of rows and columns, so that one is in the middle; kernel {number} "
            f"has shape {kernel.shape}"
        )
    if not np.isfinite(kernel).all() or (kernel < 0).any():
        raise UsageError(f"the weights of migration kernel {number} must be finite and not negative")
    if not include_center:
        kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] = 0.0
    if not (kernel > 0).any():
        raise UsageError(f"migration kernel {number} has no positive weight")
    return kernel


def rows_of_adjacency(adjacency: Any, n_demes: int) -> Rows:
    """Rows as they are given.  What is missing to 1 stays.

    Parameters
    ----------
    adjacency : float64[n_demes, n_demes], sparse matrix, or dict of int to dict of int to float
        Share of the emigrants of the row's deme that go to the column's.

    Raises
    ------
    UsageError
        If a row sums to more than one, or has an entry that is negative or of a deme that does not exist.
    """
    source, destination, share = _entries(adjacency, n_demes)
    if not np.isfinite(share).all() or (share < 0).any():
        entry = int(np.argmax(~(share >= 0) | ~np.isfinite(share)))
        raise UsageError(f"migration from deme {source[entry]} to {destination[entry]} has share {share[entry]}")
    total = np.bincount(source, share, n_demes)
    if (total > 1 + ROUNDING).any():
        deme = int(np.argmax(total))
        raise UsageError(f"migration row {deme} sums to {total[deme]:.10g}; the shares of a deme's emigrants sum to 1")
    share = share / np.maximum(total, 1)[source]
    home = np.flatnonzero(total < 1)
    source, destination = np.concatenate([source, home]), np.concatenate([destination, home])
    return _rows(n_demes, source, destination, np.concatenate([share, 1 - total[home]]))


def _entries(adjacency: Any, n_demes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if isinstance(adjacency, Mapping):
        entries = [(a, b, share) for a, row in adjacency.items() for b, share in row.items()]
        places = np.array([entry[:2] for entry in entries], np.int64).reshape(-1, 2)
        for a, b in places:
            if not (0 <= a < n_demes and 0 <= b < n_demes):
                raise UsageError(f"migration from deme {a} to {b}: there are demes 0 to {n_demes - 1}")
        return places[:, 0], places[:, 1], np.array([entry[2] for entry in entries], np.float64)
    sparse = hasattr(adjacency, "tocoo")
    matrix: Any = adjacency.tocoo() if sparse else np.asarray(adjacency, np.float64)
    if matrix.shape != (n_demes, n_demes):
        raise UsageError(f"adjacency of {n_demes} demes must have shape ({n_demes}, {n_demes}), got {matrix.shape}")
    if sparse:
        return matrix.row.astype(np.int64), matrix.col.astype(np.int64), matrix.data.astype(np.float64)
    source, destination = np.nonzero(matrix)
    return source, destination, matrix[source, destination]


def rows_of_neighbours(topology: Grid | Graph) -> Rows:
    """Rows of equal shares to all demes that lie beside one."""
    if isinstance(topology, Grid):
        reach = max(abs(step) for steps in topology.steps for step in steps)
        kernel = np.zeros((2 * reach + 1,) * 2)
        for row, col in topology.steps:
            kernel[reach + row, reach + col] = 1.0
        return rows_of_kernels(topology, [kernel])
    ends = np.array([edge for edge in topology.edges if edge[0] != edge[1]], np.int64).reshape(-1, 2)
    both = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    return _scaled(topology.n_demes, both[:, 0], both[:, 1], np.ones(len(both)))


def migration_rates(rate: Any, n_demes: int, n_ages: int, new_adult_age: int) -> np.ndarray:
    """The share of individuals that leaves in a tick: float64[n_demes or 1, 2, n_ages].

    Parameters
    ----------
    rate : float, float64[n_ages], float64[2, n_ages], float64[n_demes, 2, n_ages], or dict
        One number is of adults.  A dict has one number, or one for each age, for ``"female"`` and ``"male"``.

    Raises
    ------
    UsageError
        If it has another shape, or a share is not between 0 and 1.
    """
    if isinstance(rate, Mapping):
        if not set(rate) <= {"female", "male"}:
            raise UsageError(f'migration rates are of "female" and "male", got {sorted(rate)}')
        sexes = [_rates_by_age(rate.get(sex, 0.0), n_ages, new_adult_age) for sex in ("female", "male")]
        rates = np.stack(sexes)[None]
    elif np.ndim(rate) <= 1:
        rates = np.stack([_rates_by_age(rate, n_ages, new_adult_age)] * 2)[None]
    else:
        rates = np.array(rate, np.float64, ndmin=3)
    if rates.shape not in ((1, 2, n_ages), (n_demes, 2, n_ages)):
        raise UsageError(
            f"a migration rate is one number, or of shape ({n_ages},) by age, (2, {n_ages}) by sex and age or "
            f"({n_demes}, 2, {n_ages}) by deme, sex and age; got {np.shape(rate)}"
        )
    if not ((rates >= 0) & (rates <= 1)).all():
        raise UsageError(f"a migration rate must be between 0 and 1, got {rates[~((rates >= 0) & (rates <= 1))][0]}")
    return rates


def _rates_by_age(rate: Any, n_ages: int, new_adult_age: int) -> np.ndarray:
    try:
        rates = np.array(rate, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"a migration rate must be a number, or one for each age, got {rate!r}") from None
    return rates if rates.ndim else np.where(np.arange(n_ages) >= new_adult_age, rates, 0.0)


def make_paths(rows: Rows, rates: np.ndarray, are_drawn: bool = False) -> Any:
    """What the kernels read: patterns of steps, of which demes that lie alike have one in common.

    Parameters
    ----------
    rows : Rows
    rates : float64[n_demes or 1, 2, n_ages]
    are_drawn : bool
        Whether emigrants are drawn, so that nobody will ask by destination where they come from.

    Returns
    -------
    kernels.migration.Paths
    """
    from l2l.optimizees.demes.kernels.migration import Paths

    n_demes = len(rows.first) - 1
    different, rate_of = np.unique(rates, axis=0, return_inverse=True)
    rate_of = np.broadcast_to(rate_of.reshape(-1), n_demes).astype(np.int32)
    pattern, first, step, weight = _patterns(rows)
    threshold, alias, work = np.empty(len(weight)), np.full((len(weight), 2), -1), np.empty(len(weight), np.int64)
    columns = Rows(np.zeros(1, np.int64), rows.destination[:0], rows.share[:0]) if are_drawn else _columns(rows)
    return Paths(different, rate_of, pattern, first, step, weight, threshold, alias, work, *_patterns(columns))


def _columns(rows: Rows) -> Rows:
    """The same by destination: those whom a deme gets, and from where."""
    order = np.argsort(rows.destination, kind="stable")
    n_entries = np.bincount(rows.destination, minlength=len(rows.first) - 1)
    return Rows(np.concatenate([[0], np.cumsum(n_entries)]), rows.source[order], rows.share[order])


def _patterns(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pattern of each deme, and for all patterns where they begin, steps and shares."""
    step, share = (rows.destination - rows.source).astype(np.int32), np.ascontiguousarray(rows.share)
    numbers: dict[bytes, int] = {}
    pattern = np.empty(len(rows.first) - 1, np.int32)
    parts: list[np.ndarray] = []
    for deme, (begin, end) in enumerate(pairwise(rows.first)):
        key = step[begin:end].tobytes() + share[begin:end].tobytes()
        number = numbers.setdefault(key, len(numbers))
        if number == len(parts):
            parts.append(np.arange(begin, end))
        pattern[deme] = number
    entries = np.concatenate([np.empty(0, np.int64), *parts])
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int32)
    return pattern, first, step[entries], share[entries]
