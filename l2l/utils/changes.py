"""What an experiment says otherwise than when its run began."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from l2l.utils.manifest import plain

COMPARED = (
    "seed",
    "optimizer_class",
    "optimizer_parameters",
    "fitness_weights",
    "optimizee_class",
    "optimizee_parameters",
    "optimizee_description",
    "replicates",
)
"""Facts of a manifest that results depend on; where and with how many workers a run goes on is free."""


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[str]]:
    """What differs, by fact: ``{"optimizer_parameters": [".pop_size: 50 -> 60"], ...}``.

    Parameters
    ----------
    before : dict
        Facts of a manifest that was read. What it lacks (an older one) is not compared.
    now : dict
        The same facts, of the experiment at hand.
    """
    found = {name: list(_differences("", before[name], _stored(now[name]))) for name in COMPARED if name in before}
    return {name: lines for name, lines in found.items() if lines}


def told(found: Mapping[str, list[str]]) -> str:
    """Changes as lines of a message."""
    return "\n".join(f"  {name}{line}" for name, lines in found.items() for line in lines)


def _stored(value: Any) -> Any:
    """As it would be read from a manifest."""
    import yaml

    return yaml.safe_load(yaml.safe_dump(plain(value)))


def _differences(name: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            if key not in now:
                yield f"{name}.{key}: {before[key]} -> left out"
            elif key not in before:
                yield f"{name}.{key}: new, {now[key]}"
            else:
                yield from _differences(f"{name}.{key}", before[key], now[key])
    elif not _same(before, now):
        yield f"{name}: {before} -> {now}"


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)
