"""Damage of a history: a line that a crash cut short, or lines that are no records any more."""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

MEMBERS = frozenset(("generation", "index", "parameters", "fitness"))
"""What a record has, and a run is gone on with."""


class Damage(NamedTuple):
    """From where on a history is not whole.

    Attributes
    ----------
    start : int
        Its first byte.
    line : int
        Number of the first line that is no record, from 1.
    n_lines : int
        Lines from there to the end, among which there may be records.
    is_torn : bool
        Whether it is only the last line, without its end.
    """

    start: int
    line: int
    n_lines: int
    is_torn: bool


def find_damage(path: Path) -> Damage | None:
    """The damage of a history, None if it is whole, or not there."""
    if not path.exists():
        return None
    with open(path, "rb") as file:
        start = 0
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return Damage(start, number, 1, is_torn=True)
            if not _is_record(line):
                return Damage(start, number, 1 + sum(1 for _ in file), is_torn=False)
            start += len(line)
    return None


def cut_damage(path: Path, damage: Damage) -> Path | None:
    """Cut a history off where its damage begins; returns the file in which the rest is kept, None if it is torn."""
    kept = None if damage.is_torn else path.with_name(f"{path.name}{damaged_now()}")
    with open(path, "r+b") as file:
        if kept is not None:
            file.seek(damage.start)
            with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as aside:
                aside.write(file.read())
                aside.flush()
                os.fsync(aside.fileno())
        file.truncate(damage.start)
    return kept


def damaged_now() -> str:
    """End of the name of a file that was found damaged at this moment."""
    return f".damaged-{time.strftime('%Y%m%d-%H%M%S')}"


def _is_record(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and record.keys() >= MEMBERS
