"""What each farm does on which day, read from a table: ``farm,date,action``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np

from l2l.errors import nearest

from ..types.actions import action_names
from ..types.treatments import canonical
from .config import Config, ConfigError
from .config_files import table_text

COLUMNS = ["farm", "date", "action"]


def read_action_table(path: str | Path, config: Config) -> np.ndarray:
    """The actions of a CSV file for the farms of ``config``.

    A farm is given by its number (``farm_0``, ``0``) or name, a date as ``2018-01-31``, an action by its name (that
    of a treatment, ``fallow``, ``none``) or number.  The dates of a farm ascend.  On a day that is not listed a farm
    does nothing.

    Returns
    -------
    int64[n_days, n_farms]

    Raises
    ------
    ConfigError
        Names file and line of what is missing, unknown, out of order, given twice or outside the run.
    """
    path = Path(path)
    names = action_names(config)
    actions = np.full((config.n_days, len(config.farms)), len(names) - 1)
    latest: dict[int, date] = {}
    for place, row in _rows(path):
        farm = _farm(row["farm"], config, place)
        when = _date(row["date"], place)
        day = (when - config.start_date.date()).days
        if not 0 <= day < config.n_days:
            raise ConfigError(
                f"{place}: date {when} is outside the run; expected one of {config.n_days} days from "
                f"{config.start_date:%Y-%m-%d} on"
            )
        if farm in latest and when <= latest[farm]:
            fault = "twice" if when == latest[farm] else f"after {latest[farm]}"
            raise ConfigError(f"{place}: date {when} of farm {row['farm']!r} stands {fault}; expected ascending dates")
        latest[farm] = when
        actions[day, farm] = _action(row["action"], names, place)
    if not latest:
        raise ConfigError(f"{path} has no rows; expected some with {', '.join(COLUMNS)}")
    return actions


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row with the place where it stands, for errors."""
    reader = csv.reader(io.StringIO(table_text(path), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if sorted(header) != sorted(COLUMNS):
            raise ConfigError(
                f"{path}, line 1: the columns are {', '.join(header) or 'none'}; expected {', '.join(COLUMNS)}"
            )
        for row in reader:
            place = f"{path}, line {reader.line_num}"
            if not row:
                continue
            if len(row) != len(header):
                raise ConfigError(f"{place}: {len(row)} values; expected {len(header)}: {', '.join(header)}")
            yield place, {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    except csv.Error as error:
        raise ConfigError(f"{path}, after line {reader.line_num}: not a CSV table: {error}") from None


def _farm(text: str, config: Config, place: str) -> int:
    number = text.removeprefix("farm_")
    if number.isdecimal() and int(number) < len(config.farms):
        return int(number)
    names = [farm.name for farm in config.farms]
    if names.count(text) == 1:
        return names.index(text)
    if text in names:
        raise ConfigError(f"{place}: {names.count(text)} farms are called {text!r}; expected a number, such as farm_0")
    known = [f"farm_{i}" for i in range(len(names))] + names
    raise ConfigError(f"{place}: no farm {text!r}{nearest(text, known)}")


def _date(text: str, place: str) -> date:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{place}: date {text!r}; expected one such as 2018-01-31") from None
    if when.time() != when.min.time():
        raise ConfigError(f"{place}: date {text!r}; expected a whole day, such as 2018-01-31")
    return when.date()


def _action(text: str, names: tuple[str, ...], place: str) -> int:
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    known = [canonical(name) for name in names]
    if canonical(text) in known:
        return known.index(canonical(text))
    raise ConfigError(
        f"{place}: no action {text!r}; expected a number from 0 to {len(names) - 1} or a name"
        f"{nearest(canonical(text), names)}"
    )
