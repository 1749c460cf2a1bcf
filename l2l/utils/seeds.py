"""Seeds by purpose: every random stream of an experiment follows from one number.

A stream is ``SeedSequence(experiment_seed, spawn_key=(purpose, generation, ind_idx, replicate))``, so what
an individual draws does not depend on the worker that evaluates it, on the order, or on a restart.
"""

from enum import IntEnum
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


def seed_sequence(
    experiment_seed: int, purpose: Purpose, generation: int = 0, ind_idx: int = 0, replicate: int = 0
) -> np.random.SeedSequence:
    """The seed sequence of one stream of an experiment."""
    return np.random.SeedSequence(experiment_seed, spawn_key=(int(purpose), generation, ind_idx, replicate))


def individual_seed(experiment_seed: int, generation: int, ind_idx: int) -> int:
    """The seed of one evaluation, in [0, 2**32): what ``random``, RandomState and Generators all accept."""
    sequence = seed_sequence(experiment_seed, Purpose.INDIVIDUAL, generation, ind_idx)
    return int(sequence.generate_state(1)[0])


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
        if not 0 <= int(seed) < 2**32:
            raise ValueError(f"seed must be in [0, 2**32), got {seed}")
        return int(seed)
    experiment_seed = traj.seed if override is None else override
    return int(seed_sequence(experiment_seed, Purpose.OPTIMIZER, replicate=stream).generate_state(1)[0])
