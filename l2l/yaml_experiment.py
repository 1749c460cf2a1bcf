"""An experiment as a YAML file: optimizee, optimizer, their parameters, and how to run them.

::

    optimizee:
      class: FunctionGeneratorOptimizee      # a registered name (l2l-run --list) or a short one, or module:Class
      parameters: {function: Rastrigin2d}
    optimizer:
      class: GeneticAlgorithmOptimizer       # AutoOptimizer, if left out
      parameters: {pop_size: 50, n_iteration: 100}
      fitness_weights: [-1.0]                # negative: minimise
    experiment:
      name: rastrigin                        # the name of the file, if left out
      root_dir: results
      seed: 1                                # and any other keyword of Experiment.prepare_experiment
      runner_params: {max_workers: 4}

Parameters go to ``Class.from_config(traj, **parameters)`` where the class has that, else into the named tuple or
dataclass beside it (``GeneticAlgorithmParameters`` of ``GeneticAlgorithmOptimizer``,
``AWOptimizeeParameters`` of ``AWOptimizee``), else to the constructor. A parameter that is itself an object is
written like an optimizee: ``distribution: {class: module:Class, parameters: {...}}``.
So are the parameters of an optimizer that takes several kinds of them: ``parameters: {class:
l2l.optimizers.gradientdescent:AdamParameters, parameters: {learning_rate: 0.1}}``.
Modules that lie beside the file can be imported.

A file that names code, ``module:Class`` outside of l2l, or a command that starts workers, is as trusted as a program:
it must be the user's own. Objects among the parameters are of l2l's optimizers, optimizees and space, of a package that
registers optimizers or optimizees, or of a module beside the file.
"""

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from l2l.errors import UsageError, nearest
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.plugins import GROUPS, find_class, registered
from l2l.utils.experiment import Experiment
from l2l.utils.settings import ACCEPTED, KEYWORDS
from l2l.utils.trust import check_trusted

OURS = ("l2l.optimizers", "l2l.optimizees", "l2l.space")
"""Modules of l2l whose objects a file may make."""

COMMANDS = ("exec", "srun", "executor")
"""Runner parameters that say what is run."""


def run_yaml(path: Path) -> None:
    """Run the experiment of a YAML file, from preparation to end.

    Raises
    ------
    UsageError
        If the file is not an experiment; names key, what came and what was expected.
    """
    spec = read_yaml(path)
    settings = dict(spec["experiment"])
    settings.setdefault("name", path.stem)
    experiment = Experiment(settings.pop("root_dir", "results"))
    optimizee_class = _class(path, "optimizee", spec, Optimizee)
    optimizer_class = _class(path, "optimizer", spec, Optimizer)
    traj, _ = experiment.prepare_experiment(**settings)
    optimizee, optimizee_parameters = build(path, "optimizee", optimizee_class, spec["optimizee"], traj)
    parameters = parameters_of(path, "optimizer", optimizer_class, spec["optimizer"])
    optimizer = optimizer_class(
        traj,
        optimizee_create_individual=optimizee.create_individual,
        optimizee_fitness_weights=tuple(spec["optimizer"]["fitness_weights"]),
        parameters=parameters,
        optimizee_bounding_func=getattr(optimizee, "bounding_func", None),
    )
    experiment.run_experiment(optimizer, optimizee, parameters, optimizee_parameters)
    experiment.end_experiment(optimizer)


def read_yaml(path: Path) -> dict[str, Any]:
    """The content of an experiment file, its keys checked."""
    import yaml

    try:
        spec = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {error}") from error
    _check_keys(path, "the file", spec, required=("optimizee", "optimizer"), optional=("experiment",))
    _check_keys(path, "optimizee", spec["optimizee"], required=("class",), optional=("parameters",))
    _check_keys(path, "optimizer", spec["optimizer"], ("fitness_weights",), ("class", "parameters"))
    spec["optimizer"].setdefault("class", "auto")
    spec["experiment"] = spec.get("experiment") or {}
    _check_keys(path, "experiment", spec["experiment"], (), ("root_dir", *KEYWORDS, *ACCEPTED))
    weights = spec["optimizer"]["fitness_weights"]
    if not isinstance(weights, list) or not weights or not all(type(w) in (int, float) for w in weights):
        raise UsageError(f"{path}: optimizer.fitness_weights must be a list of numbers, got {weights!r}")
    for what in _code_of(spec):
        check_trusted(path, f"it names code ({what})")
    return spec


def _code_of(spec: Any, where: str = "") -> Iterator[str]:
    """What in plain data names code that does not come with l2l."""
    for key, value in spec.items() if isinstance(spec, dict) else enumerate(spec) if isinstance(spec, list) else ():
        is_class = key == "class" and isinstance(value, str) and ":" in value and value.partition(".")[0] != "l2l"
        if is_class or (where == "experiment.runner_params." and key in COMMANDS):
            yield f"{where}{key}: {value}"
        yield from _code_of(value, f"{where}{key}.")


def _class(path: Path, role: str, spec: Mapping[str, Any], base: type) -> Any:
    name = spec[role]["class"]
    found = find_class(role, name)
    if not issubclass(found, base):
        raise UsageError(f"{path}: {role}.class: {name} is no {base.__name__}")
    return found


def build(path: Path, kind: str, cls: Any, spec: Mapping[str, Any], traj: Any) -> tuple[Any, Any]:
    """An object of a class from plain data, and the parameters it got."""
    parameters = _values(path, kind, spec)
    if hasattr(cls, "from_config"):
        return _call(path, kind, cls.from_config, traj, **parameters), parameters
    holder = parameters_class(cls)
    if holder is not None:
        held = _call(path, kind, holder, **parameters)
        return cls(traj, held), held
    return _call(path, kind, cls, traj, **parameters), parameters


def parameters_of(path: Path, kind: str, cls: Any, spec: Mapping[str, Any]) -> Any:
    """The parameters of an optimizer, in the named tuple that it takes."""
    given = spec.get("parameters")
    if isinstance(given, Mapping) and "class" in given:
        return _object(path, f"{kind}.parameters", given)
    holder = parameters_class(cls)
    if holder is None:
        raise UsageError(
            f"{path}: no named tuple of parameters stands beside {cls.__module__}:{cls.__qualname__}; "
            f"name one, {kind}.parameters: {{class: module:Class, parameters: {{...}}}}"
        )
    values = _values(path, kind, spec)
    return _call(path, kind, holder, **values)


def parameters_class(cls: type) -> Any:
    """``XParameters`` of the module of a class ``X``, ``XOptimizer`` or ``XOptimizee``; None if there is none."""
    module = sys.modules[cls.__module__]
    stems = (cls.__name__, cls.__name__.removesuffix("Optimizer"), cls.__name__.removesuffix("Optimizee"))
    return next((found for stem in stems if (found := getattr(module, f"{stem}Parameters", None))), None)


def _values(path: Path, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    parameters = spec.get("parameters") or {}
    if not isinstance(parameters, Mapping):
        raise UsageError(f"{path}: {kind}.parameters must be a map, got {parameters!r}")
    return {name: _object(path, f"{kind}.parameters.{name}", value) for name, value in parameters.items()}


def _object(path: Path, where: str, value: Any) -> Any:
    if not isinstance(value, dict) or "class" not in value:
        return value
    _check_keys(path, where, value, ("class",), ("parameters",))
    _check_origin(path, where, str(value["class"]))
    cls = find_class("optimizer", value["class"])
    _check_origin(path, where, f"{cls.__module__}:{cls.__qualname__}")  # not what that module has from elsewhere
    return _call(path, where, cls, **_values(path, where, value))


def _check_origin(path: Path, where: str, name: str) -> None:
    """Make sure, before it is imported, that a class is one which parameters may be of: not any that is installed."""
    module = name.partition(":")[0]
    package = module.partition(".")[0]
    points = [point for kind in GROUPS for point in registered(kind).values()]
    if package in {point.module.partition(".")[0] for point in points}:
        if package != "l2l" or module.startswith(OURS):
            return
    elif package and (spec := importlib.util.find_spec(package)) is not None:
        origin = spec.origin or next(iter(spec.submodule_search_locations or ()))
        if Path(origin).resolve().is_relative_to(path.resolve().parent):
            return
    raise UsageError(
        f"{path}: {where}: {name!r} is not of {', '.join(OURS)}, nor of a package that registers optimizers or "
        f"optimizees, nor of a module beside the file"
    )


def _call(path: Path, where: str, make: Any, *args: Any, **parameters: Any) -> Any:
    """Call with parameters of the file; those that do not fit are the file's mistake."""
    known = list(inspect.signature(make).parameters.values())
    names = [p.name for p in known[len(args) :] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if not any(p.kind is p.VAR_KEYWORD for p in known):
        for name in parameters:
            if name not in names:
                raise UsageError(f"{path}: {where} has no parameter {name!r}{nearest(name, names)}")
    try:
        inspect.signature(make).bind(*args, **parameters)
    except TypeError as error:
        raise UsageError(f"{path}: {where}: {error}") from error
    return make(*args, **parameters)


def _check_keys(path: Path, where: str, found: Any, required: Iterable[str], optional: Iterable[str]) -> None:
    known = [*required, *optional]
    if not isinstance(found, dict):
        raise UsageError(f"{path}: {where} must be a map with {', '.join(known)}; got {found!r}")
    for key in found:
        if key not in known:
            raise UsageError(f"{path}: {where} has no key {key!r}{nearest(key, known)}")
    for key in required:
        if key not in found:
            raise UsageError(f"{path}: {where} lacks the key {key!r}")
