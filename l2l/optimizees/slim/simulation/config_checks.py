"""Checks of a configuration value: plain JSON in, a validated value out, or an error that says where."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from l2l.errors import L2LError, nearest
from l2l.optimizees.slim.types.genotypes import genotypes_of
from l2l.optimizees.slim.types.rules import RULE_SETS, Rules
from l2l.optimizees.slim.types.treatments import canonical


class ConfigError(L2LError, ValueError):
    """A scenario that cannot be simulated: the message names file, key, value and what was expected."""


class Rates(Mapping[str, float]):
    """A read-only map from a stage (or parameter name) to a number; unlike a mapping proxy, it pickles."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Rates({self._values})"


@dataclass(frozen=True)
class Place:
    """Where a value stands: its file (or the scenario's name) and its dotted path in there."""

    source: str
    path: str = ""
    overridden: frozenset[str] = frozenset()  # dotted paths given by the user as keyword arguments

    def __truediv__(self, key: object) -> "Place":
        return replace(self, path=f"{self.path}.{key}" if self.path else str(key))

    def __str__(self) -> str:
        parts = self.path.split(".")
        if any(".".join(parts[:n]) in self.overridden for n in range(1, len(parts) + 1)):
            return f"override {self.path}"
        return f"{self.source}: {self.path}" if self.path else self.source

    def error(self, value: object, expected: str) -> ConfigError:
        """The error that says what stands here and what should."""
        shown = repr(value)
        return ConfigError(f"{self} is {shown if len(shown) < 80 else shown[:76] + ' ...'}; expected {expected}")

    def unknown(self, key: object, known: Iterable[str]) -> ConfigError:
        """The error for a key that means nothing here."""
        return ConfigError(f"{self / key} is unknown{nearest(key, known)}")

    def missing(self, key: str, expected: str) -> ConfigError:
        """The error for a key that has to be here."""
        return ConfigError(f"{self / key} is missing; expected {expected}")


Check = Callable[[Any, Place], Any]

MOST = 10**9  # of anything that is counted: sums and products of a few of them stay below what 64 bits hold
LONGEST = 3650  # d, of a stage or of a treatment


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number; neither ``True`` nor ``"5"`` is one."""
    numeric = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return numeric and math.isfinite(value)  # type: ignore[arg-type]


def number(
    minimum: float | None = None, maximum: float | None = None, above: float | None = None, unit: str = ""
) -> Check:
    """A finite number, at least ``minimum``, at most ``maximum``, strictly greater than ``above``."""
    bounds = [(">=", minimum), (">", above), ("<=", maximum)]
    limits = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)
    expected = " ".join(filter(None, ["a number", limits, unit and f"({unit})"]))

    def check(value: Any, place: Place) -> float:
        if (
            not is_number(value)
            or (minimum is not None and value < minimum)
            or (maximum is not None and value > maximum)
            or (above is not None and value <= above)
        ):
            raise place.error(value, expected)
        return float(value)

    return check


def whole(minimum: int, maximum: int | None = None) -> Check:
    """A whole number within bounds; ``150.0`` counts as one, as in JSON Schema."""
    expected = f"a whole number >= {minimum}" + ("" if maximum is None else f" and <= {maximum}")

    def check(value: Any, place: Place) -> int:
        if not is_number(value) or value != int(value) or value < minimum or (maximum is not None and value > maximum):
            raise place.error(value, expected)
        return int(value)

    return check


def probability(value: Any, place: Place) -> float:
    """A number from 0 to 1."""
    if not is_number(value) or not 0 <= value <= 1:
        raise place.error(value, "a number from 0 to 1")
    return float(value)


def text(value: Any, place: Place) -> str:
    """A string with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise place.error(value, "a non-empty text")
    return value


def choice(*names: str) -> Check:
    """One of ``names``."""

    def check(value: Any, place: Place) -> str:
        if value not in names:
            raise place.error(value, f"one of {', '.join(names)}")
        return value

    return check


def rules(value: Any, place: Place) -> Rules:
    """A set of rules by its name, or an object: ``base``, such a name, and True or False for single rules."""
    if isinstance(value, str):
        return RULE_SETS[choice(*RULE_SETS)(value, place)]
    if not isinstance(value, Mapping):
        raise place.error(value, f"one of {', '.join(RULE_SETS)}, or an object of rules")
    base = RULE_SETS[choice(*RULE_SETS)(value.get("base", "revised"), place / "base")]
    switched = {name: switch for name, switch in value.items() if name != "base"}
    for name, switch in switched.items():
        if name not in Rules._fields:
            raise place.unknown(name, ("base", *Rules._fields))
        if not isinstance(switch, bool):
            raise (place / name).error(switch, "true (as documented) or false (as published)")
    return base._replace(**switched)


def date(value: Any, place: Place) -> datetime:
    """A date and time without zone: ``YYYY-mm-dd HH:MM:SS`` or any other ISO 8601 form."""
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise place.error(value, "a date such as '2018-01-01 00:00:00'") from None
    if parsed.tzinfo is not None:
        raise place.error(value, "a date without time zone: a day of the model is the farm's own day")
    return parsed


def treatment(value: Any, place: Place) -> str:
    """The canonical name of a treatment; which ones there are, the list ``treatments`` says."""
    return canonical(text(value, place))


def optional(check: Check) -> Check:
    """What ``check`` takes, or null."""
    return lambda value, place: None if value is None else check(value, place)


def items(check: Check, length: int | None = None) -> Check:
    """A list whose every item passes ``check``."""

    def check_items(value: Any, place: Place) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise place.error(value, "a list")
        if length is not None and len(value) != length:
            raise place.error(value, f"a list of {length}, not {len(value)}")
        return tuple(check(item, place / i) for i, item in enumerate(value))

    return check_items


def rates(check: Check, *required: str, also: tuple[str, ...] = ()) -> Check:
    """A map whose values pass ``check``; the ``required`` keys have to be there, those of ``also`` may be."""

    def check_rates(value: Any, place: Place) -> Rates:
        if not isinstance(value, Mapping):
            raise place.error(value, f"an object with the keys {', '.join(required)}")
        for key in value:
            if key not in required + also:
                raise place.unknown(key, required + also)
        for key in required:
            if key not in value:
                raise place.missing(key, f"the keys {', '.join(required)}")
        return Rates({key: check(item, place / key) for key, item in value.items()})

    return check_rates


def genetic_ratios(value: Any, place: Place) -> Rates:
    """Frequencies of the genotypes of one or more genes: ``{a, A, Aa}``, or ``{a, A, Aa, b, B, Bb}``.

    The three of a gene are scaled to sum to 1 where rounding has left them within 1 % of it. Genes come
    out in alphabetical order, each as recessive, dominant, heterozygous.
    """
    if not isinstance(value, Mapping) or not value:
        raise place.error(value, "genotype frequencies such as {'a': 0.99, 'A': 0.005, 'Aa': 0.005}")
    genes = sorted({str(key)[0].lower() for key in value if key})
    known = [genotype for gene in genes for genotype in genotypes_of(gene)]
    for key in value:
        if key not in known or not key.isalpha():
            raise place.unknown(key, [name for name in known if name.isalpha()])
    frequencies = {}
    for gene in genes:
        names = genotypes_of(gene)
        for name in names:
            if name not in value:
                raise place.missing(name, f"all of {', '.join(names)}")
        ratios = [probability(value[name], place / name) for name in names]
        total = sum(ratios)
        if abs(total - 1) > 0.01:
            raise place.error(dict(value), f"{', '.join(names)} to sum to 1, not {total:g}")
        # what sums to one but for the last bits stays as it is, so that reading it again changes nothing
        scale = 1.0 if abs(total - 1) < 1e-9 else total
        frequencies.update({name: ratio / scale for name, ratio in zip(names, ratios, strict=True)})
    return Rates(frequencies)
