"""Names of treatments, as people and files write them."""

from enum import IntEnum


class Treatment(IntEnum):
    """The treatments of SLIM by their action numbers; a configuration may hold more of them, and others."""

    EMB = 0  # emamectin benzoate, in feed
    THERMOLICER = 1  # warm-water bath
    CLEANERFISH = 2  # wrasse and lumpfish, restocked


def canonical(name: str) -> str:
    """``name`` whatever its case, spaces, hyphens or underscores: ``CLEANERFISH`` for ``Cleaner fish``."""
    return "".join(c for c in name if c not in " -_").upper()
