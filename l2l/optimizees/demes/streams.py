"""A random stream for each deme, from one seed."""

import numpy as np

from l2l.errors import UsageError

_STEP = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd


def deme_streams(seed: int | np.random.SeedSequence, n_demes: int) -> np.ndarray:
    """States of xoshiro256++, uint64[n_demes, 4]; that of a deme is the same for any number of demes.

    SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2714064.2660195), which the authors of xoshiro advise for its
    states, counts demes from the four words of the seed.

    Raises
    ------
    UsageError
        If it is no seed.
    """
    try:
        sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    except (TypeError, ValueError):
        raise UsageError(f"seed must be a whole number of at least 0, or a SeedSequence, got {seed!r}") from None
    words = sequence.generate_state(4, np.uint64)
    counted = words + _STEP * np.arange(1, n_demes + 1, dtype=np.uint64)[:, None]
    mixed = (counted ^ (counted >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    streams = mixed ^ (mixed >> np.uint64(31))
    streams[:, 0] |= np.uint64(1)  # all zero is the one state xoshiro never leaves
    return streams
