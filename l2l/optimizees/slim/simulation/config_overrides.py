"""Overrides of a configuration by dotted names, on its plain form."""

import copy
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.types.rules import Rules
from l2l.optimizees.slim.types.treatments import canonical


def to_plain(value: Any) -> Any:
    """``value`` as JSON and YAML can hold it: dates as text, arrays and tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Rules):
        return value._asdict()
    if isinstance(value, Mapping):
        return {name: to_plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if is_dataclass(value):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value) if "check" in f.metadata}
    return None if isinstance(value, float) and value == -math.inf else value


def places_of(plain: Mapping[str, Any], dotted: str) -> set[str]:
    """The places within ``plain`` that an override of that name goes to, lists by number."""
    return set(assign(copy.deepcopy(dict(plain)), dotted.split("."), None, dotted))


class _Made(dict):
    """An object in the place of null, whose keys are yet to be checked."""


def assign(plain: Any, parts: list[str], value: Any, dotted: str) -> list[str]:
    """Put ``value`` at the place that ``parts`` name within ``plain``; return the paths it went to."""
    part, *rest = parts
    if isinstance(plain, list):
        keys: list[Any] = _items_named(plain, part, dotted)
    elif isinstance(plain, dict):
        if part not in plain and not isinstance(plain, _Made):
            raise ConfigError(f"override {dotted}: there is no key {part!r}{nearest(part, plain)}")
        keys = [part]
    else:
        raise ConfigError(f"override {dotted}: there is nothing below {plain!r}; expected a value for the whole key")
    paths = []
    for item in keys:
        if rest:
            if isinstance(plain, dict) and plain.get(item) is None:
                plain[item] = _Made()
            paths += [f"{item}.{path}" for path in assign(plain[item], rest, value, dotted)]
        else:
            plain[item] = value
            paths.append(str(item))
    return paths


def _items_named(plain: list[Any], part: str, dotted: str) -> list[int]:
    if part == "*":
        return list(range(len(plain)))
    if part.isdigit():
        if int(part) < len(plain):
            return [int(part)]
        raise ConfigError(f"override {dotted}: there is no item {part}; expected 0 to {len(plain) - 1}")
    names = [str(item.get("name", item.get("treatment_name", ""))) for item in plain if isinstance(item, dict)]
    found = [i for i, name in enumerate(names) if canonical(name) == canonical(part)]
    if len(found) == 1:
        return found
    if found:
        raise ConfigError(f"override {dotted}: {len(found)} items are called {part!r}; expected a number or *")
    raise ConfigError(f"override {dotted}: there is no item {part!r}{nearest(part, names)} (or a number, or *)")
