"""Many trials of scenarios under policies, over the cores: ``slim benchmark``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.optimizees.slim.commands.progress import progress_bar
from l2l.optimizees.slim.commands.recurrent import add_recurrent_options, with_recurrent_treatment
from l2l.optimizees.slim.commands.run import tell_of_compilation
from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, overrides, whole_option
from l2l.optimizees.slim.commands.text_table import aligned
from l2l.optimizees.slim.recording.paths import benchmark_path
from l2l.optimizees.slim.recording.sole_writer import sole_writer
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.utils.atomic import make_aside
from l2l.version import FULL_VERSION

if TYPE_CHECKING:  # these load numba
    from l2l.optimizees.slim.simulation.policies import Policy
    from l2l.optimizees.slim.trials import Trials

OWN_OPTIONS = {"seed": "--bench-seed", "treatment_strategy": "--policies"}
POLICIES = ("untreated", "bernoulli", "mosaic")
# between two writings of the table: at least this, and at least so many times what the last one took
WRITE_EVERY_S = 10.0
WRITE_SPARINGLY = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim benchmark``."""
    parser.add_argument("out", metavar="OUT/NAME", help="writes OUT/benchmark_NAME.parquet, in place of an old one")
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help="the only scenario, in place of --scenarios")
    parser.add_argument("description", nargs="?", metavar="DESCRIPTION", help="kept in the table's metadata")
    parser.add_argument(
        "--scenarios", nargs="+", default=[], metavar="SCENARIO", help="names of scenarios, or their folders"
    )
    parser.add_argument(
        "--policies",
        "--treatment-strategy",
        nargs="+",
        default=POLICIES,
        metavar="NAME|FILE",
        help=f"as --treatment-strategy of slim run (default: {' '.join(POLICIES)})",
    )
    parser.add_argument(
        "--trials", default="100", metavar="N", help="runs of each scenario under each policy (default: 100)"
    )
    parser.add_argument(
        "--threads",
        "--parallel-trials",
        default=str(len(os.sched_getaffinity(0))),
        metavar="N",
        help="runs at the same time (default: one per core)",
    )
    parser.add_argument(
        "--bench-seed",
        default="0",
        metavar="N",
        help="from which the seeds of all trials follow; a trial has the same seed under every policy (default: 0)",
    )
    parser.add_argument(
        "--defection-proba", metavar="P", help="the same for all farms; short for --farms.*.defection-proba"
    )
    add_recurrent_options(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress; print the path of the table only")
    add_scenario_options(parser, OWN_OPTIONS)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim benchmark``; the summary for the user."""
    path = benchmark_path(args.out)
    n_trials = whole_option("--trials", args.trials, 1)
    n_threads = whole_option("--threads", args.threads, 1)
    bench_seed = whole_option("--bench-seed", args.bench_seed)
    if args.defection_proba is not None:
        args.set.append(f"farms.*.defection_proba={args.defection_proba}")
    given = overrides(args)
    configs = {
        name: with_recurrent_treatment(Config.scenario(scenario, **given), args)
        for scenario, name in _named("--scenarios", _scenarios(args))
    }
    groups = [
        (group, policy) for name, config in configs.items() for group, policy in _groups(name, config, args.policies)
    ]
    metadata = {
        "l2l_version": FULL_VERSION,
        "bench_seed": str(bench_seed),
        "trials": str(n_trials),
        "scenario_hashes": json.dumps({name: config.scenario_hash() for name, config in configs.items()}),
        "overrides": json.dumps(given),
        "recurrent_treatment": json.dumps([args.recurrent_treatment_type, args.recurrent_treatment_frequency]),
        "description": args.description or "",
        "policies": json.dumps({f"{group.scenario}, {group.policy}": policy.to_dict() for group, policy in groups}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    tell_of_compilation(args.quiet)
    with sole_writer(path):
        _run_all(groups, seeds(bench_seed, n_trials), n_threads, path, metadata, args.quiet)
    if args.quiet:
        return str(path)
    return f"{path}\n\n{summary([group for group, _ in groups])}"


def seeds(bench_seed: int, n_trials: int) -> list[int]:
    """Independent seeds, one per trial, as ``slim run --seed`` takes them.

    The first 53 bits of the children that ``SeedSequence(bench_seed).spawn`` gives: as many as are left where a
    reader makes floats of a column.
    """
    children = np.random.SeedSequence(bench_seed).spawn(n_trials)
    return [int(child.generate_state(1, np.uint64)[0] >> np.uint64(64 - 53)) for child in children]


def _scenarios(args: argparse.Namespace) -> list[str]:
    if args.scenarios and args.scenario is not None:
        raise ConfigError(f"--scenarios: {args.scenario} stands beside it; expected all scenarios there, or one alone")
    if not args.scenarios and args.scenario is None:
        raise ConfigError("there is no scenario; expected SCENARIO, or --scenarios SCENARIO ...")
    return args.scenarios or [args.scenario]


def _named(flag: str, given: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the user gave, and what rows of the table call it: the last part of a path."""
    seen: dict[str, str] = {}
    for one in given:
        name = Path(one).stem if Path(one).is_file() else Path(one).name
        if name in seen:
            raise ConfigError(f"{flag}: {seen[name]} and {one} are both called {name!r}; expected different names")
        seen[name] = one
        yield one, name


def _groups(scenario: str, config: Config, policies: Sequence[str]) -> Iterator[tuple[Trials, Policy]]:
    from l2l.optimizees.slim.simulation.policies import load_policy
    from l2l.optimizees.slim.trials import Trials

    for strategy, name in _named("--policies", policies):
        policy = load_policy(strategy, config)
        policy.farm_parameters(len(config.farms))  # refuses a policy for another number of farms
        yield Trials(scenario, name, config, []), policy


def _run_all(
    groups: Sequence[tuple[Trials, Policy]],
    trial_seeds: Sequence[int],
    n_threads: int,
    path: Path,
    metadata: dict[str, str],
    quiet: bool,
) -> None:
    """Fill the groups, trial by trial, and write the table: now and then, at the end, and when interrupted."""
    from l2l.optimizees.slim.ensemble import Ensemble
    from l2l.optimizees.slim.recording.pace import Pace
    from l2l.optimizees.slim.trials import Trial
    from l2l.utils.interrupts import Interrupts

    ensembles = {group.scenario: Ensemble(group.config) for group, _ in groups}
    pace = Pace(WRITE_EVERY_S, WRITE_SPARINGLY)
    with Interrupts() as interrupts, ThreadPoolExecutor(n_threads) as pool:
        waiting: dict[Any, tuple[Trials, int, int]] = {}
        for number, seed in enumerate(trial_seeds):
            for group, policy in groups:
                one = pool.submit(ensembles[group.scenario].outcome, (policy, np.random.SeedSequence(seed)))
                waiting[one] = (group, number, seed)

        def take(finished: Any) -> None:
            group, number, seed = waiting.pop(finished)
            group.done.append(Trial(number, seed, finished.result()))

        interrupts.waiting = True  # signals are looked for between two results
        try:
            with progress_bar("runs", len(waiting), quiet) as tell:
                for n_done, finished in enumerate(as_completed(waiting), 1):
                    take(finished)
                    tell(n_done)
                    if pace.is_due():
                        with pace.doing():
                            _write(groups, path, metadata)
                    interrupts.check()
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)  # what runs now is finished
            for finished in [one for one in waiting if not one.cancelled()]:
                take(finished)
            n_left = len(waiting)
            raise KeyboardInterrupt(f"interrupted with {n_left} runs left; the others are in {path}") from None
        finally:
            pool.shutdown(cancel_futures=True)
            _write(groups, path, metadata)


def _write(groups: Sequence[tuple[Trials, Policy]], path: Path, metadata: dict[str, str]) -> None:
    """Write the table of what is done, aside, and put it in the place of the last one."""
    import pyarrow.parquet

    from l2l.optimizees.slim.trials import trials_table

    for group, _ in groups:
        group.done.sort(key=lambda trial: trial.number)  # threads finish in any order
    aside = make_aside(path)
    try:
        pyarrow.parquet.write_table(trials_table([g for g, _ in groups], metadata), aside, compression="zstd")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def summary(groups: Sequence[Trials]) -> str:
    """Means over the trials, all farms together, as lines of text."""
    rows = [
        ("scenario, policy", "payoff (GBP)", "95 % interval", "females/fish", "treatments", "resistance", "fish left")
    ]
    for group in groups:
        statistics = dict(group.statistics())
        mean = {column: values[0] for column, values in statistics["mean"].items()}
        low, high = (statistics[name]["payoff"][0] for name in ("low", "high"))
        rows.append(
            (
                f"{group.scenario}, {group.policy}",
                f"{mean['payoff']:,.0f}",
                f"{low:,.0f} to {high:,.0f}" if low == low else "-",
                f"{mean['adult_females_per_fish']:.2f}",
                f"{mean['treatments']:.1f}",
                "-" if mean["resistance"] != mean["resistance"] else f"{mean['resistance']:.2%}",
                f"{mean['fish_left']:,.0f}",
            )
        )
    return "\n".join([f"means of {len(groups[0].done)} trials", "", *aligned(rows)])
