"""The cache of compiled kernels; see `l2l.utils.kernel_cache`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from l2l.utils.kernel_cache import KernelCache


def _entries() -> Sequence[Any]:
    from . import episode, orders

    return episode.run, orders.order


_FOLDER = Path(__file__).parent
_CACHE = KernelCache(_FOLDER, [*_FOLDER.with_name("types").glob("*.py")], _entries)

compile_once = _CACHE.compile_once
cache_folder = _CACHE.folder
forget_stale = _CACHE.forget_stale
is_compiled = _CACHE.is_compiled
fingerprint = _CACHE.fingerprint
