"""The history of a run: one line of JSON per finished individual, never rewritten."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class History:
    """Appends records to ``history.jsonl``.

    Parameters
    ----------
    path : Path
        Created if it is not there. A last line that a crash cut short is removed.
    """

    def __init__(self, path: Path):
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._waiting: list[str] = []
        self._cut_torn_line()

    def add(self, record: str) -> None:
        """Keep one line, without its end, until the next `flush`."""
        self._waiting.append(record)

    def flush(self) -> None:
        """Write what was kept, in one write.

        Raises
        ------
        OSError
            If the file system does not take it whole (full, gone); what it took of it is cut off again.
        """
        if not self._waiting:
            return
        data = ("\n".join(self._waiting) + "\n").encode()
        written = os.write(self._fd, data)
        if written < len(data):  # out of space or over a limit: the next write says which
            size = os.fstat(self._fd).st_size - written
            try:
                os.write(self._fd, data[written:])
            except OSError:
                os.ftruncate(self._fd, size)
                raise
        self._waiting.clear()

    def sync(self) -> int:
        """Flush down to the disk; returns the size in bytes, from which later records can be read.

        Raises
        ------
        FileNotFoundError
            If the file was removed or replaced under our hands: what we write would be lost.
        """
        self.flush()
        os.fsync(self._fd)
        mine = os.fstat(self._fd)
        if not os.path.samestat(mine, os.stat(self.path)):
            raise FileNotFoundError(f"{self.path} was replaced while the run was writing to it")
        return mine.st_size

    def close(self) -> None:
        """Flush and close."""
        try:
            self.flush()
        finally:
            os.close(self._fd)

    def _cut_torn_line(self) -> None:
        size = os.fstat(self._fd).st_size
        position = size
        while position > 0:
            start = max(0, position - 4096)
            newline = os.pread(self._fd, position - start, start).rfind(b"\n")
            if newline >= 0:
                position = start + newline + 1
                break
            position = start
        if position < size:
            os.ftruncate(self._fd, position)


def read_history(path: str | os.PathLike[str], start: int = 0) -> Iterator[dict[str, Any]]:
    """Records in the order they were finished, from byte ``start`` on; a torn last line is left out.

    Raises
    ------
    ValueError
        If a whole line is no JSON; names file and byte.
    """
    with open(path, "rb") as file:
        file.seek(start)
        position = start
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}, byte {position}: not a history record: {line[:80]!r}") from error
            position += len(line)
