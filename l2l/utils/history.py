"""The history of a run: one line of JSON per finished individual, never rewritten."""

import json
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from l2l.utils.run_lock import nobody_else

CIRCUMSTANCES = ("started", "seconds", "host")
"""When, how fast and where: runs with the same history may differ in these fields of a record."""

BLOCK = 65536
"""Bytes that are read at a time from the end of a history."""

LARGE_BLOCK = 1 << 20
"""Bytes that are read at a time of one that is read whole."""


class History:
    """Appends records to ``history.jsonl``.

    Parameters
    ----------
    path : Path
        Created if it is not there. It must end with a whole line; see `Past`.
    guard : callable
        Called before anything is written; raises if that must not be.

    Attributes
    ----------
    crc : int
        CRC-32 of all that was written, by which a resumed run knows it again.
    """

    def __init__(self, path: Path, guard: Callable[[], None] = nobody_else):
        self.path = path
        self._guard = guard
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.crc = crc_of(path, self.size)
        self._waiting: list[str] = []
        self._is_on_disk = False

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
        self._guard()
        data = ("\n".join(self._waiting) + "\n").encode()
        written = os.write(self._fd, data)
        if written < len(data):  # out of space or over a limit: the next write says which
            size = os.fstat(self._fd).st_size - written
            try:
                os.write(self._fd, data[written:])
            except OSError:
                os.ftruncate(self._fd, size)
                raise
        self.crc = zlib.crc32(data, self.crc)
        self._waiting.clear()
        self._is_on_disk = False

    def sync(self) -> int:
        """Flush down to the disk; returns the size in bytes, from which later records can be read.

        Raises
        ------
        FileNotFoundError
            See `check`.
        """
        self.flush()
        if not self._is_on_disk:
            os.fsync(self._fd)
            self._is_on_disk = True
        self.check()
        return self.size

    def check(self) -> None:
        """Make sure that the file is still there: what we write would be lost.

        Raises
        ------
        FileNotFoundError
            If it was removed or replaced under our hands.
        """
        if not os.path.samestat(os.fstat(self._fd), os.stat(self.path)):
            raise FileNotFoundError(f"{self.path} was replaced while the run was writing to it")

    @property
    def size(self) -> int:
        """Bytes that the file has."""
        return os.fstat(self._fd).st_size

    def close(self) -> None:
        """Let go of the file; what was not flushed is not written."""
        os.close(self._fd)


def crc_of(path: Path, n_bytes: int) -> int:
    """CRC-32 of the first bytes of a file, as far as there are so many."""
    crc = 0
    for block in blocks(path, n_bytes):
        crc = zlib.crc32(block, crc)
    return crc


def blocks(path: Path, n_bytes: int) -> Iterator[bytes]:
    """The first bytes of a file, not all at a time."""
    with open(path, "rb") as file:
        while n_bytes > 0 and (block := file.read(min(n_bytes, LARGE_BLOCK))):
            yield block
            n_bytes -= len(block)


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


def last_lines(path: Path, n: int) -> tuple[list[bytes], int]:
    """The last ``n`` whole lines, and where they end, read from the end of the file."""
    with open(path, "rb") as file:
        start = file.seek(0, os.SEEK_END)
        data = b""
        while start > 0 and data.count(b"\n") <= n + 1:  # one for the line before, one for a torn line
            length = min(start, BLOCK)
            start = file.seek(start - length)
            data = file.read(length) + data
    lines, end = _whole_lines(data)
    return lines[max(0, len(lines) - n) :], start + end


def lines_from(path: Path, start: int) -> tuple[list[bytes], int]:
    """The whole lines from byte ``start`` on, and where they end."""
    with open(path, "rb") as file:
        file.seek(start)
        lines, end = _whole_lines(file.read())
    return lines, start + end


def _whole_lines(data: bytes) -> tuple[list[bytes], int]:
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), end


def export_history(path: Path) -> None:
    """Write ``history.csv`` and ``history.parquet`` beside a history, by generation and index.

    One row per evaluation; an array is spread over columns ``name_0, name_1, ...``, a fitness of several
    components over ``fitness_0, ...``, violations of constraints over ``violation_0, ...``. A parameter named like
    a column of ours is called ``individual.name``.
    One generation at a time is in memory; without generations those that were under way at the same time.
    """
    import pyarrow as pa
    from pyarrow.csv import CSVWriter
    from pyarrow.parquet import ParquetWriter

    kinds: dict[str, set[type]] = {}
    last_records: dict[int, int] = {}  # of each generation
    for number, record in enumerate(read_history(path)):
        last_records[record["generation"]] = number
        for name, value in _row(record).items():
            kinds.setdefault(name, set()).add(type(value))
    if not kinds:
        return
    last = [kinds.pop(name) for name in END]  # behind parameters that only later records have
    kinds.update(zip(END, last, strict=True))
    schema = pa.schema([(name, _arrow_type(pa, name, types)) for name, types in kinds.items()])
    for suffix, writer_class in ((".parquet", ParquetWriter), (".csv", CSVWriter)):
        aside = path.with_name(f".{path.stem}{suffix}.part")
        with writer_class(str(aside), schema) as writer:
            for rows in _generations(path, last_records):
                writer.write_table(_table(rows, schema))
        aside.replace(path.with_suffix(suffix))


BEGIN = ("generation", "index", "attempt", "outcome")
TRIAL = ("replicate", "horizon", "stage")
"""Of evaluations where an individual has several."""

END = ("started", "seconds", "seed", "host", "error")


def _generations(path: Path, last_records: dict[int, int]) -> Iterator[list[dict[str, Any]]]:
    """Rows of one generation after the other; the last record of an evaluation counts.

    Without generations the records of several lie among each other: rows are kept until the last of theirs is read.
    """
    kept: dict[int, dict[tuple[Any, ...], dict[str, Any]]] = {generation: {} for generation in sorted(last_records)}
    for number, record in enumerate(read_history(path)):
        place = (record.get("stage", ""), record["index"], record.get("replicate", 0), record.get("horizon", 0))
        kept[record["generation"]][place] = _row(record)
        while kept and last_records[first := next(iter(kept))] <= number:
            rows = kept.pop(first)
            yield [rows[place] for place in sorted(rows)]


def _row(record: dict[str, Any]) -> dict[str, Any]:
    row = {name: record[name] for name in BEGIN} | {name: record[name] for name in TRIAL if name in record}
    fitness = record["fitness"]
    if fitness is not None:
        spread(row, "fitness", fitness[0] if len(fitness) == 1 else fitness)
    if "violations" in record:
        spread(row, "violation", record["violations"])
    for name, value in record["parameters"].items():
        taken = name in (*BEGIN, *TRIAL, *END, "fitness", "violation")
        spread(row, f"individual.{name}" if taken else name, value)
    error = record.get("error")
    told = None if error is None else f"{error['type']}: {error['message']}"
    return {**row, **{name: record.get(name) for name in END}, "error": told}


def spread(row: dict[str, Any], name: str, value: Any) -> None:
    """Put a value into a row of a table, a list or dict as a column for each item: ``name_0``, ``name_1``, ..."""
    if isinstance(value, dict):
        for key, item in value.items():
            spread(row, f"{name}_{key}", item)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            spread(row, f"{name}_{i}", item)
    else:
        row[name] = value


def _table(rows: list[dict[str, Any]], schema: Any) -> Any:
    from pyarrow import py_buffer
    from pyarrow.json import ParseOptions, ReadOptions, read_json

    # through JSON: to make it of Python's objects imports pandas where it is installed, a third of a second
    text = "\n".join(json.dumps(row) for row in rows).encode()
    block = ReadOptions(block_size=len(text))  # of the longest row at least
    return read_json(py_buffer(text), block, ParseOptions(explicit_schema=schema))


def _arrow_type(pa: Any, name: str, types: set[type]) -> Any:
    types = types - {type(None)}
    if types <= {int} and name in (*BEGIN, *TRIAL, *END) and name != "horizon":
        return pa.string() if name == "error" else pa.int64()
    if types <= {int, float}:
        return pa.float64()  # a parameter that happens to be whole in one row is still a float
    return pa.bool_() if types == {bool} else pa.string()
