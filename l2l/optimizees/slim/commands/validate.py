"""Compare the simulator with ensembles of another: ``slim validate``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from l2l.errors import L2LError, nearest
from l2l.optimizees.slim.commands.replicate_options import add_replicate_options, replicates
from l2l.optimizees.slim.commands.run import tell_of_compilation
from l2l.optimizees.slim.commands.text_table import aligned
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError
from l2l.utils.atomic import write_csv_atomically

if TYPE_CHECKING:  # the simulator loads numba
    from l2l.optimizees.slim.validation.agreement import Agreement
    from l2l.optimizees.slim.validation.ensemble_table import EnsembleTable

BESIDE = "slim-config"  # scenarios of the ensembles, beside their folder


class DisagreementError(L2LError):
    """An ensemble of ours is not like the stored one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim validate``."""
    parser.add_argument(
        "folder",
        metavar="ENSEMBLE_FOLDER",
        type=Path,
        help="holds SCENARIO_POLICY.parquet: daily means and quantiles of runs",
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="SCENARIO_POLICY, scenarios or policies")
    parser.add_argument(
        "--scenarios", type=Path, metavar="DIR", help=f"folder of scenarios (default: {BESIDE} beside the ensembles)"
    )
    parser.add_argument("--rules", default="published", help="rule set to run (default: published)")
    add_replicate_options(parser)
    parser.add_argument("--out", type=Path, default=Path("validation"), help="folder for table and figures")


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim validate``: the tables on standard output, and the verdict.

    Raises
    ------
    DisagreementError
        If anything that must agree does not.
    """
    asked = replicates(args)
    paths = select_ensembles(args.folder, args.only)

    from l2l.optimizees.slim.simulation.policies import load_policy
    from l2l.optimizees.slim.validation.agreement import agreements
    from l2l.optimizees.slim.validation.ensemble_table import read_ensemble, simulate
    from l2l.optimizees.slim.validation.figures import draw_bands

    args.out.mkdir(parents=True, exist_ok=True)
    tell_of_compilation(False)
    found: dict[str, list[Agreement]] = {}
    for path in paths:
        stored = read_ensemble(path)
        if len(asked.seeds) < stored.n_runs:
            raise ConfigError(f"--runs {args.runs}: {path} has {stored.n_runs} runs; expected at least as many of ours")
        config = Config.scenario(find_scenario_of(stored, path, args.scenarios), rules=args.rules)
        check_shape(config, stored, path)
        lacking = check_quantities(config, stored, path)
        policy = load_policy(stored.policy, config)
        runs = simulate(config, policy, asked.seeds, asked.n_threads)
        found[path.stem] = agreements(runs, stored, config.genes)
        sys.stdout.write(f"{table(path.stem, found[path.stem], len(asked.seeds), stored.n_runs)}\n")
        if lacking:
            sys.stdout.write(f"not compared, for {path.name} lacks them: {', '.join(lacking)}\n")
        sys.stdout.write("\n")
        sys.stdout.flush()
        draw_bands(runs, stored, config, args.out / f"{path.stem}.png")
        write_csv(args.out / "agreement.csv", found)
    return verdict(found, args.out)


def select_ensembles(folder: Path, only: Sequence[str]) -> list[Path]:
    """The ensembles of a folder whose name, scenario or policy is among ``only``, or all of them."""
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}; expected one with SCENARIO_POLICY.parquet")
    paths = sorted(folder.glob("*_*.parquet"))
    if not paths:
        raise ConfigError(f"{folder} has no SCENARIO_POLICY.parquet")
    names = {path: {path.stem, *path.stem.rsplit("_", 1)} for path in paths}
    known = sorted(set().union(*names.values()))
    for name in only:
        if name not in known:
            raise ConfigError(f"--only {name}: no such ensemble in {folder}{nearest(name, known)}")
    return [path for path in paths if not only or names[path] & set(only)]


def find_scenario_of(stored: EnsembleTable, path: Path, folder: Path | None) -> Path | str:
    """Where the scenario of an ensemble is: in ``folder``, beside the ensembles, or among ours."""
    if folder is not None:
        return folder / stored.scenario
    beside = path.resolve().parent.parent / BESIDE / stored.scenario
    return beside if beside.is_dir() else stored.scenario


def check_shape(config: Config, stored: EnsembleTable, path: Path) -> None:
    """Refuse a scenario of other days or farms than the ensemble's."""
    if (config.n_days, len(config.farms)) != (stored.n_days, stored.n_farms):
        raise ConfigError(
            f"{path} has {stored.n_days} days and {stored.n_farms} farms, scenario {config.name!r} "
            f"{config.n_days} and {len(config.farms)}; expected the same, give --scenarios"
        )


def check_quantities(config: Config, stored: EnsembleTable, path: Path) -> list[str]:
    """What should agree but is not in the ensemble; refuse one that has nothing of it."""
    from l2l.optimizees.slim.validation.agreement import required_quantities

    required = [name for name in required_quantities(config.genes) if "_frequency_" not in name]
    lacking = [name for name in required if name not in stored.statistics]
    if lacking == required:
        raise ConfigError(
            f"{path} has {', '.join(stored.statistics) or 'no quantity'}; expected columns of {', '.join(required)}"
        )
    return lacking


def table(name: str, found: Sequence[Agreement], n_ours: int, n_stored: int) -> str:
    """A row per quantity: the loch's agreement, the worst farm's, and the verdict."""
    rows = [("", "loch: means", "quartiles", "worst z", "day", "ratio", "worst farm", "quartiles", "worst z", "")]
    for quantity in dict.fromkeys(a.quantity for a in found):
        loch, *farms = [a for a in found if a.quantity == quantity]
        worst = min(farms, key=lambda a: (a.agrees, a.mean_days, a.quartile_days))
        verdict = "ok" if loch.agrees and all(a.agrees for a in farms) else "DIFFERS"
        rows.append(
            (
                quantity,
                f"{loch.mean_days:.1%}",
                _percent(loch.quartile_days),
                f"{loch.worst_z:+.1f}",
                str(loch.worst_day),
                "" if math.isnan(loch.ratio) else f"{loch.ratio:.3f}",
                f"{worst.mean_days:.1%}",
                _percent(worst.quartile_days),
                f"{worst.worst_z:+.1f}",
                verdict if loch.required else f"({verdict})",
            )
        )
    return "\n".join(
        [
            f"{name}: {n_ours} runs of ours, {n_stored} stored; in brackets for information",
            *map(str.rstrip, aligned(rows)),
        ]
    )


def _percent(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.0%}"


def write_csv(path: Path, found: dict[str, list[Agreement]]) -> None:
    """All agreements, a row per ensemble, quantity and place."""
    first = next(iter(found.values()))[0]
    rows = ([name, *agreement] for name, own in found.items() for agreement in own)
    write_csv_atomically(path, ["ensemble", *first._fields], rows)


def verdict(found: dict[str, list[Agreement]], out: Path) -> str:
    """What came of it, in a line.

    Raises
    ------
    DisagreementError
        With the number of series that differ, by ensemble.
    """
    n_required = sum(a.required for own in found.values() for a in own)
    differing = {name: sum(a.required and not a.agrees for a in own) for name, own in found.items()}
    where = f"table and figures are in {out}"
    if not any(differing.values()):
        return f"all {n_required} series of {len(found)} ensembles agree; {where}"
    named = ", ".join(f"{n} of {name}" for name, n in differing.items() if n)
    raise DisagreementError(f"{sum(differing.values())} of {n_required} series differ ({named}); {where}")
