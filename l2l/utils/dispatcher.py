"""The dispatcher: gives workers what waits in the ledger, and deals with what they answer and how they end."""

import time
from collections.abc import Callable
from typing import Any

from l2l.utils.allocation import end_of_job
from l2l.utils.assignment import Assignment, Group
from l2l.utils.channel import decode, fetched
from l2l.utils.interrupts import Interrupts
from l2l.utils.ledger import Ledger
from l2l.utils.worker_process import WorkerProcess

SIGNAL_COMES_S = 2.0
"""Seconds in which the signal comes that Slurm sends to a job that it ends."""


class Dispatcher:
    """Brings the individuals of a ledger to the workers of a pool.

    Parameters
    ----------
    ledger : Ledger
    make_pool : callable
        Makes the pool of workers, which calls ``on_messages`` and ``on_death`` with a worker.
    run_token : str
        Names the run in messages.
    timeout_s : float
        Seconds that one evaluation may take.
    interrupts : Interrupts, optional
        Signals to heed while waiting.
    """

    def __init__(
        self,
        ledger: Ledger,
        make_pool: Callable[["Dispatcher"], Any],
        *,
        run_token: str,
        timeout_s: float,
        interrupts: Interrupts | None,
    ):
        self.ledger = ledger
        self._run_token = run_token
        self._timeout_s = timeout_s
        self._interrupts = interrupts
        self._deadline = time.monotonic() + timeout_s
        self.pool = make_pool(self)

    def populate(self) -> None:
        """Give waiting individuals to workers that have room for them."""
        ledger = self.ledger
        workers = self.pool.with_room() if ledger.waiting else []
        if not workers:
            return
        n_calls = ledger.n_calls
        n_workers = len(self.pool.workers)
        share = self.pool.share(n_calls)
        for worker in workers:
            if not ledger.waiting or (worker.queue and n_calls <= n_workers):
                return  # the last ones are for those who are done first
            self.pool.assign(worker, ledger.take_calls(min(worker.room, share)))

    def turn(self, deadline: float) -> None:
        """Sleep until a message, a death, a signal or a deadline (of ``time.monotonic``), and deal with it."""
        if time.monotonic() >= self._deadline:
            self._end_overdue()
        even_out_at = float("inf") if self.ledger.waiting else self.pool.even_out()
        self.pool.turn(min(deadline, self._deadline, even_out_at))

    def on_messages(self, worker: WorkerProcess) -> bool:
        """Deal with what a worker has written; False if it will write no more."""
        lines = worker.inbox.read()
        for line in lines or ():
            try:
                message = decode(line)
            except ValueError:  # whose answer it was nobody knows
                worker.lost = f"a line that is no message: {line[:80]!r}"
                self.pool.kill(worker)
                continue
            if message.get("run") != self._run_token:
                continue  # of another run
            if "ready" in message:
                worker.greet(message["host"], message["ready"])
            elif "returned" in message:
                self.ledger.take_back(worker.give_back(message["returned"]))
            else:
                self._on_result(worker, message)
        self.pool.note_room(worker)
        return lines is not None

    def _on_result(self, worker: WorkerProcess, message: dict[str, Any]) -> None:
        if not worker.queue:
            return
        head = worker.queue[0]
        if message["of"] != head.of:
            return  # of an attempt that was given up, or that was answered before
        message = fetched(message)
        started, seconds = message["started"], message["seconds"]
        worker.finish_head(seconds)
        self.pool.works()
        if message.get("is_final"):
            self.ledger.note_mistake(head, message["error"])
        elif "error" in message:
            self.ledger.fail(head, "failed", message["error"], started, seconds, worker)
        elif isinstance(head, Group):
            violations = message.get("violations") or [None] * len(head.members)
            share = seconds / len(head.members)
            for k, (member, fitness, own) in enumerate(zip(head.members, message["fitness"], violations, strict=True)):
                self.ledger.finish(member, fitness, own or None, started + k * share, share, worker)
        else:
            self.ledger.finish(head, message["fitness"], message.get("violations"), started, seconds, worker)

    def on_death(self, worker: WorkerProcess) -> None:
        """Replace a worker that has ended; what it had in hand is done again."""
        while self.on_messages(worker):
            continue  # what it had answered before it died
        words = worker.last_words()
        self.pool.close(worker)
        self._check_job()
        how = worker.how_it_ended()
        if not worker.ready or not (worker.queue or worker.answered):
            self.pool.start_failed(worker, how, words)
            return
        seconds = time.monotonic() - worker.head_since
        blamed = self._take_back_from(worker)
        self.pool.launch(worker.worker_id)
        if blamed is not None:
            self._blame(blamed, worker, how, words, seconds)

    def _take_back_from(self, worker: WorkerProcess) -> Assignment | Group | None:
        """Take back what a worker that has ended did not begin; returns what it died of."""
        queue = list(worker.queue)
        worker.queue.clear()
        blamed = None
        if worker.overdue is None or (queue and queue[0] is worker.overdue):
            blamed = queue.pop(0) if queue else None
        self.ledger.take_back(queue)
        return blamed

    def _blame(self, call: Assignment | Group, worker: WorkerProcess, how: str, words: str, seconds: float) -> None:
        if worker.overdue is None:
            outcome, message = "died", f"worker ended with {how}"
        else:
            outcome, message = "timed out", f"took longer than {self._timeout_s * len(call.members):g} s"
        error = {"type": outcome, "message": message, "stderr": words}
        self.ledger.fail(call, outcome, error, time.time() - seconds, seconds, worker)

    def _check_job(self) -> None:
        """Raise KeyboardInterrupt if the Slurm job is over: no individual is to blame for the end of a worker then."""
        told = end_of_job()
        if told and self._interrupts is not None:
            self._interrupts.wait(SIGNAL_COMES_S)
        if told:
            raise KeyboardInterrupt(told)

    def _end_overdue(self) -> None:
        """Kill workers whose evaluation takes too long; a group may take as long as its members one by one."""
        now = time.monotonic()
        self._deadline = now + self._timeout_s  # whoever starts later than now has a later one
        for worker in self.pool.busy():
            if worker.overdue is not None:
                continue
            due = worker.head_since + self._timeout_s * len(worker.queue[0].members)
            if now >= due:
                worker.overdue = worker.queue[0]
                self.pool.kill(worker)
            else:
                self._deadline = min(self._deadline, due)
