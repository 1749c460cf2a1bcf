"""What a farm does on a day, as a number: a treatment's, then fallow, then none."""

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any

from l2l.errors import L2LError

if TYPE_CHECKING:
    from ..simulation.config import Config

FALLOW = "fallow"
NONE = "none"


def action_names(config: "Config") -> tuple[str, ...]:
    """Of every action of a scenario's farms, in their order."""
    return (*(t.name for t in config.treatments), FALLOW, NONE)


class InvalidActionError(L2LError, ValueError):
    """A policy or a user chose an action that a farm does not have."""


def checked_action(action: Any, names: Sequence[str], agent: str, day: int) -> int:
    """``action`` as an int.

    Parameters
    ----------
    action
        Any whole number: of Python, of NumPy, or an array without axes.
    names
        Of all actions, in their order.
    agent, day
        Whose it is and when, for the error.

    Raises
    ------
    InvalidActionError
        If it is no whole number or out of range.
    """
    try:
        number = index(action)
    except TypeError:
        number = -1
    if 0 <= number < len(names):
        return number
    raise InvalidActionError(
        f"{agent}, day {day}: action {action!r}; expected a whole number from 0 to {len(names) - 1} "
        f"({', '.join(f'{i} {name}' for i, name in enumerate(names))})"
    )
