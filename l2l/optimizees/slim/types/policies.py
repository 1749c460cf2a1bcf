"""The policy families that kernels know, by number.  An action is a treatment's number, then fallow, then none."""

from enum import IntEnum


class Family(IntEnum):
    """How a farm decides what to do; see ``kernels.policies``."""

    UNTREATED = 0
    BERNOULLI = 1
    MOSAIC = 2
    THRESHOLD = 3
    LINEAR = 4
    PILOTED = 5  # a table of actions by farm and day
