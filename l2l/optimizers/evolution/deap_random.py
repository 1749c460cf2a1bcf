"""A random stream for DEAP, whose operators draw from Python's global ``random``."""

import random
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def deap_random(rng: random.Random) -> Iterator[None]:
    """Let the global ``random`` go on with ``rng`` inside the block, and give its own state back after it.

    ``rng`` ends where the block left it, so that it is one stream over several blocks and pickles with
    whoever owns it; nobody else's draws change.
    """
    before = random.getstate()
    random.setstate(rng.getstate())
    try:
        yield
    finally:
        rng.setstate(random.getstate())
        random.setstate(before)
