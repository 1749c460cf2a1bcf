"""Compile kernels once, and never run a stale one.

Numba keys its cache by a function's own file, so that an entry kernel goes on with old versions of the kernels it
calls when only their files change.  A stamp beside the cached code says which sources it was made of.
"""

import ctypes
import fcntl
import hashlib
import logging
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from l2l.utils.run_lock import locked

logger = logging.getLogger("utils.kernels")

STAMP = "l2l-kernels.stamp"
LOCK = "l2l-kernels.lock"


class KernelCache:
    """The cached kernels of one folder of sources.

    Parameters
    ----------
    folder : Path
        Of the sources, every one of which counts.
    others : sequence of Path
        Further sources that end up in the kernels.
    entries : callable
        Returns the kernels that Python calls; it is not called before they are needed, as that imports numba.
    """

    def __init__(self, folder: Path, others: Sequence[Path], entries: Callable[[], Sequence[Any]]):
        self.sources = folder
        self._others = others
        self._entries = entries
        self._checked = False  # by this process

    def compile_once(self, run_all: Callable[[], None]) -> bool:
        """Load the cached kernels, those of the present sources; return whether it had to compile them.

        Parameters
        ----------
        run_all
            Calls every entry kernel with arguments of the types they are used with.
        """
        if self._checked:
            return False
        folder = self.folder()
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / LOCK, "w") as lock:
            # Let one of several processes compile, and the others wait; without locks each compiles for itself.
            locked(lock.fileno(), fcntl.LOCK_EX)
            stale = self.forget_stale(folder)
            if stale:
                logger.info("compiling the kernels, once; this takes a minute")
                run_all()
                (folder / STAMP).write_text(self.fingerprint())
        if not stale:
            run_all()
        self.forget_bitcode()
        self._checked = True
        return stale

    def forget_bitcode(self) -> None:
        """Free the intermediate code of the entry kernels, 10 MiB and more of a process.

        Numba keeps it beside the machine code for other kernels that might be compiled against it; nothing calls these.
        """
        for kernel in self._entries():
            for compiled in kernel.overloads.values():
                compiled.library._shared_module = None
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):  # glibc keeps what is freed, unless it is told to give it back
            libc.malloc_trim(0)

    def folder(self) -> Path:
        """Where numba keeps the compiled kernels."""
        return Path(self._entries()[0]._cache.cache_path)

    def forget_stale(self, folder: Path) -> bool:
        """Remove what is in ``folder`` unless it was compiled, all of it, from the present sources; return whether."""
        stamp = folder / STAMP
        if stamp.is_file() and stamp.read_text() == self.fingerprint():
            return False
        stamp.unlink(missing_ok=True)  # first: it must not vouch for what an interrupted compilation leaves
        for pattern in ("*.nbi", "*.nbc"):
            for cached in folder.glob(pattern):
                cached.unlink(missing_ok=True)
        return True

    def is_compiled(self) -> bool:
        """Whether the cache beside the sources is up to date; does not load numba.

        It may say no although there is one elsewhere (``NUMBA_CACHE_DIR``, sources in a read-only folder).
        """
        stamp = self.sources / "__pycache__" / STAMP
        return stamp.is_file() and stamp.read_text() == self.fingerprint()

    def fingerprint(self) -> str:
        """Hash of all sources that end up in kernels, the compiler's versions and the processor."""
        digest = hashlib.sha256()
        for source in sorted([*self.sources.glob("*.py"), *self._others]):
            digest.update(source.read_bytes())
        for name in ("numba", "llvmlite", "numpy"):
            digest.update(version(name).encode())
        digest.update(platform.machine().encode())
        return digest.hexdigest()
