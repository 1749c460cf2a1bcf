import json
import zlib

import pytest

from l2l.utils.history import History
from l2l.utils.history_damage import Damage, Past, cut_damage

RECORD = json.dumps({"generation": 0, "index": 0, "parameters": {}, "fitness": None}) + "\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


def read(path, start=0):
    """Number of records that are whole, and the damage behind them."""
    past = Past(path)
    return len(list(past.records(start))), past.damage


def test_whole_history_and_none_at_all_have_no_damage(path):
    assert read(path) == (0, None)
    path.write_text(RECORD * 3)
    assert read(path) == (3, None)
    assert read(path, len(RECORD)) == (2, None)


@pytest.mark.parametrize("torn", ['{"generation": 1, "ind', RECORD[:-1], "x" * 10000])
def test_torn_last_line_is_cut_off(path, torn):
    path.write_text(RECORD + torn)
    n_records, damage = read(path)
    assert (n_records, damage) == (1, Damage(len(RECORD), 2, 1, is_torn=True))
    assert cut_damage(path, damage) is None
    assert path.read_text() == RECORD


@pytest.mark.parametrize(
    "garbled", [b"\n", b"\xff{}\n", b"\0" * 50 + b"\n", b"7\n", b'{"generation": 1}\n', b"[" * 9999 + b"\n"]
)
@pytest.mark.parametrize("start", [0, len(RECORD)])
def test_what_follows_a_line_that_is_no_record_is_kept_beside(path, garbled, start):
    path.write_bytes(RECORD.encode() + garbled + RECORD.encode() + b'{"torn')
    _, damage = read(path, start)
    assert damage == Damage(len(RECORD), 2, 3, is_torn=False)
    kept = cut_damage(path, damage)
    assert path.read_text() == RECORD
    assert kept.read_bytes() == garbled + RECORD.encode() + b'{"torn'
    assert kept.name.startswith("history.jsonl.damaged-")


@pytest.fixture
def written(path):
    """Size and checksum after each of three records, the last of them of a run that was resumed."""
    noted = []
    for n in (2, 1):
        history = History(path)
        for _ in range(n):
            history.add(RECORD[:-1])
            noted.append((history.sync(), history.crc))
        history.close()
    return noted


def test_history_is_known_again_without_a_look_at_its_lines(path, written, monkeypatch):
    assert written == [(n * len(RECORD), zlib.crc32(n * RECORD.encode())) for n in (1, 2, 3)]
    past = Past(path)
    monkeypatch.delattr(Past, "n_whole")
    assert past.is_whole(0, 0) and all(past.is_whole(*noted) for noted in written)


def test_history_is_whole_as_far_as_its_damage(path, written):
    path.write_text(RECORD + "x" * (len(RECORD) - 1) + "\n" + RECORD)
    assert [Past(path).is_whole(*noted) for noted in written] == [True, False, False]
    assert Past(path).n_whole == len(RECORD)


def test_history_that_has_become_shorter_is_not_whole(path, written):
    path.write_text(RECORD * 2)
    assert [Past(path).is_whole(*noted) for noted in written] == [True, True, False]
    path.unlink()
    assert [Past(path).is_whole(*noted) for noted in written] == [False, False, False]


def test_other_records_than_were_written_are_taken_and_told_of(path, written, caplog):
    path.write_text(RECORD.replace("null", "[42]") + RECORD * 2)
    past = Past(path)
    assert past.is_whole(*written[1])
    assert "is not as the run wrote it, but has records only" in caplog.text
