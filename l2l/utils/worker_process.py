"""The runner's side of one worker: its process, its pipes, and the assignments it has in hand."""

import os
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from l2l.errors import WorkerStartError
from l2l.utils.allocation import for_steps
from l2l.utils.assignment import Assignment, Group, line_of
from l2l.utils.beat import Pulse, has_ended
from l2l.utils.channel import Inbox, Outbox, Pipes, encode
from l2l.utils.file_pipes import FileInbox, FileOutbox, FilePipes
from l2l.utils.reaper import MARK

HOST = socket.gethostname()

LONGEST_QUEUE = 64
"""Assignments in hand of one worker, at most."""

QUEUED_S = 0.05
"""Seconds of work a worker may have waiting, where that is several evaluations."""

AHEAD_S = 10.0
"""How long an evaluation may be for another one to wait behind it: that hides the round trip."""

SLOWNESS_DECAY = 0.9
"""How much of the slowest recent evaluation still counts at the next one."""


class WorkerProcess:
    """A worker as the runner sees it.

    Parameters
    ----------
    worker_id : int or str
        Names its pipes and logs.
    command : sequence of str
    folder : Path
        Where its pipes and logs lie.
    token : str
        Marks, in the environment, the worker and all that it starts.
    pipes : Pipes or FilePipes
        Made here.
    through_srun : bool
        Whether the process is an ``srun``: it starts the worker itself elsewhere, and writes its log files.

    Attributes
    ----------
    host : str
        Where it runs, as soon as it is ready.
    is_here : bool
        Whether the process that was started is itself the worker, so that the kernel tells of its end.
    lost : str
        Why it is taken for lost although its process has not ended, or nothing.
    pulse : Pulse or None
        Its heartbeat, with file pipes.

    Raises
    ------
    WorkerStartError
        If the command cannot be executed.
    OSError
        If its pipes and logs cannot be made.
    """

    def __init__(
        self,
        worker_id: int | str,
        command: Sequence[str],
        folder: Path,
        token: str,
        pipes: Pipes | FilePipes,
        through_srun: bool = False,
    ):
        self.worker_id: Any = worker_id
        self.through_srun = through_srun
        self.queue: deque[Assignment | Group] = deque()
        self.ready = False
        self.host = ""
        self.is_here = False
        self.overdue: Assignment | Group | None = None  # the one it was killed for
        self.answered = 0
        self.head_since = time.monotonic()
        self._slowest_s = float("inf")  # nothing is known yet: one assignment at a time
        self._n_sent = 0
        self._is_asked = False  # for what waits behind the first of its assignments
        self._owes_answer = False
        self.lost = ""
        self._err_log = folder / f"err_{worker_id}.log"
        self._logs = [Log(self._err_log)]
        if through_srun:
            self._logs.append(Log(folder / f"srun_{worker_id}.log"))
        self.pipes = pipes
        pipes.make()
        self.inbox: Inbox | FileInbox
        self.outbox: Outbox | FileOutbox
        self.inbox, self.outbox = pipes.of_runner()
        self.pulse = Pulse(pipes.beat) if isinstance(pipes, FilePipes) else None
        try:
            self._start(command, folder / f"out_{worker_id}.log", token)
        except (OSError, WorkerStartError):
            self._let_go()
            raise

    def _start(self, command: Sequence[str], out_log: Path, token: str) -> None:
        own_log = self._logs[-1]
        with open(own_log.path if self.through_srun else out_log, "ab") as out, open(own_log.path, "ab") as err:
            try:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env={**(for_steps(os.environ) if self.through_srun else os.environ), MARK: token},
                    start_new_session=True,  # a group of its own to end as a whole; Ctrl-C does not reach it
                )
            except OSError as error:
                raise WorkerStartError(str(error)) from error
        self.pid = self.process.pid
        self.pidfd = os.pidfd_open(self.pid)

    @property
    def fds(self) -> tuple[int, ...]:
        """All descriptors that a selector may know."""
        return (*self.inbox.fds, *self.outbox.fds, self.pidfd)

    def greet(self, host: str, pid: int) -> None:
        """It is ready, as process ``pid`` of a host."""
        self.ready = True
        self.host = host
        self.is_here = (host, pid) == (HOST, self.pid)

    # --- assignments

    @property
    def depth(self) -> int:
        """How many assignments it may have in hand: many where evaluations are short, one where they are long."""
        if self._slowest_s > AHEAD_S:
            return 1
        return min(LONGEST_QUEUE, max(2, 1 + int(QUEUED_S / max(self._slowest_s, 1e-6))))

    @property
    def room(self) -> int:
        """How many more it takes now; none before half of them are done."""
        if not self.ready or self.overdue is not None or self._is_asked:
            return 0
        depth = self.depth
        return depth - len(self.queue) if len(self.queue) <= depth // 2 else 0

    def assign(self, calls: Sequence[Assignment | Group]) -> bool:
        """Send assignments in one write; False when the pipe was full and the rest waits."""
        if not self.queue:
            self.head_since = time.monotonic()
        self.queue.extend(calls)
        self._n_sent += len(calls)
        return self.outbox.send(b"".join([line_of(call) for call in calls]))

    def finish_head(self, seconds: float) -> Assignment | Group:
        """Take the first assignment, which was answered after ``seconds`` of work, out of its hands."""
        self._slowest_s = max(seconds, SLOWNESS_DECAY * min(self._slowest_s, 1e3))
        if not self.answered:
            self._slowest_s = seconds
        self.answered += 1
        self.head_since = time.monotonic()
        head = self.queue.popleft()
        self._is_asked = self._owes_answer or (self._is_asked and bool(self.queue))
        return head

    @property
    def n_behind(self) -> int:
        """How many assignments wait behind the first, and could be asked for."""
        return 0 if self._is_asked or self.overdue is not None else max(0, len(self.queue) - 1)

    def ask_back(self) -> None:
        """Ask for what waits behind the first of its assignments; nothing more is given to it before that is over."""
        self._owes_answer = self._is_asked = self.pipes.request(encode({"return": self._n_sent}))

    def give_back(self, n_returned: int) -> list[Assignment | Group]:
        """Take what it has answered not to begin, the last of its assignments, out of its hands."""
        self._owes_answer = False
        calls = [self.queue.pop() for _ in range(n_returned)][::-1]
        self._is_asked = bool(self.queue)
        return calls

    # --- its end

    def say(self, **message: Any) -> None:
        """Send one message."""
        self.outbox.send(encode(message))

    def quits(self) -> bool:
        """Ask it to end; False if that cannot be said."""
        try:
            self.say(quit=True)
        except OSError:  # its pipe has been removed, or there is no room
            return False
        return True

    def signal(self, number: int) -> None:
        """Signal the worker and whatever it has started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def has_ended(self) -> bool:
        """Whether its process has, which is not waited for before `close`."""
        return has_ended(self.pidfd)

    def kill(self) -> None:
        """Have it ended at once; an srun is only told to, because its task would live on without it."""
        self.signal(signal.SIGTERM if self.through_srun else signal.SIGKILL)

    def close(self) -> None:
        """Kill what is left of its process group, and let go of pipes and descriptors."""
        self.signal(signal.SIGKILL)  # also the children of a worker that ended by itself
        self.process.wait()  # only now: until it is waited for, its number cannot become another group's
        os.close(self.pidfd)
        self._let_go()

    def _let_go(self) -> None:
        self.inbox.close()
        self.outbox.close()
        with suppress(OSError):  # of a folder that has become read-only: the next run removes them
            self.pipes.remove()

    def how_it_ended(self) -> str:
        """``exit code 3`` or ``signal SIGKILL``, of a worker that was closed."""
        if self.lost:
            return self.lost
        code = self.process.wait()
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"

    def last_words(self) -> str:
        """The last lines that it, and an srun, wrote to standard error."""
        return "\n".join(words for log in self._logs if (words := log.last_words()))

    @property
    def log_path(self) -> Path:
        """Its standard error."""
        return self._err_log


class Log:
    """A log file, of which the part is of interest that is written from now on."""

    def __init__(self, path: Path):
        self.path = path
        self._start = path.stat().st_size if path.exists() else 0

    def last_words(self, lines: int = 20) -> str:
        """Its last lines."""
        try:
            with open(self.path, "rb") as log:
                size = log.seek(0, os.SEEK_END)
                start = self._start if self._start <= size else 0  # the log was emptied meanwhile
                log.seek(max(start, size - 16384))
                text = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])
