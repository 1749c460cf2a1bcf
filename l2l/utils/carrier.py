"""The carrier: takes assignments, in a process of an engine, to a worker beside it.

What an optimizee does must not end a process of the engine (a pool would break, an MPI job abort). So each of them
keeps a worker, the same program that serves a run without an engine, and sees every way in which it can end.
"""

import itertools
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from l2l.errors import WorkerStartError
from l2l.utils.channel import decode
from l2l.utils.file_pipes import CarriedPipes, PipeFolder
from l2l.utils.worker_process import WorkerProcess

_mine = threading.local()  # an engine may run tasks in several threads of a process: each has a worker of its own
_numbers = itertools.count()
_following = False


class Station(NamedTuple):
    """What it takes to start a worker of a run, anywhere."""

    command: tuple[str, ...]
    """To which the name of the worker is appended."""

    simulation: str
    """Folder of its pipes and logs."""

    setup: Mapping[str, Any]
    """Its first message."""

    runner: tuple[str, int]
    """Host and process."""


class Report(NamedTuple):
    """What became of the assignments of one task."""

    worker: str
    """Names its logs."""

    host: str
    """Of the worker."""

    lines: list[bytes]
    """Its answers, in the order of the assignments; fewer than those if it ended."""

    seconds: float
    """Since the task began."""

    how: str | None = None
    """How the worker ended, if it did."""

    words: str = ""
    """The last lines it wrote to its standard error."""

    ready: bool = True
    """Whether it had loaded the optimizee before."""

    overdue: bool = False
    """Whether it was killed because an evaluation took too long."""

    head_seconds: float = 0.0
    """How long the evaluation with which it ended had taken by then."""


def carry(station: Station, lines: Sequence[bytes], limits: Sequence[float]) -> Report:
    """Have assignments evaluated, one after the other, by the worker of this thread.

    Parameters
    ----------
    station : Station
    lines : sequence of bytes
        A message for each.
    limits : sequence of float
        Seconds that each may take.
    """
    began = time.monotonic()
    _follow(*station.runner)
    name, host = _name(), socket.gethostname()
    try:
        worker = _worker(station, name)
    except (OSError, WorkerStartError) as error:
        return Report(name, host, [], time.monotonic() - began, how=str(error), ready=False)
    awaited = [(station.setup["run"], decode(line)["of"]) for line in lines]
    answers: list[bytes] = []
    ready = worker.ready or _gets_ready(worker)
    overdue = False
    head_since = time.monotonic()
    sent = ready and worker.outbox.send(b"".join(lines))
    while ready and len(answers) < len(lines):
        due = head_since + limits[len(answers)]
        if not _wait(worker, due, not sent):
            overdue = True
            break
        sent = worker.outbox.send(b"")
        ended = worker.has_ended()  # before the last look at what it has written
        new = worker.inbox.read()
        if new:
            worker.lost = _sort(new, awaited, answers)
            if worker.lost:
                break
            head_since = time.monotonic()
        elif new is None and ended:
            break
    now = time.monotonic()
    if len(answers) == len(lines):
        return Report(name, host, answers, now - began)
    words = worker.last_words()
    _dismiss()
    how = "" if overdue else worker.how_it_ended()
    return Report(name, host, answers, now - began, how, words, ready, overdue, now - head_since)


def _sort(lines: Sequence[bytes], awaited: Sequence[Any], answers: list[bytes]) -> str:
    """Take what is awaited out of what a worker has written; returns what is wrong with it, if anything."""
    for line in lines:
        try:
            message = decode(line)
        except ValueError:
            return f"a line that is no message: {line[:80]!r}"
        if len(answers) < len(awaited) and (message.get("run"), message.get("of")) == awaited[len(answers)]:
            answers.append(line)
    return ""


def _follow(host: str, pid: int) -> None:
    """If the runner has started this process, end with it: a process pool would wait for ever for its next task."""
    global _following
    if _following or os.getppid() != pid or socket.gethostname() != host:
        return
    _following = True
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    threading.Thread(target=lambda: ended.poll() and os._exit(1), daemon=True).start()


def _name() -> str:
    """Names the workers of this thread, one after the other."""
    if not hasattr(_mine, "name"):
        _mine.name = f"{socket.gethostname()}-{os.getpid()}-{next(_numbers)}"
    return str(_mine.name)


def _worker(station: Station, name: str) -> WorkerProcess:
    """The worker of this thread; a new one for another run, or where the last has ended."""
    run = station.setup["run"]
    if getattr(_mine, "run", None) == run and not _mine.worker.has_ended():
        return _mine.worker
    _dismiss()
    simulation = Path(station.simulation)
    pipes = CarriedPipes(PipeFolder(simulation, run), name)
    command = [*station.command, name, run, "0", "fifo"]
    worker = WorkerProcess(name, command, simulation / "individual_logs", run, pipes)
    worker.say(setup=station.setup)
    _mine.worker, _mine.run = worker, run
    return worker


def _gets_ready(worker: WorkerProcess) -> bool:
    """Wait until a new worker has loaded the optimizee; False if it ended before."""
    while _wait(worker, float("inf"), False):
        ended = worker.has_ended()
        lines = worker.inbox.read()
        if lines:
            worker.ready = "ready" in decode(lines[0])
            return worker.ready
        if lines is None and ended:
            return False
    return False


def _wait(worker: WorkerProcess, due: float, sending: bool) -> bool:
    """Sleep until the worker has answered, has ended, or has room for more; False when it is ``due``."""
    poll = select.poll()
    for fd in (*worker.inbox.fds, worker.pidfd):
        poll.register(fd, select.POLLIN)
    for fd in worker.outbox.fds if sending else ():
        poll.register(fd, select.POLLOUT)
    left = due - time.monotonic()
    return bool(poll.poll(None if left == float("inf") else max(0.0, 1000 * left)))


def _dismiss() -> None:
    """End the worker of this thread, if there is one."""
    if getattr(_mine, "run", None) is not None:
        _mine.worker.signal(signal.SIGKILL)
        _mine.worker.close()
        _mine.run = None
