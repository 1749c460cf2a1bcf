"""A parquet file that grows with its run, and can be read at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from l2l.optimizees.slim.recording.pace import Pace
from l2l.utils.atomic import make_aside

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 65536
# between two publications: at least this, and at least so many times what the last one took
PUBLISH_EVERY_S = 1.0
PUBLISH_SPARINGLY = 20


def journal_path(path: Path) -> Path:
    """Where the rows of a table file stand while it grows."""
    return path.with_name(f".{path.name}.rows")


class TableFile:
    """Appends tables to a journal beside the file, and makes the parquet file of it from time to time.

    A parquet file can be read when its footer stands at its end, not before.  So rows go to a journal, an Arrow
    stream that needs no end, and the file is written anew from it, aside, and renamed: what is there is always
    whole.  This is done the more rarely the longer it takes, a twentieth of the time at most.  The file's bytes
    depend on its rows alone, not on when they came.

    Parameters
    ----------
    path
        Of the parquet file.  What is there stays until the first publication.
    schema
        Of every table.
    first_rows
        What the journal begins with.
    """

    def __init__(self, path: Path, schema: pa.Schema, first_rows: Iterable[pa.RecordBatch] = ()):
        import pyarrow as pa

        self.path = path
        self.schema = schema
        self._journal = journal_path(path)
        aside = make_aside(self._journal)
        self._stream = pa.OSFile(str(aside), "wb")
        try:
            self._writer = pa.ipc.new_stream(self._stream, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
            no_rows = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
            self._writer.write_batch(no_rows)  # and with it the schema, which would wait for the first rows
            for batch in first_rows:
                self._writer.write_batch(batch)
            aside.replace(self._journal)
        except BaseException:
            self._stream.close()
            aside.unlink(missing_ok=True)
            raise
        self._pace = Pace(PUBLISH_EVERY_S, PUBLISH_SPARINGLY)

    @classmethod
    def resume(cls, path: Path, schema: pa.Schema, n_rows: int) -> TableFile:
        """Go on after the first ``n_rows`` rows of a journal that was left behind.

        Raises
        ------
        ValueError
            If there is no journal, it is of another run, or it has fewer rows.
        """
        return cls(path, schema, _first(n_rows, read_journal(journal_path(path), schema), journal_path(path)))

    def append(self, table: pa.Table) -> None:
        """Add rows; from then on they survive the death of the process."""
        self._writer.write_table(table)

    def publish_if_due(self) -> None:
        """`publish`, unless that was done a moment ago."""
        if self._pace.is_due():
            self.publish()

    def publish(self) -> None:
        """Write the parquet file (zstd) with all rows so far, aside, and put it in the place of the last one."""
        import pyarrow.parquet

        aside = make_aside(self.path)
        try:
            with self._pace.doing(), pyarrow.parquet.ParquetWriter(aside, self.schema, compression="zstd") as writer:
                for table in _row_groups(read_journal(self._journal, self.schema), self.schema):
                    writer.write_table(table, row_group_size=ROWS_PER_GROUP)
            aside.replace(self.path)
        finally:
            aside.unlink(missing_ok=True)

    def close(self, keep_journal: bool = False) -> None:
        """End; what was appended since the last publication is in the journal alone."""
        self._stream.close()
        if not keep_journal:
            self._journal.unlink(missing_ok=True)


def read_journal(journal: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The batches of a journal, up to the last one that is whole.

    Raises
    ------
    ValueError
        If there is no journal, or its schema, with the metadata, is not ``schema``.
    """
    import pyarrow as pa

    if not journal.is_file():
        raise ValueError(f"{journal} is missing, which holds the rows so far")
    with pa.OSFile(str(journal), "rb") as file:
        try:
            reader = pa.ipc.open_stream(file)
        except pa.ArrowInvalid as error:
            raise ValueError(f"{journal} is damaged: {error}") from error
        if not reader.schema.equals(schema, check_metadata=True):
            raise ValueError(f"{journal} is of another run: its columns or metadata differ")
        while True:
            try:
                yield reader.read_next_batch()
            except (StopIteration, pa.ArrowInvalid, OSError):  # the process was killed while it wrote
                return


def _first(n_rows: int, batches: Iterable[pa.RecordBatch], journal: Path) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        if n_rows == 0:
            return
        part = batch.slice(0, n_rows)
        n_rows -= part.num_rows
        yield part
    if n_rows > 0:
        raise ValueError(f"{journal} lacks {n_rows} rows of those up to the checkpoint")


def _row_groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in tables of ``ROWS_PER_GROUP``, the last one of what is left, so that memory is bounded."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(batch)
        n_waiting += batch.num_rows
        while n_waiting >= ROWS_PER_GROUP:
            table = pa.Table.from_batches(waiting, schema)
            yield table.slice(0, ROWS_PER_GROUP).combine_chunks()
            rest = table.slice(ROWS_PER_GROUP)
            waiting, n_waiting = rest.to_batches(), rest.num_rows
    if n_waiting:
        yield pa.Table.from_batches(waiting, schema).combine_chunks()
