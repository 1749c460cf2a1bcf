"""The two sexes, and values that may differ between them."""

from collections.abc import Mapping
from enum import IntEnum
from numbers import Real
from typing import Any

from l2l.errors import UsageError, nearest


class Sex(IntEnum):
    """Index of a sex in every array that has an axis for it."""

    FEMALE = 0
    MALE = 1


SEXES = {"female": Sex.FEMALE, "male": Sex.MALE}


def by_sex(value: Any) -> dict[Sex, Any]:
    """``{"female": a, "male": b}`` by sex; anything that does not name a sex is the value of both.

    Raises
    ------
    UsageError
        If only some of the names are those of sexes.
    """
    if not isinstance(value, Mapping) or not any(isinstance(name, str) for name in value):
        return dict.fromkeys(Sex, value)
    for name in value:
        if name not in SEXES:
            raise UsageError(f"there is no sex {name!r}{nearest(name, SEXES)}")
    return {SEXES[name]: one for name, one in value.items()}


def rates_by_sex(what: str, rates: Any, highest: float = 1.0) -> tuple[float, float]:
    """Numbers for females and males, from one for both, a pair, or a dict in which a missing sex has 0.

    Raises
    ------
    UsageError
        If one is not a number from 0 to ``highest``; the message begins with ``what``.
    """
    pair = dict(zip(Sex, rates, strict=True)) if isinstance(rates, tuple | list) and len(rates) == 2 else by_sex(rates)
    for rate in pair.values():
        if not isinstance(rate, Real) or not 0 <= float(rate) <= highest:
            raise UsageError(
                f"{what} must be a number in [0, {highest:g}], or one for females and one for males, got {rates!r}"
            )
    return float(pair.get(Sex.FEMALE, 0.0)), float(pair.get(Sex.MALE, 0.0))
