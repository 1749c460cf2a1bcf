"""What a kernel reads: one read-only NamedTuple of arrays and scalars, built once per configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from ..kernels import genetics
from ..kernels.stages import STAGE_NAMES
from ..types.genotypes import genotypes_of
from ..types.rules import Rules
from .config import Config
from .lice_tables import development_rate, eggs_per_mating, hatching_days
from .treatment_tables import dose_price, effect_days, efficacy, n_slots, treatment_fish_mortality

NEVER = 1 << 40  # a day that no simulation reaches
FORCED_SLOTS = 16  # for treatments of a cage that are forced by hand while others go on

Fields = dict[str, Any]  # some of Shared's


class Shared(NamedTuple):
    """Parameters and tables of one scenario, shared by farms, cages, replicates and individuals.

    Axes: f farms, c cages (all farms' in one row), t treatments, m months (0 = January), g joint genotypes,
    s stages, d days.  A variant is ``_replace``; arrays that are not replaced stay shared.
    """

    n_days: int
    first_cage: np.ndarray  # int64[f + 1], cages of farm f are first_cage[f] .. first_cage[f + 1] - 1
    month: np.ndarray  # int64[d + days before the first], those counted from the end: treatments may act from then
    n_slots: int  # treatment events that one cage may be under at once
    rules: Rules
    # lice
    background_mortality: np.ndarray  # float64[s], per day
    rate_l1: np.ndarray  # float64[f, m], share of the stage that moves on, per day
    rate_l3: np.ndarray  # float64[f, m]
    rate_l4: np.ndarray  # float64[f, m]
    infective_share: float  # of the copepodids: those past their first day
    infection_main_delta: float
    infection_weight_delta: float
    delta_expectation_weight_log: float
    male_detachment_rate: float
    initial_lice: np.ndarray  # int64[g], L1 of each cage on the first day
    default_ratios: np.ndarray  # float64[g], genotypes of the first lice
    # reproduction
    eggs_per_mating: float
    hatching_days: np.ndarray  # float64[f, m], mean
    ring_days: int  # longer than any egg takes to hatch or larva to arrive
    dam_unavailability: float  # days
    maternal: bool
    gamete_map: np.ndarray  # float64[g, gametes], with mutation unless it acts on eggs
    mutation_rate: float  # per egg
    zygote_map: np.ndarray  # int64[gametes, gametes]
    gene_digit: np.ndarray  # int64[g, genes]
    # fish
    num_fish: np.ndarray  # int64[f], per cage
    cage_start: np.ndarray  # int64[c], day on which the cage is stocked, may be negative
    mass_kg: np.ndarray  # float64[age in days]; negative ages, before the start, count from the end
    log_mass_kg: np.ndarray  # float64[age in days]
    fish_mortality_center: float
    fish_mortality_k: float
    fish_background_mortality: float  # per day
    harvest_mass_kg: float  # inf: no harvest
    fallow_days: int  # NEVER: a fallow farm stays empty
    # treatments
    efficacy: np.ndarray  # float64[f, m, t, s, g], share of lice killed a day; eaten, if cleaners are as many as fish
    is_cleaner: np.ndarray  # bool[t]
    cleaners: np.ndarray  # int64[cleaner fish], their treatments
    cleaner_mortality: np.ndarray  # float64[t], per day
    effect_delay: np.ndarray  # int64[t], days
    duration: np.ndarray  # float64[f, m, t], days
    application_period: np.ndarray  # int64[t], days
    fish_mortality: np.ndarray  # float64[f, m, 2, t], share of the stock one application kills; small and large fish
    dose_price: np.ndarray  # float64[t], GBP per kg of fish and day
    application_price: np.ndarray  # float64[t], GBP per cage
    restock_fraction: np.ndarray  # float64[t], cleaner fish per fish
    allowed: np.ndarray  # bool[f, t]
    max_num_treatments: np.ndarray  # int64[f], per year
    scheduled_first: np.ndarray  # int64[f + 1], into the two below
    scheduled_day: np.ndarray  # int64[n]
    scheduled_treatment: np.ndarray  # int64[n]
    # between farms
    interfarm_probs: np.ndarray  # float64[f, f], source to target
    interfarm_times: np.ndarray  # float64[f, f], days
    # organisation and reservoir
    ext_pressure: float  # lice per cage and day
    reservoir_offspring_integration_ratio: float
    reservoir_offspring_average: float  # days
    genetic_learning_rate: float
    initial_alpha: np.ndarray  # float64[genes, 3]
    farm_start: np.ndarray  # int64[f], day
    sampling_spacing: np.ndarray  # int64[f], days
    suggested_threshold: float  # adult females per fish
    enforcement_threshold: float
    enforcement_strikes: int
    defection_proba: np.ndarray  # float64[f]
    # money, GBP
    monthly_cost: float  # per cage and 28 days
    gain_per_kg: float
    infection_discount: float  # per attached louse

    @property
    def n_farms(self) -> int:
        return len(self.num_fish)

    @property
    def n_cages(self) -> int:
        return len(self.cage_start)

    @property
    def n_genotypes(self) -> int:
        return len(self.initial_lice)

    @property
    def n_treatments(self) -> int:
        return len(self.is_cleaner)


def build_shared(config: Config) -> Shared:
    """Tables of ``config``: everything that depends on farm and month only is computed here, once."""
    parts = (_days, _lice, _reproduction, _fish, _treatments, _schedule, _organisation, _money)
    fields = {name: value for part in parts for name, value in part(config).items()}
    return freeze(Shared(**fields, rules=config.rules))


def freeze(shared: Shared) -> Shared:
    """The same arrays as read-only views, without a copy.

    Kernels are compiled for read-only arrays, which are a type of their own to numba, so that a ``_replace`` with
    a fresh array must come through here or be compiled anew.
    """
    views = {name: value.view() for name, value in shared._asdict().items() if isinstance(value, np.ndarray)}
    for view in views.values():
        view.flags.writeable = False
    return shared._replace(**views)  # type: ignore[arg-type]


def _days(config: Config) -> Fields:
    return {
        "n_days": config.n_days,
        "first_cage": np.concatenate([[0], np.cumsum([farm.ncages for farm in config.farms])]),
        "month": _months(config),
        "farm_start": np.array([_day(config, farm.start_date) for farm in config.farms], np.int64),
    }


def _lice(config: Config) -> Fields:
    return {
        "background_mortality": np.array([config.background_lice_mortality_rates[s] for s in STAGE_NAMES]),
        "rate_l1": development_rate(config, "L1"),
        "rate_l3": development_rate(config, "L3"),
        "rate_l4": development_rate(config, "L4"),
        "infective_share": 1.0 - 1.0 / config.stage_age_evolutions["L2"],
        "infection_main_delta": config.infection_main_delta,
        "infection_weight_delta": config.infection_weight_delta,
        "delta_expectation_weight_log": config.delta_expectation_weight_log,
        "male_detachment_rate": config.male_detachment_rate,
        "initial_lice": _initial_lice(config),
        "default_ratios": genetics.joint_ratios(_gene_ratios(config)),
    }


def _reproduction(config: Config) -> Fields:
    """Eggs, inheritance, and the way to other farms."""
    n_genes = config.n_genes
    mutation = genetics.mutation_matrix(n_genes, config.geno_mutation_rate * config.rules.mutation_on_gametes)
    hatching = hatching_days(config)
    return {
        "eggs_per_mating": eggs_per_mating(config),
        "hatching_days": hatching,
        "ring_days": _ring_days(hatching, config.interfarm_times),
        "dam_unavailability": float(config.dam_unavailability),
        "maternal": config.genetic_mechanism == "maternal",
        "gamete_map": genetics.genotype_to_gametes_map(n_genes) @ mutation,
        "mutation_rate": config.geno_mutation_rate,
        "zygote_map": genetics.gametes_to_zygote_map(n_genes),
        "gene_digit": genetics.gene_digit(n_genes),
        "interfarm_probs": np.ascontiguousarray(config.interfarm_probs),
        "interfarm_times": np.ascontiguousarray(config.interfarm_times),
    }


def _fish(config: Config) -> Fields:
    cycle = config.production_cycle
    cage_start = np.array([_day(config, start) for farm in config.farms for start in farm.cages_start_dates])
    ages = np.arange(config.n_days + max(0, -cage_start.min()) + 1)
    ages = np.concatenate([ages, np.arange(-max(0, cage_start.max()), 0)])
    mass_kg = config.mass_g(ages) / 1000.0
    return {
        "num_fish": np.array([farm.num_fish for farm in config.farms], np.int64),
        "cage_start": cage_start,
        "mass_kg": mass_kg,
        "log_mass_kg": np.log(mass_kg),
        "fish_mortality_center": config.fish_mortality_center,
        "fish_mortality_k": config.fish_mortality_k,
        "fish_background_mortality": config.fish_background_mortality * config.rules.fish_background_mortality,
        "harvest_mass_kg": cycle.harvest_mass_g / 1000.0 if cycle else np.inf,
        "fallow_days": cycle.fallow_days if cycle else NEVER,
    }


def _treatments(config: Config) -> Fields:
    treatments = config.treatments
    is_cleaner = np.array([t.is_cleaner for t in treatments])
    return {
        "n_slots": n_slots(config) + FORCED_SLOTS,
        "efficacy": efficacy(config),
        "is_cleaner": is_cleaner,
        "cleaners": np.flatnonzero(is_cleaner),
        "cleaner_mortality": np.array([t.natural_mortality for t in treatments]),
        "effect_delay": np.array([t.effect_delay for t in treatments], np.int64),
        "duration": effect_days(config),
        "application_period": np.array([t.application_period for t in treatments], np.int64),
        "fish_mortality": treatment_fish_mortality(config),
        "dose_price": np.array([dose_price(t) for t in treatments]),
        "application_price": np.array([t.price_per_application for t in treatments], np.float64),
        "restock_fraction": np.array([t.restock_fraction for t in treatments], np.float64),
    }


def _schedule(config: Config) -> Fields:
    """Which treatments farms may use, how often, and which they are to get."""
    anything = not config.rules.site_treatments
    scheduled = [
        sorted((_day(config, d), config.treatment_number(t)) for d, t in farm.treatment_dates) for farm in config.farms
    ]
    return {
        "allowed": np.array(
            [[anything or t.name in farm.treatment_types for t in config.treatments] for farm in config.farms]
        ),
        "max_num_treatments": np.array([farm.max_num_treatments for farm in config.farms], np.int64),
        "scheduled_first": np.concatenate([[0], np.cumsum([len(s) for s in scheduled])]),
        "scheduled_day": np.array([d for s in scheduled for d, _ in s], np.int64),
        "scheduled_treatment": np.array([t for s in scheduled for _, t in s], np.int64),
    }


def _organisation(config: Config) -> Fields:
    """The organisation and the wild reservoir."""
    return {
        "ext_pressure": float(config.ext_pressure),
        "reservoir_offspring_integration_ratio": config.reservoir_offspring_integration_ratio,
        "reservoir_offspring_average": float(config.reservoir_offspring_average),
        "genetic_learning_rate": float(config.genetic_learning_rate),
        "initial_alpha": _gene_ratios(config) * config.reservoir_prior_mass,
        "sampling_spacing": np.array([farm.sampling_spacing for farm in config.farms], np.int64),
        "suggested_threshold": float(config.agg_rate_suggested_threshold),
        "enforcement_threshold": float(config.agg_rate_enforcement_threshold),
        "enforcement_strikes": int(config.agg_rate_enforcement_strikes),
        "defection_proba": np.array([farm.defection_proba for farm in config.farms], np.float64),
    }


def _money(config: Config) -> Fields:
    return {
        "monthly_cost": float(config.monthly_cost),
        "gain_per_kg": float(config.gain_per_kg),
        "infection_discount": float(config.infection_discount),
    }


def _day(config: Config, date: datetime) -> int:
    return (date - config.start_date).days


def _months(config: Config) -> np.ndarray:
    """Month of each day, int64[d + days before]; day -1 is the last one, as far back as a treatment may act from."""
    delay = np.array([t.effect_delay for t in config.treatments])
    days_before = int((effect_days(config).max(axis=(0, 1)) + delay).max())
    days = np.concatenate([np.arange(config.n_days), np.arange(-days_before, 0)])
    dates = np.datetime64(config.start_date, "D") + days
    return dates.astype("datetime64[M]").astype(np.int64) % 12


def _ring_days(hatching_days: np.ndarray, travel_days: np.ndarray) -> int:
    """Days that a Poisson draw of these means passes less than once in 1e12: nine standard deviations and more."""
    mean = max(hatching_days.max(), travel_days.max())
    return 24 + int(mean + 9.0 * np.sqrt(mean))


def _gene_ratios(config: Config) -> np.ndarray:
    """Initial genotype frequencies, float64[genes, 3], columns a, A, Aa."""
    ratios = np.array([[config.genetic_ratios[key] for key in genotypes_of(gene)] for gene in config.genes])
    return ratios / ratios.sum(axis=1, keepdims=True)


def _initial_lice(config: Config) -> np.ndarray:
    """``ext_pressure`` whole lice split by the initial frequencies, int64[g]."""
    ratios = genetics.joint_ratios(_gene_ratios(config))
    lice = np.empty(len(ratios), np.int64)
    genetics.apportion.py_func(config.ext_pressure, ratios, lice)
    return lice
