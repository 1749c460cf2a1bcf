"""What a resumed run finds of its history, and its damage: a line that was cut short, or lines that are no records."""

import json
import logging
import os
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from l2l.utils.history import blocks, crc_of

logger = logging.getLogger("utils.experiment")

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


class Past:
    """What a run finds of its history when it is resumed.

    Parameters
    ----------
    path : Path
        There need not be a file.

    Attributes
    ----------
    damage : Damage or None
        What the last reading has come upon.
    """

    def __init__(self, path: Path):
        self.path = path
        self.size = path.stat().st_size if path.exists() else 0
        self.damage: Damage | None = None

    @cached_property
    def n_whole(self) -> int:
        """Bytes at its beginning that are records."""
        for _ in self.records():
            pass
        return self.size if self.damage is None else self.damage.start

    def is_whole(self, n_bytes: int, crc: int) -> bool:
        """Whether the first bytes are all there, and what was written or at least records.

        Parameters
        ----------
        n_bytes, crc : int
            `History.size` and `History.crc` at the time.
        """
        if n_bytes == 0 or (n_bytes <= self.size and crc_of(self.path, n_bytes) == crc):
            return True
        if n_bytes > self.n_whole:
            return False
        logger.warning("%s is not as the run wrote it, but has records only: the run goes on", self.path)
        return True

    def records(self, start: int = 0) -> Iterator[dict[str, Any]]:
        """Those from byte ``start`` on, until the damage if there is any."""
        self.damage = None
        if start >= self.size:
            return
        with open(self.path, "rb") as file:
            file.seek(start)
            for line in file:
                record = _record(line)
                if record is None:
                    number = 1 + sum(block.count(b"\n") for block in blocks(self.path, start))
                    n_lines = 1 + sum(1 for _ in file)
                    self.damage = Damage(start, number, n_lines, is_torn=not line.endswith(b"\n"))
                    return
                yield record
                start += len(line)


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


def _record(line: bytes) -> dict[str, Any] | None:
    """What a whole line says, None if that is no record."""
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.keys() >= MEMBERS else None
