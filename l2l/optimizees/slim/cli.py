"""The command ``slim``; each subcommand is a module with ``add_arguments(parser)`` and ``run(args)``."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from l2l.errors import L2LError, UsageError, nearest
from l2l.optimizees.slim.simulation.config_checks import ConfigError

# a module is imported when its command is given, so that `slim --help` waits for no compiler
COMMANDS = {
    "run": (
        "l2l.optimizees.slim.commands.run",
        "simulate a scenario under a policy and write its daily table",
    ),
    "resume": (
        "l2l.optimizees.slim.commands.resume",
        "go on with a run that was interrupted",
    ),
    "validate": (
        "l2l.optimizees.slim.commands.validate",
        "compare the simulator with stored ensembles of another",
    ),
    "benchmark": (
        "l2l.optimizees.slim.commands.benchmark",
        "run many trials of scenarios under policies, and write totals, means and quantiles",
    ),
    "rules": (
        "l2l.optimizees.slim.commands.rules",
        "measure the effect of each rule that differs between the rule sets",
    ),
    "study": (
        "l2l.optimizees.slim.commands.study",
        "test the findings of the published study on this model",
    ),
    "optimise": (
        "l2l.optimizees.slim.commands.optimise",
        "tune a treatment policy for a scenario",
    ),
    "compile": (
        "l2l.optimizees.slim.commands.compile",
        "compile the simulator now, rather than when it is first used",
    ),
    "fit": (
        "l2l.optimizees.slim.commands.fit",
        "fit parameters of a scenario to what its farms reported",
    ),
    "plot": (
        "l2l.optimizees.slim.commands.plot",
        "draw the course of runs, or of a stored ensemble",
    ),
    "network": (
        "l2l.optimizees.slim.network",
        "make the matrices of a scenario from the places of its farms",
    ),
}

NO_CLUSTER = "a run needs no cluster: `slim benchmark --threads N` has N of them at the same time, in one process"
# what is there for options of SLIM that we do not have
INSTEAD = {
    "--farms-per-process": NO_CLUSTER,
    "--ray-address": NO_CLUSTER,
    "--ray--redis_password": NO_CLUSTER,
    "--profile": "`python -m cProfile -m l2l.optimizees.slim.cli run ...` profiles a run",
    "--skip": "`slim plot` draws runs that are there",
    "--iterations": "expected --generations",
    "--repeat-experiment": "expected --replicates",
    "--optimiser-seed": "expected --seed",
    "--objective": "expected --objectives",
}


class CommandParser(argparse.ArgumentParser):
    """A command's options; where it has ``--set``, a dotted option of the configuration stands for it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does."""
        if "--set" in self.options:
            from l2l.optimizees.slim.commands.scenario_options import as_settings

            args = as_settings(args)
        parsed, unknown = super().parse_known_args(args, namespace)
        # argparse, but in the latest versions of Python, takes an optional word as absent at the first option
        for action in self._get_positional_actions():
            if unknown and not unknown[0].startswith("-") and getattr(parsed, action.dest, "") is None:
                setattr(parsed, action.dest, unknown.pop(0))
        return parsed, unknown

    @property
    def options(self) -> list[str]:
        """All of them, by their flags."""
        return [flag for action in self._actions for flag in action.option_strings]

    def shorten_usage(self) -> None:
        """Name the positional arguments alone: the options of a configuration would fill a page."""
        words = [
            f"[{action.metavar}]" if action.nargs == "?" else str(action.metavar)
            for action in self._get_positional_actions()
        ]
        self.usage = " ".join(["%(prog)s", *words, "[options]"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``slim``; 0 if done, 1 if it failed, 2 for wrong usage or input, 130 if interrupted."""
    argv = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser(prog="slim", description="Simulate sea lice on salmon farms.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=CommandParser)
    for name, (module, meaning) in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=f"{meaning.capitalize()}.", allow_abbrev=False)
        if argv[:1] == [name]:
            chosen = importlib.import_module(module)
            chosen.add_arguments(command)
            command.set_defaults(run=chosen.run)
            if "--set" in command.options:
                command.shorten_usage()
    try:
        if argv[:1] == ["gui"]:
            parser.error("there is no gui; `slim plot` makes figures and an interactive page of a run")
        args, unknown = parser.parse_known_args(argv)
        if unknown:
            command = commands.choices[args.command]
            flag = unknown[0].partition("=")[0]
            if flag.startswith("-"):
                instead = f"; {INSTEAD[flag]}" if flag in INSTEAD else nearest(flag, command.options)
                command.error(f"unknown option {unknown[0]!r}{instead}")
            command.error(f"{unknown[0]!r} is one word too many")
    except SystemExit as end:  # argparse has said why
        return int(end.code or 0)
    try:
        told = args.run(args)
        if isinstance(told, int):  # of another command, which has said why
            return told
        if sys.stdout is not None:  # it may be closed
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
    except BrokenPipeError:  # who read what we tell has gone, as `head` does: there is nobody to complain to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ConfigError, UsageError) as error:
        sys.stderr.write(f"slim {args.command}: {error}\n")
        return 2
    except L2LError as error:
        sys.stderr.write(f"slim {args.command}: {error}\n")
        return 1
    except OSError as error:
        where = error.filename or getattr(args, "out", "writing")  # pyarrow does not say
        sys.stderr.write(f"slim {args.command}: {where}: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt as interruption:
        sys.stderr.write(f"slim {args.command}: {str(interruption) or 'interrupted'}\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
