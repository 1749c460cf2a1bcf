"""Simulate a scenario under a policy and write its daily table: ``slim run``."""

import argparse
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from l2l.optimizees.slim.commands.progress import progress_bar
from l2l.optimizees.slim.commands.recurrent import add_recurrent_options, with_recurrent_treatment
from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, overrides, whole_option
from l2l.optimizees.slim.commands.text_table import aligned
from l2l.optimizees.slim.recording.paths import table_path
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place

if TYPE_CHECKING:  # the simulator loads numba
    from l2l.optimizees.slim.recording.recorded_run import RecordedRun
    from l2l.optimizees.slim.simulation.policies import Policy
    from l2l.optimizees.slim.simulation.simulator import Outcome

RATES = {
    "save_rate": (1, "keep every so many days and the last; 0: the last alone"),
    "checkpoint_rate": (0, "save the run every so many days, for `slim resume`; 0: only when it is interrupted"),
}
OWN_OPTIONS = {"seed": "--seed", "treatment_strategy": "--treatment-strategy"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim run``."""
    parser.add_argument(
        "out", metavar="OUT/NAME", help="writes OUT/simulation_data_NAME.parquet, in place of an old one"
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or its folder")
    parser.add_argument(
        "--treatment-strategy",
        metavar="NAME|FILE",
        help="untreated, bernoulli, mosaic, a policy's YAML file, or a table of actions (CSV: farm, date, action); "
        "default: the scenario's own",
    )
    parser.add_argument("--seed", metavar="N", help="whole number >= 0 (default: the scenario's own)")
    for name, (default, meaning) in RATES.items():
        parser.add_argument(_flag(name), metavar="DAYS", help=f"{meaning} (default: {default})")
    resume = parser.add_mutually_exclusive_group()
    resume.add_argument(
        "--resume",
        metavar="DATE",
        help="go on from the checkpoint, unless it is of a day before DATE; scenario and options have to be those with "
        "which the run was begun (`slim resume` needs neither them nor DATE)",
    )
    resume.add_argument("--resume-after", metavar="DAYS", help="the same, by days since the first")
    add_recurrent_options(parser)
    add_quiet(parser)
    add_scenario_options(parser, OWN_OPTIONS)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Declare ``--quiet``."""
    parser.add_argument("--quiet", action="store_true", help="no progress; print the path of the table only")


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim run``; the summary for the user."""
    path = table_path(args.out)
    config = with_recurrent_treatment(Config.scenario(args.scenario, **overrides(args)), args)
    rates = {
        name: default if getattr(args, name) is None else whole_option(_flag(name), getattr(args, name))
        for name, (default, _) in RATES.items()
    }

    from l2l.optimizees.slim.simulation.policies import load_policy  # loads numba

    strategy = config.treatment_strategy if args.treatment_strategy is None else args.treatment_strategy
    policy = load_policy(strategy, config)
    policy.farm_parameters(len(config.farms))  # refuses a policy for another number of farms
    seed = config.seed if args.seed is None else whole_option("--seed", args.seed)

    from l2l.optimizees.slim.recording.recorded_run import RecordedRun

    if args.resume is not None or args.resume_after is not None:
        recorded = RecordedRun.resume(args.out)
        _check_is_of(recorded, args, config, policy, seed, rates)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        tell_of_compilation(args.quiet)
        recorded = RecordedRun(args.out, config, policy, seed, **rates)
    return finish(recorded, args.quiet)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _check_is_of(
    recorded: "RecordedRun",
    args: argparse.Namespace,
    config: Config,
    policy: "Policy",
    seed: int,
    rates: dict[str, int],
) -> None:
    """Refuse a checkpoint of another run than the command line describes, or of too early a day."""
    same = {
        "scenario": recorded.config == config,
        "policy": recorded.policy.to_dict() == policy.to_dict(),
        "seed": recorded.seed == seed,
        **{_flag(name): getattr(args, name) is None or getattr(recorded, name) == rates[name] for name in RATES},
    }
    differing = [name for name, is_same in same.items() if not is_same]
    if differing:
        raise ConfigError(
            f"the checkpoint of {args.out} is of a run with another {' and '.join(differing)}; expected the options "
            f"with which it was begun, or `slim resume {args.out}`, which needs none"
        )
    if args.resume is not None:
        flag, day = "--resume", (check.date(args.resume, Place("--resume")) - config.start_date).days
    else:
        flag, day = "--resume-after", whole_option("--resume-after", args.resume_after)
    if recorded.simulator.day < day:
        reached = config.start_date + timedelta(days=recorded.simulator.day)
        raise ConfigError(
            f"{flag} is day {day}, the checkpoint of {args.out} is of day {recorded.simulator.day} "
            f"({reached:%Y-%m-%d}); expected that or an earlier one"
        )


def tell_of_compilation(quiet: bool) -> None:
    """Say why it takes so long, where the simulator has to be compiled."""
    from l2l.optimizees.slim.kernels.cache import is_compiled

    if not (quiet or is_compiled()):
        sys.stderr.write("compiling the simulator; this happens once and takes a minute\n")


def finish(recorded: "RecordedRun", quiet: bool) -> str:
    """Simulate to the end; what to tell the user."""
    with progress_bar("days", recorded.config.n_days, quiet) as tell:
        recorded.go(tell)
    if quiet:
        return str(recorded.path)
    told = summary(recorded.config, recorded.policy, recorded.seed, recorded.simulator.outcome())
    return f"{recorded.path}\n\n{told}"


def summary(config: Config, policy: "Policy", seed: int, outcome: "Outcome") -> str:
    """Totals of a run, farm by farm, as lines of text."""
    treatments = [t.treatment_name for t in config.treatments]
    rows = [("farm", "payoff (GBP)", "females/fish", *treatments, "fish left")]
    for f, farm in enumerate(config.farms):
        used = [str(n) for n in outcome.treatments[f]]
        females = f"{outcome.aggregation[f]:.2f}"
        rows.append((farm.name, f"{outcome.payoff[f]:,.0f}", females, *used, f"{outcome.fish[f]:,}"))
    if len(config.farms) > 1:
        used = [str(n) for n in outcome.treatments.sum(axis=0)]
        females = f"{outcome.aggregation.mean():.2f}"
        rows.append(("all", f"{outcome.payoff.sum():,.0f}", females, *used, f"{outcome.fish.sum():,}"))
    lines = [
        f"{config.name}: {config.start_date:%Y-%m-%d} to {config.end_date:%Y-%m-%d} ({config.n_days} days), "
        f"{policy.family.name.lower()}, seed {seed}",
        "",
        *aligned(rows),
        "",
    ]
    for gene, frequency in zip(config.genes, outcome.resistance, strict=True):
        share = "no lice left" if frequency != frequency else f"{frequency:.2%} of alleles among all lice"
        lines.append(f"resistance at the end ({gene.upper()}): {share}")
    return "\n".join(lines)
