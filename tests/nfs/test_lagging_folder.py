"""The folder is as lax as it says."""

import errno
import fcntl
import os
import time

import pytest


@pytest.fixture
def views(add_host):
    return add_host().view, add_host().view


def test_what_another_host_wrote_is_seen_when_the_file_is_opened_anew(views):
    one, other = views
    (one / "file").write_text("1")
    with open(other / "file") as early, open(one / "file", "a") as writer:
        assert early.read() == "1"
        writer.write("2")
        writer.flush()
        assert (other / "file").read_text() == "1"  # not closed by the writer
        assert (one / "file").read_text() == "12"
        writer.close()
        assert early.read() == ""
        assert os.fstat(early.fileno()).st_size == 1
        assert (other / "file").read_text() == "12"


def test_what_a_host_knows_is_out_of_date_for_a_while(views):
    one, other = views
    (one / "old").write_text("1")
    assert os.listdir(other) == ["old"]
    assert (other / "old").stat().st_size == 1
    assert not (other / "new").exists()
    (one / "new").write_text("x")
    (one / "old").write_text("123")
    assert os.listdir(other) == ["old"]
    assert (other / "old").stat().st_size == 1
    with pytest.raises(FileNotFoundError):
        open(other / "new")
    time.sleep(3.0)  # the lag
    assert sorted(os.listdir(other)) == ["new", "old"]
    assert (other / "old").stat().st_size == 3
    assert (other / "new").read_text() == "x"


def test_two_hosts_that_append_overwrite_each_other(views):
    one, other = views
    (one / "file").touch()
    with open(one / "file", "a") as first, open(other / "file", "a") as second:
        first.write("one")
        second.write("other")
    assert (other / "file").read_text() == "oneer"  # each at the end that it knew of


def test_a_file_that_another_host_removed_is_stale(views):
    one, other = views
    (one / "file").write_text("x")
    with open(other / "file") as reader:
        (one / "file").unlink()
        with pytest.raises(OSError) as stale:
            reader.read()
    assert stale.value.errno == errno.ESTALE


def test_locks_are_kept_by_each_host_for_itself(views):
    one, other = views
    (one / "file").touch()
    with open(one / "file") as first, open(one / "file") as again, open(other / "file") as second:
        for file in (first, second):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_locks_are_refused(add_host):
    (add_host("refused").view / "file").touch()
    with open(add_host("refused").view / "file") as file, pytest.raises(OSError) as refused:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert refused.value.errno == errno.ENOLCK
