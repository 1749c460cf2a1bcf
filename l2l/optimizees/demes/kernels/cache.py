"""The cache of compiled kernels; see `l2l.utils.kernel_cache`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from l2l.utils.kernel_cache import KernelCache


def _entries() -> Sequence[Any]:
    from . import run

    return run.run, run.run_blocks


_DEMES = Path(__file__).parents[1]
_SLIM = _DEMES.with_name("slim") / "kernels"
_OTHERS = [_DEMES / "config.py", _DEMES / "sexes.py", _SLIM / "inner.py", _SLIM / "sampling.py"]
_CACHE = KernelCache(Path(__file__).parent, _OTHERS, _entries)

compile_once = _CACHE.compile_once
forget_stale = _CACHE.forget_stale
is_compiled = _CACHE.is_compiled
