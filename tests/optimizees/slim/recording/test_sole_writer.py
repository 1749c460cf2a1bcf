"""Two processes that would write the same table."""

import errno
import fcntl
import os

import pytest

from l2l.errors import RunFolderError
from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.recording.paths import benchmark_path, table_path
from l2l.optimizees.slim.recording.sole_writer import sole_writer


def test_second_writer_is_told_of_the_first_and_nothing_is_left_after(tmp_path):
    table = tmp_path / "t.parquet"
    with sole_writer(table):
        with pytest.raises(RunFolderError, match=rf"t.parquet is being written by process {os.getpid()} on "):
            with sole_writer(table):
                pass
        with sole_writer(tmp_path / "other.parquet"):
            pass
    assert list(tmp_path.iterdir()) == []
    with sole_writer(table):
        pass


def test_lock_that_a_killed_process_left_behind_does_not_hold(tmp_path):
    (tmp_path / ".t.parquet.lock").write_text("process 1 on nowhere\n")
    with sole_writer(tmp_path / "t.parquet"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_table_is_written_where_the_file_system_has_no_locks(tmp_path, monkeypatch):
    def refuse(fd, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with sole_writer(tmp_path / "t.parquet"):
        assert (tmp_path / ".t.parquet.lock").exists()


@pytest.mark.parametrize(
    ("path", "command"),
    [(table_path, ["run", "OUT", "Fyne"]), (benchmark_path, ["benchmark", "OUT", "Fyne", "--trials", "1"])],
)
def test_command_refuses_to_write_where_another_one_does(tmp_path, capsys, path, command):
    out = str(tmp_path / "a")
    with sole_writer(path(out)):
        assert main([word.replace("OUT", out) for word in command] + ["--end-date", "2018-01-05"]) == 2
    assert "is being written by process" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
