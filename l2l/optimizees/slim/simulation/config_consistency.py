"""Refuses what each key of a configuration allows, but all of them together do not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.simulation.config_sea import WARMEST
from l2l.optimizees.slim.simulation.config_treatment import TreatmentConfig

if TYPE_CHECKING:
    from l2l.optimizees.slim.simulation.config import Config

LEAST_SMOLT_G = 0.1
LONGEST_HATCHING = 365.0  # days; just above the zero of the formula they grow without limit
LONGEST_STAGE = 36_500.0  # days, over which the hazard to develop is summed


def check_consistency(config: Config, place: Place) -> None:
    """Raise a `ConfigError` for values that do not go together."""
    if config.n_days < 1:
        raise (place / "end_date").error(str(config.end_date), f"at least a day after start_date {config.start_date}")
    _check_fish(config, place)
    _check_temperatures(config, place)
    _check_hatching(config, place)
    _check_development(config, place)
    for treatment in config.treatments:
        _check_gene(config, treatment, place)
    _check_farms(config, place)


def _check_fish(config: Config, place: Place) -> None:
    growth, cycle = config.smolt_mass_params, config.production_cycle
    if growth["max_mass"] <= 0 or growth["skewness"] > 0:
        raise (place / "smolt_mass_params").error(dict(growth), "max_mass > 0 and skewness <= 0: fish that grow")
    if cycle is not None and not config.rules.production_cycle:
        raise (place / "production_cycle").error(cycle, "none, as the rules have no production_cycle")
    with np.errstate(over="ignore"):
        smolts_g = float(config.mass_g(np.zeros(1))[0])
    if smolts_g < LEAST_SMOLT_G:
        raise (place / "smolt_mass_params").error(
            dict(growth), f"smolts of at least {LEAST_SMOLT_G:g} g, not {smolts_g:.3g} g"
        )
    if cycle is not None and cycle.harvest_mass_g <= smolts_g:
        raise (place / "production_cycle" / "harvest_mass_g").error(
            cycle.harvest_mass_g, f"more than smolts weigh, {smolts_g:.4g} g"
        )


def _check_temperatures(config: Config, place: Place) -> None:
    warmest = config.local_temperatures.max(axis=1)
    f = int(warmest.argmax())
    if warmest[f] > WARMEST:
        raise (place / "farms" / f / "temperature_offset").error(
            config.farms[f].temperature_offset, f"a sea of at most {WARMEST:g} degC with it, not {warmest[f]:g}"
        )


def _check_hatching(config: Config, place: Place) -> None:
    coldest = float(config.local_temperatures.min())
    b1, b2 = config.delta_m10["L0_stien"], config.delta_p["L0"]
    if coldest - 10 + b1 * b2 <= 0:
        raise ConfigError(
            f"{place}: at {coldest:g} degC eggs never hatch: T - 10 + delta_m10.L0_stien * delta_p.L0 = "
            f"{coldest - 10 + b1 * b2:g}; expected it > 0"
        )
    days = (b1 / (coldest - 10 + b1 * b2)) ** 2
    if days > LONGEST_HATCHING:
        raise ConfigError(
            f"{place}: at {coldest:g} degC eggs take {days:.3g} days to hatch, by delta_m10.L0_stien and delta_p.L0; "
            f"expected at most {LONGEST_HATCHING:g}"
        )


def _check_development(config: Config, place: Place) -> None:
    coldest = float(config.local_temperatures.min())
    if coldest <= 0:
        raise ConfigError(
            f"{place}: a farm's temperature of {coldest:g} degC; expected > 0, where the development time "
            "m10 (10 / T)^p has a meaning"
        )
    for stage, shape in config.delta_s.items():
        longest = float((config.delta_m10[stage] * (10.0 / config.local_temperatures) ** config.delta_p[stage]).max())
        longest *= (math.log(1e9) / math.log(2)) ** (1 / shape)  # one louse in 1e9 takes that long
        if longest > LONGEST_STAGE:
            raise ConfigError(
                f"{place}: by delta_m10, delta_p and delta_s, lice stay in {stage} for up to {longest:.3g} days; "
                f"expected at most {LONGEST_STAGE:g}"
            )


def _check_gene(config: Config, treatment: TreatmentConfig, place: Place) -> None:
    """Refuse resistance to ``treatment`` that cannot be told apart by the genes there are, or is not given."""
    resistance = treatment.pheno_resistance
    if treatment.gene in config.genes and resistance is None:
        raise ConfigError(
            f"{place}: genetic_ratios has the gene {treatment.gene!r} of treatments.{treatment.name}, which has "
            "no pheno_resistance; expected one"
        )
    differs = resistance is not None and len(set(resistance.values())) > 1
    if treatment.gene not in config.genes and differs and (treatment.is_cleaner or not treatment.efficacy):
        raise ConfigError(
            f"{place}: treatments.{treatment.name}.gene is {treatment.gene!r}, which genetic_ratios lacks; "
            f"expected one of {', '.join(config.genes)}"
        )


def _check_farms(config: Config, place: Place) -> None:
    """Refuse treatments of farms that the list ``treatments`` lacks; ``treatment_dates`` are among them."""
    for i, farm in enumerate(config.farms):
        for j, name in enumerate(farm.treatment_types):
            try:
                config.treatment_number(name)
            except ConfigError as error:
                raise ConfigError(f"{place / 'farms' / i / 'treatment_types' / j}: {error}") from None
