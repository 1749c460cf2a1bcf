"""Files that are there whole or not at all."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_atomically(path: Path, data: bytes, durable: bool = False) -> None:
    """Write aside, then rename over ``path``; with ``durable`` the bytes are on the disk before the name is."""
    aside = make_aside(path)
    with open(aside, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(aside, path)


def make_aside(path: Path) -> Path:
    """An empty file beside ``path``, to be renamed over it; nobody but its owner can write to it.

    What is there of that name is removed: in a folder of several users it may be a link that another has laid.
    """
    aside = path.with_name(f".{path.name}.part")
    aside.unlink(missing_ok=True)
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    return aside


def write_csv_atomically(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table as CSV, in place of what was there."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
