import csv
import importlib.util
import json
import resource
import subprocess
import sys

import pyarrow.parquet
import pytest

from l2l.utils.history import History, export_history, read_history


def record(generation, index, fitness=(1.0,), **more):
    return {
        "generation": generation,
        "index": index,
        "attempt": 0,
        "outcome": "done",
        "parameters": {"x": [0.1, 0.2], "seed": 3.0},
        "fitness": None if fitness is None else list(fitness),
        "started": 1767261600.25,
        "seconds": 0.5,
        "seed": 7,
        "host": "here",
        **more,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


def write(path, *records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records))


def test_records_are_read_in_order(path):
    history = History(path)
    for index in range(3):
        history.add(json.dumps(record(0, index)))
    history.flush()
    history.close()
    assert [r["index"] for r in read_history(path)] == [0, 1, 2]


def test_records_are_kept_until_flushed(path):
    history = History(path)
    history.add("{}")
    assert path.read_text() == ""
    history.flush()
    assert path.read_text() == "{}\n"
    history.close()


def test_torn_last_line_is_left_out_by_readers(path):
    write(path, record(0, 0))
    whole = path.read_text()
    path.write_text(whole + whole[:-10])
    assert len(list(read_history(path))) == 1


def test_broken_line_inside_names_file_and_byte(path):
    path.write_text('{"a": 1}\nnot json\n{}\n')
    with pytest.raises(ValueError, match=r"history\.jsonl, byte 9"):
        list(read_history(path))


def test_reading_starts_where_a_sync_ended(path):
    history = History(path)
    history.add(json.dumps(record(0, 0)))
    start = history.sync()
    history.add(json.dumps(record(1, 0)))
    history.flush()
    assert [r["generation"] for r in read_history(path, start)] == [1]


def test_full_file_leaves_no_torn_record(path):
    history = History(path)
    history.add(json.dumps(record(0, 0)))
    size = history.sync()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, hard))
    try:
        history.add(json.dumps(record(0, 1)))
        with pytest.raises(OSError, match="too large"):
            history.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.stat().st_size == size
    history.flush()
    assert len(list(read_history(path))) == 2  # it was kept, and went in when there was room


def test_sync_notices_that_the_file_was_removed(path):
    history = History(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        history.sync()
    history.close()


def test_tables_are_sorted_and_spread(path):
    failed = record(0, 1, None, outcome="failed", error={"type": "ValueError", "message": "no"})
    write(path, failed, record(0, 0, (2,)), record(1, 0, (0.5,)))
    export_history(path)
    rows = list(csv.DictReader(path.with_suffix(".csv").open()))
    assert [(row["generation"], row["index"]) for row in rows] == [("0", "0"), ("0", "1"), ("1", "0")]
    assert rows[0]["x_1"] == "0.2"
    assert (rows[1]["fitness"], rows[1]["error"]) == ("", "ValueError: no")
    table = pyarrow.parquet.read_table(path.with_suffix(".parquet"))
    assert table["fitness"].to_pylist() == [2.0, None, 0.5]
    assert table["individual.seed"].to_pylist() == [3.0] * 3
    assert table["seed"].to_pylist() == [7] * 3


def test_components_of_fitness_have_columns_of_their_own(path):
    write(path, record(0, 0, (1.0, 2.0)))
    export_history(path)
    (row,) = csv.DictReader(path.with_suffix(".csv").open())
    assert (row["fitness_0"], row["fitness_1"]) == ("1", "2")


def test_last_record_of_an_individual_counts(path):
    write(path, record(0, 0, (1.0,)), record(0, 0, (2.0,)))
    export_history(path)
    assert [row["fitness"] for row in csv.DictReader(path.with_suffix(".csv").open())] == ["2"]


def test_tables_are_in_order_where_generations_lie_among_each_other(path):
    write(path, record(1, 0), record(0, 1), record(2, 1), record(0, 0), record(2, 0), record(1, 1))
    export_history(path)
    rows = csv.DictReader(path.with_suffix(".csv").open())
    assert [(row["generation"], row["index"]) for row in rows] == [(g, i) for g in "012" for i in "01"]


def test_a_row_longer_than_a_block_of_a_reader_is_written(path):
    write(path, record(0, 0, parameters={"text": "x" * 2_000_000}))
    export_history(path)
    assert len(pyarrow.parquet.read_table(path.with_suffix(".parquet"))["text"][0].as_py()) == 2_000_000


@pytest.mark.skipif(importlib.util.find_spec("pandas") is None, reason="pandas is not installed")
def test_tables_are_written_without_the_time_it_takes_to_import_pandas(path):
    write(path, record(0, 0))
    code = f"""
import sys
from pathlib import Path
from l2l.utils.history import export_history
export_history(Path({str(path)!r}))
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert path.with_suffix(".parquet").exists()
