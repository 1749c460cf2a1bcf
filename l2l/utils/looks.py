"""When to look at the file pipes of workers: soon after a line is due, more and more seldom until it comes."""

import time
from collections.abc import Callable, Iterable

from l2l.utils.beat import BEATS_PER_TIMEOUT
from l2l.utils.file_pipes import FileInbox, rest_after
from l2l.utils.inotify import Watch
from l2l.utils.worker_process import WorkerProcess

HEARD_REST_S = 1.0
"""Between two looks at a pipe whose writes the kernel tells of."""

LOOK_S = 0.0002
"""A worker is looked at no more often than once in this time for each that is busy: bounds the runner's CPU share."""

PASS_S = 0.00002
"""The same for going through all of them."""

LONGEST_PULSE_REST_S = 2.0

FELT_AT_ONCE = 50
"""Heartbeats that are looked at in one go: on a network file system each takes a millisecond or so."""


class Looks:
    """Looks at the file pipes and the heartbeats of workers.

    Parameters
    ----------
    heartbeat_timeout : float
        Seconds without a heartbeat after which a worker is lost.
    on_messages : callable
        Reads a worker's pipe; whether there was something.
    on_lost : callable
        What to do with a worker that is lost.

    Attributes
    ----------
    watch : Watch
        Tells of writes on this host.
    """

    def __init__(
        self,
        heartbeat_timeout: float,
        on_messages: Callable[[WorkerProcess], bool],
        on_lost: Callable[[WorkerProcess], None],
    ):
        self.watch = Watch()
        self._timeout = heartbeat_timeout
        self._pulse_rest_s = min(heartbeat_timeout / BEATS_PER_TIMEOUT, LONGEST_PULSE_REST_S)
        self._on_messages = on_messages
        self._on_lost = on_lost
        self._watched: dict[int, WorkerProcess] = {}
        self._numbers: dict[WorkerProcess, int] = {}  # what the watch calls them
        self._to_feel: list[WorkerProcess] = []
        self._next_pulse = time.monotonic() + self._pulse_rest_s
        self._next_look = 0.0

    @property
    def due(self) -> float:
        """When to `look` next, by ``time.monotonic``."""
        return min(self._next_look, self._next_pulse)

    def add(self, worker: WorkerProcess) -> None:
        """From now on look at this worker, too."""
        number = self.watch.add(worker.pipes.output)
        self._watched[number] = worker
        self._numbers[worker] = number
        self.expect(worker)

    def forget(self, worker: WorkerProcess) -> None:
        """It is gone."""
        self._watched.pop(self._numbers.pop(worker), None)

    def expect(self, worker: WorkerProcess) -> None:
        """Something has been sent to this worker, so that an answer is due."""
        assert isinstance(worker.inbox, FileInbox)
        if not worker.inbox.heard:
            worker.inbox.due = time.monotonic() + rest_after(0.0)
            self._next_look = min(self._next_look, worker.inbox.due)

    def told(self) -> None:
        """Look at those that the kernel says have written."""
        for number in self.watch.changed():
            worker = self._watched.get(number)
            if worker is not None:
                assert isinstance(worker.inbox, FileInbox)
                worker.inbox.heard = True
                self._read(worker)

    def look(self, workers: Iterable[WorkerProcess]) -> None:
        """Look at what is due."""
        now = time.monotonic()
        if now >= self._next_pulse:
            self._feel_some(now)
        if now < self._next_look:
            return
        busy = [worker for worker in workers if worker.queue or not worker.ready]
        next_look = float("inf")
        for worker in busy:
            inbox = worker.inbox
            assert isinstance(inbox, FileInbox)
            if inbox.due <= now:
                self._read(worker)
                rest_s = max(rest_after(now - worker.head_since), len(busy) * LOOK_S)
                inbox.due = now + (HEARD_REST_S if inbox.heard else rest_s)
            next_look = min(next_look, inbox.due)
        self._next_look = max(next_look, now + len(busy) * PASS_S)

    def close(self) -> None:
        """Look no more."""
        self.watch.close()

    def _read(self, worker: WorkerProcess) -> None:
        while self._on_messages(worker):
            continue

    def _feel_some(self, now: float) -> None:
        if not self._to_feel:
            self._to_feel = list(self._numbers)
        n_goes = max(1, -(-len(self._numbers) // FELT_AT_ONCE))
        self._next_pulse = now + self._pulse_rest_s / n_goes
        some, self._to_feel = self._to_feel[:FELT_AT_ONCE], self._to_feel[FELT_AT_ONCE:]
        for worker in some:
            if worker in self._numbers:  # not gone since
                self._feel(worker)

    def _feel(self, worker: WorkerProcess) -> None:
        assert worker.pulse is not None
        if worker.is_here:  # it lives, whoever has killed what beats for it
            return
        if worker.pulse.look(2 * self._pulse_rest_s) > self._timeout:
            worker.lost = f"no sign of life for {self._timeout:g} s"
            self._on_lost(worker)
