"""Make the scenario of a long coast: many farms in zones, each near a few others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from l2l.optimizees.slim.drift import Sea, reached
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import Check, ConfigError, Place
from l2l.optimizees.slim.simulation.config_files import LINKS_FILE, SCENARIO_FILES, SHIPPED, read_json, read_table
from l2l.optimizees.slim.simulation.config_sea import links

LOCH = SHIPPED / "Fyne_complete"  # whose husbandry and temperatures the coast has
SOUTH = (150_000.0, 600_000.0)  # easting and northing of the coast's southern end (m)
LONGEST_AT_SEA_MONTHS = 24


def option(default: Any, checked: Check, meaning: str) -> Any:
    """A parameter of the coast, and an option of the command line of the same name."""
    return field(default=default, metadata={"check": checked, "meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Coast:
    """A coast that runs due north, with farms along it and a current that follows it."""

    n_farms: int = option(500, check.whole(1, 100_000), "farms")
    n_cages: int = option(10, check.whole(1, 1000), "cages of each farm")
    farms_per_zone: int = option(20, check.whole(1), "neighbours that are stocked at the same time")
    spacing: float = option(5000.0, check.number(above=0), "mean distance between neighbours, along the coast (m)")
    width: float = option(2000.0, check.number(0), "farms lie up to so far off the coast (m)")
    reach: float = option(30_000.0, check.number(0), "larvae get no further along the coast (m)")
    seed: int = option(0, check.whole(0), "from which places, zones and farms are drawn")

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, f.metadata["check"](getattr(self, f.name), Place("coast", f.name)))


def locations(coast: Coast, rng: np.random.Generator) -> np.ndarray:
    """Easting and northing of each farm from south to north, float64[n_farms, 2] (m), to the metre.

    Neighbours are half to one and a half times the mean distance apart.
    """
    steps = coast.spacing * rng.uniform(0.5, 1.5, coast.n_farms)
    off = rng.uniform(0.0, coast.width, coast.n_farms)
    return np.round(np.array(SOUTH) + np.column_stack([off, np.cumsum(steps) - steps[0]]))


def links_within(places: np.ndarray, reach: float, sea: Sea) -> np.ndarray:
    """Rows of source, target, share and days, float64[n, 4], for all pairs within ``reach`` along the coast.

    Shares are those of `reached`, larvae drifting along the coast and spreading off it.
    """
    northing = places[:, 1]
    first = np.searchsorted(northing, northing - reach)
    last = np.searchsorted(northing, northing + reach, side="right")
    n_targets = last - first
    source = np.repeat(np.arange(len(places)), n_targets)
    target = np.arange(len(source)) - np.repeat(np.cumsum(n_targets) - n_targets - first, n_targets)
    steps = places[target] - places[source]
    probs, times = reached(steps[:, 1], steps[:, 0], sea)
    return np.column_stack([source, target, probs, times])


def scenario(coast: Coast) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """What stands in ``params.json``, and the farms' locations float64[n_farms, 2] and zones int64[n_farms].

    Every farm keeps the husbandry of one of Loch Fyne's, drawn at random.  A zone is stocked on one day, up to two
    years before the first.
    """
    rng = np.random.default_rng(coast.seed)
    places = locations(coast, rng)
    zone = np.arange(coast.n_farms) // coast.farms_per_zone
    params = read_json(LOCH / "params.json")
    first_day = datetime.fromisoformat(params["start_date"])
    months = rng.integers(1, LONGEST_AT_SEA_MONTHS + 1, zone[-1] + 1)
    husbandry = rng.integers(len(params["farms"]), size=coast.n_farms)
    farms = []
    for f in range(coast.n_farms):
        stocked = str(first_day - timedelta(days=30 * int(months[zone[f]])))
        farms.append(
            params["farms"][husbandry[f]]
            | {
                "name": f"Farm {f}",
                "zone": f"Zone {zone[f]}",
                "location": places[f].tolist(),
                "ncages": coast.n_cages,
                "start_date": stocked,
                "cages_start_dates": [stocked] * coast.n_cages,
            }
        )
    return params | {"name": f"Coast of {coast.n_farms} farms", "farms": farms}, places, zone


def write_coast(folder: Path, coast: Coast, sea: Sea, overwrite: bool = False) -> str:
    """Write the scenario; the summary for the user.

    The farthest farms have the temperatures of Loch Fyne's ends, those between them what lies between.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; expected a folder to write to")
    matrices = [name for name in SCENARIO_FILES[1:3] if (folder / name).exists()]
    if matrices:
        raise ConfigError(f"{folder} has {' and '.join(matrices)}, which a coast has not; expected another folder")
    present = [name for name in ("params.json", LINKS_FILE, "temperatures.csv") if (folder / name).exists()]
    if present and not overwrite:
        raise ConfigError(f"{folder} has {' and '.join(present)} already; give --overwrite to replace them")
    params, places, zone = scenario(coast)
    rows = links(links_within(places, coast.reach, sea), coast.n_farms, Place(f"computed {LINKS_FILE}"))
    temperatures = read_table(LOCH / "temperatures.csv", may_end_openly=True)
    northern = temperatures[:, 0] == temperatures[:, 0].max()
    # a coast of one farm has two ends as well
    temperatures[:, 0] = np.where(northern, max(places[-1, 1], SOUTH[1] + 1.0), SOUTH[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text(json.dumps(params, indent=1) + "\n")
    np.savetxt(folder / "temperatures.csv", temperatures, fmt="%.8g", delimiter=",")
    np.savetxt(folder / LINKS_FILE, rows, fmt=["%d", "%d", "%.6g", "%.2f"], delimiter=",")
    kept = np.bincount(rows[:, 0].astype(int), rows[:, 2], coast.n_farms)
    length_km = np.ptp(places[:, 1]) / 1000
    return (
        f"{coast.n_farms} farms of {coast.n_cages} cages in {zone[-1] + 1} zones on {length_km:.0f} km of coast: "
        f"{kept.min():.3g} to {kept.max():.3g} of a farm's larvae reach a farm, over {len(rows)} links; "
        f"written to {folder}"
    )
