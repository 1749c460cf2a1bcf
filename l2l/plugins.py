"""Optimizers and optimizees by name: those that ship with l2l, and those that other packages register."""

import importlib
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from l2l.errors import UsageError, nearest

GROUPS = {"optimizer": "l2l.optimizers", "optimizee": "l2l.optimizees"}


def registered(kind: str) -> dict[str, EntryPoint]:
    """Entry points of all installed ``optimizer`` or ``optimizee`` classes, by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUPS[kind]))}


def find_class(kind: str, name: str) -> type:
    """The class of that registered name, or at ``module:Class``.

    Raises
    ------
    UsageError
        If it cannot be found; names the nearest.
    """
    if not isinstance(name, str):
        raise UsageError(f"the class of an {kind} must be a name or 'module:Class', got {name!r}")
    if ":" in name:
        return _at(kind, name)
    points = registered(kind)
    if name not in points:
        raise UsageError(f"no {kind} is called {name!r}{nearest(name, points)}")
    try:
        return points[name].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the {kind} {name!r} ({points[name].value}) cannot be loaded: {error}") from error


def _at(kind: str, path: str) -> type:
    module_name, _, class_name = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f"the {kind} {path!r} cannot be loaded: {error}") from error
    found: Any = getattr(module, class_name, None)
    if not isinstance(found, type):
        raise UsageError(f"{module_name} has no class {class_name!r}{nearest(class_name, classes_in(module))}")
    return found


def classes_in(module: Any) -> list[str]:
    """Names of the classes of a module."""
    return [name for name, value in vars(module).items() if isinstance(value, type)]
