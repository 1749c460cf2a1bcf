"""The pool of worker processes of a run: started, listened to, replaced and ended."""

import logging
import os
import resource
import selectors
import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from l2l.errors import WorkerStartError
from l2l.utils.assignment import Assignment, Group
from l2l.utils.beat import start_beating
from l2l.utils.channel import Pipes
from l2l.utils.file_pipes import FilePipes, PipeFolder
from l2l.utils.interrupts import Interrupts
from l2l.utils.looks import Looks
from l2l.utils.reaper import Reaper
from l2l.utils.worker_process import WorkerProcess

logger = logging.getLogger("utils.runner")

START_TRIES = 3
"""Starts that may fail one after the other before the next ones are put off."""

START_PAUSE_S = 0.1
LONGEST_START_PAUSE_S = 10.0
"""By how much for each that has failed since a worker has answered, and by how much at most."""

GIVE_UP_S = 60.0
"""How long none may start, if that seems to pass, before the run ends."""

STARTING_S = 30.0
"""After so many seconds the user is told of workers that are not ready yet."""

LONG_S = 0.01
"""What waits behind an evaluation that has taken so long is asked for if others have nothing to do."""

EVEN_OUT_S = 0.00002
"""How often to look for that, at most, for each worker: bounds the runner's CPU share."""

SRUN_ENDS_S = 5.0
"""How long an srun may take to end its task before it is killed itself."""

DESCRIPTORS = 3
"""Open files of the runner for each worker."""

OTHER_DESCRIPTORS = 200
"""What the runner may need besides."""

React = Callable[[Any], Any]


def allow_workers(n_workers: int) -> None:
    """Let this process have as many files open as that takes, within the hard limit: the usual soft one is 1024."""
    n = OTHER_DESCRIPTORS + DESCRIPTORS * n_workers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n if hard == resource.RLIM_INFINITY else min(n, hard), hard))


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
    through_srun : bool
        Whether the command is an ``srun``.
    folder : PipeFolder, optional
        Where file pipes lie; without it pipes are FIFOs.
    heartbeat_timeout : float
        Seconds without a sign of life after which a worker with file pipes is lost.
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
        through_srun: bool,
        folder: PipeFolder | None,
        heartbeat_timeout: float,
        preload: list[str],
        on_messages: React,
        on_death: React,
        interrupts: Interrupts | None = None,
    ):
        self.workers: dict[int, Any] = {}
        self.names: set[int | str] = set()
        self.logs = logs
        self.interrupts = interrupts
        self._command_of = command_of
        self._token = token
        self._through_srun = through_srun
        self._folder = folder
        self._preload = preload
        self._on_messages = on_messages
        self._on_death = on_death
        self._setup: dict[str, Any] | None = None
        self._worked = False
        self._start_failures = 0  # since one has answered
        self._failing_since = 0.0
        self._story = ""  # of the last of them
        self._selector = selectors.DefaultSelector()
        self._beat = -1  # the process that beats for the runner
        if interrupts is not None:
            self._selector.register(interrupts.fd, selectors.EVENT_READ, (self._on_interrupt, None))
        self._killed: dict[WorkerProcess, float] = {}  # sruns that were told to end; when to end them otherwise
        self._leaving: list[WorkerProcess] = []  # of them, those that have been replaced
        self._with_room: dict[int, WorkerProcess] = {}
        self._next_even = 0.0
        self._starts: Counter[int] = Counter()
        self._put_off: dict[int, float] = {}  # workers, and when to start them
        self._looks: Looks | None = None
        if folder is not None:
            folder.make()
            self._keep_beating(folder.runner_beat, heartbeat_timeout)
            self._looks = Looks(heartbeat_timeout, on_messages, on_death)
            if self._looks.watch.fd != -1:
                self._selector.register(self._looks.watch.fd, selectors.EVENT_READ, (self._on_told, None))
        self._warn_at = float("inf")
        self._reaper = Reaper(token)

    @property
    def n_ready(self) -> int:
        """How many of them can evaluate something."""
        return sum(worker.ready for worker in self.workers.values())

    def _keep_beating(self, path: Path, timeout_s: float) -> None:
        """Start the runner's heartbeat, and another whenever somebody has killed it: workers would end without."""
        self._beat = os.pidfd_open(start_beating(path, timeout_s))
        again = partial(self._beat_again, path, timeout_s)
        self._selector.register(self._beat, selectors.EVENT_READ, (again, None))

    def _beat_again(self, path: Path, timeout_s: float, nobody: None) -> None:
        self._selector.unregister(self._beat)
        os.close(self._beat)
        self._beat = -1
        path.stat()  # it ends by itself with the folder
        self._keep_beating(path, timeout_s)

    def _stop_listening(self) -> None:
        self._selector.close()
        if self._beat != -1:
            os.close(self._beat)

    def with_room(self) -> list[WorkerProcess]:
        """Those that take assignments now, who has the least in hand first."""
        return sorted(self._with_room.values(), key=lambda worker: len(worker.queue))

    def share(self, n_calls: int) -> int:
        """How many of the calls that wait a worker gets at most: half of its part, the rest evens out durations."""
        return max(1, n_calls // (2 * len(self.workers)))

    def note_room(self, worker: WorkerProcess) -> None:
        """It may have room now that it had not, or have none any more."""
        if worker.room and self.workers.get(worker.worker_id) is worker:
            self._with_room[worker.worker_id] = worker
        else:
            self._with_room.pop(worker.worker_id, None)

    def even_out(self) -> float:
        """Where some have nothing to do, ask others for what waits behind something long; returns when to do so again.

        The answers come as messages.
        """
        now = time.monotonic()
        if now < self._next_even:
            return self._next_even
        n_idle = sum(not worker.queue for worker in self._with_room.values())
        soonest = float("inf")
        for worker in self.workers.values() if n_idle else ():
            if not worker.n_behind:
                continue
            long_at = worker.head_since + LONG_S
            if now < long_at:
                soonest = min(soonest, long_at)
            elif n_idle > 0:
                n_idle -= worker.n_behind
                worker.ask_back()
                self.note_room(worker)
                if self._looks is not None:
                    self._looks.expect(worker)
        self._next_even = now + len(self.workers) * EVEN_OUT_S
        return max(soonest, self._next_even)

    def busy(self) -> list[WorkerProcess]:
        """Those that have assignments in hand."""
        return [worker for worker in self.workers.values() if worker.queue and worker.ready]

    def assign(self, worker: WorkerProcess, calls: Sequence[Assignment | Group]) -> None:
        """Send assignments; what the pipe has no room for now follows by itself."""
        if not worker.assign(calls):
            (fd,) = worker.outbox.fds
            if fd not in self._selector.get_map():
                self._selector.register(fd, selectors.EVENT_WRITE, (self._on_room, worker))
        if self._looks is not None:
            self._looks.expect(worker)
        self.note_room(worker)

    def turn(self, deadline: float) -> None:
        """Sleep until a message, a death, a signal or a deadline (of ``time.monotonic``), and have it dealt with."""
        alarms = [deadline, self._warn_at, *self._killed.values(), *self._put_off.values()]
        if self._looks is not None:
            alarms.append(self._looks.due)
        wait = min(alarms) - time.monotonic()
        for key, _ in self._selector.select(None if wait == float("inf") else max(0.0, wait)):
            react, worker = key.data
            if worker is None or self.workers.get(worker.worker_id) is worker:  # not closed in this turn
                react(worker)
        if self._looks is not None:
            self._looks.look(self.workers.values())
        now = time.monotonic()
        for worker in [worker for worker, at in self._killed.items() if now >= at]:
            del self._killed[worker]
            worker.signal(signal.SIGKILL)
        for w_id in [w_id for w_id, at in self._put_off.items() if now >= at]:
            del self._put_off[w_id]
            self.launch(w_id)
        if now >= self._warn_at:
            self._tell_of_starting()

    def _warn_later(self) -> None:
        self._warn_at = min(self._warn_at, time.monotonic() + STARTING_S)

    def _tell_of_starting(self) -> None:
        """Tell the user of workers that take long to start: again and again while it is all of them, else once."""
        self._warn_at = float("inf")
        starting = [worker for worker in self.workers.values() if not worker.ready]
        none_ready = len(starting) == len(self.workers)
        if starting and none_ready:
            self._warn_later()
        if starting:
            count = "still no worker is ready" if none_ready else f"{len(starting)} of {len(self.workers)} workers wait"
            worker = starting[0]
            command, _ = self._command_of(worker.worker_id)
            words = worker.last_words().replace("\n", "; ") or "nothing yet"
            logger.warning("%s; command: %s; log: %s; it says: %s", count, shlex.join(command), worker.log_path, words)

    def launch(self, w_id: int) -> None:
        """Start one worker; it says by itself when it is ready.

        Raises
        ------
        WorkerStartError
            If the command cannot be executed at all.
        """
        self._put_off.pop(w_id, None)
        command, _ = self._command_of(w_id)
        pipes: Pipes | FilePipes = Pipes(self.logs, w_id)
        if self._folder is not None:
            start = self._starts[w_id]
            self._starts[w_id] += 1
            pipes = FilePipes(self._folder, w_id, start)
            command = [*command, self._token, str(start)]
        try:
            worker = WorkerProcess(w_id, command, self.logs, self._token, pipes, self._through_srun)
        except WorkerStartError as error:  # no such program; or no more processes, as may pass
            self._failed(w_id, f"worker {w_id} cannot be started: {error}\ncommand: {shlex.join(command)}", "")
            return
        self.workers[w_id] = worker
        self.names.add(w_id)
        self._warn_later()
        self._reaper.watch(worker.pid)
        for fd in worker.inbox.fds:
            self._selector.register(fd, selectors.EVENT_READ, (self._on_messages, worker))
        self._selector.register(worker.pidfd, selectors.EVENT_READ, (self._on_death, worker))
        if self._looks is not None:
            self._looks.add(worker)
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
        self._worked = True
        self._start_failures = 0

    def start_failed(self, worker: WorkerProcess, how: str, words: str) -> None:
        """Tell of a worker that ended before it did anything; replace it if that may be passing.

        Parameters
        ----------
        worker : WorkerProcess
            Closed.
        how, words : str
            How it ended, and its last words.

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
        self._failed(worker.worker_id, story, how)

    def _failed(self, w_id: int, story: str, how: str) -> None:
        now = time.monotonic()
        self._start_failures += 1
        if self._start_failures == 1:
            self._failing_since = now
        if story != self._story:
            self._story = story
            logger.error(story)
        passing = self._worked or was_killed(how)
        alone = not self.workers
        lasting = now - self._failing_since >= GIVE_UP_S
        if passing and not (lasting and alone):
            n_pauses = max(0, self._start_failures - START_TRIES + 1)
            self._put_off[w_id] = now + min(n_pauses * START_PAUSE_S, LONGEST_START_PAUSE_S)
        elif alone and (lasting or not self._put_off):
            raise WorkerStartError(story)

    def kill(self, worker: WorkerProcess) -> None:
        """Have one killed; its end is noticed in one of the next turns."""
        self.note_room(worker)
        worker.kill()
        if self._through_srun:
            self._killed[worker] = time.monotonic() + SRUN_ENDS_S

    def close(self, worker: WorkerProcess) -> None:
        """End one worker, and forget it."""
        registered = self._selector.get_map()
        for fd in worker.fds:
            if fd in registered:
                self._selector.unregister(fd)
        del self.workers[worker.worker_id]
        self.note_room(worker)
        if self._looks is not None:
            self._looks.forget(worker)
        if self._through_srun and not worker.has_ended():
            worker.pipes.remove()  # ends its task, wherever that is, also if the srun cannot
            self.kill(worker)
            self._leaving.append(worker)
            self._selector.register(worker.pidfd, selectors.EVENT_READ, (partial(self._on_end, worker), None))
        else:
            self._bury(worker)

    def close_all(self) -> None:
        """End all workers within two seconds: asked first, then told, then killed. Nothing of them is left."""
        for worker in self.workers.values():
            if worker.queue or not worker.ready or not worker.quits():
                worker.signal(signal.SIGTERM)  # busy: it would not read
        self._wait_for_ends(1.0)
        for worker in self.workers.values():
            worker.signal(signal.SIGTERM)
        self._wait_for_ends(0.5)
        for worker in [*self.workers.values(), *self._leaving]:
            self._bury(worker)
        self.workers.clear()
        self._reaper.close()
        self._stop_listening()
        if self._looks is not None:
            self._looks.close()
        if self._folder is not None:
            self._folder.remove()

    def _bury(self, worker: WorkerProcess) -> None:
        self._killed.pop(worker, None)
        worker.close()
        self._reaper.forget(worker.pid)

    def _on_end(self, worker: WorkerProcess, nobody: None) -> None:
        self._selector.unregister(worker.pidfd)
        self._leaving.remove(worker)
        self._bury(worker)

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

    def _on_told(self, nobody: None) -> None:
        assert self._looks is not None
        self._looks.told()

    def _on_room(self, worker: WorkerProcess) -> None:
        if worker.outbox.send(b""):
            for fd in worker.outbox.fds:
                self._selector.unregister(fd)


def was_killed(how: str) -> bool:
    """Whether a process ended by a signal; of the task of an srun a code above 128 tells."""
    code = how.removeprefix("exit code ")
    return how.startswith("signal") or (code.isdigit() and int(code) > 128)
