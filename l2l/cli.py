"""The command ``l2l-run``: options, then the experiment, as a script or a YAML file."""

import argparse
import os
import signal
import sys
import traceback
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from l2l.errors import L2LError, RunPaused, UsageError, nearest
from l2l.overrides import Overrides, current, overriding
from l2l.utils.runner_params import AUTO

DONE, FAILED, USAGE, PAUSED, INTERRUPTED = 0, 1, 2, 75, 130

DESCRIPTION = """\
Run an experiment: a Python script (at module level, or in main()) or a YAML file.

Options override what the script says. A run that was interrupted goes on with
  l2l-run --resume RUN_FOLDER
where the run folder is ROOT_DIR/NAME; nothing that was evaluated is evaluated again."""

EPILOG = """\
YAML:
  optimizee: {class: FunctionGeneratorOptimizee, parameters: {function: Rastrigin2d}}
  optimizer: {class: GeneticAlgorithmOptimizer, parameters: {pop_size: 50}, fitness_weights: [-1.0]}
  experiment: {name: rastrigin, root_dir: results, seed: 1, runner_params: {max_workers: 4}}
A class is a name that --list shows, or module:Class. Its parameters go to Class.from_config(traj, ...), else into the
named tuple beside it (XParameters of XOptimizer), else to the constructor.

exit codes: 0 done, 1 failed, 2 wrong usage, 75 ended by SIGUSR1 for now, 130 interrupted"""


class Parser(argparse.ArgumentParser):
    """Names the nearest option when one is unknown."""

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Options of the command line; ends the process with code 2 if they are wrong."""
        options, unknown = self.parse_known_args(argv)
        if unknown:
            known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
            name = unknown[0].split("=")[0]
            self.error(f"unknown argument {name!r}{nearest(name, known) if name.startswith('-') else ''}")
        return options

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end with code 2."""
        self.exit(USAGE, f"{self.prog}: {message}\n{self.prog} --help tells more\n")


def parser(experiment_help: str = "a Python script or a YAML file") -> Parser:
    """The options of ``l2l-run``."""
    p = Parser(
        "l2l-run",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="l2l-run EXPERIMENT [options] [-- ARGUMENTS OF THE SCRIPT]\n       l2l-run --resume RUN_FOLDER\n"
        "       l2l-run status RUN_FOLDER\n       l2l-run tail RUN_FOLDER [-n N] [-f]",
    )
    p.add_argument("experiment", nargs="?", type=Path, help=experiment_help)
    p.add_argument("--root-dir", help="folder of all runs")
    p.add_argument("--name", help="name of the run, and of its folder in the root folder")
    p.add_argument("--max-workers", type=_workers, metavar="N", help="worker processes, at most; or auto")
    p.add_argument("--inner-params", type=int, metavar="N", help="individuals that a worker gets in one call")
    p.add_argument("--srun", metavar="COMMAND", help="what starts a worker on a cluster, such as 'srun -n1 --exact'")
    p.add_argument("--exec", metavar="COMMAND", help="the Python that runs the workers")
    p.add_argument("--executor", metavar="MODULE:NAME", help="what carries the evaluations: makes an executor")
    p.add_argument("--seed", type=int, metavar="N", help="seed of the experiment, its optimizer and its optimizee")
    p.add_argument("--generations", type=int, metavar="N", help="generations to evaluate (n_iteration)")
    p.add_argument("--asynchronous", action="store_true", help="run without generations, if the optimizer can")
    p.add_argument("--overwrite", action="store_true", help="remove an earlier run of that name")
    p.add_argument("--max-evaluations", type=int, metavar="N", help="end after so many evaluations")
    p.add_argument("--max-seconds", type=float, metavar="S", help="end after so many seconds")
    p.add_argument("--stagnation", type=int, metavar="G", help="end after so many generations without a better one")
    p.add_argument("--stop-fitness", type=float, metavar="F", help="end when the weighted fitness reaches it")
    p.add_argument("--replicates", type=int, metavar="N", help="evaluations of each individual, where it is noisy")
    p.add_argument("--confirm", type=int, metavar="N", help="evaluations of the best under fresh seeds, at the end")
    p.add_argument("--restart-from", metavar="RUN_FOLDER", help="start from the individuals of an earlier run")
    p.add_argument("--keep-generation", action="store_true", help="with --restart-from: count its generations on")
    p.add_argument("--resume", type=Path, metavar="RUN_FOLDER", help="go on with a run that was interrupted")
    p.add_argument(
        *("--continue",),
        dest="go_on",
        action="store_true",
        help="go on with the run of that name if there is one, else begin it",
    )
    p.add_argument("--force", action="store_true", help="with --resume: though its parameters have changed since")
    p.add_argument("--slurm", metavar="OPTIONS", help="submit the run as a batch job, with these options of sbatch")
    p.add_argument("--dry-run", action="store_true", help="with --slurm: show the batch script instead")
    p.add_argument(
        "--requeue", action="store_true", help="when SIGUSR1 ends the run: put its Slurm job back in the queue"
    )
    p.add_argument("--quiet", action="store_true", help="no progress, no log lines on the terminal")
    p.add_argument("--log-level", choices=("DEBUG", "INFO", "WARNING", "ERROR"), type=str.upper)
    p.add_argument("--list", action="store_true", help="show the optimizers and optimizees that are installed")
    p.add_argument("--smoke", action="store_true", help="only see that the experiment works: tiny sizes")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``l2l-run``; returns the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] in (["status"], ["tail"]):
        from l2l.watching import watch

        return watch(argv)
    script_argv: list[str] = []
    if "--" in argv:
        place = argv.index("--")
        argv, script_argv = argv[:place], argv[place + 1 :]
    argv = with_value(argv, "--slurm")
    p = parser()
    options = p.parse(argv)
    if options.list:
        sys.stdout.write(_installed())
        return DONE
    if (options.experiment is None) == (options.resume is None):
        p.error("give an experiment, or --resume RUN_FOLDER")
    if options.force and options.resume is None and not options.go_on:
        p.error("--force goes with --resume")
    if options.overwrite and (options.go_on or options.slurm is not None):
        p.error("--overwrite would remove what a job that is started again has to go on with")
    if options.dry_run and options.slurm is None:
        p.error("--dry-run goes with --slurm")
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGUSR1, _terminate)
    try:
        if options.slurm is not None:
            _submit(options, argv, script_argv)
        elif options.resume is not None:
            _resume(options)
        else:
            given = _given(options)
            _run(Overrides(**given, resume=options.go_on, script=str(_existing(options.experiment))), script_argv)
    except BaseException as error:
        code = _report(error, options.log_level == "DEBUG")
        if code == PAUSED and options.requeue:
            from l2l.slurm import requeue

            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # Slurm ends the job now, this process ends by itself
            requeue()
        return code
    return DONE


def run_as_script(experiment: Callable[[], None]) -> None:
    """End a script with it, so that ``python SCRIPT`` takes the options of ``l2l-run``, ``--help`` too::

        if __name__ == "__main__":
            run_as_script(main)

    Parameters
    ----------
    experiment : callable
        Prepares, runs and ends the experiment of the script.
    """
    if current().script is not None:  # l2l-run has read the options already
        experiment()
        return
    script = sys.modules["__main__"]
    if {"-h", "--help"} & set(sys.argv[1:]):
        p = parser(experiment_help=argparse.SUPPRESS)
        p.prog, p.description, p.epilog = Path(sys.argv[0]).name, script.__doc__, None
        p.usage = f"python {sys.argv[0]} [options]"
        p.print_help()
        sys.exit(DONE)
    sys.exit(main([str(script.__file__), *sys.argv[1:]]))


def _terminate(number: int, frame: types.FrameType | None) -> NoReturn:
    raise RunPaused("paused") if number == signal.SIGUSR1 else KeyboardInterrupt("terminated")


def _workers(text: str) -> int | str:
    return text if text == AUTO else int(text)


_workers.__name__ = "int"  # as argparse calls it in its messages


def _given(options: argparse.Namespace) -> dict[str, Any]:
    for name in ("generations", "max_workers", "inner_params"):
        value = getattr(options, name)
        if value not in (None, AUTO) and value < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be 1 or more, got {value}")
    if options.seed is not None and not 0 <= options.seed:
        raise UsageError(f"--seed must be 0 or more, got {options.seed}")
    others = ("experiment", "resume", "go_on", "slurm", "dry_run", "requeue", "list")
    return {name: value for name, value in vars(options).items() if name not in others}


def _existing(script: Path) -> Path:
    if not script.is_file():
        beside = script.parent if script.parent.is_dir() else Path()
        raise UsageError(f"there is no experiment {script}{nearest(script.name, _experiments_in(beside))}")
    if script.suffix not in (".py", ".yaml", ".yml"):
        raise UsageError(f"an experiment is a Python script (.py) or a YAML file (.yaml), got {script}")
    return script.absolute()


def _experiments_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix in (".py", ".yaml", ".yml")]


# --- submit


def _submit(options: argparse.Namespace, argv: Sequence[str], script_argv: Sequence[str]) -> None:
    """Submit the same command, without what is about Slurm, as a batch job; or show the script."""
    from l2l.slurm import batch_script, submit

    _given(options)  # raises where a value has no meaning
    if options.resume is None:
        _existing(options.experiment)
    for_the_job = ("--dry-run", "--continue", "--requeue")
    arguments = [word for word in argv if word not in for_the_job and not word.startswith("--slurm=")]
    if script_argv:
        arguments += ["--", *script_argv]
    name = options.name or (options.experiment.stem if options.resume is None else options.resume.name)
    script = batch_script(arguments, options.slurm, name)
    if options.dry_run:
        sys.stdout.write(script)
    else:
        sys.stdout.write(f"submitted batch job {submit(script)} ({name})\n")


def with_value(argv: Sequence[str], option: str) -> list[str]:
    """The arguments, an option and the word behind it as one: ``--slurm=--nodes=4`` is read, with a blank it is not."""
    if option not in argv[:-1]:
        return list(argv)
    place = list(argv).index(option)
    return [*argv[:place], f"{option}={argv[place + 1]}", *argv[place + 2 :]]


# --- run


def _run(overrides: Overrides, script_argv: Sequence[str]) -> None:
    """Run the experiment file of these overrides."""
    from l2l.utils.experiment import Experiment

    assert overrides.script is not None
    script = Path(overrides.script)
    before = Experiment.started
    sys.argv = [str(script), *script_argv]
    sys.path.insert(0, str(script.parent))  # as `python script.py` has it
    with overriding(overrides):
        if script.suffix == ".py":
            _run_script(script, lambda: Experiment.started > before)
        else:
            from l2l.yaml_experiment import run_yaml

            run_yaml(script)
    if Experiment.started == before:
        raise UsageError(
            f"{script} ran no experiment: it neither calls run_experiment() nor defines a main() that does"
        )


def _run_script(script: Path, has_run: Any) -> None:
    """Execute a script as ``__main__``; if it only defines a ``main()``, call that.

    The module stays in place as ``__main__``: its classes are pickled by value, for the workers.
    """
    module = types.ModuleType("__main__")
    module.__file__ = str(script)
    sys.modules["__main__"] = module
    code = compile(script.read_bytes(), str(script), "exec")
    exec(code, module.__dict__)
    if not has_run() and callable(getattr(module, "main", None)):
        module.main()


# --- resume


def _resume(options: argparse.Namespace) -> None:
    """Run the experiment of a run folder again, from where it was."""
    from l2l.utils.manifest import Manifest
    from l2l.utils.run_folder import RunFolder

    fixed = ("name", "root_dir", "seed", "asynchronous", "replicates", "restart_from", "keep_generation")
    for name in (*fixed, "overwrite", "smoke"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} cannot be changed when a run is resumed")
    if options.generations and not options.force:
        raise UsageError("--generations changes the run that is resumed: add --force")
    folder = RunFolder(options.resume.expanduser().absolute())
    folder.check_trust()
    facts = Manifest.read(folder.manifest_path).facts
    overrides = {**facts["overrides"], **_today(options), "root_dir": str(folder.path.parent), "resume": True}
    overrides["resumed"] = str(folder.path)
    if folder.path.name != facts["name"]:
        overrides["name"] = folder.path.name  # the folder was renamed
    if Path(facts["cwd"]).is_dir():
        os.chdir(facts["cwd"])
    sys.path[0:0] = facts["path"]
    script = _script_of(folder.path, facts["script"])
    if script is not None:
        _run(Overrides(**overrides, script=str(script)), facts["argv"])
        return
    from l2l.utils.experiment import resume_without_script

    with overriding(Overrides(**overrides)):
        resume_without_script(folder.path, facts)


def _today(options: argparse.Namespace) -> dict[str, Any]:
    given = {name: value for name, value in _given(options).items() if value not in (None, False)}
    return given


def _script_of(folder: Path, recorded: str | None) -> Path | None:
    """The script of a run where it was, else the copy in the run folder; None if it had none."""
    if recorded is None:
        return None
    script = Path(recorded)
    return script if script.is_file() else folder / f"experiment{script.suffix}"


# --- tell


def _report(error: BaseException, debug: bool) -> int:
    """Say what went wrong; returns the exit code."""
    if isinstance(error, RunPaused):
        sys.stderr.write(f"l2l-run: {error}\n")
        return PAUSED
    if isinstance(error, KeyboardInterrupt):
        sys.stderr.write("l2l-run: interrupted\n")
        return INTERRUPTED
    if isinstance(error, SystemExit) and not isinstance(error, L2LError):
        if isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
        return error.code if isinstance(error.code, int) else DONE if error.code is None else FAILED
    usage = _is_usage(error)
    if debug or not (usage or isinstance(error, L2LError)):
        sys.stderr.write("".join(traceback.format_exception(type(error), error, _from_script(error))))
    else:
        sys.stderr.write(f"l2l-run: {error}\n")
    return USAGE if usage else FAILED


def _is_usage(error: BaseException) -> bool:
    """Whether the user asked for something wrong, and was told so before anything started."""
    if isinstance(error, UsageError):
        return True
    from l2l.utils.experiment import Experiment

    if Experiment.started or not isinstance(error, L2LError | TypeError | ValueError | OSError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, L2LError) or Path(frames[-1].filename).is_relative_to(Path(__file__).parent)


def _from_script(error: BaseException) -> types.TracebackType | None:
    """The traceback from the script's own first line on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return frames


def _installed() -> str:
    from l2l.plugins import GROUPS, described

    lines = []
    for kind in GROUPS:
        lines.append(f"{kind}s")
        plugins = described(kind)
        width = max((len(plugin.name) for plugin in plugins), default=0)
        for plugin in plugins:
            told = f"BROKEN: {plugin.error}" if plugin.error else plugin.description
            package = f" [{plugin.package}]" if plugin.package else ""
            lines.append(f"  {plugin.name:{width}}  {told}{package}".rstrip())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
