"""The command ``l2l-optuna``: runs as studies of Optuna, and studies as runs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from l2l.errors import L2LError, UsageError

DESCRIPTION = """\
export writes every evaluation of a run into a study of Optuna, which optuna-dashboard shows;
import writes a study as a run, from whose individuals others start (l2l-run --restart-from)."""


def parser() -> argparse.ArgumentParser:
    """The options of ``l2l-optuna``."""
    p = argparse.ArgumentParser(
        "l2l-optuna", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = p.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="a run as a study")
    back = commands.add_parser("import", help="a study as a run")
    for command in (export, back):
        command.add_argument("run", type=Path, metavar="RUN_FOLDER")
        command.add_argument(
            "--storage", required=True, help="a database (sqlite:///runs.db), or the path of a journal file"
        )
    export.add_argument("--study-name", help="the name of the run, if left out")
    back.add_argument("--study-name", help="may be left out where there is only one")
    back.add_argument("--overwrite", action="store_true", help="remove an earlier run in that folder")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``l2l-optuna``; returns the exit code."""
    options = parser().parse_args(argv)
    try:
        sys.stdout.write((_export if options.command == "export" else _import)(options) + "\n")
    except L2LError as error:
        sys.stderr.write(f"l2l-optuna: {error}\n")
        return 2 if isinstance(error, UsageError) else 1
    return 0


def _export(options: argparse.Namespace) -> str:
    try:
        from l2l.optimizers.optuna.study import export_study
    except ModuleNotFoundError as error:
        raise UsageError("l2l-optuna needs Optuna: pip install 'l2l[optuna]'") from error
    study = export_study(options.run, options.storage, options.study_name)
    n_trials = len(study.get_trials(deepcopy=False))
    return f"{n_trials} trials in study {study.study_name!r}; look at them: optuna-dashboard {options.storage}"


def _import(options: argparse.Namespace) -> str:
    try:
        from l2l.optimizers.optuna.study import import_study, load_study
    except ModuleNotFoundError as error:
        raise UsageError("l2l-optuna needs Optuna: pip install 'l2l[optuna]'") from error
    study = load_study(options.storage, options.study_name)
    n_trials = import_study(study, options.run, options.overwrite)
    return f"{n_trials} individuals in {options.run}; l2l-run EXPERIMENT --restart-from {options.run}"


if __name__ == "__main__":
    sys.exit(main())
