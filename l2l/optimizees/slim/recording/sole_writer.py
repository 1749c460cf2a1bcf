"""One process at a time writes a table."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from l2l.errors import RunFolderError
from l2l.utils.run_lock import locked


@contextmanager
def sole_writer(table: Path) -> Iterator[None]:
    """Be the only process that writes ``table`` while open; the lock goes with its holder, however that ends.

    Raises
    ------
    RunFolderError
        If another process writes it; says which.
    """
    path = table.with_name(f".{table.name}.lock")
    fd = _locked(path, table)
    try:
        os.pwrite(fd, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(fd)


def _locked(path: Path, table: Path) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            locked(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 200, 0).decode(errors="replace").strip()
            os.close(fd)
            raise RunFolderError(
                f"{table} is being written by {holder or 'another process'}; wait, or take another name"
            ) from None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(fd)):
            return fd
        os.close(fd)  # its holder removed it, after we had opened it
