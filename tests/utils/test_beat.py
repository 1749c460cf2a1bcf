import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE

import pytest

from l2l.utils.beat import Pulse, write_beat

SLEEPER = "import sys; from l2l.utils.beat import start_beating; start_beating(*sys.argv[1:2], 0.3, *sys.argv[2:]); {}"
SLEEPS = "print('up', flush=True); __import__('time').sleep(60)"


@pytest.fixture
def beats(tmp_path):
    path = tmp_path / "beat"
    path.touch()
    return path


@pytest.fixture
def start():
    """Start a process that beats and sleeps."""
    started = []

    def sleeper(*paths, then=SLEEPS):
        command = [sys.executable, "-c", SLEEPER.format(then), *map(str, paths)]
        started.append(subprocess.Popen(command, stdout=PIPE, stderr=PIPE, start_new_session=True))
        assert started[-1].stdout.readline() == b"up\n"
        return started[-1]

    yield sleeper
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        select.select([], [], [], 0.01)


def has_ended(process):
    return lambda: process.poll() is not None


def test_heart_beats_while_the_process_is_busy_in_one_long_call(beats, start):
    busy = "print('up', flush=True); sum(range(10**10))"  # holds the interpreter for minutes
    start(beats, then=busy)
    seen = set()
    until(lambda: seen.add(beats.read_bytes()) or len(seen) >= 3)


def test_beats_end_with_the_process(beats, tmp_path, start):
    process = start(beats)
    process.kill()
    process.wait()
    until(lambda: not beats.exists())


def test_worker_is_killed_when_its_runner_falls_silent(beats, tmp_path, start):
    runner = tmp_path / "runner"
    runner.touch()
    write_beat(runner, 1)
    began = time.monotonic()
    worker = start(beats, runner)
    until(has_ended(worker))
    assert worker.returncode == -9
    assert time.monotonic() - began > 0.3


def test_worker_is_killed_when_its_runner_has_gone(beats, tmp_path, start):
    runner = tmp_path / "runner"
    runner.touch()
    worker = start(beats, runner)
    runner.unlink()
    until(has_ended(worker))


def test_worker_is_killed_when_it_has_been_replaced(beats, tmp_path, start):
    runner = tmp_path / "runner"
    runner.touch()
    worker = start(beats, runner)
    beats.unlink()
    until(has_ended(worker))


def test_process_that_beats_has_no_child_more(beats, start):
    process = start(beats, then="import os; print('up', flush=True); os.waitpid(-1, os.WNOHANG)")
    _, words = process.communicate()
    assert b"ChildProcessError" in words


def test_silence_counts_only_while_somebody_listens(beats, monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    pulse = Pulse(beats)
    now += 50
    assert pulse.look(2.0) == 0  # has not begun to beat
    write_beat(beats, 1)
    assert pulse.look(2.0) == 0
    now += 1.5
    assert pulse.look(2.0) == 1.5
    now += 3600  # the runner was stopped
    assert pulse.look(2.0) == 3.5
    write_beat(beats, 2)
    assert pulse.look(2.0) == 0


def test_beat_is_not_written_into_a_folder_that_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_beat(tmp_path / "beat", 1)


KEEPS_ON = """
import sys
from pathlib import Path
from l2l.utils.beat import Heartbeat

heartbeat = Heartbeat(Path(sys.argv[1]), 60.0, Path(sys.argv[2]))
for _ in iter(input, "end"):
    heartbeat.keep_on()
    print("kept", flush=True)
"""


def test_heart_that_is_killed_beats_on(beats, tmp_path):
    runner = tmp_path / "runner"
    runner.touch()
    command = [sys.executable, "-c", KEEPS_ON, str(beats), str(runner)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        print("once", file=process.stdin)
        assert process.stdout.readline() == "kept\n"
        (beating,) = beating_for(beats)
        until(beats.read_bytes)
        os.kill(beating, signal.SIGKILL)
        until(lambda: not beating_for(beats))
        beats.write_bytes(b"")
        print("again", file=process.stdin)
        assert process.stdout.readline() == "kept\n"
        until(beats.read_bytes)
        print("end", file=process.stdin)
    until(lambda: not beating_for(beats))


def beating_for(path):
    """Processes that beat into a file."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if str(path).encode() in words and any(word.endswith(b"/beat.py") for word in words):
                found.append(int(entry.name))
    return found
