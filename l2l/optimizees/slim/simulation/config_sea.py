"""The sea between and around the farms: connectivity and temperatures, checked and read-only."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.simulation.config_farm import FarmConfig

# the greatest value of each: a share of larvae, and days of travel, which they survive for weeks
CONNECTIVITY = {"interfarm_probs": 1.0, "interfarm_times": 365.0}
COLDEST, WARMEST = -2.0, 40.0  # of sea water (degC)
RANGE = f"{COLDEST:g} to {WARMEST:g} degC"


def numbers(values: Any, place: Place) -> np.ndarray:
    """``values`` as a read-only ``float64`` array, all of them finite."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise place.error(values, "rows of numbers, all of the same length") from None
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = ".".join(map(str, bad[0]))
        raise (place / where).error(float(array[tuple(bad[0])]), "a finite number")
    array.setflags(write=False)
    return array


def connectivity(values: Any, n_farms: int, top: float, place: Place) -> np.ndarray:
    """The first ``n_farms`` rows and columns; all of it has to be square and within 0 to ``top``."""
    whole = numbers(values, place)
    shape = whole.shape
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ConfigError(f"{place} has shape {shape}; expected a square matrix, one row and column per farm")
    if shape[0] < n_farms:
        raise ConfigError(f"{place} has shape {shape}; expected at least ({n_farms}, {n_farms}) for {n_farms} farms")
    bad = np.argwhere((whole < 0) | (whole > top))
    if len(bad):
        i, j = bad[0]
        expected = "a probability, from 0 to 1" if top == 1 else f"a time from 0 to {top:g} (d)"
        raise ConfigError(f"{place}: row {i + 1}, column {j + 1} is {whole[i, j]:g}; expected {expected}")
    matrix = whole[:n_farms, :n_farms].copy()
    sums = matrix.sum(axis=1)
    if top == 1 and sums.max() > 1 + 1e-9:
        i = int(sums.argmax())
        raise ConfigError(
            f"{place}: row {i + 1} sums to {sums[i]:g}; expected at most 1, the eggs that leave farm {i + 1}"
        )
    matrix.setflags(write=False)
    return matrix


def links(values: Any, n_farms: int, place: Place) -> np.ndarray:
    """Rows float64[n, 4] of source, target, share and days, each pair of farms once; sorted by source and target."""
    rows = numbers(values, place)
    if rows.size == 0:
        rows = rows.reshape(0, 4)
    if rows.ndim != 2 or rows.shape[1] != 4:
        raise ConfigError(f"{place} has shape {rows.shape}; expected rows of source, target, share and days")
    ends = rows[:, :2]
    most = np.array([n_farms - 1, n_farms - 1, CONNECTIVITY["interfarm_probs"], CONNECTIVITY["interfarm_times"]])
    bad = np.argwhere((rows < 0) | (rows > most) | (np.arange(4) < 2) & (rows != np.floor(rows)))
    if len(bad):
        i, j = bad[0]
        farm = f"the number of a farm, 0 to {n_farms - 1}"
        expected = (farm, farm, "a probability, from 0 to 1", f"a time from 0 to {most[3]:g} (d)")[j]
        raise ConfigError(f"{place}: row {i + 1}, column {j + 1} is {rows[i, j]:g}; expected {expected}")
    order = np.lexsort(ends.T[::-1])
    rows, ends = rows[order], ends[order]
    again = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    if len(again):
        source, target = ends[again[0]].astype(int)
        raise ConfigError(f"{place}: farm {source} to farm {target} stands there twice; expected it once")
    sums = np.bincount(ends[:, 0].astype(int), rows[:, 2], n_farms)
    if sums.max() > 1 + 1e-9:
        i = int(sums.argmax())
        raise ConfigError(
            f"{place}: the shares from farm {i} sum to {sums[i]:g}; expected at most 1, the eggs that leave it"
        )
    rows.setflags(write=False)
    return rows


def checked_connectivity(plain: Mapping[str, Any], n_farms: int, place: Place) -> dict[str, np.ndarray | None]:
    """The links, or both matrices; what is not there is None."""
    if plain.get("interfarm_links") is not None:
        given = links(plain["interfarm_links"], n_farms, place / "interfarm_links")
        return {"interfarm_links": given, **dict.fromkeys(CONNECTIVITY)}
    for name in CONNECTIVITY:
        if plain.get(name) is None:
            raise place.missing(name, f"{' and '.join(CONNECTIVITY)}, or interfarm_links")
    matrices = {name: connectivity(plain[name], n_farms, top, place / name) for name, top in CONNECTIVITY.items()}
    return {"interfarm_links": None, **matrices}


def temperature_rows(values: Any, place: Place) -> np.ndarray:
    """Two rows of a northing (m) and twelve monthly temperatures (degC), in any order."""
    rows = numbers(values, place)
    if rows.shape != (2, 13):
        raise ConfigError(f"{place} has shape {rows.shape}; expected 2 rows of a northing and 12 monthly temperatures")
    for i, j in _no_water(rows[:, 1:]):
        raise ConfigError(f"{place}: row {i + 1}, column {j + 2} is {rows[i, j + 1]:g}; expected {RANGE}")
    if rows[0, 0] == rows[1, 0]:
        raise ConfigError(f"{place}: both rows have the northing {rows[0, 0]:g}; expected two different ones")
    rows.setflags(write=False)
    return rows


def farm_temperatures(farms: Sequence[FarmConfig], rows: np.ndarray, by_northing: bool, place: Place) -> np.ndarray:
    """Temperatures by farm and month: linear in northing through the two rows, to a tenth of a degree.

    SLIM takes the first row for the northern one; unless ``by_northing``, so do we, which turns the gradient round
    in files that are written the other way.
    """
    north, south = rows[np.argsort(-rows[:, 0])] if by_northing else rows
    northing = np.array([farm.location[1] for farm in farms])[:, None]
    from_south = (northing - south[0]) * (north[1:] - south[1:]) / abs(north[0] - south[0])
    temperatures = np.round(south[1:] + from_south, 1)
    for i, j in _no_water(temperatures):
        raise ConfigError(
            f"{place}: {temperatures[i, j]:g} degC in month {j + 1} at farm {farms[i].name!r} (northing "
            f"{farms[i].location[1]:g}); expected {RANGE}: is the northing right?"
        )
    temperatures.setflags(write=False)
    return temperatures


def given_temperatures(values: Any, farms: Sequence[FarmConfig], place: Place) -> np.ndarray:
    """A temperature for each farm and month, in place of those computed from the two rows."""
    temperatures = numbers(values, place)
    if temperatures.shape != (len(farms), 12):
        raise ConfigError(f"{place} has shape {temperatures.shape}; expected ({len(farms)}, 12), by farm and month")
    for i, j in _no_water(temperatures):
        raise (place / i / j).error(float(temperatures[i, j]), RANGE)
    return temperatures


def _no_water(temperatures: np.ndarray) -> np.ndarray:
    """Places int64[n, 2] of temperatures that no sea has."""
    return np.argwhere((temperatures < COLDEST) | (temperatures > WARMEST))
