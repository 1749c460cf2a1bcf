"""What a farm does on a day, as a number: a treatment's, then fallow, then none."""

from collections.abc import Mapping, Sequence, Set
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
        Any whole number: of Python, of NumPy, or an array without axes.  ``True`` is none.
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
        number = -1 if isinstance(action, bool) else index(action)
    except TypeError:
        number = -1
    if 0 <= number < len(names):
        return number
    raise InvalidActionError(
        f"{agent}, day {day}: action {action!r}; expected a whole number from 0 to {len(names) - 1} "
        f"({', '.join(f'{i} {name}' for i, name in enumerate(names))})"
    )


def checked_actions(actions: Any, names: Sequence[str], n_farms: int, day: int) -> list[int]:
    """One action per farm, in their order; see ``checked_action``.

    Raises
    ------
    InvalidActionError
        If it is no sequence of as many as there are farms, or one of them is no action.
    """
    try:
        n_actions = -1 if isinstance(actions, Mapping | Set) else len(actions)  # these have no order of farms
    except TypeError:
        n_actions = -1
    if n_actions != n_farms:
        raise InvalidActionError(
            f"day {day}: there must be {n_farms} actions, one per farm in their order, got {actions!r}"
        )
    return [checked_action(action, names, f"farm_{f}", day) for f, action in enumerate(actions)]
