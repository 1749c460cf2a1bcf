import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from l2l.errors import RunFolderError, RunTakenOverError
from l2l.utils import run_lock
from l2l.utils.run_folder import RunFolder
from l2l.utils.run_lock import Claim, RunLock, is_local


@pytest.fixture
def lock(tmp_path):
    return RunLock(tmp_path)


@pytest.fixture(params=["here", "elsewhere", "no locks"])
def where(request, monkeypatch):
    """A holder on this host, on another (whose locks do not show here), where the file system has none."""
    if request.param == "elsewhere":
        monkeypatch.setattr(fcntl, "flock", lambda fd, kind: None)
    elif request.param == "no locks":
        monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(run_lock, "is_local", lambda folder: request.param == "here")
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.01)
    return request.param


def refuse(fd, kind):
    raise OSError(37, "No locks available")


@pytest.fixture
def as_another_host(monkeypatch):
    """From when it is called on, this is another computer."""

    def change():
        monkeypatch.setattr(run_lock, "machine", lambda: "another computer")

    return change


def quick_beats(monkeypatch):
    monkeypatch.setattr(run_lock, "SILENCE_S", 0.6)


def test_who_comes_second_is_told_who_was_first(lock, where, as_another_host, monkeypatch):
    quick_beats(monkeypatch)
    with lock.held():
        if where == "elsewhere":
            as_another_host()
        assert lock.holder() == f"process {os.getpid()} on {os.uname().nodename}"
        with pytest.raises(RunFolderError, match=f"is going on in .*process {os.getpid()} on"), lock.held():
            pytest.fail("held twice")
    assert lock.holder() is None
    assert list(lock.folder.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from l2l.utils.run_lock import RunLock
with RunLock(Path(sys.argv[1])).held():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_lock_of_one_that_was_killed_is_no_obstacle(lock, where, as_another_host):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(lock.folder)])
    assert killed.returncode == -9
    assert Claim.read(lock.path).who.startswith("process")
    if where == "elsewhere":
        as_another_host()
    with lock.held():
        assert Claim.read(lock.path).who.startswith(f"process {os.getpid()} ")


def test_lock_of_a_host_that_was_lost_is_taken_after_its_silence(lock, as_another_host, monkeypatch):
    quick_beats(monkeypatch)
    lost = Claim("process 1 on lost", "lost", "token")
    lock.path.write_text(lost.text())
    beat = lock.folder / ".alive_token"
    beat.write_text("7")
    assert lock.holder() == "process 1 on lost"
    with lock.held():
        assert not beat.exists()


@pytest.mark.parametrize("left", ["", "process 1 on nowhere\n"])
def test_lock_that_says_little_is_taken(lock, left, monkeypatch):
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.01)
    lock.path.write_text(left)
    with lock.held():
        assert Claim.read(lock.path).machine == run_lock.machine()


def test_of_two_that_take_over_a_lock_one_wins(lock, monkeypatch):
    lock.path.write_text(Claim("process 1 on lost", "lost", "gone").text())
    winner = Claim("process 2 on other", "other", "winner")
    monkeypatch.setattr(run_lock.time, "sleep", lambda s: lock.path.write_text(winner.text()))
    with pytest.raises(RunFolderError, match="process 2 on other"), lock.held():
        pytest.fail("both have it")
    assert Claim.read(lock.path) == winner


def test_lock_that_is_removed_while_it_is_opened_is_made_anew(lock, monkeypatch):
    lock.path.write_text("")
    flock = fcntl.flock

    def removed_meanwhile(fd, kind):
        lock.path.unlink(missing_ok=True)
        monkeypatch.setattr(fcntl, "flock", flock)
        flock(fd, kind)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with lock.held():
        assert lock.path.exists()


def test_file_system_of_a_folder_is_that_of_the_innermost_mount(monkeypatch, tmp_path):
    told = tmp_path / "mountinfo"
    told.write_text(
        "21 1 8:1 / / rw - ext4 /dev/root rw\n"
        "22 21 0:5 / /ma\\040dönnées rw shared:1 - nfs4 server:/data rw\n"
        "23 22 0:6 / /ma\\040dönnées/scratch rw - tmpfs none rw\n"
    )
    monkeypatch.setattr(run_lock, "MOUNTS", told)
    found = [
        is_local(Path(folder)) for folder in ("/home/run", "/ma dönnées/run", "/ma dönnées/scratch/run", "/ma dönnées2")
    ]
    assert found == [True, False, True, True]


def test_holder_is_told_who_has_taken_its_lock_over(lock, monkeypatch):
    monkeypatch.setattr(run_lock, "CHECK_EVERY_S", 0.0)
    with lock.held():
        lock.check()
        lock.path.write_text(Claim("process 2 on other", "other", "token").text())
        with pytest.raises(RunTakenOverError, match="process 2 on other has taken over .*nothing more"):
            lock.check()
        lock.path.unlink()
        with pytest.raises(RunTakenOverError, match="another run, now ended, has taken over"):
            lock.check()
        lock.folder.rmdir()
        with pytest.raises(FileNotFoundError):
            lock.check()


def test_holder_looks_for_its_lock_seldom_but_after_a_suspension_at_once(lock, monkeypatch):
    slept = iter([0.0, 0.5, 100.0])
    monkeypatch.setattr(run_lock.time, "clock_gettime", lambda clock: next(slept))
    with lock.held():
        lock.check()
        lock.path.write_text("process 2 on other\n")
        lock.check()
        with pytest.raises(RunTakenOverError):
            lock.check()


def test_run_that_another_host_has_left_goes_on_in_another_history(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "SETTLE_S", 0.01)
    folder = RunFolder(tmp_path)
    folder.history_path.write_text("one\n")
    with open(folder.history_path, "a") as late:
        with folder.locked():
            late.write("in the same file\n")
            late.flush()
        (tmp_path / ".lock").write_text(Claim("process 1 on lost", "lost", "gone").text())
        with folder.locked():
            late.write("too late\n")
            late.flush()
    assert folder.history_path.read_text() == "one\nin the same file\n"
