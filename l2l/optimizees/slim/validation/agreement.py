"""Do two ensembles come from the same model?  Daily means within their Monte-Carlo error, quartiles within bands.

A mean agrees on a day if it differs from the other by at most four standard errors. The error counts both ensembles,

    se^2 = max(s1^2 / n1 + s2^2 / n2,  s^2 (1 / n1 + 1 / n2))        with the pooled deviation s,

for a few runs that missed a heavy tail understate their deviation together with their mean. Quartiles agree on a day
if those of either ensemble lie within the 5 and 95 % quantiles of the other. Twenty runs of the right model have theirs
outside on a twentieth of the days, and days are not independent: of 4352 series of the right model (20 runs against
100) all had means that agree on 95 % of the days, and quartiles on 49 %. Hence the shares below. Of fewer than ten
runs means alone are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from l2l.optimizees.slim.kernels.stages import STAGE_NAMES
from l2l.optimizees.slim.types.genotypes import genotypes_of
from l2l.optimizees.slim.validation.ensemble_table import EnsembleTable, Runs, summarise
from l2l.optimizees.slim.validation.quantities import places

DAYS_BETWEEN = 7
STANDARD_ERRORS = 4.0
MEAN_DAYS = 0.95  # share of the days on which means must agree
QUARTILE_DAYS = 0.4
FEWEST_RUNS_WITH_BANDS = 10  # of 5 runs of the right model a fifth of the series have quartiles outside too often
ROUNDING = 2e-7  # relative, of stored numbers (float32)


class Agreement(NamedTuple):
    """How one quantity at one place agrees, over the days."""

    quantity: str
    place: int  # a farm, or quantities.LOCH
    required: bool  # or shown for information
    mean_days: float  # share of the days on which means agree
    quartile_days: float  # share on which quartiles agree; nan for frequencies and few runs, see `agreements`
    worst_day: int
    worst_z: float  # standard errors by which our mean is above the other on that day
    ratio: float  # of our median to the other, geometric mean over the days where both are positive
    agrees: bool


def required_quantities(genes: Sequence[str]) -> list[str]:
    """What must agree: lice, fish, fallow cages, treatments, eggs, and genotypes."""
    genotypes = [genotype for gene in genes for genotype in genotypes_of(gene)]
    return [
        *STAGE_NAMES,
        *(f"L5f_{g}" for g in genotypes),
        *(_frequency_name("L5f", gene) for gene in genes),
        "agg_max",
        "num_fish",
        "cages_fallow",
        "cum_treatments",
        "eggs",
        "arrivals",
        *(f"eggs_{g}" for g in genotypes),
        *(_frequency_name("eggs", gene) for gene in genes),
    ]


def agreements(runs: Runs, other: EnsembleTable, genes: Sequence[str]) -> list[Agreement]:
    """Compare ``runs`` with a stored ensemble: what both have, place by place, on one day in seven.

    Quartiles are compared where both have ten runs or more; of frequencies means alone are known.

    Parameters
    ----------
    runs : dict of str to float64[n_runs, d, 1 + f]
        As from ``ensemble_table.simulate``, of as many days and farms as ``other``.
    """
    weekly = {name: values[:, ::DAYS_BETWEEN] for name, values in runs.items()}
    n_runs = len(next(iter(weekly.values())))
    ours = summarise(other.scenario, other.policy, range(n_runs), weekly)
    theirs = EnsembleTable(
        other.scenario,
        other.policy,
        other.seeds,
        {name: values[:, ::DAYS_BETWEEN] for name, values in other.statistics.items()},
    )
    required = required_quantities(genes)
    found = {name: _agree(name, name in required, ours, theirs) for name in weekly if name in theirs.statistics}
    for stem in ("L5f", "eggs"):
        for gene in genes:
            names = [f"{stem}_{genotype}" for genotype in genotypes_of(gene)]
            if all(name in found for name in names):
                name = _frequency_name(stem, gene)
                found[name] = _frequency_agrees(name, names, weekly, theirs)
    order = [*(name for name in required if name in found), *(name for name in found if name not in required)]
    return [agreement for name in order for agreement in found[name]]


def _frequency_name(stem: str, gene: str) -> str:
    return f"{stem}_frequency_{gene.upper()}"


def _agree(name: str, required: bool, ours: EnsembleTable, theirs: EnsembleTable) -> list[Agreement]:
    """Of a quantity that both have, at each place."""
    error = _standard_error(ours.of(name, "std"), theirs.of(name, "std"), ours.n_runs, theirs.n_runs)
    z = _z(ours.of(name, "mean"), theirs.of(name, "mean"), error)
    inside = None
    if min(ours.n_runs, theirs.n_runs) >= FEWEST_RUNS_WITH_BANDS:
        inside = _quartiles_inside(name, ours, theirs) & _quartiles_inside(name, theirs, ours)
    return _by_place(name, required, z, inside, _ratio(ours.of(name, "q50"), theirs.of(name, "q50")))


def _frequency_agrees(name: str, names: list[str], weekly: Runs, theirs: EnsembleTable) -> list[Agreement]:
    """Of the dominant allele: the ratio p of mean counts, with its error by the delta method.

    p = sum of w n / sum of n over the genotypes, w = 0, 1/2, 1. Its error is that of the mean of (w - p) n / sum of n.
    A stored ensemble has the deviations of the genotypes; how they vary together is taken from our runs. It is
    compared where at least half of the runs of both have lice: that of a few runs has no error to speak of.
    """
    weights = np.array([0.0, 1.0, 0.5])[:, None, None]  # of a, A, Aa
    counts = np.array([weekly[n] for n in names])  # (3, n_runs, d, 1 + f)
    means = np.array([counts.mean(axis=1), [theirs.of(n, "mean") for n in names]])  # (2, 3, d, 1 + f)
    deviations = np.array([counts.std(axis=1, ddof=1), [theirs.of(n, "std") for n in names]])
    centred = counts - means[0][:, None]
    standard = np.divide(centred, deviations[0][:, None], out=np.zeros(centred.shape), where=deviations[0][:, None] > 0)
    correlation = np.einsum("irdp,jrdp->ijdp", standard, standard) / (counts.shape[1] - 1)
    correlation[range(3), range(3)] = 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        ours, other = frequencies = (weights * means).sum(axis=1) / means.sum(axis=1)
        terms = (weights - frequencies[:, None]) * deviations / means.sum(axis=1, keepdims=True)
    s1, s2 = np.sqrt(np.maximum(0.0, np.einsum("eidp,ijdp,ejdp->edp", terms, correlation, terms)))
    z = _z(ours, other, _standard_error(s1, s2, counts.shape[1], theirs.n_runs))
    many = (np.median(counts.sum(axis=0), axis=0) > 0) & (np.max([theirs.of(n, "q50") for n in names], axis=0) > 0)
    z[~many] = 0.0  # their numbers are compared by themselves
    return _by_place(name, True, z, None, _ratio(ours, other))


def _standard_error(s1: np.ndarray, s2: np.ndarray, n1: int, n2: int) -> np.ndarray:
    """Of the difference of two means."""
    pooled = ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2) * (1 / n1 + 1 / n2)
    return np.sqrt(np.maximum(s1**2 / n1 + s2**2 / n2, pooled))


def _z(ours: np.ndarray, theirs: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Difference in standard errors; without any error, 0 where it is within rounding and infinite elsewhere."""
    difference = ours - theirs
    difference[np.abs(difference) <= ROUNDING * np.abs(theirs)] = 0.0
    certain = np.where(difference == 0.0, 0.0, np.copysign(np.inf, difference))
    return np.divide(difference, error, out=certain, where=error > 0)


def _quartiles_inside(name: str, one: EnsembleTable, band: EnsembleTable) -> np.ndarray:
    slack = ROUNDING * np.abs(band.of(name, "q95"))
    low, high = band.of(name, "q05") - slack, band.of(name, "q95") + slack
    return (one.of(name, "q25") >= low) & (one.of(name, "q75") <= high)


def _ratio(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Geometric mean over the days, by place; nan where there is no day."""
    both = (ours > 0) & (theirs > 0)
    logs = np.log(ours, out=np.zeros(ours.shape), where=both) - np.log(theirs, out=np.zeros(ours.shape), where=both)
    n_days = both.sum(axis=0)
    return np.exp(np.divide(logs.sum(axis=0), n_days, out=np.full(n_days.shape, np.nan), where=n_days > 0))


def _by_place(
    name: str, required: bool, z: np.ndarray, inside: np.ndarray | None, ratio: np.ndarray
) -> list[Agreement]:
    found = []
    for i, place in enumerate(places(z.shape[1] - 1)):
        mean_days = float(np.mean(np.abs(z[:, i]) <= STANDARD_ERRORS))
        quartile_days = float("nan") if inside is None else float(inside[:, i].mean())
        worst = int(np.argmax(np.abs(z[:, i])))
        agrees = mean_days >= MEAN_DAYS and not quartile_days < QUARTILE_DAYS
        found.append(
            Agreement(
                name,
                place,
                required,
                mean_days,
                quartile_days,
                worst * DAYS_BETWEEN,
                float(z[worst, i]),
                float(ratio[i]),
                agrees,
            )
        )
    return found
