"""Cooling schedules: how the temperature of an annealing chain falls.

The multiplicative ones after Kirkpatrick, Gelatt & Vecchi (1983), doi:10.1126/science.220.4598.671, and Aarts & Korst
(1989); the additive ones after Luke (2005), "Simulated annealing cooling schedules".
"""

import math
from collections.abc import Callable
from enum import Enum, auto


class AvailableCoolingSchedules(Enum):
    """Cooling schedules, from T_0 before the first step towards T_end after the last.

    Multiplicative ones fall in the same way however long the run is, and stay at T_end once they reach it; additive
    ones spread the fall over the run.
    """

    DEFAULT = auto()
    """T_0 decay^k"""

    LOGARITHMIC = auto()
    """T_0 / (1 + ln(1 + k))"""

    EXPONENTIAL = auto()
    """T_0 0.85^k"""

    LINEAR_MULTIPLICATIVE = auto()
    """T_0 / (1 + k)"""

    QUADRATIC_MULTIPLICATIVE = auto()
    """T_0 / (1 + k^2)"""

    LINEAR_ADDAPTIVE = auto()
    """T_end + (T_0 - T_end) (n - k) / n"""

    QUADRATIC_ADDAPTIVE = auto()
    """T_end + (T_0 - T_end) ((n - k) / n)^2"""

    EXPONENTIAL_ADDAPTIVE = auto()
    """T_end + (T_0 - T_end) / (1 + exp(2 ln(99) / n (k - n / 2))), a sigmoid that is at 1/2 halfway.

    Published with the logarithm of T_0 - T_end, which depends on the unit of temperature, is zero for a difference of
    1 and negative below: it would not cool. With 99 the ends are within 1 % of T_0 and T_end in any unit.
    """

    TRIGONOMETRIC_ADDAPTIVE = auto()
    """T_end + (T_0 - T_end) (1 + cos(k pi / n)) / 2"""


Schedule = AvailableCoolingSchedules

_MULTIPLICATIVE: dict[Schedule, Callable[[int], float]] = {
    Schedule.LOGARITHMIC: lambda k: 1 / (1 + math.log(1 + k)),
    Schedule.EXPONENTIAL: lambda k: 0.85**k,
    Schedule.LINEAR_MULTIPLICATIVE: lambda k: 1 / (1 + k),
    Schedule.QUADRATIC_MULTIPLICATIVE: lambda k: 1 / (1 + k**2),
}

_ADDITIVE: dict[Schedule, Callable[[float], float]] = {  # of the share of the run that is over
    Schedule.LINEAR_ADDAPTIVE: lambda share: 1 - share,
    Schedule.QUADRATIC_ADDAPTIVE: lambda share: (1 - share) ** 2,
    Schedule.EXPONENTIAL_ADDAPTIVE: lambda share: 1 / (1 + 99 ** (2 * share - 1)),
    Schedule.TRIGONOMETRIC_ADDAPTIVE: lambda share: (1 + math.cos(share * math.pi)) / 2,
}


def temperature(schedule: Schedule, k: int, n: int, start: float = 1.0, end: float = 0.0, decay: float = 1.0) -> float:
    """The temperature after ``k`` of ``n`` steps.

    Parameters
    ----------
    schedule : AvailableCoolingSchedules
    k, n : int
        0 <= k; additive schedules stay at ``end`` after n steps.
    start, end : float
        T_0 and T_end, start >= end >= 0.
    decay : float
        Factor per step of the schedule DEFAULT, in [0, 1].
    """
    if schedule in _ADDITIVE:
        return end + (start - end) * _ADDITIVE[schedule](min(k / n, 1.0))
    factor = decay**k if schedule is Schedule.DEFAULT else _MULTIPLICATIVE[schedule](k)
    return max(end, start * factor)
