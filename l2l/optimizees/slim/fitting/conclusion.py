"""What a fit has found: the end of an experiment with the fitting optimizee."""

from __future__ import annotations

import math
import os
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from l2l.utils.atomic import write_atomically, write_csv_atomically
from l2l.utils.report import Section, confirmed_sections, reproduce_section, write_report
from l2l.utils.seeds import Purpose, seed_sequence

from .farm_report import LICE, QUANTITIES
from .figures import profiles, report_against_model
from .intervals import CONFIDENCE, Box, Interval, find_intervals
from .misfit import HARDLY_EVER, Misfit, find_misfit
from .optimizee import LEAST_SIMULATIONS
from .parameter import FitParameter, values_at

if TYPE_CHECKING:
    from .optimizee import SlimFitOptimizee

N_PREDICTED = 200  # reports simulated at the estimate
N_FURTHEST = 10  # numbers of the report that are named as furthest from the model


@dataclass(frozen=True)
class Fit:
    """The outcome.

    Attributes
    ----------
    parameters : list of FitParameter
    intervals : list of Interval
    predicted : float64[n_runs, n]
        Reports that the model gives at the estimate.
    misfit : Misfit
        How far the report is from these.
    """

    parameters: list[FitParameter]
    intervals: list[Interval]
    predicted: np.ndarray
    misfit: Misfit

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
        LEAST_SIMULATIONS if experiment.smoke else optimizee.parameters.simulations,
        np.random.default_rng(seed_sequence(seed, Purpose.SELECTION)),
    )
    estimate = np.tile([interval.estimate for interval in intervals], (N_PREDICTED, 1))
    predicted = simulate(estimate, 0, Purpose.COMPARISON)
    misfit = find_misfit(optimizee.report, model.observed, model.standardised(predicted), len(fitted))
    fit = Fit(fitted, intervals, predicted, misfit)
    _write(fit, optimizee, experiment)
    return fit


def warnings(fit: Fit, optimizee: SlimFitOptimizee) -> list[str]:
    """What keeps the estimates from meaning what they seem to mean, a sentence each."""
    told = []
    misfit = fit.misfit
    if misfit.is_bad:
        worst = "; ".join(_place(row) for row in _furthest(fit, optimizee)[:3])
        told.append(
            f"the model hardly ever gives such a report (chi-square {misfit.chi_square:.3g} per degree of freedom), so "
            f"the intervals hold for the values with which it comes nearest, not for what happened at the farms; "
            f"furthest: {worst}"
        )
        if misfit.drifts:
            told.append(
                f"residuals keep their sign from one period to the next (autocorrelation {misfit.autocorrelation:.2f}; "
                f"reports of the model have up to {misfit.usual_autocorrelation[1]:.2f}): something that lasts is "
                "missing in the model"
            )
    for parameter, interval in zip(fit.parameters, fit.intervals, strict=True):
        if interval.open_low and interval.open_high:
            told.append(f"the report says nothing of {parameter.name} between its bounds")
        elif not interval.settled:
            told.append(f"the interval of {parameter.name} has not settled; more --simulations may help")
        elif parameter.value(interval.estimate) in (parameter.low, parameter.high):
            told.append(
                f"the estimate of {parameter.name} is a bound of the search; wider bounds may hold a better one"
            )
    return told


def _furthest(fit: Fit, optimizee: SlimFitOptimizee) -> list[dict[str, Any]]:
    """The numbers of the report that are furthest from the model, the worst first."""
    rows = _prediction_rows(fit, optimizee)
    return [rows[i] for i in fit.misfit.furthest(N_FURTHEST)]


def _place(row: dict[str, Any]) -> str:
    return (
        f"{row['site_name']}, {row['first_day']:%Y-%m-%d}, {row['quantity']} {row['reported']:g} (model {row['q05']:g} "
        f"to {row['q95']:g})"
    )


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


def _or_none(number: float) -> float | None:
    return round(number, 3) if math.isfinite(number) else None


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
    predictions = _prediction_rows(fit, optimizee)
    write_csv_atomically(folder / "predictions.csv", predictions[0], (row.values() for row in predictions))
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
        Section("Where they part", _misfit_text(fit), _furthest(fit, optimizee)),
        Section("What was compared", _compared_text(optimizee)),
        *confirmed_sections(experiment.manifest.facts),
        reproduce_section(experiment.manifest.facts),
    ]
    summary = "; ".join(f"{r['parameter']} {r['estimate']:g} ({r['low']:g} to {r['high']:g})" for r in fit.table())
    told = "".join(f"\n\nWarning: {warning}." for warning in warnings(fit, optimizee))
    title = f"{optimizee.config.name}, fitted to {os.path.basename(optimizee.parameters.report)}"
    write_report(folder / "report.html", title, f"{summary}. {_agreement_text(fit)}{told}", sections)


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
        "agreement": round(fit.misfit.agreement, 4),
        "chi_square": _digits(fit.misfit.chi_square),
        "autocorrelation": _or_none(fit.misfit.autocorrelation),
        "usual_autocorrelation": [_or_none(x) for x in fit.misfit.usual_autocorrelation],
        "furthest": [_place(row) for row in _furthest(fit, optimizee)],
        "warnings": warnings(fit, optimizee),
    }


def _prediction_rows(fit: Fit, optimizee: SlimFitOptimizee) -> list[dict[str, Any]]:
    """A row per number of the report: what was reported, median and 90 % band of what the model would, residual."""
    report, config = optimizee.report, optimizee.config
    bands = np.quantile(fit.predicted, [0.05, 0.5, 0.95], axis=0).T
    rows = []
    for i in range(len(report)):
        first, last = ((config.start_date + timedelta(days=int(d))).date() for d in (report.first[i], report.last[i]))
        low, median, high = (float(f"{x:.5g}") for x in bands[i])
        rows.append(
            {
                "first_day": first,
                "last_day": last,
                "site_name": config.farms[report.farm[i]].name,
                "quantity": QUANTITIES[report.quantity[i]],
                "reported": float(report.value[i]),
                "q05": low,
                "median": median,
                "q95": high,
                "residual": float(f"{fit.misfit.residuals[i]:.4g}"),
            }
        )
    return rows


def _agreement_text(fit: Fit) -> str:
    misfit = fit.misfit
    share = (
        f"Of {len(fit.predicted)} reports simulated with the estimates, {misfit.agreement:.1%} are further from their "
        f"mean than the report is (chi-square {misfit.chi_square:.3g} per degree of freedom)"
    )
    if misfit.is_bad:
        return f"{share}: the model hardly ever gives such a report."
    if misfit.agreement > 1 - HARDLY_EVER:
        return f"{share}: it has smaller errors than were assumed, so the intervals are too wide."
    return f"{share}: the model gives such reports."


def _misfit_text(fit: Fit) -> str:
    misfit = fit.misfit
    low, high = misfit.usual_autocorrelation
    text = (
        "Residuals are in standard deviations of what the model would report. The numbers with the largest, and all of "
        "them in predictions.csv."
    )
    if np.isfinite(misfit.autocorrelation):
        text += (
            f" From one period to the next at a farm they have an autocorrelation of {misfit.autocorrelation:.2f}; 95 "
            f"% of the model's own reports have {low:.2f} to {high:.2f}."
        )
    return text


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
