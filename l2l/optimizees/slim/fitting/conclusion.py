"""What a fit has found: the end of an experiment with the fitting optimizee."""

from __future__ import annotations

import csv
import io
import math
import os
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from l2l.utils.atomic import write_atomically
from l2l.utils.report import Section, reproduce_section, write_report
from l2l.utils.seeds import Purpose, seed_sequence

from .farm_report import LICE, QUANTITIES
from .figures import profiles, report_against_model
from .intervals import CONFIDENCE, Box, Interval, find_intervals
from .parameter import FitParameter, values_at

if TYPE_CHECKING:
    from pathlib import Path

    from .optimizee import SlimFitOptimizee

N_PREDICTED = 200  # reports simulated at the estimate
LEAST_VARIANCE = 0.05  # of a standardised number; numbers near 0 vary less than the transform makes them
HARDLY_EVER = 0.01  # agreement below which the model is said not to give such a report


@dataclass(frozen=True)
class Fit:
    """The outcome.

    Attributes
    ----------
    parameters : list of FitParameter
    intervals : list of Interval
    predicted : float64[n_runs, n]
        Reports that the model gives at the estimate.
    agreement : float
        The share of these that are further from their own mean than the report is.
    """

    parameters: list[FitParameter]
    intervals: list[Interval]
    predicted: np.ndarray
    agreement: float

    def table(self) -> list[dict[str, Any]]:
        """A row per parameter: ``parameter, estimate, low, high`` and what ends at a bound."""
        return [_row(p, interval) for p, interval in zip(self.parameters, self.intervals, strict=True)]


def conclude(optimizee: SlimFitOptimizee, experiment: Any) -> Fit:
    """Find the intervals about what the search recommends, simulate reports there, and write all to the run folder."""
    model, fitted, seed = optimizee.model, optimizee.fitted, experiment.seed
    n_threads = min(int(experiment.traj.runner_params.params["max_workers"]), os.cpu_count() or 1)

    def simulate(coordinates: np.ndarray, round_: int, purpose: Purpose = Purpose.SELECTION) -> np.ndarray:
        return model.reports(
            [
                (values_at(fitted, point), seed_sequence(seed, purpose, round_, replicate=i))
                for i, point in enumerate(coordinates)
            ],
            n_threads,
        )

    recommended = experiment.optimizer.recommend()
    intervals = find_intervals(
        lambda coordinates, round_: model.standardised(simulate(coordinates, round_)),
        model.observed,
        Box(*np.array(list(optimizee.bounds.values())).T),
        np.array([recommended[label] for label in optimizee.bounds]),
        optimizee.parameters.simulations,
        np.random.default_rng(seed_sequence(seed, Purpose.SELECTION)),
    )
    estimate = np.tile([interval.estimate for interval in intervals], (N_PREDICTED, 1))
    predicted = simulate(estimate, 0, Purpose.COMPARISON)
    fit = Fit(fitted, intervals, predicted, agreement(model.observed, model.standardised(predicted)))
    _write(fit, optimizee, experiment)
    return fit


def agreement(observed: np.ndarray, predicted: np.ndarray) -> float:
    """The share of standardised reports float64[n_runs, n] at least as far from their mean as ``observed`` is.

    Distance is the sum of squares over variances. Small where the model does not give such a report at all.
    """
    mean, variance = predicted.mean(axis=0), np.maximum(predicted.var(axis=0, ddof=1), LEAST_VARIANCE)
    distances = ((predicted - mean) ** 2 / variance).sum(axis=1)
    own = ((observed - mean) ** 2 / variance).sum()
    return float((1 + (distances >= own).sum()) / (1 + len(distances)))


def _row(parameter: FitParameter, interval: Interval) -> dict[str, Any]:
    low, high = (parameter.outer(x) for x in (interval.low, interval.high))
    if parameter.whole:  # rounded outwards: the interval shall not lose what it holds
        low, high = max(math.floor(low), parameter.low), min(math.ceil(high), parameter.high)
    row: dict[str, Any] = {
        "parameter": parameter.name,
        "estimate": _digits(parameter.value(interval.estimate)),
        "low": _digits(low),
        "high": _digits(high),
    }
    ends = [name for name, is_open in (("low", interval.open_low), ("high", interval.open_high)) if is_open]
    return row | {"at_bound": " and ".join(ends)}


def _digits(number: float | int) -> float | int:
    """Six significant ones."""
    return number if isinstance(number, int) else float(f"{number:.6g}")


# --- files


def _write(fit: Fit, optimizee: SlimFitOptimizee, experiment: Any) -> None:
    folder, report = experiment.run_folder, optimizee.report
    figures = folder / "figures"
    figures.mkdir(exist_ok=True)
    p = optimizee.parameters
    overrides = (p.overrides or {}) | {row["parameter"]: row["estimate"] for row in fit.table()}
    write_atomically(folder / "overrides.yaml", yaml.safe_dump(overrides, sort_keys=False).encode())
    write_atomically(folder / "fit.yaml", yaml.safe_dump(_facts(fit, optimizee), sort_keys=False).encode())
    _write_predictions(folder / "predictions.csv", fit, optimizee)
    shown = report_against_model(report, fit.predicted, optimizee.config, figures / "report.png")
    profiles(fit.parameters, fit.intervals, figures / "profiles.png")
    command = ["slim", "run", "OUT/NAME", str(p.scenario), "--overrides", str(folder / "overrides.yaml")]
    if p.treatment_strategy is not None:
        command += ["--treatment-strategy", str(p.treatment_strategy)]
    sections = [
        Section(
            "Estimates",
            "The most likely values and their 95 % confidence intervals, from the profile likelihood. An end at a "
            "bound of the search says only that the report does not exclude the bound.\n\n"
            f"    {shlex.join(command)}",
            fit.table(),
            [figures / "profiles.png"],
        ),
        Section("The report and the model", _agreement_text(fit) + shown, figures=[figures / "report.png"]),
        Section("What was compared", _compared_text(optimizee)),
        reproduce_section(experiment.manifest.facts),
    ]
    summary = "; ".join(f"{r['parameter']} {r['estimate']:g} ({r['low']:g} to {r['high']:g})" for r in fit.table())
    title = f"{optimizee.config.name}, fitted to {os.path.basename(optimizee.parameters.report)}"
    write_report(folder / "report.html", title, f"{summary}. {_agreement_text(fit)}", sections)


def _facts(fit: Fit, optimizee: SlimFitOptimizee) -> dict[str, Any]:
    rows = {row.pop("parameter"): row for row in fit.table()}
    for parameter in fit.parameters:
        rows[parameter.name] |= {
            "bounds": [parameter.low, parameter.high],
            "scale": "log" if parameter.log else "linear",
        }
    return {
        "scenario": str(optimizee.parameters.scenario),
        "scenario_hash": optimizee.config.scenario_hash(),
        "report": str(optimizee.parameters.report),
        "numbers_compared": len(optimizee.report),
        "left_out": optimizee.report.left_out,
        "reporting": optimizee.reporting._asdict() | {"period": optimizee.parameters.period},
        "confidence": CONFIDENCE,
        "parameters": rows,
        "agreement": round(fit.agreement, 4),
    }


def _write_predictions(path: Path, fit: Fit, optimizee: SlimFitOptimizee) -> None:
    """A row per number of the report: what was reported, and median and 90 % band of what the model would."""
    report, config = optimizee.report, optimizee.config
    bands = np.quantile(fit.predicted, [0.05, 0.5, 0.95], axis=0).T
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["first_day", "last_day", "site_name", "quantity", "reported", "q05", "median", "q95"])
    for i in range(len(report)):
        days = [(config.start_date + timedelta(days=int(d))).date() for d in (report.first[i], report.last[i])]
        numbers = [report.value[i], *(float(f"{x:.5g}") for x in bands[i])]
        writer.writerow([*days, config.farms[report.farm[i]].name, QUANTITIES[report.quantity[i]], *numbers])
    write_atomically(path, text.getvalue().encode())


def _agreement_text(fit: Fit) -> str:
    share = (
        f"Of {len(fit.predicted)} reports simulated with the estimates, {fit.agreement:.1%} are further from their mean"
    )
    if fit.agreement < HARDLY_EVER:
        return (
            f"{share} than the report is: the model hardly ever gives such a report. The intervals hold for the values "
            "with which the model comes nearest, not for what happened at the farms."
        )
    if fit.agreement > 1 - HARDLY_EVER:
        return f"{share} than the report is: it has smaller errors than were assumed, so the intervals are too wide."
    return f"{share} than the report is: the model gives such reports."


def _compared_text(optimizee: SlimFitOptimizee) -> str:
    report, r = optimizee.report, optimizee.reporting
    n_lice = int((report.quantity == LICE).sum())
    lines = [
        f"{n_lice} lice counts (adult females per fish) and {len(report) - n_lice} mortalities (per cent of the fish), "
        f"of {len(set(report.farm.tolist()))} farms. Counts are means over {r.fish_sampled} fish, negative binomial "
        f"with dispersion {r.dispersion:g}; mortalities have an error of {r.mortality_error:.0%}."
    ]
    if report.left_out:
        lines.append(f"Not compared: {'; '.join(report.left_out)}.")
    return "\n\n".join(lines)
