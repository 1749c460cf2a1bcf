"""The runner's side of one worker: its process, its pipes, and the assignments it has in hand."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from l2l.utils.assignment import Assignment, Group
from l2l.utils.channel import Inbox, Outbox, Pipes, encode
from l2l.utils.reaper import MARK

LONGEST_QUEUE = 64
"""Assignments in hand of one worker, at most."""

QUEUED_S = 0.002
"""Seconds of work a worker may have waiting: hides the round trip, and holds up nothing that is long."""

SLOWNESS_DECAY = 0.9
"""How much of the slowest recent evaluation still counts at the next one."""


class WorkerProcess:
    """A worker as the runner sees it.

    Parameters
    ----------
    worker_id : int
    command : sequence of str
    folder : Path
        Where its pipes and logs lie.
    token : str
        Marks, in the environment, the worker and all that it starts.
    redirected : bool
        Whether the command itself writes the log files (``srun --output``).
    """

    def __init__(self, worker_id: int, command: Sequence[str], folder: Path, token: str, redirected: bool = False):
        self.worker_id = worker_id
        self.queue: deque[Assignment | Group] = deque()
        self.ready = False
        self.overdue: Assignment | Group | None = None  # the one it was killed for
        self.answered = 0
        self.head_since = time.monotonic()
        self._slowest_s = float("inf")  # nothing is known yet: one assignment at a time
        self._err_log = folder / f"err_{worker_id}.log"
        self._pipes = Pipes(folder, worker_id)
        self._pipes.make()
        # Opened read-write, so that opening does not wait for the worker (Linux); nothing is read here.
        self.outbox = Outbox(os.open(self._pipes.input, os.O_RDWR | os.O_NONBLOCK))
        self.inbox = Inbox(os.open(self._pipes.output, os.O_RDONLY | os.O_NONBLOCK))
        try:
            self._start(command, folder / f"out_{worker_id}.log", token, redirected)
        except OSError:
            os.close(self.outbox.fd)
            os.close(self.inbox.fd)
            self._pipes.remove()
            raise

    def _start(self, command: Sequence[str], out_log: Path, token: str, redirected: bool) -> None:
        with open(out_log, "ab") as out, open(self._err_log, "ab") as err:
            self._err_start = err.tell()
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if redirected else out,
                stderr=err,
                env={**os.environ, MARK: token},
                start_new_session=True,  # a group of its own to end as a whole; Ctrl-C does not reach it
            )
        self.pid = self.process.pid
        self.pidfd = os.pidfd_open(self.pid)

    # --- assignments

    @property
    def depth(self) -> int:
        """How many assignments it may have in hand: more than one only where evaluations are short."""
        return min(LONGEST_QUEUE, 1 + int(QUEUED_S / max(self._slowest_s, 1e-6)))

    def assign(self, calls: Sequence[Assignment | Group]) -> bool:
        """Send assignments in one write; False when the pipe was full and the rest waits."""
        if not self.queue:
            self.head_since = time.monotonic()
        self.queue.extend(calls)
        return self.outbox.send("".join([f'{{"of":{call.of},{call.message}}}\n' for call in calls]).encode())

    def finish_head(self, seconds: float) -> Assignment | Group:
        """Take the first assignment, which was answered after ``seconds`` of work, out of its hands."""
        self._slowest_s = max(seconds, SLOWNESS_DECAY * min(self._slowest_s, 1e3))
        if not self.answered:
            self._slowest_s = seconds
        self.answered += 1
        self.head_since = time.monotonic()
        return self.queue.popleft()

    # --- its end

    def say(self, **message: Any) -> None:
        """Send one message."""
        self.outbox.send(encode(message))

    def signal(self, number: int) -> None:
        """Signal the worker and whatever it has started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """Kill what is left of its process group, and let go of pipes and descriptors."""
        self.signal(signal.SIGKILL)  # also the children of a worker that ended by itself
        self.process.wait()  # only now: until it is waited for, its number cannot become another group's
        for fd in (self.outbox.fd, self.inbox.fd, self.pidfd):
            os.close(fd)
        self._pipes.remove()

    def how_it_ended(self) -> str:
        """``exit code 3`` or ``signal SIGKILL``, of a worker that was closed."""
        code = self.process.wait()
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"

    def last_words(self, lines: int = 20) -> str:
        """The last lines that this process wrote to its standard error."""
        try:
            with open(self._err_log, "rb") as log:
                size = log.seek(0, os.SEEK_END)
                start = self._err_start if self._err_start <= size else 0  # the log was emptied meanwhile
                log.seek(max(start, size - 16384))
                text = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    @property
    def log_path(self) -> Path:
        """Its standard error."""
        return self._err_log
