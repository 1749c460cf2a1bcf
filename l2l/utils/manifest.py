"""The manifest of a run: what was run, with what, and what became of it."""

import dataclasses
import datetime
import platform
import socket
from collections.abc import Mapping
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import RunFolderError
from l2l.utils.atomic import write_atomically

REQUIRED = ("status", "name", "script", "argv", "overrides", "cwd", "path", "seed")
"""What a run is resumed from."""


class Manifest:
    """``manifest.yaml`` of a run folder.

    Parameters
    ----------
    path : Path
    facts : dict
        Plain data; see `start`.
    """

    def __init__(self, path: Path, facts: dict[str, Any]):
        self.path = path
        self.facts = facts

    @classmethod
    def start(cls, manifest_path: Path, /, **facts: Any) -> "Manifest":
        """The manifest of a run that begins here and now."""
        about = {
            "status": "prepared",
            "versions": {name: _version(name) for name in ("l2l", "numpy", "numba", "scipy")}
            | {"python": platform.python_version()},
            "host": socket.gethostname(),
            "started": now(),
        }
        return cls(manifest_path, {**about, **facts})

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """The manifest of an earlier run.

        Raises
        ------
        RunFolderError
            If there is none, or it is no manifest.
        """
        import yaml

        try:
            facts = yaml.safe_load(path.read_text())
        except FileNotFoundError:
            raise RunFolderError(f"{path.parent} is not the folder of a run: it has no {path.name}") from None
        except yaml.YAMLError as error:
            raise RunFolderError(f"{path} cannot be read: {error}") from error
        missing = set(REQUIRED) - set(facts if isinstance(facts, dict) else ())
        if missing:
            raise RunFolderError(f"{path} is not the manifest of a run: it lacks {', '.join(sorted(missing))}")
        return cls(path, facts)

    def update(self, **facts: Any) -> None:
        """Note facts and write the file."""
        import yaml

        self.facts.update({name: plain(value) for name, value in facts.items()})
        text = yaml.safe_dump(plain(self.facts), sort_keys=False, allow_unicode=True)
        write_atomically(self.path, text.encode())


def now() -> str:
    """This moment, with the time zone of this computer."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def class_path(thing: Any) -> str:
    """``module:Class`` of an object."""
    return f"{type(thing).__module__}:{type(thing).__qualname__}"


def plain(value: Any) -> Any:
    """The same as data that YAML knows: named tuples and dataclasses as maps, arrays as lists, others as text."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, bool | int | float | str | type(None)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else f"{class_path(value)} object"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
