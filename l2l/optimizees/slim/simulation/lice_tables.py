"""Tables of how lice develop and multiply at each farm, by month."""

import numpy as np

from .config import Config


def development_rate(config: Config, stage: str) -> np.ndarray:
    """Share of a stage that moves on per day, float64[f, m]: 1 / mean duration.

    The daily hazard to develop is summed until fewer than 1e-9 are left.  SLIM sums it over the ages below
    ``stage_age_evolutions``, as if nobody grew older, and has a fixed rate for L4.
    """
    truncated = not config.rules.untruncated_development
    if truncated and stage == "L4":
        return np.full_like(config.temperatures, config.lice_development_rates["L4"])
    undeveloped = np.ones_like(config.temperatures)
    days, developing = np.zeros_like(undeveloped), np.zeros_like(undeveloped)
    age = 0
    while age < config.stage_age_evolutions[stage] if truncated else undeveloped.max() > 1e-9:
        hazard = development_hazard(config, stage, age)
        days += undeveloped
        developing += undeveloped * hazard
        undeveloped *= 1.0 - hazard
        age += 1
    return developing / days if truncated else 1.0 / days


def development_hazard(config: Config, stage: str, age_days: int) -> np.ndarray:
    """Chance of a louse of this age in the stage to develop today, float64[f, m].

    Its time in the stage is Weibull with median m(T) = m10 (10 / T)^p days, Aldrin et al. (2017).
    """
    shape = config.delta_s[stage]
    median = config.delta_m10[stage] * (10.0 / config.temperatures) ** config.delta_p[stage]
    return np.clip(np.log(2.0) * shape * age_days ** (shape - 1.0) * median**-shape, 1e-30, 1.0)


def hatching_days(config: Config) -> np.ndarray:
    """Mean days from extrusion to hatching, float64[f, m]: (b1 / (T - 10 + b1 b2))^2, Stien et al. (2005)."""
    b1, b2 = config.delta_m10["L0_stien"], config.delta_p["L0"]
    return (b1 / (config.temperatures - 10.0 + b1 * b2)) ** 2


def eggs_per_mating(config: Config) -> float:
    """Mean eggs over the ages of adult females, uniform on 1 .. L5f days; Aldrin et al. (2017)."""
    ages = np.arange(1, config.stage_age_evolutions["L5f"] + 1)
    return float(np.mean(config.reproduction_eggs_first_extruded * ages**config.reproduction_age_dependence))
