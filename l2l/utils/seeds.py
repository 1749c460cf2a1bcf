"""Seeds by purpose: every random stream of an experiment follows from one number.

A stream is ``SeedSequence(experiment_seed, spawn_key=(purpose, generation, ind_idx, replicate))``, so what
an individual draws does not depend on the worker that evaluates it, on the order, or on a restart.
"""

import random
from enum import IntEnum
from functools import lru_cache
from typing import Any

import numpy as np


class Purpose(IntEnum):
    """What a stream is for. The numbers are part of every recorded history: append, never renumber."""

    OPTIMIZER = 0
    INDIVIDUAL = 1
    REPLICATE = 2
    SELECTION = 3
    COMPARISON = 4
    SIMULATION = 5
    ESTIMATE = 6


def seed_sequence(
    experiment_seed: int, purpose: Purpose, generation: int = 0, ind_idx: int = 0, replicate: int = 0
) -> np.random.SeedSequence:
    """The seed sequence of one stream of an experiment."""
    return np.random.SeedSequence(experiment_seed, spawn_key=(int(purpose), generation, ind_idx, replicate))


def individual_seed(experiment_seed: int, generation: int, ind_idx: int) -> int:
    """The seed of one evaluation, in [0, 2**32): what ``random``, RandomState and Generators all accept.

    The first word of ``seed_sequence(experiment_seed, Purpose.INDIVIDUAL, generation, ind_idx)``.
    """
    block, place = divmod(ind_idx, _BLOCK)
    return _seeds_of_block(experiment_seed, generation, block)[place]


def seed_global_generators(seed: int) -> None:
    """Seed ``random`` and ``numpy.random`` for one evaluation: optimizees may draw from them."""
    random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)


def trial_seed(experiment_seed: int, generation: int, replicate: int, stage: str | None = None) -> int:
    """The seed of a replicate, the same for all individuals of a generation; in a ``stage`` for those of any.

    Parameters
    ----------
    stage : {None, 'selection', 'estimate'}
        At the end of a run: no individual was evaluated with these seeds before.
    """
    purpose = Purpose.REPLICATE if stage is None else Purpose[stage.upper()]
    generation = generation if stage is None else 0
    return int(seed_sequence(experiment_seed, purpose, generation, replicate=replicate).generate_state(1)[0])


_BLOCK = 256  # individuals hashed at a time: one by one a seed takes longer than its way to a worker


@lru_cache(maxsize=16)
def _seeds_of_block(experiment_seed: int, generation: int, block: int) -> list[int]:
    """The seeds of individuals ``block * 256`` to ``block * 256 + 255``, with the hash of NumPy's SeedSequence.

    O'Neill (2015), "Developing a seed_seq Alternative". The entropy of a sequence is a row of 32-bit words: the
    seed, filled up to four with zeros, then the spawn key.
    """
    words = [experiment_seed >> 32 * k & 0xFFFFFFFF for k in range(max(1, (experiment_seed.bit_length() + 31) // 32))]
    words += [0] * (4 - len(words)) + [int(Purpose.INDIVIDUAL), generation]
    first = block * _BLOCK
    entropy = [np.full(_BLOCK, word, dtype=np.uint32) for word in words]
    entropy += [np.arange(first, first + _BLOCK, dtype=np.uint32), np.zeros(_BLOCK, dtype=np.uint32)]

    constant = 0x43B0D7E5

    def hashed(value: np.ndarray) -> np.ndarray:
        nonlocal constant
        value = value ^ np.uint32(constant)
        constant = constant * 0x931E8875 & 0xFFFFFFFF
        value = value * np.uint32(constant)
        return value ^ value >> np.uint32(16)

    def mixed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        value: np.ndarray = x * np.uint32(0xCA01F9DD) - y * np.uint32(0x4973F715)
        return value ^ value >> np.uint32(16)

    pool = [hashed(word) for word in entropy[:4]]
    for source in range(4):
        for target in range(4):
            if target != source:
                pool[target] = mixed(pool[target], hashed(pool[source]))
    for word in entropy[4:]:
        for target in range(4):
            pool[target] = mixed(pool[target], hashed(word))

    state = np.multiply(pool[0] ^ np.uint32(0x8B51F9DD), np.uint32(0x8B51F9DD * 0x58F38DED & 0xFFFFFFFF))
    return (state ^ state >> np.uint32(16)).tolist()


def chosen_seed(traj: Any, seed: int | None, stream: int = 0) -> int:
    """The seed that an optimizer or optimizee was given, unless the user asked for another run.

    ``traj.seed_override`` (a seed on the command line) wins and is mixed with ``stream``, so that two
    users of one override draw different numbers; ``None`` asks for the experiment's own seed, mixed alike.

    Parameters
    ----------
    traj : Trajectory
    seed : int or None
        As written in the script, 0 <= seed < 2**32.
    stream : int
        0 for the optimizer, 1 for the optimizee's first population.
    """
    override = getattr(traj, "seed_override", None)
    if override is None and seed is not None:
        if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
            raise ValueError(f"seed must be in [0, 2**32) and whole, or None for the experiment's; got {seed!r}")
        return int(seed)
    experiment_seed = traj.seed if override is None else override
    return int(seed_sequence(experiment_seed, Purpose.OPTIMIZER, replicate=stream).generate_state(1)[0])
