"""Tune a treatment policy for a scenario: ``slim optimise`` writes an experiment and has ``l2l-run`` run it."""

import argparse
import os
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from l2l.errors import nearest
from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, overrides, whole_option
from l2l.optimizees.slim.objectives import OBJECTIVES, find_objectives
from l2l.optimizees.slim.optimizee import SlimOptimizeeParameters
from l2l.optimizees.slim.recording.paths import run_folder
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.optimizees.slim.simulation.config_files import find_scenario
from l2l.optimizees.slim.simulation.policies import TUNABLE, load_policy
from l2l.plugins import SHORT_NAMES
from l2l.utils.atomic import write_atomically

OWN_OPTIONS = {"seed": "--seed", "treatment_strategy": "--start"}


class Method(NamedTuple):
    """What suits an optimizer here."""

    pop_size: int
    generations: int
    parameters: dict[str, Any]


# under noise a large population and the mean of the distribution do better than restarts
METHODS = {
    "ga": Method(
        24,
        15,
        {"cx_prob": 0.7, "mut_prob": 0.5, "ind_prob": 0.3, "tourn_size": 3, "mate_par": 0.5},
    ),
    "cma": Method(48, 40, {"sigma": 0.2, "restarts": False}),
    "ce": Method(48, 25, {"rho": 0.2, "smoothing": 0.2}),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim optimise``."""
    defaults = SlimOptimizeeParameters._field_defaults
    parser.add_argument(
        "out", metavar="OUT/NAME", help="run folder; the experiment is written to OUT/NAME.yaml, for l2l-run"
    )
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?", help="name of a scenario, or its folder")
    parser.add_argument("--resume", action="store_true", help="go on with the run in OUT/NAME, without SCENARIO")
    parser.add_argument("--overwrite", action="store_true", help="remove an earlier run of that name")
    parser.add_argument("--optimizer", choices=METHODS, default="ga", help="genetic algorithm, CMA-ES, cross-entropy")
    parser.add_argument("--generations", metavar="N", help=f"(default: {_by_method('generations')})")
    parser.add_argument("--population", metavar="N", help=f"individuals (default: {_by_method('pop_size')})")
    parser.add_argument("--family", default=defaults["family"], help=f"of the policy: {', '.join(TUNABLE)}")
    parser.add_argument("--per-farm", action="store_true", help="give every farm parameters of its own")
    parser.add_argument(
        "--objectives",
        nargs="+",
        default=list(defaults["objectives"]),
        metavar="NAME",
        help="; ".join(f"{name}: {objective.meaning}" for name, objective in OBJECTIVES.items()),
    )
    parser.add_argument("--start", metavar="FILE", help="a policy's YAML file, around which the search begins")
    for name, meaning in COUNTS.items():
        parser.add_argument(_flag(name), metavar="N", help=f"{meaning} (default: {defaults[name]})")
    parser.add_argument("--workers", metavar="N", help="processes (default: one per core)")
    parser.add_argument("--seed", metavar="N", help="of the experiment (default: 0)")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    add_scenario_options(parser, OWN_OPTIONS)


COUNTS = {
    "replicates": "runs per individual",
    "finalists": "individuals that are evaluated again at the end",
    "selection_seeds": "on as many fresh seeds",
    "comparison_seeds": "seeds on which the winner is compared with the built-in policies",
}
# what may be given with --resume; the rest stands in the run folder
WITH_RESUME = ("out", "resume", "workers", "quiet")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _by_method(field: str) -> str:
    return ", ".join(f"{name} {getattr(method, field)}" for name, method in METHODS.items())


def run(args: argparse.Namespace) -> str | int:
    """Carry out ``slim optimise``; what to tell the user, or the exit code of ``l2l-run`` if it is not 0."""
    from l2l.cli import main as l2l_run

    folder = run_folder(args.out)
    argv = ["--quiet"] if args.quiet else []
    if args.workers is not None:
        argv += ["--max-workers", str(whole_option("--workers", args.workers, 1))]
    if args.resume:
        _refuse_other_options(args)
        code = l2l_run(["--resume", str(folder), *argv])
    else:
        path = _write_experiment(folder, args)
        code = l2l_run([str(path), *argv, *(["--overwrite"] if args.overwrite else [])])
    return code or f"{folder / 'best_policy.yaml'}\n{folder / 'report.html'}"


def _refuse_other_options(args: argparse.Namespace) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    for name in {action.dest for action in parser._actions} - {*WITH_RESUME, "help"}:
        if getattr(args, name) != parser.get_default(name):
            given = args.scenario if name == "scenario" else _flag(name)
            raise ConfigError(f"--resume goes on with what was begun; expected it without {given}")


def _write_experiment(folder: Path, args: argparse.Namespace) -> Path:
    """Check all that was asked for, and write it as an experiment beside the run folder."""
    if args.scenario is None:
        raise ConfigError("SCENARIO is missing; expected the name of a scenario or its folder (or --resume)")
    if folder.exists() and not args.overwrite:
        raise ConfigError(f"{folder} is there already; --resume goes on with it, --overwrite removes it")
    path = folder.with_name(f"{folder.name}.yaml")
    text = yaml.safe_dump(experiment(folder, args), sort_keys=False)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())
    return path


def experiment(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """What ``l2l-run`` is to do, as its YAML files say it."""
    method = METHODS[args.optimizer]
    given = overrides(args)
    config = Config.scenario(args.scenario, **given)
    if args.family not in TUNABLE:
        raise ConfigError(f"--family: no tunable policy family {args.family!r}{nearest(args.family, TUNABLE)}")
    for name in args.objectives:
        if name not in OBJECTIVES:
            raise ConfigError(f"--objectives: no objective {name!r}{nearest(name, OBJECTIVES)}")
    if args.start is not None:
        load_policy(args.start, config, TUNABLE[args.family])
    counts = {
        name: whole_option(_flag(name), getattr(args, name), 1) for name in COUNTS if getattr(args, name) is not None
    }
    parameters = {
        "pop_size": method.pop_size if args.population is None else whole_option("--population", args.population, 2),
        "n_iteration": method.generations
        if args.generations is None
        else whole_option("--generations", args.generations, 1),
        "seed": None,  # the experiment's
        **method.parameters,
    }
    return {
        "optimizee": {
            "class": "SlimOptimizee",
            "parameters": {
                "scenario": str(_absolute(find_scenario(args.scenario))),
                "family": args.family,
                "objectives": list(args.objectives),
                "per_farm": args.per_farm,
                "overrides": given,
                "start": None if args.start is None else str(_absolute(Path(args.start))),
                **counts,
            },
        },
        "optimizer": {
            "class": SHORT_NAMES[args.optimizer],
            "parameters": parameters,
            "fitness_weights": [objective.weight for objective in find_objectives(args.objectives)],
        },
        "experiment": {
            "name": folder.name,
            "root_dir": str(_absolute(folder.parent)),
            "seed": 0 if args.seed is None else whole_option("--seed", args.seed),
        },
    }


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))
