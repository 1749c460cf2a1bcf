"""The pool of worker processes of a run: started, listened to, replaced and ended."""

import logging
import selectors
import shlex
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from l2l.errors import WorkerStartError
from l2l.utils.assignment import Assignment, Group
from l2l.utils.interrupts import Interrupts
from l2l.utils.reaper import Reaper
from l2l.utils.worker_process import WorkerProcess

logger = logging.getLogger("utils.runner")

START_TRIES = 3
"""Replacements of a worker that may die one after the other before any of them is ready."""

STARTING_S = 30.0
"""After so many seconds without a worker that is ready the user is told."""

React = Callable[[WorkerProcess], Any]


class WorkerPool:
    """Workers by number, and the selector that waits for all of them.

    Parameters
    ----------
    command_of : callable
        The command that starts worker ``w``, and its log files by ``out`` and ``err``.
    logs : Path
        Folder of their pipes and logs.
    token : str
        Marks, in the environment, the workers and all that they start.
    redirected : bool
        Whether the command itself writes the log files.
    preload : sequence of str
        Modules that workers import while they wait for the optimizee.
    on_messages, on_death : callable
        What to do with a worker that has written, that has ended.
    interrupts : Interrupts, optional
        Signals to heed while waiting.
    """

    def __init__(
        self,
        command_of: Callable[[int], tuple[list[str], dict[str, str]]],
        logs: Path,
        token: str,
        *,
        redirected: bool,
        preload: list[str],
        on_messages: React,
        on_death: React,
        interrupts: Interrupts | None = None,
    ):
        self.workers: dict[int, WorkerProcess] = {}
        self.interrupts = interrupts
        self._command_of = command_of
        self._logs = logs
        self._token = token
        self._redirected = redirected
        self._preload = preload
        self._on_messages = on_messages
        self._on_death = on_death
        self._setup: dict[str, Any] | None = None
        self._start_failures = 0
        self._selector = selectors.DefaultSelector()
        if interrupts is not None:
            self._selector.register(interrupts.fd, selectors.EVENT_READ, (self._on_interrupt, None))
        self._reaper = Reaper(token)

    def ready(self) -> list[WorkerProcess]:
        """Those that take assignments."""
        return [worker for worker in self.workers.values() if worker.ready and worker.overdue is None]

    def busy(self) -> list[WorkerProcess]:
        """Those that have assignments in hand."""
        return [worker for worker in self.workers.values() if worker.queue and worker.ready]

    def assign(self, worker: WorkerProcess, calls: Sequence[Assignment | Group]) -> None:
        """Send assignments; what the pipe has no room for now follows by itself."""
        if not worker.assign(calls) and worker.outbox.fd not in self._selector.get_map():
            self._selector.register(worker.outbox.fd, selectors.EVENT_WRITE, (self._on_room, worker))

    def turn(self, deadline: float) -> None:
        """Sleep until a message, a death, a signal or a deadline (of ``time.monotonic``), and have it dealt with."""
        wait = deadline - time.monotonic()
        if not any(worker.ready for worker in self.workers.values()):
            wait = min(wait, STARTING_S)
        events = self._selector.select(None if wait == float("inf") else max(0.0, wait))
        for key, _ in events:
            react, worker = key.data
            if worker is None or self.workers.get(worker.worker_id) is worker:  # not closed in this turn
                react(worker)
        if not events and not any(worker.ready for worker in self.workers.values()):
            command, log_files = self._command_of(next(iter(self.workers)))
            logger.warning("still no worker is ready; command: %s; log: %s", shlex.join(command), log_files["err"])

    def launch(self, w_id: int) -> None:
        """Start one worker; it says by itself when it is ready.

        Raises
        ------
        WorkerStartError
            If the command cannot be executed at all.
        """
        command, _ = self._command_of(w_id)
        try:
            worker = WorkerProcess(w_id, command, self._logs, self._token, redirected=self._redirected)
        except OSError as error:
            raise WorkerStartError(
                f"worker {w_id} cannot be started: {error}\ncommand: {shlex.join(command)}"
            ) from error
        self.workers[w_id] = worker
        self._reaper.watch(worker.pid)
        self._selector.register(worker.inbox.fd, selectors.EVENT_READ, (self._on_messages, worker))
        self._selector.register(worker.pidfd, selectors.EVENT_READ, (self._on_death, worker))
        worker.say(preload=self._preload)
        if self._setup is not None:
            worker.say(setup=self._setup)

    def set_up(self, setup: dict[str, Any]) -> None:
        """Have the workers load the optimizee, which must be in its file now; later ones do so when they start."""
        if self._setup is None:
            self._setup = setup
            for worker in self.workers.values():
                worker.say(setup=setup)

    def works(self) -> None:
        """A worker has answered, so starting them is no trouble."""
        self._start_failures = 0

    def start_failed(self, worker: WorkerProcess, how: str, words: str, worked: bool) -> None:
        """Tell of a worker that ended before it did anything; replace it if that may be passing.

        Parameters
        ----------
        worker : WorkerProcess
            Closed.
        how, words : str
            How it ended, and its last words.
        worked : bool
            Whether workers of this run have done something before.

        Raises
        ------
        WorkerStartError
            If no other worker is left.
        """
        command, _ = self._command_of(worker.worker_id)
        story = (
            f"worker {worker.worker_id} could not start: {how}\ncommand: {shlex.join(command)}\n"
            f"log: {worker.log_path}\n{words}"
        )
        self._start_failures += 1
        logger.error(story)
        passing = worked or how.startswith("signal")  # it worked before, or somebody killed it
        if passing and self._start_failures < START_TRIES:
            self.launch(worker.worker_id)
        elif not self.workers:
            raise WorkerStartError(story)

    def close(self, worker: WorkerProcess) -> None:
        """End one worker, and forget it."""
        registered = self._selector.get_map()
        for fd in (worker.inbox.fd, worker.pidfd, worker.outbox.fd):
            if fd in registered:
                self._selector.unregister(fd)
        worker.close()
        self._reaper.forget(worker.pid)
        del self.workers[worker.worker_id]

    def close_all(self) -> None:
        """End all workers within two seconds: asked first, then told, then killed. Nothing of them is left."""
        for worker in self.workers.values():
            if worker.queue or not worker.ready:
                worker.signal(signal.SIGTERM)  # busy: it would not read
            else:
                worker.say(quit=True)
        self._wait_for_ends(1.0)
        for worker in self.workers.values():
            worker.signal(signal.SIGTERM)
        self._wait_for_ends(0.5)
        for worker in list(self.workers.values()):
            self.close(worker)
        self._reaper.close()
        self._selector.close()

    def _wait_for_ends(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as ends:
            for worker in self.workers.values():
                ends.register(worker.pidfd, selectors.EVENT_READ, worker)
            while ends.get_map() and (left := deadline - time.monotonic()) > 0:
                for key, _ in ends.select(left):
                    ends.unregister(key.fd)
                    self.close(key.data)

    def _on_interrupt(self, worker: None) -> None:
        assert self.interrupts is not None
        self.interrupts.check()

    def _on_room(self, worker: WorkerProcess) -> None:
        if worker.outbox.send(b""):
            self._selector.unregister(worker.outbox.fd)
