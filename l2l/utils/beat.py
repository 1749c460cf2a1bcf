"""Heartbeats: a file that keeps changing while a process lives, for those on other hosts who cannot see it.

A small process beats, not the one that it speaks for: a kernel that computes for an hour, an optimizer that thinks
for as long, are alive. It runs as a plain file with the standard library alone, so that it starts at once and stays
small. What is compared are changes as seen by one's own monotonic clock, never the clocks of two hosts.
"""

import os
import select
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

HEARTBEAT_TIMEOUT_S = 60.0
"""Silence after which the other side is taken for lost."""

BEATS_PER_TIMEOUT = 6
LONGEST_TICK_S = 1.0
"""How often a beating process looks whether all is well, at least."""


class Pulse:
    """The heartbeat of somebody else.

    Attributes
    ----------
    silent_s : float
        How long it has not been felt, counted only while one was there to feel it.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = path
        self.silent_s = 0.0
        self._felt: bytes = b""
        self._looked = time.monotonic()

    def look(self, longest_s: float) -> float:
        """Feel for it; returns how long it has been silent, 0 before its first beat.

        Parameters
        ----------
        longest_s : float
            What counts at most of the time since the last look: who was stopped for an hour has not listened.

        Raises
        ------
        FileNotFoundError
            If the file has been removed.
        """
        now = time.monotonic()
        felt = self._feel()
        if felt != self._felt or not felt:
            self.silent_s = 0.0
        else:
            self.silent_s += min(now - self._looked, longest_s)
        self._felt = felt
        self._looked = now
        return self.silent_s

    def _feel(self) -> bytes:
        try:
            fd = os.open(self.path, os.O_RDONLY)  # anew at each look: NFS shows what others wrote on open
            try:
                return os.pread(fd, 32, 0)
            finally:
                os.close(fd)
        except FileNotFoundError:
            raise
        except OSError:  # the file system has a bad moment: nothing felt
            return self._felt


def start_beating(own: str | os.PathLike[str], timeout_s: float, runner: str | os.PathLike[str] | None = None) -> int:
    """Start a process that beats into the file ``own`` for as long as this one lives; returns its number.

    Parameters
    ----------
    own : path
        An existing file; the beating ends when it is removed.
    timeout_s : float
        Silence after which others take this process for lost; beats are a sixth of it apart.
    runner : path, optional
        Heartbeat of the runner: this process is killed when that is silent for ``timeout_s``, or one of both files
        removed.
    """
    started = subprocess.run(
        [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(timeout_s), str(own), str(runner or "")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return int(started.stdout)


class Heartbeat:
    """The heartbeat of this process, which beats on if the process that does so is killed.

    Parameters
    ----------
    own, timeout_s, runner
        See `start_beating`.
    """

    def __init__(self, own: Path, timeout_s: float, runner: Path):
        self._start = partial(start_beating, own, timeout_s, runner)
        self._process = os.pidfd_open(self._start())

    def keep_on(self) -> None:
        """Start it again if it has ended."""
        if has_ended(self._process):
            os.close(self._process)
            self._process = os.pidfd_open(self._start())


def has_ended(process: int) -> bool:
    """Whether the process of a descriptor has."""
    ended = select.poll()
    ended.register(process, select.POLLIN)
    return bool(ended.poll(0))


def beat(pid: int, timeout_s: float, own: Path, runner: Path | None) -> None:
    """Beat until the process ends; end it if its runner is gone."""
    interval_s = timeout_s / BEATS_PER_TIMEOUT
    tick_s = min(interval_s, LONGEST_TICK_S)
    process = os.pidfd_open(pid)
    ended = select.poll()
    ended.register(process, select.POLLIN)
    pulse = None if runner is None else Pulse(runner)
    next_beat = time.monotonic()
    beats = 0
    try:
        while True:
            if time.monotonic() >= next_beat:
                beats += 1
                write_beat(own, beats)
                next_beat = time.monotonic() + interval_s
            own.stat()
            if pulse is not None and pulse.look(2 * tick_s) > timeout_s:
                break
            if ended.poll(tick_s * 1e3):
                if runner is None:
                    own.unlink()  # its workers need not wait
                return
    except FileNotFoundError:  # the run is over
        pass
    if runner is not None:
        kill(pid)


def write_beat(own: Path, beats: int) -> None:
    """One beat: another number in the same place, for which a full disk has room as well.

    Raises
    ------
    FileNotFoundError
        If the file has been removed.
    """
    try:
        fd = os.open(own, os.O_WRONLY)
        try:
            os.pwrite(fd, f"{beats:020}\n".encode(), 0)
        finally:
            os.close(fd)
    except FileNotFoundError:
        raise
    except OSError:  # the file system has a bad moment, which the next beat may find over
        return


def kill(pid: int) -> None:
    """Kill a process, with its group if it leads one."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def main(pid: str, timeout_s: str, own: str, runner: str) -> None:
    """Go on in the background, as nobody's child: an optimizee that waits for its children must not wait for this."""
    child = os.fork()
    if child:
        os.write(1, b"%d" % child)
        return
    os.setsid()
    os.dup2(0, 1)  # else whoever started this would wait for the end of its output
    beat(int(pid), float(timeout_s), Path(own), Path(runner) if runner else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
