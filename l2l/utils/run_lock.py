"""The lock of a run folder: one runner at a time, also where the file system has no locks between hosts."""

import errno
import fcntl
import logging
import math
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from l2l.errors import RunFolderError, RunTakenOverError
from l2l.utils.beat import start_beating

logger = logging.getLogger("utils.experiment")

SILENCE_S = 30.0
"""Without a heartbeat for so long a runner on another host is taken for lost."""

SETTLE_S = 1.0
"""Of two runners that take over the same lock, both know after this time which one has it."""

CHECK_EVERY_S = 1.0
"""How long a holder believes that it still has the lock: others wait much longer before they take it over."""

LOOK_EVERY_S = 0.1
LOCAL = {
    "bcachefs",
    "btrfs",
    "ext2",
    "ext3",
    "ext4",
    "f2fs",
    "jfs",
    "overlay",
    "ramfs",
    "reiserfs",
    "tmpfs",
    "xfs",
    "zfs",
}
"""File systems of one host, on which the kernel's locks hold."""

MOUNTS = Path("/proc/self/mountinfo")
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class Claim(NamedTuple):
    """Who holds a lock, as its file has it."""

    who: str
    machine: str = ""
    token: str = ""

    @classmethod
    def mine(cls) -> "Claim":
        """Of this process."""
        who = f"process {os.getpid()} on {socket.gethostname()}"
        return cls(who, machine(), secrets.token_hex(8))

    @classmethod
    def read(cls, path: Path) -> "Claim":
        """What the file says now; nothing while its maker has not written it yet."""
        return cls.of(path.read_bytes())

    @classmethod
    def of(cls, data: bytes) -> "Claim":
        """The claim in what was read."""
        return cls(*data.decode(errors="replace").splitlines()[:3] or [""])

    def text(self) -> str:
        return "\n".join(self) + "\n"


class RunLock:
    """``.lock`` in a run folder, which names its holder.

    Between runners on one host the kernel's lock on the file decides, which goes with its holder however that ends. A
    network file system may have no such locks, or each host may keep its own. So there a holder's heartbeat is in
    ``.alive_<token>`` as well: who finds a lock that another host has left waits whether it beats.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    was_left : bool
        Whether it was taken over from a runner on another host, which may come back.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / ".lock"
        self.was_left = False
        self._claim = Claim("")
        self._checked_at = -math.inf

    def belongs(self, path: Path) -> bool:
        """Whether a file of the run folder is the lock's."""
        return path == self.path or path.name.startswith(".alive_")

    def holder(self) -> str | None:
        """Which process holds it, and where, as far as can be told at once; None if none does."""
        try:
            claim = Claim.read(self.path)
            fd = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            locks = locked(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # for a moment, and never beside a runner's
            if locks and claim.machine == machine():
                return None
        except BlockingIOError:
            return claim.who
        finally:
            os.close(fd)
        return claim.who if self._beat(claim).exists() else None

    def check(self) -> None:
        """Make sure, before anything is written, that nobody has taken it over; looks every `CHECK_EVERY_S`.

        Raises
        ------
        RunTakenOverError
            If another runner has it, or had it since; says who.
        FileNotFoundError
            If the folder is gone.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the computer is suspended
        if now < self._checked_at + CHECK_EVERY_S:
            return
        found = read_anew(self.path)
        if found is None:
            self.folder.stat()
        claim = Claim("another run, now ended,") if found is None else Claim.of(found)
        if claim != self._claim:
            raise RunTakenOverError(
                f"{claim.who} has taken over {self.folder}, since nothing was heard from here for a while; this run "
                "has ended, and has written nothing more to the folder"
            )
        self._checked_at = now

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it.

        Raises
        ------
        RunFolderError
            If another runner does; says who.
        """
        claim = Claim.mine()
        beat = self._beat(claim)
        if not is_local(self.folder):
            beat.touch(0o600)
            start_beating(beat, SILENCE_S)
        try:
            fd = self._taken(claim)
            try:
                yield
            finally:
                if self.path.exists() and Claim.read(self.path) == claim:
                    self.path.unlink()
                os.close(fd)
        finally:
            beat.unlink(missing_ok=True)

    def _taken(self, mine: Claim) -> int:
        """The file, open and locked, with this claim in it."""
        while True:
            try:
                # one host alone makes the file, also where there are no locks
                fd, is_new = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), True
            except FileExistsError:
                try:
                    fd, is_new = os.open(self.path, os.O_RDWR), False
                except FileNotFoundError:
                    continue
            try:
                if self._is_free(fd, is_new, mine):
                    return fd
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)

    def _is_free(self, fd: int, is_new: bool, mine: Claim) -> bool:
        """Put the claim into the file if nobody holds it; False if the file was another one meanwhile."""
        try:
            locks = locked(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._refusal(Claim.read(self.path)) from None
        if not self._is_at_path(fd):
            return False
        other = Claim.read(self.path)
        certain = is_new or (locks and other.machine == mine.machine)
        if not certain:
            self._wait_for_end(other)
            if not self._is_at_path(fd) or Claim.read(self.path) != other:
                return False
            self._beat(other).unlink(missing_ok=True)
        self.was_left, self._claim = not certain, mine
        with open(self.path, "r+") as file:  # other hosts see it when it is closed
            file.write(mine.text())
            file.truncate()
        if not certain:
            time.sleep(SETTLE_S)
            if (winner := Claim.read(self.path)) != mine:
                raise self._refusal(winner)
        return True

    def _wait_for_end(self, other: Claim) -> None:
        """Return when a holder that may be on another host is gone, or silent for long."""
        beat = self._beat(other) if other.token else self.path  # whoever has just made the lock writes into it
        felt = read_anew(beat)
        if felt is not None:
            who = other.who or "another process"
            logger.info("%s has left its lock in %s; waiting whether it still lives", who, self.folder)
        deadline = time.monotonic() + (SILENCE_S if other.token else SETTLE_S)
        while felt is not None and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)
            before, felt = felt, read_anew(beat)
            if felt is not None and felt != before:
                raise self._refusal(Claim.read(self.path))

    def _is_at_path(self, fd: int) -> bool:
        """Whether the file is still the one of that name: a holder removes it when it ends."""
        try:
            again = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return os.path.samestat(os.fstat(fd), os.fstat(again))
        finally:
            os.close(again)

    def _beat(self, claim: Claim) -> Path:
        return self.folder / f".alive_{claim.token}"

    def _refusal(self, claim: Claim) -> RunFolderError:
        return RunFolderError(f"another run is going on in {self.folder}: {claim.who or 'it has just begun'}")


def nobody_else() -> None:
    """What stands for `RunLock.check` where no other runner can be."""


def locked(fd: int, operation: int) -> bool:
    """Lock a file as ``fcntl.flock`` does; False where the file system has no locks."""
    try:
        fcntl.flock(fd, operation)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    return True


def is_local(folder: Path) -> bool:
    """Whether no other host can see a folder, as far as the type of its file system tells."""
    kind, longest = "", -1
    for line in MOUNTS.read_text().splitlines():  # proc(5)
        where, _, what = line.partition(" - ")
        mount = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), where.split()[4])  # a blank is \040
        if folder.resolve().is_relative_to(mount) and len(mount) >= longest:  # of two in one place the later one
            kind, longest = what.split()[0], len(mount)
    return kind in LOCAL


def machine() -> str:
    """Tells this computer, since it was started, from others of the same name."""
    return f"{socket.gethostname()} {Path('/proc/sys/kernel/random/boot_id').read_text().strip()}"


def read_anew(path: Path) -> bytes | None:
    """What is in a file, opened anew; None if it is gone."""
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ESTALE):
            return None
        raise
