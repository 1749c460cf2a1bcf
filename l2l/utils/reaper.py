"""The reaper: a tiny process that ends all workers when the runner is gone, however it went.

Reads process groups from its standard input, ``+123`` (started) and ``-123`` (ended), and single processes, ``!123``
(of an engine; ``!`` frees all of them). At the end of the input it kills those that are left, and every process that
carries the run's mark in its environment: what an optimizee started in a session of its own is in no worker's group.
Runs as a plain file with the standard library alone, so that it starts at once.
"""

import os
import signal
import subprocess
import sys
import time
import weakref

MARK = "L2L_RUN"
"""Environment variable of workers, and of all that they start: the token of their run."""

ROUNDS = 50
"""How often to look for marked processes; one that the kernel cannot end must not hold up the end of the run."""


_reapers: "weakref.WeakSet[Reaper]" = weakref.WeakSet()


def _let_go() -> None:
    """In a fork of the runner: a reaper shall not wait for its end."""
    for reaper in _reapers:
        assert reaper._process.stdin is not None
        reaper._process.stdin.close()


os.register_at_fork(after_in_child=_let_go)


class Reaper:
    """The runner's side: tells the reaper which process groups to end with the runner.

    Parameters
    ----------
    token : str
        Value of ``MARK`` in the environment of the run's workers.
    """

    def __init__(self, token: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, token],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must not reach it before it has done its work
        )
        _reapers.add(self)

    def watch(self, group: int) -> None:
        """End this process group with the runner."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended; its number may soon be another's."""
        self._tell(f"-{group}\n")

    def watch_process(self, pid: int) -> None:
        """End this process if the runner is killed, not at the end of the run: it is somebody else's."""
        self._tell(f"!{pid}\n")

    def close(self) -> None:
        """Let the reaper end, and with it the groups that are still watched."""
        self._tell("!\n")
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            os.write(self._process.stdin.fileno(), line.encode())
        except BrokenPipeError:  # somebody killed it; workers also watch their runner by themselves
            return


def reap(token: str) -> None:
    """Follow the standard input to its end, then kill the groups that are left and what carries the mark."""
    groups: set[int] = set()
    processes: list[int] = []  # descriptors: their numbers may become another's
    for line in sys.stdin.buffer:
        sign, number = line[:1], line[1:].strip()
        if sign == b"+":
            groups.add(int(number))
        elif sign == b"-":
            groups.discard(int(number))
        elif number:
            processes += opened(int(number))
        else:
            processes.clear()
    for process in processes:
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for _ in range(ROUNDS):  # until none is left that another was just starting
        if not kill_marked(token):
            return
        time.sleep(0.01)


def opened(pid: int) -> list[int]:
    """A descriptor of a process; none if it has ended."""
    try:
        return [os.pidfd_open(pid)]
    except ProcessLookupError:
        return []


def kill_marked(token: str) -> int:
    """Kill the processes with the run's mark in their environment; returns how many there were."""
    mark = f"{MARK}={token}".encode()
    killed = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"/proc/{entry.name}/environ", "rb") as file:  # empty where it has ended
                if mark in file.read().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)
                    killed += 1
        except OSError:  # it has just ended, or is not ours
            continue
    return killed


if __name__ == "__main__":
    reap(sys.argv[1])
