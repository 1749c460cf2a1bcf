"""Compile the kernels once, and never run a stale one.

Numba keys its cache by a function's own file, so that an entry kernel goes on with old versions of the kernels it
calls when only their files change.  A stamp beside the cached code says which sources it was made of.
"""

import ctypes
import fcntl
import hashlib
import logging
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from l2l.utils.run_lock import locked

logger = logging.getLogger("utils.slim")

STAMP = "l2l-kernels.stamp"
LOCK = "l2l-kernels.lock"
_checked = False  # by this process


def compile_once(run_all: Callable[[], None]) -> bool:
    """Load the cached kernels, those of the present sources; return whether it had to compile them.

    Parameters
    ----------
    run_all
        Calls every entry kernel with arguments of the types they are used with.
    """
    global _checked
    if _checked:
        return False
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "w") as lock:
        # Let one of several processes compile, and the others wait; without locks each compiles for itself.
        locked(lock.fileno(), fcntl.LOCK_EX)
        stale = forget_stale(folder)
        if stale:
            logger.info("compiling the kernels, once; this takes a minute")
            run_all()
            (folder / STAMP).write_text(fingerprint())
    if not stale:
        run_all()
    forget_bitcode()
    _checked = True
    return stale


def forget_bitcode() -> None:
    """Free the intermediate code of the entry kernels, 10 MiB and more of a process.

    Numba keeps it beside the machine code for other kernels that might be compiled against it; nothing calls these.
    """
    from . import episode, orders

    for kernel in (episode.run, orders.order):
        for compiled in kernel.overloads.values():  # type: ignore[attr-defined]
            compiled.library._shared_module = None
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):  # glibc keeps what is freed, unless it is told to give it back
        libc.malloc_trim(0)


def cache_folder() -> Path:
    """Where numba keeps the compiled kernels."""
    from . import episode

    return Path(episode.run._cache.cache_path)  # type: ignore[attr-defined]


def forget_stale(folder: Path) -> bool:
    """Remove what is in ``folder`` unless it was compiled, all of it, from the present sources; return whether."""
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text() == fingerprint():
        return False
    stamp.unlink(missing_ok=True)  # first: it must not vouch for what an interrupted compilation leaves
    for pattern in ("*.nbi", "*.nbc"):
        for cached in folder.glob(pattern):
            cached.unlink(missing_ok=True)
    return True


def is_compiled() -> bool:
    """Whether the cache beside the sources is up to date; does not load numba.

    It may say no although there is one elsewhere (``NUMBA_CACHE_DIR``, sources in a read-only folder).
    """
    stamp = Path(__file__).with_name("__pycache__") / STAMP
    return stamp.is_file() and stamp.read_text() == fingerprint()


def fingerprint() -> str:
    """Hash of all sources that end up in kernels, the compiler's versions and the processor."""
    digest = hashlib.sha256()
    kernels = Path(__file__).parent
    for source in sorted([*kernels.glob("*.py"), *kernels.with_name("types").glob("*.py")]):
        digest.update(source.read_bytes())
    for name in ("numba", "llvmlite", "numpy"):
        digest.update(version(name).encode())
    digest.update(platform.machine().encode())
    return digest.hexdigest()
