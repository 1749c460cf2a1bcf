"""Being told by the kernel when a file is written to (Linux inotify), as far as writers are on this host."""

import ctypes
import os
import struct

IN_MODIFY = 0x2  # <linux/inotify.h>
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows


class Watch:
    """Files of which every write makes ``fd`` readable.

    Where the kernel cannot (no inotify, or its limits are reached), nothing is ever told: whoever waits here must also
    look by himself now and then, as he must for writers on other hosts.

    Attributes
    ----------
    fd : int
        For a selector; -1 without inotify.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None)
        try:
            self.fd = int(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        except AttributeError:
            self.fd = -1

    def add(self, path: str | os.PathLike[str]) -> int:
        """Watch one file; returns what `changed` calls it, -1 if it cannot be watched."""
        if self.fd == -1:
            return -1
        return int(self._libc.inotify_add_watch(self.fd, os.fsencode(path), IN_MODIFY))

    def changed(self) -> set[int]:
        """Files that were written to since the last call."""
        if self.fd == -1:
            return set()
        try:
            events = os.read(self.fd, 65536)
        except BlockingIOError:
            return set()
        found = set()
        at = 0
        while at < len(events):
            watch, mask, _, length = EVENT.unpack_from(events, at)
            if mask & IN_MODIFY:
                found.add(watch)
            at += EVENT.size + length
        return found

    def close(self) -> None:
        """Watch nothing any more."""
        if self.fd != -1:
            os.close(self.fd)
            self.fd = -1
