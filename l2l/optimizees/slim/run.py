"""Simulate a scenario under a policy and write its daily table: ``slim run``."""

import argparse
import json
import sys
from dataclasses import Field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config import SITE, Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place

if TYPE_CHECKING:  # the simulator loads numba
    from l2l.optimizees.slim.simulation.policies import Policy
    from l2l.optimizees.slim.simulation.simulator import Outcome

OWN_OPTIONS = ("seed", "treatment_strategy")


def scalar_keys() -> list[Field]:
    """Keys of a configuration that hold one value and have no option of their own."""
    return [f for f in fields(Config) if f.type in (int, float, str, datetime) and f.name not in OWN_OPTIONS]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim run``."""
    parser.add_argument(
        "out", metavar="OUT/NAME", help="writes OUT/simulation_data_NAME.parquet, in place of an old one"
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or its folder")
    parser.add_argument(
        "--treatment-strategy",
        metavar="NAME|FILE",
        help="untreated, bernoulli, mosaic, or a policy's YAML file (default: the scenario's own)",
    )
    parser.add_argument("--seed", metavar="N", help="whole number >= 0 (default: the scenario's own)")
    parser.add_argument("--quiet", action="store_true", help="print the path of the table only")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value for any key of the configuration, by dotted name; the value as in JSON, or text; "
        "e.g. farms.0.num_fish=50000, farms.*.defection_proba=0.5, treatments.EMB.effect_delay=3",
    )
    groups = {file: parser.add_argument_group(f"in place of {file}") for file in (SITE, "config.json")}
    for f in scalar_keys():
        groups[f.metadata["file"]].add_argument(
            _flag(f.name),
            metavar="X" if f.type in (int, float) else "TEXT",
            help=f.metadata["meaning"].replace("%", "%%"),
        )


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim run``; the summary for the user."""
    path = table_path(args.out)
    config = Config.scenario(args.scenario, **overrides(args))

    from l2l.optimizees.slim.simulation.policies import load_policy  # loads numba

    policy = load_policy(args.treatment_strategy or config.treatment_strategy, config)
    policy.farm_parameters(len(config.farms))  # refuses a policy for another number of farms
    seed = config.seed if args.seed is None else check.whole(0)(_value(args.seed), Place("--seed"))
    path.parent.mkdir(parents=True, exist_ok=True)

    from l2l.optimizees.slim.kernels.cache import is_compiled
    from l2l.optimizees.slim.simulation.recorder import write_daily_table
    from l2l.optimizees.slim.simulation.simulator import Simulator

    if not (args.quiet or is_compiled()):
        sys.stderr.write("compiling the simulator; this happens once and takes half a minute\n")
    simulator = Simulator(config)
    record = simulator.run_recorded(policy, seed)
    write_daily_table(path, record, config, policy, seed)
    return str(path) if args.quiet else f"{path}\n\n{summary(config, policy, seed, simulator.outcome())}"


def table_path(out: str) -> Path:
    """Where the table of ``OUT/NAME`` goes."""
    path = Path(out).expanduser()
    if out.endswith(("/", "/.", "..")) or not path.name:
        raise ConfigError(f"{out!r} names a folder; expected OUT/NAME, such as out/tuned")
    if path.parent.exists() and not path.parent.is_dir():
        raise ConfigError(f"{path.parent} is a file; expected a folder to write to")
    return path.parent / f"simulation_data_{path.name}.parquet"


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says in place of the scenario's files, for `Config.replace`."""
    found: dict[str, Any] = {}
    for f in scalar_keys():
        given = getattr(args, f.name)
        if given is not None:
            found[f.name] = _value(given) if f.type in (int, float) else given
    for setting in args.set:
        key, separator, value = setting.partition("=")
        if not (key and separator):
            raise ConfigError(f"--set {setting}: expected KEY=VALUE, such as farms.0.num_fish=50000")
        if key in OWN_OPTIONS:
            raise ConfigError(f"--set {setting}: expected {_flag(key)} {value}")
        if key in found:
            raise ConfigError(f"--set {setting}: {key} is given twice; expected it once")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    """What stands there as JSON; what is no JSON is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


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
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        f"{config.name}: {config.start_date:%Y-%m-%d} to {config.end_date:%Y-%m-%d} ({config.n_days} days), "
        f"{policy.family.name.lower()}, seed {seed}",
        "",
        *(
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        ),
        "",
    ]
    for gene, frequency in zip(config.genes, outcome.resistance, strict=True):
        share = "no lice left" if frequency != frequency else f"{frequency:.2%} of alleles among all lice"
        lines.append(f"resistance at the end ({gene.upper()}): {share}")
    return "\n".join(lines)
