"""Reads the files of a scenario folder, and finds the folder by its name."""

import json
import math
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.types.treatments import canonical

SHIPPED = Path(str(resources.files("l2l.optimizees.slim"))) / "config_data"
SCENARIO_FILES = ("params.json", "interfarm_prob.csv", "interfarm_time.csv", "temperatures.csv")
LINKS_FILE = "interfarm_links.csv"
MATRIX_FILES = ("interfarm_prob.csv", "interfarm_time.csv")


def scenario_names() -> list[str]:
    """Names of the scenarios that come with the package."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/params.json"))


def shipped_treatments() -> dict[str, Path]:
    """Files of the treatments that come with the package, by their canonical names."""
    return {canonical(path.stem): path for path in sorted((SHIPPED / "treatments").glob("*.json"))}


def find_scenario(name_or_path: str | Path) -> Path:
    """The folder of a scenario: a folder that exists, else one of ours by its name.

    ``config_data/Fyne`` means ours too where the working directory has no such folder.
    """
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return path
    name = str(name_or_path).removeprefix("config_data/").rstrip("/")
    known = scenario_names()
    if name in known:
        return SHIPPED / name
    raise ConfigError(f"there is no folder {str(name_or_path)!r} and no scenario of that name{nearest(name, known)}")


def find_config_file(folder: Path, config_file: str | Path | None = None) -> Path:
    """The ``config.json`` of a scenario folder: the one asked for, its own, its parent's, else ours."""
    if config_file is not None:
        return _existing(Path(config_file).expanduser())
    beside = (folder / "config.json", folder.resolve().parent / "config.json")
    return next((path for path in beside if path.is_file()), SHIPPED / "config.json")


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not a scenario, naming the files it lacks."""
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder; expected a scenario with {', '.join(SCENARIO_FILES)}")
    there = [name for name in (*SCENARIO_FILES, LINKS_FILE) if (folder / name).is_file()]
    matrices = [name for name in MATRIX_FILES if name in there]
    if matrices and LINKS_FILE in there:
        raise ConfigError(
            f"{folder} has {LINKS_FILE} and {' and '.join(matrices)}; expected the links, or both matrices"
        )
    instead = MATRIX_FILES if LINKS_FILE in there else ()
    lacking = [name for name in SCENARIO_FILES if name not in there and name not in instead]
    if lacking:
        raise ConfigError(f"{folder} lacks {', '.join(lacking)}; a scenario has {', '.join(SCENARIO_FILES)}")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, in which no key may stand twice and no number be NaN or infinite."""

    def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise ConfigError(f"{path}: {key!r} stands twice in the same object; expected it once")
            found[key] = value
        return found

    def refuse(constant: str) -> None:
        raise ConfigError(f"{path}: {constant} is not a number; expected finite numbers")

    try:
        plain = json.loads(read_text(path), object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
    if not isinstance(plain, dict):
        raise Place(str(path)).error(plain, "a JSON object")
    return plain


def read_table(path: Path, may_end_openly: bool = False) -> np.ndarray:
    """The numbers of a comma-separated file without header, as ``float64[n_rows, n_columns]``.

    A comma at a line's end is let pass, for SLIM's temperature files have them.

    Parameters
    ----------
    may_end_openly
        Take a last line without line end, as some of SLIM's temperature files have it, unless its last number has
        fewer decimals than all others of that line.
    """
    text = read_text(path)
    if not (may_end_openly and _is_precise_to_the_end(text)):
        text = table_text(path)
    rows: list[list[float]] = []
    for line_number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        cells = line.strip().removesuffix(",").split(",")
        rows.append([_finite(cell, f"{path}: row {line_number}, column {j}") for j, cell in enumerate(cells, 1)])
        if len(rows[-1]) != len(rows[0]):
            raise ConfigError(f"{path}: row {line_number} has {len(rows[-1])} numbers; expected {len(rows[0])}")
    if not rows:
        raise ConfigError(f"{path} is empty; expected numbers")
    return np.array(rows)


def table_text(path: Path) -> str:
    """The text of a table, whose last line has to end: a number there may be the beginning of another one."""
    text = read_text(path)
    if text and not text.endswith("\n"):
        last = text.splitlines()[-1][-30:]
        raise ConfigError(
            f"{path} may be cut off: its last line, {last!r}, has no line end; expected one, if it is whole"
        )
    return text


def _is_precise_to_the_end(text: str) -> bool:
    *others, last = [len(cell.partition(".")[2]) for cell in text.rpartition("\n")[2].rstrip(",").split(",")]
    return last >= min(others[1:], default=math.inf)  # the first cell is a northing


def _finite(cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigError(f"{place} is {cell.strip()!r}; expected a finite number")
    return value


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, without the mark that some editors put before it."""
    try:
        return _existing(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8 ({error.reason} at byte {error.start})") from None


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    return path
