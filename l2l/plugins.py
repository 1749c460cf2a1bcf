"""Optimizers and optimizees by name: those that ship with l2l, and those that other packages register."""

import importlib
import re
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from l2l.errors import UsageError, nearest

GROUPS = {"optimizer": "l2l.optimizers", "optimizee": "l2l.optimizees"}


SHORT_NAMES = {
    "ce": "CrossEntropyOptimizer",
    "cma": "CMAESOptimizer",
    "de": "DifferentialEvolutionOptimizer",
    "es": "EvolutionStrategiesOptimizer",
    "ga": "GeneticAlgorithmOptimizer",
    "gd": "GradientDescentOptimizer",
    "gs": "GridSearchOptimizer",
    "mgd": "MultiGradientDescentOptimizer",
    "nes": "NaturalEvolutionStrategiesOptimizer",
    "pso": "ParticleSwarmOptimizer",
    "pt": "ParallelTemperingOptimizer",
    "sa": "SimulatedAnnealingOptimizer",
}
"""What the field calls some optimizers."""


class Plugin(NamedTuple):
    """A registered class, as ``l2l-run --list`` shows it."""

    name: str
    description: str  # the first line of its docstring
    package: str | None  # name and version of the package it came with, unless that is l2l
    error: str | None  # why it cannot be loaded


def described(kind: str) -> list[Plugin]:
    """All registered ``optimizer`` or ``optimizee`` classes, those that cannot be loaded too, by name."""
    plugins = []
    for name, point in registered(kind).items():
        package = None if point.dist is None or point.dist.name == "l2l" else f"{point.dist.name} {point.dist.version}"
        try:
            plugins.append(Plugin(name, _first_line(find_class(kind, name)), package, None))
        except UsageError as error:
            plugins.append(Plugin(name, "", package, str(error)))
    return plugins


def registered(kind: str) -> dict[str, EntryPoint]:
    """Entry points of all installed ``optimizer`` or ``optimizee`` classes, by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUPS[kind]))}


def _first_line(cls: type) -> str:
    """What the docstring of a class begins with, without marks of roles and code."""
    lines = (cls.__doc__ or "").strip().splitlines()
    return re.sub(r":\w+:`~?|`", "", lines[0]) if lines else ""


def find_class(kind: str, name: str) -> type:
    """The class of that registered name, or at ``module:Class``.

    ``auto`` is short for ``AutoOptimizer``, ``slim`` for ``SlimOptimizee``, and so on; `SHORT_NAMES` has more.

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
    short = {point.lower().removesuffix(kind): point for point in points}
    short.update({name: long for name, long in SHORT_NAMES.items() if long in points})
    given, name = name, short.get(name.lower(), name)
    if name not in points:
        raise UsageError(f"no {kind} is called {given!r}{nearest(given, [*points, *short])}")
    what = f"the {kind} {name!r} ({points[name].value})"
    try:
        found = points[name].load()
    except Exception as error:  # whatever the module of somebody else raises
        raise UsageError(f"{what} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(found, type):
        raise UsageError(f"{what} is no class, but {found!r}")
    return found


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
