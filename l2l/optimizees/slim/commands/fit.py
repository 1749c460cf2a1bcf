"""Fit parameters of a scenario to what its farms reported: ``slim fit``."""

import argparse
from pathlib import Path
from typing import Any

import yaml

from l2l.optimizees.slim.commands.scenario_options import add_scenario_options, json_or_text, overrides
from l2l.optimizees.slim.fitting.farm_report import MONTH
from l2l.optimizees.slim.fitting.optimizee import SlimFitOptimizee, SlimFitOptimizeeParameters
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place

OWN_OPTIONS = {"treatment_strategy": "--treatment-strategy", "seed": "--seed"}
DEFAULTS = SlimFitOptimizeeParameters()
N_GENERATIONS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``slim fit``."""
    parser.add_argument("scenario", metavar="SCENARIO", help="name of a scenario, or its folder")
    parser.add_argument(
        "report",
        metavar="REPORT",
        help="CSV file with the columns date, site_name, lice_count (adult females per fish), mortality (per cent)",
    )
    parser.add_argument(
        "--fit",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME=LOW:HIGH[:log]",
        help="a number of the configuration to fit, by dotted name, its bounds, and log to search it by its "
        "logarithm; e.g. ext_pressure=10:1000:log treatments.EMB.pheno_resistance.recessive=0:0.3",
    )
    parser.add_argument("--out", default="fit", metavar="DIR", help="folder to write to, made anew (default: fit)")
    parser.add_argument("--overwrite", action="store_true", help="remove an earlier fit there")
    parser.add_argument(
        "--treatment-strategy",
        metavar="NAME|FILE",
        help="policy during the time of the report (default: the scenario's own)",
    )
    numbers: list[tuple[str, Any, str]] = [
        ("replicates", DEFAULTS.replicates, "runs by which the search judges an individual"),
        ("generations", N_GENERATIONS, "generations of the search"),
        ("pop-size", None, "individuals in each (default: by the number of parameters)"),
        ("simulations", DEFAULTS.simulations, "runs in each round of the search for the intervals"),
        ("workers", None, "processes, and threads (default: the computer's processors)"),
        ("seed", 0, "of the whole fit"),
        ("fish-sampled", DEFAULTS.fish_sampled, "fish on which lice are counted, per row of the report"),
        ("dispersion", DEFAULTS.dispersion, "k of the negative binomial counts per fish"),
        ("mortality-error", DEFAULTS.mortality_error, "coefficient of variation of reported mortalities"),
    ]
    for name, default, meaning in numbers:
        shown = "" if default is None else f" (default: {default})"
        parser.add_argument(f"--{name}", default=default, type=json_or_text, metavar="N", help=meaning + shown)
    parser.add_argument(
        "--period",
        default=MONTH,
        type=json_or_text,
        metavar="month|DAYS",
        help="what a row covers: the calendar month of its date, or as many days up to it (default: month)",
    )
    parser.add_argument("--quiet", action="store_true", help="print the path of the results only")
    add_scenario_options(parser, OWN_OPTIONS)


def run(args: argparse.Namespace) -> str:
    """Carry out ``slim fit``; the estimates for the user."""
    folder = fit(args)
    if args.quiet:
        return str(folder)
    facts = yaml.safe_load((folder / "fit.yaml").read_text())
    lines = [f"{folder}/report.html", ""]
    rows = [("parameter", "estimate", "95 % interval")]
    for name, found in facts["parameters"].items():
        rows.append((name, f"{found['estimate']:g}", f"{found['low']:g} to {found['high']:g}"))
        if found["at_bound"]:
            rows[-1] = (*rows[-1][:2], f"{rows[-1][2]} ({found['at_bound']} end at a bound)")
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines += [f"{name:{widths[0]}}  {value:>{widths[1]}}  {interval}" for name, value, interval in rows]
    lines += ["", f"agreement of report and model: {facts['agreement']:g}, chi-square {facts['chi_square']:g}"]
    lines += [f"warning: {warning}" for warning in facts["warnings"]]
    lines += [f"not compared: {reason}" for reason in facts["left_out"]]
    return "\n".join(lines)


def fit(args: argparse.Namespace) -> Path:
    """Run the experiment; its folder, with ``fit.yaml``, ``overrides.yaml``, figures and ``report.html``."""
    whole = check.whole(1)
    generations = whole(args.generations, Place("--generations"))
    pop_size = None if args.pop_size is None else check.whole(2)(args.pop_size, Place("--pop-size"))
    seed = check.whole(0)(args.seed, Place("--seed"))
    params = {} if args.workers is None else {"max_workers": whole(args.workers, Place("--workers"))}
    if not args.fit:
        raise ConfigError("nothing to fit; expected --fit NAME=LOW:HIGH, such as --fit ext_pressure=10:1000:log")
    parameters = SlimFitOptimizeeParameters(
        scenario=args.scenario,
        report=str(Path(args.report).expanduser().absolute()),
        fit=tuple(args.fit),
        treatment_strategy=args.treatment_strategy,
        overrides=overrides(args),
        replicates=args.replicates,
        period=args.period,
        fish_sampled=args.fish_sampled,
        dispersion=args.dispersion,
        mortality_error=args.mortality_error,
        simulations=args.simulations,
    )

    from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
    from l2l.overrides import Overrides, overriding
    from l2l.utils.experiment import Experiment

    out = Path(args.out).expanduser().absolute()
    with overriding(Overrides(overwrite=args.overwrite, quiet=args.quiet)):
        experiment = Experiment(out.parent)
        traj, _ = experiment.prepare_experiment(name=out.name, seed=seed, runner_params=params)
        optimizee = SlimFitOptimizee(traj, parameters)
        search = CMAESParameters(
            seed=None, pop_size=pop_size, n_iteration=generations, bounds=optimizee.bounds, restarts=False
        )
        optimizer = CMAESOptimizer(
            traj,
            optimizee_create_individual=optimizee.create_individual,
            optimizee_fitness_weights=optimizee.fitness_weights,
            parameters=search,
            optimizee_bounding_func=optimizee.bounding_func,
        )
        try:
            experiment.run_experiment(optimizer, optimizee, search, parameters)
            experiment.end_experiment(optimizer)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted; `l2l-run --resume {experiment.run_folder}` goes on") from None
    return Path(experiment.run_folder)
