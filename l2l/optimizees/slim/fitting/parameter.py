"""A parameter to fit: a number of the configuration, the range it may lie in, and the scale it is searched on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..simulation.config import Config, ConfigError
from ..simulation.config_overrides import places_of


@dataclass(frozen=True)
class FitParameter:
    """A number of the configuration between two bounds.

    Attributes
    ----------
    name : str
        Dotted, as for `Config.replace`.
    low, high : float
    log : bool
        Searched by its logarithm.
    whole : bool
        The configuration takes whole numbers only, so values are rounded.
    """

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    @classmethod
    def parse(cls, text: str, config: Config) -> FitParameter:
        """``NAME=LOW:HIGH``, or ``NAME=LOW:HIGH:log``.

        Raises
        ------
        ConfigError
            If it is not of that form, or ``config`` has no such number or does not allow a bound.
        """
        name, _, bounds = text.partition("=")
        parts = bounds.split(":")
        try:
            low, high = (float(part) for part in parts[:2])
        except ValueError:
            raise ConfigError(f"--fit {text}: expected NAME=LOW:HIGH or NAME=LOW:HIGH:log") from None
        if len(parts) > 3 or (len(parts) == 3 and parts[2] != "log"):
            raise ConfigError(f"--fit {text}: after the bounds comes {':'.join(parts[2:])!r}; expected log, or nothing")
        log = len(parts) == 3
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ConfigError(f"--fit {text}: expected finite bounds, the lower one first")
        if log and low <= 0:
            raise ConfigError(f"--fit {text}: expected bounds above 0, since the scale is logarithmic")
        parameter = cls(name, low, high, log, _takes_whole_numbers_only(name, low, high, config))
        for value in (low, high):
            try:
                parameter.check(value, config)
            except ConfigError as error:
                raise ConfigError(f"--fit {text}: {error}") from None
        return parameter

    def check(self, value: float, config: Config) -> None:
        """Raise ConfigError if the configuration does not take this value."""
        config.replace(**{self.name: self.rounded(value)})

    def rounded(self, value: float) -> float | int:
        """As the configuration takes it."""
        return round(value) if self.whole else float(value)

    @property
    def label(self) -> str:
        """Name of the coordinate that is searched."""
        return f"log10 {self.name}" if self.log else self.name

    @property
    def bounds(self) -> tuple[float, float]:
        """Of that coordinate."""
        return (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)

    def outer(self, coordinate: float) -> float:
        """The number at a coordinate, not rounded."""
        return 10.0**coordinate if self.log else coordinate

    def value(self, coordinate: float) -> float | int:
        """The number at a coordinate, as the configuration takes it."""
        return self.rounded(min(max(self.outer(coordinate), self.low), self.high))


def _takes_whole_numbers_only(name: str, low: float, high: float, config: Config) -> bool:
    """Whether a whole number within the bounds is allowed, and the one between it and the next is not."""
    whole = math.ceil(low)
    if whole > high:
        return False

    def allowed(value: float | int) -> bool:
        try:
            config.replace(**{name: value})
        except ConfigError:
            return False
        return True

    between = min(whole + 0.5, (whole + high) / 2) if high > whole else (low + whole) / 2
    return allowed(whole) and not allowed(between)


def parse_parameters(texts: Sequence[str], config: Config, overridden: Iterable[str] = ()) -> list[FitParameter]:
    """The parameters of as many ``--fit``, at least one, and no number of the configuration twice.

    Parameters
    ----------
    overridden
        Names that were overridden in ``config``, which would be in vain if all that they name is fitted.
    """
    if not texts:
        raise ConfigError("nothing to fit; expected --fit NAME=LOW:HIGH, such as --fit ext_pressure=10:1000:log")
    parameters = [FitParameter.parse(text, config) for text in texts]
    plain = config.to_dict()
    fitted: dict[str, str] = {}  # place in the configuration -> name by which it is fitted
    for text, parameter in zip(texts, parameters, strict=True):
        places = places_of(plain, parameter.name)
        taken = sorted(places & set(fitted))
        if taken:
            raise ConfigError(f"--fit {text}: {taken[0]} is fitted already, as {fitted[taken[0]]}; expected it once")
        fitted |= dict.fromkeys(places, parameter.name)
    for name in overridden:
        places = places_of(plain, name)
        if places <= set(fitted):
            raise ConfigError(f"{name} is both fitted and overridden; expected one of them")
    return parameters


def values_at(parameters: Sequence[FitParameter], coordinates: Mapping[str, float] | np.ndarray) -> dict[str, float]:
    """Numbers of the configuration by name, from coordinates by label or in the order of ``parameters``."""
    if isinstance(coordinates, Mapping):
        return {p.name: p.value(float(coordinates[p.label])) for p in parameters}
    return {p.name: p.value(float(x)) for p, x in zip(parameters, coordinates, strict=True)}
