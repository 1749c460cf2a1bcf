"""Draw the course of runs or of a stored ensemble: ``slim plot``."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from l2l.errors import nearest
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.config_files import scenario_names

if TYPE_CHECKING:
    from l2l.optimizees.slim.plotting.course import Course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim plot``."""
    parser.add_argument(
        "tables",
        nargs="+",
        metavar="TABLE",
        help="simulation_data_NAME.parquet of slim run, several of one scenario for bands; or one stored ensemble",
    )
    parser.add_argument("--out", default="plots", metavar="DIR", help="folder to write to (default: plots)")
    parser.add_argument(
        "--scenario",
        metavar="SCENARIO",
        help="of a stored ensemble, for its dates, thresholds and map (default: the one of that name, if we have it)",
    )
    parser.add_argument("--farms", nargs="+", metavar="FARM", help="farms to show, by name or as farm_0 (default: all)")
    parser.add_argument("--no-page", action="store_true", help="PNG files only, not the interactive page")


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim plot``; the files that were written."""
    from l2l.optimizees.slim.plotting.figures import draw_all

    course = read_course([Path(table).expanduser() for table in args.tables], args.scenario)
    if args.farms:
        course = chosen(course, args.farms)
    folder = Path(args.out).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    lines = [str(path) for path in draw_all(course, folder)]
    if not args.no_page:
        lines.append(_page(course, folder / "index.html"))
    return "\n".join(lines)


def _page(course: "Course", path: Path) -> str:
    try:
        from l2l.optimizees.slim.plotting.page import write_page
    except ModuleNotFoundError as error:
        if error.name != "plotly":
            raise
        return "no interactive page, for plotly is not installed: pip install 'l2l[plot]'"
    write_page(course, path)
    return str(path)


def read_course(paths: list[Path], scenario: str | None = None) -> "Course":
    """The course of one run, of several, or of a stored ensemble."""
    from l2l.optimizees.slim.parquet import read_parquet
    from l2l.optimizees.slim.plotting.daily import read_runs
    from l2l.optimizees.slim.plotting.stored import read_stored

    tables = [read_parquet(path) for path in paths]
    is_stored = [{"day", "L5f_mean"} <= set(table.column_names) for table in tables]
    if not any(is_stored):
        if scenario is not None:
            raise ConfigError("--scenario is for stored ensembles; a table of slim run knows its scenario")
        return read_runs(paths)
    if len(paths) > 1:
        raise ConfigError(f"{paths[is_stored.index(True)]} is a stored ensemble; expected it alone")
    name = scenario or (tables[0].schema.metadata or {}).get(b"config", b"").decode()
    config = Config.scenario(name) if scenario or name in scenario_names() else None
    return read_stored(paths[0], config)


def chosen(course: "Course", names: list[str]) -> "Course":
    """The course with these farms alone, in this order; the loch stays that of all."""
    farms = []
    for name in names:
        found = [f for f, farm in enumerate(course.farms) if name in (farm, f"farm_{f}")]
        if not found:
            raise ConfigError(f"--farms {name}: there is no such farm{nearest(name, course.farms)}")
        if len(found) > 1:
            raise ConfigError(f"--farms {name}: {len(found)} farms are called so; expected farm_0, farm_1, ...")
        farms.append(found[0])
    if len(set(farms)) < len(farms):
        raise ConfigError(f"--farms {' '.join(names)}: a farm is named twice; expected each once")
    places = [0, *(f + 1 for f in farms)]
    number = {farm: i for i, farm in enumerate(farms)}
    return replace(
        course,
        farms=[course.farms[f] for f in farms],
        quantities={name: values[:, :, places] for name, values in course.quantities.items()},
        treatments={name: values[:, places] for name, values in course.treatments.items()},
        n_cages=None if course.n_cages is None else course.n_cages[places],
        locations=None if course.locations is None else course.locations[farms],
        edges=[(number[i], number[j], share) for i, j, share in course.edges if i in number and j in number],
    )
