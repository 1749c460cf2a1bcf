"""The reaper: a tiny process that ends all workers when the runner is gone, however it went.

Reads process groups from its standard input, ``+123`` (started) and ``-123`` (ended), and at the end of the
input kills those that are left. Runs as a plain file with the standard library alone, so that it starts at once.
"""

import os
import signal
import subprocess
import sys


class Reaper:
    """The runner's side: tells the reaper which process groups to end with the runner."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C must not reach it before it has done its work
        )

    def watch(self, group: int) -> None:
        """End this process group with the runner."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended; its number may soon be another's."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the reaper end, and whatever is still watched with it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            os.write(self._process.stdin.fileno(), line.encode())
        except BrokenPipeError:  # somebody killed it; workers also watch their runner by themselves
            return


def reap() -> None:
    """Follow the standard input to its end, then kill the groups that are left."""
    groups = set()
    for line in sys.stdin.buffer:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    reap()
