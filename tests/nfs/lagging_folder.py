"""A folder as one client of a network file system sees it, as lax as NFS allows.

Mounts a view of a folder; every mount is a client of its own. What one client writes is on the server when it closes
or syncs the file; another client sees it when it opens the file anew. Otherwise what a client knows of files, folders
and names (also that a name is not there) is up to ``LAG`` seconds old. Appending is writing at the end that the client
knows of. Locks are kept by each client for itself, or refused. While there is a file ``quota`` beside the server's
folder, nothing more fits into that, of which a client is told when it closes or syncs a file.

    python lagging_folder.py SERVER_FOLDER MOUNT_POINT LAG {own,refused}
"""

import errno
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("FUSE_LIBRARY_PATH", "libfuse3.so.3")
import mfusepy

REFUSED = {"own": None, "refused": errno.ENOLCK}


class Known(NamedTuple):
    """What a client knows, and until when it believes it."""

    what: Any
    until: float


class Knowledge:
    """Answers that may be out of date.

    Parameters
    ----------
    lag : float
        Seconds for which an answer is given again.
    """

    def __init__(self, lag: float):
        self.lag = lag
        self._known: dict[Any, Known] = {}

    def recall(self, key: Any) -> Any:
        """What is known and still believed, else None."""
        known = self._known.get(key)
        return known.what if known is not None and time.monotonic() < known.until else None

    def learn(self, key: Any, what: Any) -> Any:
        """Remember, and return it."""
        self._known[key] = Known(what, time.monotonic() + self.lag)
        return what

    def forget(self, *keys: Any) -> None:
        """Ask the server next time."""
        for key in keys:
            self._known.pop(key, None)


class OpenFile:
    """A file that a process of this client has open."""

    def __init__(self, fd: int, flags: int, quota: Path):
        self.quota = quota
        self.fd = fd
        self.flags = flags
        self.unsent: list[tuple[int, bytes]] = []

    @property
    def number(self) -> int:
        """Of the file on the server."""
        return os.fstat(self.fd).st_ino

    def send(self) -> None:
        """Bring what was written to the server."""
        if self.unsent and self.quota.exists():
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        unsent, self.unsent = self.unsent, []
        for offset, data in unsent:
            os.pwrite(self.fd, data, offset)


class Client(mfusepy.Operations):
    """One client of the server's folder."""

    use_ns = True

    def __init__(self, root: str, lag: float, locks_error: int | None):
        self.root = root
        self.names = Knowledge(lag)  # path -> attributes, or an error number
        self.sizes = Knowledge(lag)  # number of a file -> size
        self.folders = Knowledge(lag)  # path -> names
        self.open_files: dict[int, OpenFile] = {}
        if locks_error is not None:
            self.lock = self.flock = self._refuse(locks_error)

    def init_with_config(self, connection: Any, config: Any) -> None:
        # nothing is kept by the kernel, so that what is here says what a client knows
        config.use_ino = config.direct_io = 1
        config.attr_timeout = config.entry_timeout = config.negative_timeout = 0

    # --- what a client knows

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        if fh is not None:
            file = self.open_files[fh]
            self._check_there(file)
            found = attributes(os.fstat(file.fd))
        else:
            found = self._looked_up(path)
        size = self._size(found["st_ino"], found["st_size"])
        return {**found, "st_size": size}

    def access(self, path: str, mode: int) -> int:
        self._looked_up(path)
        return 0

    def readdir(self, path: str, fh: int) -> list[Any]:
        entries = self.folders.recall(path)
        if entries is None:
            with os.scandir(self._on_server(path)) as found:
                entries = [(entry.name, {"st_ino": entry.inode()}, 0) for entry in found]
            self.folders.learn(path, entries)
        return [".", "..", *entries]

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._on_server(path))
        return {name: getattr(found, name) for name in dir(found) if name.startswith("f_") and name != "f_fsid"}

    def readlink(self, path: str) -> str:
        return os.readlink(self._on_server(path))

    def _looked_up(self, path: str) -> dict[str, Any]:
        known = self.names.recall(path)
        if known is None:
            try:
                known = attributes(os.lstat(self._on_server(path)))
            except FileNotFoundError as error:
                known = error.errno
            self.names.learn(path, known)
        if isinstance(known, int):
            raise OSError(known, os.strerror(known))
        return known

    def _size(self, number: int, on_server: int) -> int:
        known = self.sizes.recall(number)
        size = self.sizes.learn(number, on_server) if known is None else known
        ends = [o + len(data) for f in self.open_files.values() if f.number == number for o, data in f.unsent]
        return max([size, *ends])

    def _check_there(self, file: OpenFile) -> None:
        if os.fstat(file.fd).st_nlink == 0:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    # --- files

    def open(self, path: str, flags: int) -> int:
        return self._opened(path, os.open(self._on_server(path), flags & ~(os.O_APPEND | os.O_NOFOLLOW)), flags)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        self.names.forget(path)
        fd = os.open(self._on_server(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        self._changed(path)
        return self._opened(path, fd, os.O_RDWR)

    def _opened(self, path: str, fd: int, flags: int) -> int:
        file = OpenFile(fd, flags, Path(self.root).with_name("quota"))
        for other in self.open_files.values():
            if other.number == file.number:
                other.send()
        found = os.fstat(fd)
        self.sizes.learn(found.st_ino, found.st_size)  # close to open: an open asks the server
        self.names.learn(path, attributes(found))
        self.open_files[fd] = file
        return fd

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        file = self.open_files[fh]
        self._check_there(file)
        for other in self.open_files.values():
            if other.number == file.number:
                other.send()
        end = self._size(file.number, os.fstat(fh).st_size)
        return os.pread(fh, max(0, min(size, end - offset)), offset)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        file = self.open_files[fh]
        self._check_there(file)
        if file.flags & os.O_APPEND:
            offset = self._size(file.number, os.fstat(fh).st_size)
        file.unsent.append((offset, data))
        return len(data)

    def flush(self, path: str, fh: int) -> int:
        file = self.open_files[fh]
        if file.unsent:
            self._check_there(file)
            file.send()
            self.sizes.learn(file.number, os.fstat(fh).st_size)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        return self.flush(path, fh)

    def release(self, path: str, fh: int) -> int:
        file = self.open_files.pop(fh)
        try:
            file.send()
        finally:
            os.close(fh)
        return 0

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        for file in self.open_files.values():
            file.send()
        os.truncate(self._on_server(path) if fh is None else fh, length)
        number = os.stat(self._on_server(path)).st_ino if fh is None else self.open_files[fh].number
        self.sizes.learn(number, length)
        self.names.forget(path)
        return 0

    # --- names

    def mkdir(self, path: str, mode: int) -> int:
        self.names.forget(path)  # also where it fails, since the server has told something of the name
        os.mkdir(self._on_server(path), mode)
        return self._changed(path)

    def mknod(self, path: str, mode: int, dev: int) -> int:
        os.mknod(self._on_server(path), mode, dev)
        return self._changed(path)

    def symlink(self, path: str, source: str) -> int:
        os.symlink(source, self._on_server(path))
        return self._changed(path)

    def link(self, path: str, source: str) -> int:
        os.link(self._on_server(source), self._on_server(path))
        return self._changed(path, source)

    def unlink(self, path: str) -> int:
        os.unlink(self._on_server(path))
        return self._changed(path)

    def rmdir(self, path: str) -> int:
        os.rmdir(self._on_server(path))
        return self._changed(path)

    def rename(self, old: str, new: str) -> int:
        os.rename(self._on_server(old), self._on_server(new))
        return self._changed(old, new)

    def chmod(self, path: str, mode: int) -> int:
        os.chmod(self._on_server(path), mode)
        return self._changed(path)

    def chown(self, path: str, uid: int, gid: int) -> int:
        os.chown(self._on_server(path), uid, gid)
        return self._changed(path)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        os.utime(self._on_server(path), ns=times)
        return self._changed(path)

    def _changed(self, *paths: str) -> int:
        for path in paths:
            self.names.forget(path)
            self.folders.forget(os.path.dirname(path))
        return 0

    def _on_server(self, path: str) -> str:
        return self.root + path

    def _refuse(self, number: int) -> Any:
        def refuse(*args: Any) -> int:
            raise OSError(number, os.strerror(number))

        return refuse


def attributes(found: os.stat_result) -> dict[str, Any]:
    """As the kernel is told, times in nanoseconds."""
    told = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
    return {**told, **{f"st_{when}time": getattr(found, f"st_{when}time_ns") for when in "amc"}}


if __name__ == "__main__":
    server, mount_point, lag, locks = sys.argv[1:]
    mfusepy.FUSE(
        Client(server, float(lag), REFUSED[locks]), mount_point, foreground=True, nothreads=True, allow_other=True
    )
