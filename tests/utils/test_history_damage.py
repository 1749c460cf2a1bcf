import json

import pytest

from l2l.utils.history_damage import Damage, cut_damage, find_damage

RECORD = json.dumps({"generation": 0, "index": 0, "parameters": {}, "fitness": None}) + "\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.jsonl"


def test_whole_history_and_none_at_all_have_no_damage(path):
    assert find_damage(path) is None
    path.write_text(RECORD * 2)
    assert find_damage(path) is None


@pytest.mark.parametrize("torn", ['{"generation": 1, "ind', RECORD[:-1], "x" * 10000])
def test_torn_last_line_is_cut_off(path, torn):
    path.write_text(RECORD + torn)
    damage = find_damage(path)
    assert damage == Damage(len(RECORD), 2, 1, is_torn=True)
    assert cut_damage(path, damage) is None
    assert path.read_text() == RECORD


@pytest.mark.parametrize(
    "garbled", [b"\n", b"\xff{}\n", b"\0" * 50 + b"\n", b"7\n", b'{"generation": 1}\n', b"[" * 9999 + b"\n"]
)
def test_what_follows_a_line_that_is_no_record_is_kept_beside(path, garbled):
    path.write_bytes(RECORD.encode() + garbled + RECORD.encode() + b'{"torn')
    damage = find_damage(path)
    assert damage == Damage(len(RECORD), 2, 3, is_torn=False)
    kept = cut_damage(path, damage)
    assert path.read_text() == RECORD
    assert kept.read_bytes() == garbled + RECORD.encode() + b'{"torn'
    assert kept.name.startswith("history.jsonl.damaged-")
