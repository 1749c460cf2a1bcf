"""Whole numbers that somebody hands in."""

from operator import index
from typing import Any

MOST_LICE = 10**15  # in one stage of a cage: floating-point numbers tell them apart, and 64 bits hold their sums


def whole_number(value: Any, name: str, least: int = 0, most: int | None = None) -> int:
    """``value`` as an int.

    Parameters
    ----------
    value
        A whole number of Python or NumPy, or an array without axes; ``5.0`` is one, ``True`` is none.
    name : str
        What it is, for the error.
    least, most : int
        Bounds; both may be taken.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is not whole, or out of bounds.
    """
    expected = f"a whole number >= {least}" if most is None else f"a whole number from {least} to {most}"
    error = f"{name} is {expected}, got {value!r}"
    try:
        number = index(value)
    except TypeError:
        if not hasattr(value, "is_integer"):
            raise TypeError(error) from None
        number = int(value) if value.is_integer() else least - 1
    if isinstance(value, bool):
        raise TypeError(error)
    if number < least or (most is not None and number > most):
        raise ValueError(error)
    return number
