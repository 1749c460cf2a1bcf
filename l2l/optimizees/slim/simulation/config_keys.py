"""Declares a key of a scenario's files once: its check, meaning, unit and source, and its default."""

from collections.abc import Mapping
from dataclasses import MISSING, field, fields
from typing import Any

from l2l.optimizees.slim.simulation.config_checks import Check, Place

MODEL, SITE = "config.json", "params.json"
# SLIM's own keys that say how it runs, or that it never reads: let pass, without effect
IGNORED = ("farms_per_process", "initial_genetic_ratios")


def key(checked: Check, meaning: str, file: str = "", default: Any = MISSING, also: str = "") -> Any:
    """A field that is read from a key of the same name, through ``checked``; ``meaning`` documents it."""
    return field(metadata={"check": checked, "meaning": meaning, "file": file, "also": also}, default=default)


def model(checked: Check, meaning: str, default: Any = MISSING, also: str = "") -> Any:
    """A key of ``config.json``; a file that may ``also`` have it comes first."""
    return key(checked, meaning, MODEL, default, also)


def site(checked: Check, meaning: str, default: Any = MISSING) -> Any:
    """A key of ``params.json``."""
    return key(checked, meaning, SITE, default)


def read_fields(cls: type, plain: Any, place: Place, file: str | None = None) -> dict[str, Any]:
    """Checked values of the keys of ``cls`` in a JSON object; ``file`` narrows to the keys of one file."""
    keys = {
        f.name: f
        for f in fields(cls)
        if "check" in f.metadata and (file is None or file in (f.metadata["file"], f.metadata["also"]))
    }
    if not isinstance(plain, Mapping):
        raise place.error(plain, f"an object with the keys {', '.join(keys)}")
    for name in plain:
        if name not in keys and not (file and name in IGNORED):
            raise place.unknown(name, keys)
    for name, f in keys.items():
        if name not in plain and f.default is MISSING and file in (None, f.metadata["file"]):
            raise place.missing(name, f"it: {f.metadata['meaning']}")
    return {name: f.metadata["check"](plain[name], place / name) for name, f in keys.items() if name in plain}
