"""Pipes between hosts: files that one side appends to and the other reads, on a shared file system."""

import errno
import os
import select
import shutil
import time
from contextlib import suppress
from pathlib import Path

from l2l.utils.channel import Lines, Pipes
from l2l.utils.inotify import Watch

SHORTEST_REST_S = 0.0002
LONGEST_REST_S = 0.05
"""Between two looks at a file whose next line is due."""

LONGEST_IDLE_REST_S = 0.1
"""The same of a worker without work."""

LONGEST_BUSY_REST_S = 1.0
"""The same of a worker that evaluates, for requests."""

REST_SHARE = 0.05
"""Of the time already waited: how long to rest until the next look, so that an answer is seen 5 % late at most."""

PIECE = 65536  # bytes read at a time


def rest_after(waited_s: float, longest_s: float = LONGEST_REST_S) -> float:
    """Seconds until the next look at a file from which nothing has come for ``waited_s``."""
    return min(max(REST_SHARE * waited_s, SHORTEST_REST_S), longest_s)


class PipeFolder:
    """Where the file pipes of one run lie, with the heartbeats of both sides.

    Every start of a runner and of a worker has names of its own, so that what is left of an earlier one can neither
    reach it nor be taken for it.

    Parameters
    ----------
    simulation_path : Path
    token : str
        Of the run.
    """

    def __init__(self, simulation_path: Path, token: str):
        self.path = simulation_path / "pipes" / token
        self.runner_beat = self.path / "runner.alive"

    def make(self) -> None:
        """Make it, without those of earlier runs, whose workers end when theirs is gone."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
        self.path.mkdir(mode=0o700, parents=True)
        self.runner_beat.touch(0o600)

    def remove(self) -> None:
        """Take it away, but not that of another run; what a network file system keeps is removed by the next one."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):  # not empty
            self.path.parent.rmdir()


class FilePipes:
    """The pipes of one start of a worker, and the file of its heartbeat.

    Parameters
    ----------
    folder : PipeFolder
    worker, start : int or str
        Which worker, and which of its starts.
    """

    def __init__(self, folder: PipeFolder, worker: int | str, start: int | str):
        self.input = folder.path / f"inputpipe_{worker}.{start}"
        self.output = folder.path / f"outputpipe_{worker}.{start}"
        self.requests = folder.path / f"requestpipe_{worker}.{start}"
        self.beat = folder.path / f"beat_{worker}.{start}"

    def make(self) -> None:
        """New empty files; whoever writes opens them only if they are there."""
        for path in (self.input, self.output, self.requests, self.beat):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def remove(self) -> None:
        """Take them away, which ends the worker."""
        for path in (self.input, self.output, self.requests, self.beat):
            path.unlink(missing_ok=True)

    def of_runner(self) -> tuple["FileInbox", "FileOutbox"]:
        """The runner's ends."""
        return FileInbox(self.output), FileOutbox(self.input)

    def of_worker(self) -> tuple["WaitingInbox", "FileOutbox"]:
        """The worker's ends."""
        return WaitingInbox(self.input), FileOutbox(self.output)

    def request(self, data: bytes) -> bool:
        """Send a request, from the runner."""
        return FileOutbox(self.requests).send(data)

    def requests_of_worker(self) -> "WaitingInbox":
        """The worker's end of the third pipe."""
        return WaitingInbox(self.requests, LONGEST_BUSY_REST_S)


class CarriedPipes(Pipes):
    """The FIFOs of a worker beside a process of an engine, on whatever host, and the file of its heartbeat.

    Parameters
    ----------
    folder : PipeFolder
    worker : str
    """

    def __init__(self, folder: PipeFolder, worker: str):
        super().__init__(folder.path, worker)
        self.beat = folder.path / f"beat_{worker}"

    def make(self) -> None:
        """New pipes, in a folder that is there while the run goes on."""
        super().make()
        self.beat.touch(0o600)

    def remove(self) -> None:
        """Take them away, which ends the worker."""
        super().remove()
        self.beat.unlink(missing_ok=True)


class FileInbox:
    """Whole lines out of a file that grows.

    Attributes
    ----------
    heard : bool
        Whether the kernel has told of a write, so that there is no need to look all the time.
    due : float
        When to look again, by ``time.monotonic``.
    """

    fds: tuple[int, ...] = ()

    def __init__(self, path: Path):
        self.path = path
        self.heard = False
        self.due = 0.0
        self._offset = 0
        self._lines = Lines()

    def read(self) -> list[bytes] | None:
        """Lines that are new; None when there is nothing new.

        Raises
        ------
        FileNotFoundError
            If the file has been removed.
        """
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)  # anew at each look: NFS shows what others wrote on open
        try:
            piece = os.pread(fd, PIECE, self._offset)
        finally:
            os.close(fd)
        piece = piece.partition(b"\0")[0]  # NFS may show the new length of a file before its content
        if not piece:
            return None
        self._offset += len(piece)
        return self._lines.add(piece)

    def close(self) -> None:
        """Nothing is open between two looks."""


class WaitingInbox(FileInbox):
    """The worker's end: waits for lines, looking for them every ``longest_rest_s`` at least."""

    def __init__(self, path: Path, longest_rest_s: float = LONGEST_IDLE_REST_S):
        super().__init__(path)
        self._longest_rest_s = longest_rest_s
        self._watch = Watch()
        self._watch.add(path)
        self._told = select.poll()
        if self._watch.fd != -1:
            self._told.register(self._watch.fd, select.POLLIN)

    def read(self) -> list[bytes] | None:
        """Lines that are new, waited for; None when the file has been removed."""
        began = time.monotonic()
        while True:
            try:
                lines = super().read()
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ESTALE):
                    return None
                raise
            if lines is not None:
                return lines
            rest_s = rest_after(time.monotonic() - began, self._longest_rest_s)
            self._told.poll(rest_s * 1e3)
            self._watch.changed()


class FileOutbox:
    """Bytes on their way into a file."""

    fds: tuple[int, ...] = ()

    def __init__(self, path: Path):
        self.path = path
        self._waiting = b""

    def send(self, data: bytes) -> bool:
        """Append, all of it.

        Raises
        ------
        OSError
            If the file has been removed, or there is no room; what was not written goes before the next message.
        """
        self._waiting += data
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            while self._waiting:
                self._waiting = self._waiting[os.write(fd, self._waiting) :]
        finally:
            os.close(fd)  # at once: NFS sends what was written on close
        return True

    def close(self) -> None:
        """Nothing is open between two messages."""
