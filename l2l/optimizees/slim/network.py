"""Make the matrices of a scenario: how many larvae of a farm reach each farm, and how long they travel; or a coast."""

import argparse
import csv
import io
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from l2l.optimizees.slim.coast import Coast, write_coast
from l2l.optimizees.slim.drift import Sea, disperse
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.simulation.config_files import find_scenario, read_json, table_text
from l2l.optimizees.slim.simulation.config_sea import CONNECTIVITY, connectivity

TOPOLOGIES = ("path", "bipath", "circle", "bicircle", "mesh")


def topology(name: str, n_farms: int, prob: float, time: float) -> tuple[np.ndarray, np.ndarray]:
    """An artificial network: ``prob`` from each farm to itself and along each edge, ``time`` everywhere.

    A path leads from farm i to i + 1, a circle from the last to the first as well; bipath and bicircle
    also lead back; in a mesh all reach all.
    """
    edges = np.eye(n_farms)
    if name == "mesh":
        edges[:] = 1
    else:
        ahead = np.roll(np.eye(n_farms), 1, axis=1)  # row i has its 1 in column i + 1
        if name in ("path", "bipath"):
            ahead[-1, 0] = 0
        edges = np.maximum(edges, ahead)
        if name in ("bipath", "bicircle"):
            edges = np.maximum(edges, ahead.T)
    return prob * edges, np.full((n_farms, n_farms), time)


def read_farms(source: str | Path) -> tuple[list[str], np.ndarray]:
    """Names and locations of farms: of a ``params.json``, a scenario, or a CSV file name,easting,northing."""
    path = Path(source).expanduser()
    if not path.is_file():
        path = find_scenario(source) / "params.json"
    if path.suffix.lower() != ".json":
        return _read_farms_csv(path)
    place = Place(str(path)) / "farms"
    farms = check.items(_name_and_location)(read_json(path).get("farms"), place)
    if not farms:
        raise place.error([], "at least one farm")
    return [name for name, _ in farms], np.array([location for _, location in farms])


def _name_and_location(farm: Any, place: Place) -> tuple[str, tuple[float, float]]:
    if not isinstance(farm, dict) or "location" not in farm:
        raise place.error(farm, "an object with the keys name and location")
    location = check.items(check.number(unit="m"), 2)(farm["location"], place / "location")
    return str(farm.get("name", place.path)), location


def _read_farms_csv(path: Path) -> tuple[list[str], np.ndarray]:
    table = csv.DictReader(io.StringIO(table_text(path), newline=""), skipinitialspace=True)
    lacking = [name for name in ("name", "easting", "northing") if name not in (table.fieldnames or ())]
    if lacking:
        raise ConfigError(f"{path} has no column {', '.join(lacking)}; expected name,easting,northing")
    names, locations = [], []
    for row in table:
        place = f"{path}: row {table.line_num}"
        names.append(row["name"])
        locations.append([_metres(row[column], f"{place}, {column}") for column in ("easting", "northing")])
    if not names:
        raise ConfigError(f"{path} has no farms; expected a row name,easting,northing for each")
    return names, np.array(locations)


def _metres(cell: str | None, place: str) -> float:
    try:
        value = float(cell or "")
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ConfigError(f"{place} is {cell!r}; expected a finite number (m)")
    return value


def write_matrices(folder: Path, probs: np.ndarray, times: np.ndarray, overwrite: bool = False) -> None:
    """Write ``interfarm_prob.csv`` (6 significant digits) and ``interfarm_time.csv`` (0.01 d)."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file; expected a folder to write to")
    tables = {
        "interfarm_prob.csv": (probs, CONNECTIVITY["interfarm_probs"], "%.6g"),
        "interfarm_time.csv": (times, CONNECTIVITY["interfarm_times"], "%.2f"),
    }
    present = [name for name in tables if (folder / name).exists()]
    if present and not overwrite:
        raise ConfigError(f"{folder} has {' and '.join(present)} already; give --overwrite to replace them")
    for name, (matrix, top, _) in tables.items():
        connectivity(matrix, len(matrix), top, Place(f"computed {name}"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, (matrix, _, digits) in tables.items():
        np.savetxt(folder / name, matrix, fmt=digits, delimiter=",")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim network``."""
    parser.add_argument("farms", nargs="?", help="params.json, CSV file name,easting,northing (m), or a scenario")
    parser.add_argument("--out", required=True, type=Path, help="folder for the files that are made")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    sea = parser.add_argument_group("the sea between real farms")
    for f in fields(Sea):
        meaning, unit = f.metadata["meaning"], f.metadata["unit"]
        default = "required, but for a coast" if f.name == "current_bearing" else f"default {f.default:g}"
        sea.add_argument(
            _flag(f.name),
            type=float,
            default=argparse.SUPPRESS,
            metavar="X",
            help=f"{meaning} ({unit}; {default})",
        )
    made = parser.add_argument_group("an artificial network")
    made.add_argument("--topology", choices=TOPOLOGIES)
    made.add_argument("--n-farms", type=int, help="number of farms, where no file gives them (a coast has 500)")
    made.add_argument("--prob", type=float, help="share of larvae along each edge, and kept (default 0.015)")
    made.add_argument("--time", type=float, help="travel time (d; default 7)")
    coast = parser.add_argument_group("a whole scenario: a long coast with farms in zones, each near a few others")
    coast.add_argument("--coast", action="store_true", help="write params.json, temperatures.csv, interfarm_links.csv")
    for c in fields(Coast):
        if c.name != "n_farms":
            meaning = f"{c.metadata['meaning']} (default {c.default:g})"
            kind = type(c.default)
            coast.add_argument(_flag(c.name), type=kind, default=argparse.SUPPRESS, metavar="X", help=meaning)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim network``; the summary for the user."""
    sea = {f.name: getattr(args, f.name) for f in fields(Sea) if hasattr(args, f.name)}
    coast = {f.name: getattr(args, f.name) for f in fields(Coast) if getattr(args, f.name, None) is not None}
    if args.coast:
        return _run_coast(args, coast, sea)
    elsewhere = [name for name in coast if name != "n_farms"]
    if elsewhere:
        raise ConfigError(f"{', '.join(map(_flag, elsewhere))}: for a coast; expected --coast")
    if args.topology:
        if sea:
            raise ConfigError(f"{', '.join(map(_flag, sea))}: without effect on --topology; expected none of them")
        probs, times = _run_topology(args)
    else:
        given = [name for name in ("n_farms", "prob", "time") if getattr(args, name) is not None]
        if given:
            raise ConfigError(f"{', '.join(map(_flag, given))}: for artificial networks; expected --topology")
        if args.farms is None:
            raise ConfigError("no farms; expected a file or scenario with their locations, or --topology")
        if "current_bearing" not in sea:
            raise ConfigError("--current-bearing is missing; expected the direction of the residual current (degrees)")
        probs, times = disperse(read_farms(args.farms)[1], Sea(**sea))
    write_matrices(args.out, probs, times, args.overwrite)
    kept = probs.sum(axis=1)
    return (
        f"{len(probs)} farms: {kept.min():.3g} to {kept.max():.3g} of a farm's larvae reach a farm, "
        f"in {times.min():.3g} to {times.max():.3g} days; written to {args.out}"
    )


def _run_coast(args: argparse.Namespace, coast: dict[str, Any], sea: dict[str, float]) -> str:
    given = [name for name in ("farms", "topology", "prob", "time") if getattr(args, name) is not None]
    if given or "current_bearing" in sea:
        word = given[0] if given else "current_bearing"
        raise ConfigError(f"{word if word == 'farms' else _flag(word)}: without effect on --coast; expected none")
    return write_coast(args.out, Coast(**coast), Sea(**sea, current_bearing=0.0), args.overwrite)


def _run_topology(args: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    if (args.farms is None) == (args.n_farms is None):
        raise ConfigError("--topology needs the number of farms: expected either a file of farms or --n-farms")
    n_farms = len(read_farms(args.farms)[0]) if args.farms else args.n_farms
    return topology(
        args.topology,
        check.whole(1)(n_farms, Place("--n-farms")),
        check.probability(0.015 if args.prob is None else args.prob, Place("--prob")),
        check.number(0)(7.0 if args.time is None else args.time, Place("--time")),
    )


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
