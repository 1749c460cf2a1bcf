"""Tables of what treatments do at each farm, by month, and what they cost."""

import numpy as np

from ..kernels import genetics
from ..kernels.stages import STAGE_NAMES
from .config import Config, TreatmentConfig
from .config_treatment import Steps

YEAR_DAYS = 365


def efficacy(config: Config) -> np.ndarray:
    """Share of lice killed per day, float64[f, m, t, s, g]: by temperature and stage, less what genotypes resist.

    For cleaner fish it is the rate at which lice are eaten, if there is one cleaner fish for each fish; SLIM keeps it
    in the place of a resistance.
    """
    by_treatment = []
    for t in config.treatments:
        killed = _at(t.efficacy or ((-np.inf, 1.0),), config.temperatures)[:, :, 0]
        factor = {s: 1.0 for s in t.susceptible_stages} | dict(t.stage_efficacy or {})
        by_stage = np.array([factor.get(s, 0.0) for s in STAGE_NAMES])
        spared = _spared(config, t)
        by_genotype = spared if t.is_cleaner else 1.0 - spared
        by_treatment.append(np.einsum("fm,s,g->fmsg", killed, by_stage, by_genotype))
    return np.ascontiguousarray(np.stack(by_treatment, axis=2))


def _spared(config: Config, treatment: TreatmentConfig) -> np.ndarray:
    """``pheno_resistance`` by joint genotype, float64[g]; without the treatment's gene all lice are alike."""
    resistance, genotypes = treatment.pheno_resistance, genetics.gene_digit(config.n_genes)
    modelled = treatment.gene in config.genes
    if treatment.treatment_type == "thermal" and not config.rules.treatment_thermal_gene:
        return np.zeros(len(genotypes))
    if resistance is None or (treatment.efficacy and not modelled and not treatment.is_cleaner):
        return np.zeros(len(genotypes))
    values = np.array([resistance["recessive"], resistance["dominant"], resistance["incompletely_dominant"]])
    # of a gene that is not modelled all three are equal, as the configuration has been checked for
    gene = config.genes.index(treatment.gene) if modelled else 0
    return values[genotypes[:, gene]]


def effect_days(config: Config) -> np.ndarray:
    """Days over which a treatment kills lice after its delay, float64[f, m, t]: ratio / T, fixed, or one."""
    temp_c = config.temperatures
    days = [
        np.full(temp_c.shape, 1.0 if t.duration_days is None else t.duration_days)
        if t.durability_temp_ratio is None
        else t.durability_temp_ratio / temp_c
        for t in config.treatments
    ]
    return np.ascontiguousarray(np.stack(days, axis=2))


def treatment_fish_mortality(config: Config) -> np.ndarray:
    """Share of the stock that one application kills, float64[f, m, 2, t], for fish up to and over 2 kg."""
    shares = [
        _at(t.fish_mortality, config.temperatures)
        if t.quadratic_fish_mortality_coeffs is None
        else _quadratic_fish_mortality(t.quadratic_fish_mortality_coeffs, config.temperatures)
        for t in config.treatments
    ]
    return np.ascontiguousarray(np.stack(shares, axis=3))


def _quadratic_fish_mortality(coefficients: tuple[float, ...], temperatures: np.ndarray) -> np.ndarray:
    """Share of the stock, float64[f, m, 2]: a quadratic in temperature T and the size indicator I.

    Coefficients of 1, T, I, T^2, T I, I^2, in per cent, never negative; Overton et al. (2018),
    doi:10.1111/raq.12299.
    """
    temp_c = temperatures[:, :, None]
    large = np.array([0.0, 1.0])
    terms = np.broadcast_arrays(1.0 + 0 * temp_c, temp_c, large, temp_c**2, temp_c * large, large**2)
    percent = sum(c * x for c, x in zip(coefficients, terms, strict=True))
    return np.clip(percent / 100.0, 0.0, 1.0)


def _at(steps: Steps, temp_c: np.ndarray) -> np.ndarray:
    """Values at each temperature, float64[f, m, n_values], of steps (from degC, value, ...)."""
    values = np.empty((*temp_c.shape, len(steps[0]) - 1))
    for from_temp_c, *row in steps:
        values[temp_c >= from_temp_c] = row
    return values


def dose_price(treatment: TreatmentConfig) -> float:
    """GBP per kg of fish and day of application: the drug, and an equal part of the price per tonne."""
    drug = treatment.price_per_kg * treatment.dosage_per_fish_kg
    return drug + treatment.price_per_tonne / 1000.0 / treatment.application_period


def n_slots(config: Config) -> int:
    """Room for the treatments that a cage may be under at once, one request per day.

    Where a cage may be under the same one several times, the yearly quota limits those in effect, but for cleaner
    fish, and so do the days for which the longest of them lasts.
    """
    scheduled = max(len(farm.treatment_dates) for farm in config.farms)
    if config.rules.eligibility:
        # one that is over is kept for a day where cleaner fish are stocked by what was in effect the day before
        return scheduled + len(config.treatments) * (1 if config.rules.cleaner_fish else 2)
    effect = effect_days(config).max(axis=(0, 1))
    days = [max(t.effect_delay + int(effect[i]) + 2, t.application_period) for i, t in enumerate(config.treatments)]
    longest = max([n for t, n in zip(config.treatments, days, strict=True) if not t.is_cleaner], default=0)
    quota = max(farm.max_num_treatments for farm in config.farms)
    limited = min(quota * (2 + longest // YEAR_DAYS), longest)  # the quota is renewed every year
    unlimited = sum(n for t, n in zip(config.treatments, days, strict=True) if t.is_cleaner)
    return scheduled + limited + min(unlimited, config.n_days)
