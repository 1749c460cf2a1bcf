"""Checks of the parameters that optimizers share."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from l2l.errors import nearest


def at_least(name: str, value: Any, minimum: float) -> None:
    """Raise unless ``value`` is a number of at least ``minimum``."""
    _check(name, value, lambda v: v >= minimum, f"at least {minimum}")


def positive(name: str, value: Any) -> None:
    """Raise unless ``value`` is a finite number above zero."""
    _check(name, value, lambda v: 0 < v < float("inf"), "positive and finite")


def probability(name: str, value: Any) -> None:
    """Raise unless ``value`` is in [0, 1]."""
    _check(name, value, lambda v: 0 <= v <= 1, "in [0, 1]")


def whole(name: str, value: Any, minimum: int) -> None:
    """Raise unless ``value`` is a whole number of at least ``minimum``."""
    _check(name, value, lambda v: v >= minimum and v == int(v), f"a whole number of at least {minimum}")


def number(name: str, value: Any) -> None:
    """Raise unless ``value`` is a number; infinity is one."""
    _check(name, value, lambda v: v == v + 0.0, "a number")


def one_of(name: str, value: Any, choices: Iterable[Any]) -> None:
    """Raise unless ``value`` is one of ``choices``; names the nearest."""
    choices = list(choices)
    if value not in choices:
        known = [choice for choice in choices if isinstance(choice, str)]
        raise ValueError(f"{name} must be one of {choices}, got {value!r}{nearest(str(value), known)}")


def fitness_weights(weights: Any) -> None:
    """Raise unless these are one finite number for each component of the fitness, and tell individuals apart."""
    try:
        values = np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not np.isfinite(values).all() or not values.any():
        raise ValueError(
            "optimizee_fitness_weights must be a finite number for each component of the fitness, not all of them 0, "
            f"such as (-1.0,) to minimise one; got {weights!r}"
        )


def _check(name: str, value: Any, holds: Callable[[Any], bool], expected: str) -> None:
    try:
        good = bool(holds(value))
    except (TypeError, ValueError, OverflowError):
        good = False
    if not good:
        raise ValueError(f"{name} must be {expected}, got {value!r}")
