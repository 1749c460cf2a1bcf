"""What a kernel reads: one read-only NamedTuple of arrays and scalars, built once per configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from l2l.sharing import Signatures

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

    Axes: f farms, c cages (all farms' in one row), k climates, t treatments, m months (0 = January), g joint
    genotypes, s stages, d days.  Farms of the same temperatures have a climate in common.  A variant is ``_replace``;
    arrays that are not replaced stay shared.
    """

    n_days: int
    first_cage: np.ndarray  # int64[f + 1], cages of farm f are first_cage[f] .. first_cage[f + 1] - 1
    climate: np.ndarray  # int64[f]
    month: np.ndarray  # int64[d + days before the first], those counted from the end: treatments may act from then
    n_slots: int  # treatment events that one cage may be under at once
    rules: Rules
    # lice
    background_mortality: np.ndarray  # float64[s], per day
    rate_l1: np.ndarray  # float64[k, m], share of the stage that moves on, per day
    rate_l3: np.ndarray  # float64[k, m]
    rate_l4: np.ndarray  # float64[k, m]
    infective_share: float  # of the copepodids: those past their first day
    infection_main_delta: float
    infection_weight_delta: float
    delta_expectation_weight_log: float
    male_detachment_rate: float
    initial_lice: np.ndarray  # int64[g], L1 of each cage on the first day
    default_ratios: np.ndarray  # float64[g], genotypes of the first lice
    # reproduction
    eggs_per_mating: float
    hatching_days: np.ndarray  # float64[k, m], mean
    ring_days: int  # longer than any egg takes to hatch or larva to arrive
    dam_unavailability: float  # days
    maternal: bool
    gamete_map: np.ndarray  # float64[g, gametes], with mutation unless it acts on eggs
    mutation_rate: float  # per egg
    zygote_map: np.ndarray  # int64[gametes, gametes]
    gene_digit: np.ndarray  # int64[g, genes]
    # fish
    num_fish: np.ndarray  # int64[c], with which the cage is stocked
    stocked_fish: np.ndarray  # int64[f], the sum over the farm's cages
    cage_start: np.ndarray  # int64[c], day on which the cage is stocked, may be negative
    mass_kg: np.ndarray  # float64[age in days]; negative ages, before the start, count from the end
    log_mass_kg: np.ndarray  # float64[age in days]
    fish_mortality_center: float
    fish_mortality_k: float
    fish_background_mortality: float  # per day
    harvest_mass_kg: float  # inf: no harvest
    fallow_days: int  # NEVER: a fallow farm stays empty
    # treatments
    efficacy: np.ndarray  # float64[k, m, t, s, g], share of lice killed a day; eaten, if cleaners are as many as fish
    is_cleaner: np.ndarray  # bool[t]
    cleaners: np.ndarray  # int64[cleaner fish], their treatments
    cleaner_mortality: np.ndarray  # float64[t], per day
    effect_delay: np.ndarray  # int64[t], days
    duration: np.ndarray  # float64[k, m, t], days
    application_period: np.ndarray  # int64[t], days
    fish_mortality: np.ndarray  # float64[k, m, 2, t], share of the stock one application kills; small and large fish
    dose_price: np.ndarray  # float64[t], GBP per kg of fish and day
    application_price: np.ndarray  # float64[t], GBP per cage
    restock_fraction: np.ndarray  # float64[t], cleaner fish per fish
    allowed: np.ndarray  # bool[f, t]
    max_num_treatments: np.ndarray  # int64[f], per year
    scheduled_first: np.ndarray  # int64[f + 1], into the two below
    scheduled_day: np.ndarray  # int64[n]
    scheduled_treatment: np.ndarray  # int64[n]
    # between farms
    link_first: np.ndarray  # int64[f + 1], into the three below: ways from farm f to others, and back to itself
    link_target: np.ndarray  # int64[n], farm
    link_prob: np.ndarray  # float64[n], that an egg gets there
    link_days: np.ndarray  # float64[n], mean
    # organisation and reservoir
    ext_pressure: float  # lice per cage and day
    reservoir_offspring_integration_ratio: float
    reservoir_offspring_average: float  # days
    genetic_learning_rate: float
    initial_alpha: np.ndarray  # float64[genes, 3]
    farm_start: np.ndarray  # int64[f], day
    sampling_spacing: np.ndarray  # int64[f], days
    suggested_threshold: np.ndarray  # float64[f], adult females per fish
    enforcement_threshold: np.ndarray  # float64[f]
    enforcement_strikes: np.ndarray  # int64[f]
    defection_proba: np.ndarray  # float64[f]
    # money, GBP
    monthly_cost: float  # per cage and 28 days
    gain_per_kg: float
    infection_discount: float  # per attached louse

    @property
    def n_farms(self) -> int:
        return len(self.farm_start)

    @property
    def n_cages(self) -> int:
        return len(self.cage_start)

    @property
    def farm_of_cage(self) -> np.ndarray:
        """int64[c]."""
        return np.repeat(np.arange(self.n_farms), np.diff(self.first_cage))

    @property
    def n_genotypes(self) -> int:
        return len(self.initial_lice)

    @property
    def n_treatments(self) -> int:
        return len(self.is_cleaner)


class Scenario(NamedTuple):
    """A configuration and its tables."""

    config: Config
    shared: Shared


def build_shared(config: Config) -> Shared:
    """Tables of ``config``: everything that depends on climate and month only is computed here, once."""
    climate, config = _by_climate(config)
    fields = {name: value for part in PARTS for name, value in part(config).items()}
    return freeze(Shared(**fields, climate=climate, rules=config.rules))


def vary_shared(shared: Shared, before: Config, after: Config) -> Shared:
    """What `build_shared` makes of ``after``, made of ``shared``, which is that of ``before``.

    Only parts that depend on what differs are computed, and arrays that come out equal stay shared.
    """
    _, before = _by_climate(before)
    climate, after = _by_climate(after)
    changed = {f.name for f in dataclass_fields(Config) if not _equal(getattr(before, f.name), getattr(after, f.name))}
    computed: Fields = {"climate": climate, "rules": after.rules}
    for part, reads in PARTS.items():
        if changed.intersection(reads):
            computed |= part(after)
    return freeze(shared._replace(**{n: v for n, v in computed.items() if not _equal(v, getattr(shared, n))}))


def _equal(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return type(one) is type(other) and one == other


def _by_climate(config: Config) -> tuple[np.ndarray, Config]:
    """The climate of each farm, int64[f], and the configuration with the temperatures of climates, not of farms."""
    climate, temperatures = _climates(config.local_temperatures)
    return climate, replace(config, temperatures=temperatures)


def _climates(temperatures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which farms have the same temperatures float64[f, m]: int64[f], and those of each climate float64[k, m]."""
    signatures = Signatures({"temperatures": list(temperatures)}, len(temperatures))
    return signatures.ids.astype(np.int64), temperatures[signatures.first]


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
    """Eggs and inheritance."""
    n_genes = config.n_genes
    mutation = genetics.mutation_matrix(n_genes, config.geno_mutation_rate * config.rules.mutation_on_gametes)
    hatching = hatching_days(config)
    return {
        "eggs_per_mating": eggs_per_mating(config),
        "hatching_days": hatching,
        "ring_days": _ring_days(hatching, config.links.days),
        "dam_unavailability": float(config.dam_unavailability),
        "maternal": config.genetic_mechanism == "maternal",
        "gamete_map": genetics.genotype_to_gametes_map(n_genes) @ mutation,
        "mutation_rate": config.geno_mutation_rate,
        "zygote_map": genetics.gametes_to_zygote_map(n_genes),
        "gene_digit": genetics.gene_digit(n_genes),
    }


def _links(config: Config) -> Fields:
    links = config.links
    return {
        "link_first": links.first,
        "link_target": links.target,
        "link_prob": links.prob,
        "link_days": links.days,
    }


def _fish(config: Config) -> Fields:
    cycle = config.production_cycle
    cage_start = np.array([_day(config, start) for farm in config.farms for start in farm.cages_start_dates])
    ages = np.arange(config.n_days + max(0, -cage_start.min()) + 1)
    ages = np.concatenate([ages, np.arange(-max(0, cage_start.max()), 0)])
    mass_kg = config.mass_g(ages) / 1000.0
    return {
        "num_fish": np.array([n for farm in config.farms for n in farm.fish_of_cages], np.int64),
        "stocked_fish": np.array([sum(farm.fish_of_cages) for farm in config.farms], np.int64),
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
        "n_slots": n_slots(config) + FORCED_SLOTS,
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
        "suggested_threshold": _by_farm(config, "agg_rate_suggested_threshold", np.float64),
        "enforcement_threshold": _by_farm(config, "agg_rate_enforcement_threshold", np.float64),
        "enforcement_strikes": _by_farm(config, "agg_rate_enforcement_strikes", np.int64),
        "defection_proba": np.array([farm.defection_proba for farm in config.farms], np.float64),
    }


def _money(config: Config) -> Fields:
    return {
        "monthly_cost": float(config.monthly_cost),
        "gain_per_kg": float(config.gain_per_kg),
        "infection_discount": float(config.infection_discount),
    }


def _by_farm(config: Config, name: str, dtype: type) -> np.ndarray:
    """What each farm has of its own, else what holds for all: dtype[f]."""
    own = [getattr(farm, name) for farm in config.farms]
    return np.array([getattr(config, name) if value is None else value for value in own], dtype)


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
    mean = max(hatching_days.max(), travel_days.max(initial=0.0))
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


_DAYS = {"start_date", "end_date"}
_GENES = {"genetic_ratios", "rules"}
PARTS: dict[Callable[[Config], Fields], set[str]] = {
    _days: {*_DAYS, "farms", "temperatures", "treatments"},
    _lice: {
        *_GENES,
        *("background_lice_mortality_rates", "stage_age_evolutions", "lice_development_rates", "male_detachment_rate"),
        *("delta_m10", "delta_p", "delta_s", "temperatures", "ext_pressure"),
        *("infection_main_delta", "infection_weight_delta", "delta_expectation_weight_log"),
    },
    _reproduction: {
        *_GENES,
        *("reproduction_eggs_first_extruded", "reproduction_age_dependence", "stage_age_evolutions"),
        *("delta_m10", "delta_p", "temperatures", "dam_unavailability", "genetic_mechanism", "geno_mutation_rate"),
        *("farms", "interfarm_probs", "interfarm_times", "interfarm_links"),
    },
    _links: {"farms", "interfarm_probs", "interfarm_times", "interfarm_links"},
    _fish: {
        *_DAYS,
        *("farms", "rules", "production_cycle", "smolt_mass_params"),
        *("fish_mortality_center", "fish_mortality_k", "fish_background_mortality"),
    },
    _treatments: {*_GENES, "treatments", "temperatures"},
    _schedule: {*_DAYS, "farms", "rules", "treatments", "temperatures"},
    _organisation: {
        *_GENES,
        *("farms", "ext_pressure", "reservoir_offspring_integration_ratio", "reservoir_offspring_average"),
        *("genetic_learning_rate", "reservoir_prior_mass"),
        *("agg_rate_suggested_threshold", "agg_rate_enforcement_threshold", "agg_rate_enforcement_strikes"),
    },
    _money: {"monthly_cost", "gain_per_kg", "infection_discount"},
}
"""What makes the tables, and the keys of a configuration that each of them reads."""
