"""A parquet file that grows: what it holds when, and what is left after a crash."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from l2l.optimizees.slim.recording import table_file
from l2l.optimizees.slim.recording.table_file import TableFile, journal_path

SCHEMA = pa.schema([pa.field("day", pa.int64())], {"run": "first"})


def days(first: int, last: int) -> pa.Table:
    return pa.table({"day": list(range(first, last))}, SCHEMA)


def in_file(path) -> list[int]:
    return pyarrow.parquet.read_table(path)["day"].to_pylist()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "days.parquet"


def test_published_file_holds_all_rows_so_far_and_the_metadata(path):
    file = TableFile(path, SCHEMA)
    file.append(days(0, 5))
    assert not path.exists()
    file.publish()
    assert in_file(path) == list(range(5))
    file.append(days(5, 7))
    assert in_file(path) == list(range(5))
    file.publish()
    file.close()
    assert in_file(path) == list(range(7))
    assert pyarrow.parquet.read_schema(path).metadata[b"run"] == b"first"
    assert [p.name for p in path.parent.iterdir()] == ["days.parquet"]


def test_bytes_depend_on_the_rows_alone(path, monkeypatch):
    monkeypatch.setattr(table_file, "ROWS_PER_GROUP", 10)
    ends = {"one.parquet": [37], "some.parquet": [3, 10, 11, 35, 37], "many.parquet": range(1, 38)}
    for name, lasts in ends.items():
        file = TableFile(path.with_name(name), SCHEMA)
        first = 0
        for last in lasts:
            file.append(days(first, last))
            file.publish()
            first = last
        file.close()
    one, some, many = ((path.with_name(name)).read_bytes() for name in ends)
    assert one == some == many
    assert pyarrow.parquet.read_metadata(path.with_name("one.parquet")).num_row_groups == 4


def test_publication_waits_until_it_is_due(path, monkeypatch):
    monkeypatch.setattr(table_file, "PUBLISH_EVERY_S", 1e9)
    file = TableFile(path, SCHEMA)
    file.publish_if_due()
    assert not path.exists()
    file.close()
    monkeypatch.setattr(table_file, "PUBLISH_EVERY_S", 0.0)
    file = TableFile(path, SCHEMA)
    file.append(days(0, 1))
    file.publish_if_due()
    assert in_file(path) == [0]
    file.close()


def test_failed_publication_leaves_the_last_one(path, monkeypatch):
    file = TableFile(path, SCHEMA)
    file.append(days(0, 1))
    file.publish()

    def torn(self, *args, **kw):
        raise OSError("disk full")

    monkeypatch.setattr(pyarrow.parquet.ParquetWriter, "write_table", torn)
    with pytest.raises(OSError, match="disk full"):
        file.publish()
    file.close()
    assert in_file(path) == [0]
    assert [p.name for p in path.parent.iterdir()] == ["days.parquet"]


def test_journal_with_a_torn_end_goes_on_after_the_rows_that_are_asked_for(path):
    file = TableFile(path, SCHEMA)
    for day in range(0, 30, 10):
        file.append(days(day, day + 10))
    file.close(keep_journal=True)
    journal_path(path).write_bytes(journal_path(path).read_bytes()[:-30])
    file = TableFile.resume(path, SCHEMA, 15)
    file.append(days(15, 40))
    file.publish()
    file.close()
    assert in_file(path) == list(range(40))


def test_journal_that_is_missing_short_damaged_or_of_another_run_is_refused_and_kept(path):
    with pytest.raises(ValueError, match=r"days.parquet.rows is missing"):
        TableFile.resume(path, SCHEMA, 5)
    file = TableFile(path, SCHEMA)
    file.append(days(0, 5))
    file.close(keep_journal=True)
    kept = journal_path(path).read_bytes()
    with pytest.raises(ValueError, match="lacks 2 rows"):
        TableFile.resume(path, SCHEMA, 7)
    with pytest.raises(ValueError, match="of another run"):
        TableFile.resume(path, SCHEMA.with_metadata({"run": "second"}), 5)
    assert journal_path(path).read_bytes() == kept
    journal_path(path).write_bytes(b"no journal")
    with pytest.raises(ValueError, match="is damaged"):
        TableFile.resume(path, SCHEMA, 5)
    assert [p.name for p in path.parent.iterdir()] == [journal_path(path).name]
