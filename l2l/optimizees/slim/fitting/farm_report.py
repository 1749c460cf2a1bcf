"""What farms reported: lice counts and mortalities, site by site and period by period, from a CSV file."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from l2l.errors import nearest

from ..simulation.config import Config, ConfigError
from ..simulation.config_files import table_text

LICE, MORTALITY = 0, 1
QUANTITIES = ("lice_count", "mortality")  # columns of the file, in the order of these numbers
REQUIRED = ("date", "site_name")
MONTH = "month"


@dataclass(frozen=True)
class FarmReport:
    """The numbers of a report that a run of the scenario can be compared with.

    Attributes
    ----------
    quantity : int64[n]
        LICE (adult females per fish) or MORTALITY (per cent of the fish).
    farm : int64[n]
    first, last : int64[n]
        Days of the run that the number covers, both included.
    value : float64[n]
    left_out : list of str
        What else the file says, and why it is not compared.
    """

    quantity: np.ndarray
    farm: np.ndarray
    first: np.ndarray
    last: np.ndarray
    value: np.ndarray
    left_out: list[str]

    def __len__(self) -> int:
        return len(self.value)


def read_report(path: str | Path, config: Config, period: str | int = MONTH) -> FarmReport:
    """Read a report in the format of SLIM's ``report.csv``.

    A header names the columns, in any order: ``date`` (2018-01-15), ``site_name`` (a farm's name, or ``farm_0``, ...),
    ``lice_count`` (adult females per fish) and ``mortality`` (per cent of the fish), of which one may be missing;
    others are not read. Rows may stand in any order. An empty number was not reported.

    Parameters
    ----------
    period
        What a row covers: ``'month"`` is the calendar month of its date; a number, as many days up to its date.

    Raises
    ------
    ConfigError
        Names file, line and value, and says what was expected.
    """
    path = Path(path).expanduser()
    sites = _farms_by_site(config)
    seen: dict[tuple[int, int], int] = {}  # (farm, first day) -> line
    rows: list[tuple[int, int, int, int, float]] = []
    unknown: dict[str, int] = {}
    outside = 0
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        day = _date(row["date"], where)
        numbers = [_number(row.get(name, ""), f"{where}: {name}", name) for name in QUANTITIES]
        farm = _farm(sites, row["site_name"], where)
        if farm is None:
            unknown[row["site_name"].strip()] = unknown.get(row["site_name"].strip(), 0) + 1
            continue
        first, last = ((d - config.start_date.date()).days for d in _span(day, period))
        if (farm, first) in seen:
            raise ConfigError(
                f"{where}: {row['site_name']} has another row for the same {'month' if period == MONTH else 'days'} in "
                f"line {seen[farm, first]}; expected one (--period says what a row covers)"
            )
        seen[farm, first] = line
        if all(number is None for number in numbers):
            continue
        if first < 0 or last >= config.n_days:
            outside += 1
            continue
        rows += [(q, farm, first, last, number) for q, number in enumerate(numbers) if number is not None]
    left_out = _left_out(unknown, outside, config)
    if not rows:
        raise ConfigError(
            f"{path} has no lice count or mortality of a farm of {config.name!r} from {config.start_date:%Y-%m-%d} to "
            f"{config.end_date:%Y-%m-%d}{'; ' if left_out else ''}{'; '.join(left_out)}"
        )
    quantity, farms, firsts, lasts = np.array([row[:4] for row in sorted(rows)], np.int64).T
    return FarmReport(quantity, farms, firsts, lasts, np.array([row[4] for row in sorted(rows)]), left_out)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each row that is not empty."""
    reader = csv.reader(io.StringIO(table_text(path), newline=""), strict=True)
    header: list[str] = []
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, path)
            elif len(cells) != len(header):
                raise ConfigError(
                    f"{path}, line {reader.line_num} has {len(cells)} cells; expected {len(header)}, as in the header"
                )
            else:
                rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise ConfigError(f"{path}, line {reader.line_num}: not CSV ({error})") from None
    if not header:
        raise ConfigError(f"{path} is empty; expected a header with {', '.join((*REQUIRED, *QUANTITIES))}")
    return rows


def _header(cells: list[str], path: Path) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in REQUIRED:
        if name not in names:
            raise ConfigError(f"{path}: the header has no column {name!r}{nearest(name, names)}")
    if not set(names) & set(QUANTITIES):
        raise ConfigError(f"{path}: the header has neither lice_count nor mortality{nearest('lice_count', names)}")
    for name in (*REQUIRED, *QUANTITIES):
        if names.count(name) > 1:
            raise ConfigError(f"{path}: the header has the column {name!r} {names.count(name)} times; expected it once")
    return names


def _date(text: str, where: str) -> date:
    try:
        return datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise ConfigError(f"{where}: date is {text!r}; expected one such as 2018-01-15") from None


def _number(text: str, where: str, name: str) -> float | None:
    if not text.strip():
        return None
    most = 100.0 if name == "mortality" else math.inf
    try:
        number = math.nan if "_" in text else float(text)  # Python would read 1_5 as 15
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and 0 <= number <= most):
        expected = "a percentage from 0 to 100" if name == "mortality" else "a number >= 0"
        raise ConfigError(f"{where} is {text.strip()!r}; expected {expected}, or nothing")
    return number


def _squeeze(name: str) -> str:
    return " ".join(name.split()).casefold()


def _farms_by_site(config: Config) -> dict[str, list[int]]:
    sites: dict[str, list[int]] = {}
    for f, farm in enumerate(config.farms):
        sites.setdefault(_squeeze(farm.name), []).append(f)
        sites.setdefault(f"farm_{f}", []).append(f)
    return sites


def _farm(sites: dict[str, list[int]], name: str, where: str) -> int | None:
    if not name.strip():
        raise ConfigError(f"{where}: site_name is empty; expected a farm's name")
    farms = sorted(set(sites.get(_squeeze(name), [])))
    if len(farms) > 1:
        raise ConfigError(
            f"{where}: {len(farms)} farms are called {name.strip()!r}; expected farm_{farms[0]}, farm_{farms[1]}, ..."
        )
    return farms[0] if farms else None


def _span(day: date, period: str | int) -> tuple[date, date]:
    """First and last day that a row covers."""
    if period == MONTH:
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return day - timedelta(days=int(period) - 1), day


def _left_out(unknown: dict[str, int], outside: int, config: Config) -> list[str]:
    names = [farm.name for farm in config.farms]
    told = [
        f"{n} rows of {site!r}, which is no farm of the scenario{nearest(site, names)}" for site, n in unknown.items()
    ]
    if outside:
        told.append(f"{outside} rows of times that the run does not cover whole")
    return told
