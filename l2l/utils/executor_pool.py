"""The pool of an engine: any executor of PEP 3148 moves the assignments, in place of processes that we start."""

import logging
import os
import pkgutil
import selectors
import socket
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future, wait
from pathlib import Path
from typing import Any

from l2l.errors import UsageError, WorkerStartError
from l2l.utils.assignment import Assignment, Group, line_of
from l2l.utils.carrier import Report, Station, carry
from l2l.utils.file_pipes import PipeFolder
from l2l.utils.worker_pool import START_TRIES, WorkerPool
from l2l.utils.worker_process import LONGEST_QUEUE, SLOWNESS_DECAY

logger = logging.getLogger("utils.runner")

POLL_S = 0.1
"""How often to look at futures that do not call back."""

UNKNOWN = "unknown"
"""The host of a task that the engine has lost."""

ENDING_S = 2.0
"""Seconds that tasks have to end when the run does."""


def find_executor(given: Any) -> Any:
    """The runner parameter ``executor``: an executor, or what makes one.

    Parameters
    ----------
    given : Executor, callable or str
        ``"module:name"`` stands for what has this name.

    Raises
    ------
    UsageError
        If it is neither.
    """
    found = given
    if isinstance(given, str):
        try:
            found = pkgutil.resolve_name(given)
        except (ImportError, AttributeError, ValueError) as error:
            raise UsageError(f"executor {given!r} cannot be found: {error}; expected module:name") from error
    if not (_is_executor(found) or callable(found)):
        raise UsageError(
            "executor must be an executor, such as concurrent.futures.ProcessPoolExecutor(), or a callable that "
            f"makes one; got {type(found).__name__}"
        )
    return found


def name_of_executor(given: Any) -> str | None:
    """What to call the runner parameter ``executor`` in a manifest."""
    if given is None or isinstance(given, str):
        return given
    named = given if hasattr(given, "__qualname__") else type(given)
    return f"{named.__module__}:{named.__qualname__}"


def _is_executor(thing: Any) -> bool:
    return hasattr(thing, "submit") and not isinstance(thing, type)


def _made(make: Callable[[], Any]) -> Any:
    executor = make()
    if not _is_executor(executor):
        raise UsageError(f"executor must make an executor, which has submit(); got {type(executor).__name__}")
    return executor


class Seat:
    """One task at a time in the hands of an engine, as the runner sees a worker; who does it may change.

    Parameters
    ----------
    worker_id : int
    pool : ExecutorPool
    """

    def __init__(self, worker_id: int, pool: "ExecutorPool"):
        self.worker_id = worker_id
        self.queue: deque[Assignment | Group] = deque()
        self.ready = True
        self.overdue: Assignment | Group | None = None
        self.answered = 0
        self.head_since = time.monotonic()
        self.executor: Any = None
        self.future: Any = None
        self._pool = pool
        self._lines: list[bytes] = []
        self._report = Report("", "", [], 0.0)

    @property
    def depth(self) -> int:
        """How many assignments a task may have: more than one where evaluations are shorter than the way."""
        return min(LONGEST_QUEUE, 1 + int(self._pool.way_s / max(self._pool.slowest_s, 1e-6)))

    @property
    def room(self) -> int:
        """How many assignments it takes now."""
        return self.depth if self.future is None else 0

    def finish_head(self, seconds: float) -> Assignment | Group:
        """Take the first assignment, which was answered after ``seconds`` of work, out of its hands."""
        self.answered += 1
        self._pool.note(seconds)
        return self.queue.popleft()

    def take(self, report: Report) -> None:
        """What became of its task."""
        self._report = report
        self._lines = report.lines
        self.ready = report.ready
        self.head_since = time.monotonic() - report.head_seconds
        if report.overdue:
            self.overdue = self.queue[len(report.lines)]

    @property
    def host(self) -> str:
        """Where its task was done."""
        return self._report.host

    @property
    def inbox(self) -> "Seat":
        """Where its answers are read."""
        return self

    def read(self) -> list[bytes] | None:
        """Its answers, once; None afterwards."""
        lines, self._lines = self._lines, []
        return lines or None

    def how_it_ended(self) -> str:
        """How the worker ended."""
        return self._report.how or ""

    def last_words(self) -> str:
        """The last lines that it wrote to its standard error."""
        return self._report.words

    @property
    def log_path(self) -> Path:
        """Its standard error."""
        return self._pool.logs / f"err_{self._report.worker}.log"


class ExecutorPool(WorkerPool):
    """Seats at an engine, by number, and the selector that waits for its futures.

    Parameters
    ----------
    given : Executor, callable or str
        See `find_executor`.
    timeout_s : float
        Seconds that one evaluation may take.
    on_return : callable
        What to do with assignments of which nobody knows what became.
    folder : PipeFolder
        Where the pipes of workers lie, on a file system that all hosts of the engine see.
    others
        As of `WorkerPool`.

    Attributes
    ----------
    way_s : float
        Seconds that a task is on its way, there and back; the least so far.
    slowest_s : float
        Seconds of the slowest recent evaluation.
    """

    def __init__(
        self,
        given: Any,
        timeout_s: float,
        on_return: Callable[[Sequence[Assignment | Group]], None],
        folder: PipeFolder,
        **others: Any,
    ):
        found = find_executor(given)
        self._make = None if _is_executor(found) else found
        self._executor = found if self._make is None else _made(found)
        super().__init__(**others, folder=None)
        self._pipes = folder
        folder.make()
        self._keep_beating(folder.runner_beat, others["heartbeat_timeout"])
        self.way_s = 0.0
        self.slowest_s = float("inf")  # nothing is known yet: one assignment at a time
        self._timeout_s = timeout_s
        self._on_return = on_return
        self._station: Station | None = None
        self._watched: Any = None
        self._breaks = 0  # in a row
        self._done: deque[tuple[Seat, Any]] = deque()
        self._lock = threading.Lock()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._bell, selectors.EVENT_READ, (self._on_bell, None))

    def with_room(self) -> list[Any]:
        """Those that have no task."""
        return [seat for seat in self.workers.values() if seat.future is None]

    def share(self, n_calls: int) -> int:
        """How many of the calls that wait a task gets at most: its part, because it is the way that takes the time."""
        return -(-n_calls // max(1, len(self.with_room())))

    def note_room(self, seat: Any) -> None:
        """Nothing to be noted."""

    def even_out(self) -> float:
        """What the engine has it keeps."""
        return float("inf")

    def busy(self) -> list[Any]:
        """None that the runner must look after: limits of time are kept where the work is done."""
        return []

    def launch(self, w_id: int) -> None:
        """Add a seat."""
        self.workers[w_id] = Seat(w_id, self)

    def set_up(self, setup: dict[str, Any]) -> None:
        """From now on a worker can be started, by whoever gets a task first."""
        command, _ = self._command_of(0)
        self._station = Station(tuple(command[:-1]), str(self.logs.parent), setup, (socket.gethostname(), os.getpid()))

    def assign(self, seat: Any, calls: Sequence[Assignment | Group]) -> None:
        """Hand a task to the engine."""
        seat.queue.extend(calls)
        seat.head_since = time.monotonic()
        seat.executor = self._executor
        lines = [line_of(call) for call in calls]
        limits = [self._timeout_s * len(call.members) for call in calls]
        try:
            future = self._executor.submit(carry, self._station, lines, limits)
        except Exception as error:  # it broke since, or was shut down
            future = Future()
            future.set_exception(error)
        seat.future = future
        if seat.executor is not self._watched:
            self._watch_processes(seat.executor)
            self._warn_later()
        if hasattr(future, "add_done_callback"):
            future.add_done_callback(lambda _: self._ring(seat, future))

    def _watch_processes(self, executor: Any) -> None:
        """Have the processes of a pool ended when the runner is killed: one without a task would wait for ever."""
        import multiprocessing

        self._watched = executor
        for process in multiprocessing.active_children():
            assert process.pid is not None
            self._reaper.watch_process(process.pid)

    def turn(self, deadline: float) -> None:
        """As `WorkerPool.turn`; futures that do not call back are looked at every now and then."""
        silent = [
            (seat, seat.future)
            for seat in self.workers.values()
            if seat.future is not None and not hasattr(seat.future, "add_done_callback")
        ]
        super().turn(min(deadline, time.monotonic() + POLL_S) if silent else deadline)
        for seat, future in silent:
            if future.done():
                self._collect(seat, future)

    def _tell_of_starting(self) -> None:
        """Tell the user, again and again, that no task has come back yet: the engine may have nothing to work with."""
        self._warn_at = float("inf")
        if not self._worked:
            self._warn_later()
            n_tasks = sum(seat.future is not None for seat in self.workers.values())
            logger.warning("nothing has come back from the executor so far; under way: %d tasks", n_tasks)

    def note(self, seconds: float) -> None:
        """An evaluation took so long."""
        slowest = 0.0 if self.slowest_s == float("inf") else SLOWNESS_DECAY * self.slowest_s
        self.slowest_s = max(seconds, slowest)

    def works(self) -> None:
        """A worker has answered, so neither the engine nor starting them is any trouble."""
        super().works()
        self._breaks = 0

    def close(self, seat: Any) -> None:
        """Forget a seat."""
        del self.workers[seat.worker_id]

    def close_all(self) -> None:
        """End the run's workers, and the executor if it was made here. Tasks that have not begun are cancelled."""
        futures = [seat.future for seat in self.workers.values() if seat.future is not None]
        for future in futures:
            future.cancel()
        self._reaper.close()
        self._pipes.remove()  # ends workers on other hosts
        wait([future for future in futures if isinstance(future, Future)], ENDING_S)
        if self._make is not None:
            _shut_down(self._executor)
        self.workers.clear()
        self._stop_listening()
        with self._lock:
            os.close(self._bell)
            self._bell = -1

    def _ring(self, seat: Seat, future: Any) -> None:
        """A future is done: said from a thread of the engine."""
        self._done.append((seat, future))
        with self._lock:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    def _on_bell(self, worker: None) -> None:
        os.eventfd_read(self._bell)
        while self._done:
            self._collect(*self._done.popleft())

    def _collect(self, seat: Seat, future: Any) -> None:
        """Deal with what became of a task."""
        if seat.future is not future:
            return  # given up
        error = _error_of(future)
        if isinstance(error, BrokenExecutor):
            self._broke(seat.executor, error)
        elif error is not None:
            self._lost(seat, error, blamed=self._worked)
        else:
            seat.future = None
            report = future.result()
            self.names.add(report.worker)
            way_s = time.monotonic() - seat.head_since - report.seconds
            self.way_s = min(self.way_s, way_s) if self._worked else way_s
            seat.take(report)
            self._settle(seat, report)

    def _settle(self, seat: Seat, report: Report) -> None:
        if not report.ready:
            self._return(seat)
        self._on_messages(seat)
        if report.how is not None:
            self._on_death(seat)

    def _lost(self, seat: Seat, error: BaseException, blamed: bool) -> None:
        """A task has no result: the engine's fault, as a rule."""
        seat.future = None
        words = "".join(traceback.format_exception(error)).rstrip()
        report = Report("", UNKNOWN, [], 0.0, f"{type(error).__name__}: {error}", words, ready=blamed)
        seat.take(report)
        self._settle(seat, report)

    def _return(self, seat: Seat) -> None:
        calls = list(seat.queue)
        seat.queue.clear()
        self._on_return(calls)

    def _broke(self, executor: Any, error: BaseException) -> None:
        """An executor takes no more tasks; another one is to do what it had in hand.

        Only an individual that was alone in its hands is blamed for that.
        """
        hit = [seat for seat in self.workers.values() if seat.future is not None and seat.executor is executor]
        done = [seat for seat in hit if seat.future.done() and _error_of(seat.future) is None]
        for seat in done:
            self._collect(seat, seat.future)
        lost = [seat for seat in hit if seat not in done]
        for seat in lost:
            seat.future = None  # its executor ends it from a thread of its own: not to be cancelled meanwhile
        self._replace(executor, error)
        blamed = self._worked and len(lost) == 1 and len(lost[0].queue) == 1
        for seat in lost:
            if blamed:
                self._lost(seat, error, blamed)
            else:
                self._return(seat)

    def _replace(self, executor: Any, error: BaseException) -> None:
        story = f"the executor is broken: {type(error).__name__}: {error}"
        self._breaks += 1
        if self._make is None:
            raise WorkerStartError(f"{story}\ngive a callable that makes executors, and another takes its place")
        if self._breaks >= START_TRIES:
            raise WorkerStartError(f"{story}\nso were the {START_TRIES - 1} before it, and none has done anything")
        logger.warning("%s; another one takes its place", story)
        _shut_down(executor)
        self._executor = _made(self._make)
        self.slowest_s = float("inf")  # one assignment at a time again, to see which of them breaks it


def _error_of(future: Any) -> BaseException | None:
    """Why a future that is done has no result; None if it has one."""
    try:
        error: BaseException | None = future.exception()
    except CancelledError as cancelled:
        return cancelled
    return error


def _shut_down(executor: Any) -> None:
    """Let an executor go, if it can be told; it has nothing to do any more."""
    shutdown = getattr(executor, "shutdown", None)
    if shutdown is not None:
        shutdown(wait=False, cancel_futures=True)
