"""What a kernel reads: one read-only NamedTuple of arrays and scalars, built once per configuration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels import genetics
from ..kernels.stages import STAGE_NAMES
from ..types.genotypes import genotypes_of
from ..types.rules import Rules
from .config import Config, TreatmentConfig
from .config_treatment import Steps

YEAR_DAYS = 365
NEVER = 1 << 40  # a day that no simulation reaches


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


FORCED_SLOTS = 16  # for treatments of a cage that are forced by hand while others go on


def build_shared(config: Config) -> Shared:
    """Tables of ``config``: everything that depends on farm and month only is computed here, once.

    Raises
    ------
    ValueError
        If a farm has a month at 0 degrees Celsius or below, where the development formulas have no meaning.
    """
    temp_c = config.temperatures
    if temp_c.min() <= 0:
        farm, month = np.argwhere(temp_c <= 0)[0]
        raise ValueError(
            f"temperatures.csv gives farm {config.farms[farm].name!r} {temp_c[farm, month]} degrees in month "
            f"{month + 1}; lice development is defined above 0 only"
        )
    treatments = config.treatments
    n_genes = config.n_genes
    rules = config.rules
    cage_start = np.array([_day(config, start) for farm in config.farms for start in farm.cages_start_dates])
    ages = np.arange(config.n_days + max(0, -cage_start.min()) + 1)
    ages = np.concatenate([ages, np.arange(-max(0, cage_start.max()), 0)])
    mass_kg = config.mass_g(ages) / 1000.0
    hatching_days = _hatching_days(config)
    scheduled = [
        sorted((_day(config, d), config.treatment_number(t)) for d, t in farm.treatment_dates) for farm in config.farms
    ]
    is_cleaner = np.array([t.is_cleaner for t in treatments])
    cycle = config.production_cycle
    base_map = genetics.genotype_to_gametes_map(n_genes)
    shared = Shared(
        n_days=config.n_days,
        first_cage=np.concatenate([[0], np.cumsum([farm.ncages for farm in config.farms])]),
        month=_months(config),
        n_slots=_n_slots(config) + FORCED_SLOTS,
        rules=rules,
        background_mortality=np.array([config.background_lice_mortality_rates[s] for s in STAGE_NAMES]),
        rate_l1=_development_rate(config, "L1"),
        rate_l3=_development_rate(config, "L3"),
        rate_l4=_development_rate(config, "L4"),
        infective_share=1.0 - 1.0 / config.stage_age_evolutions["L2"],
        infection_main_delta=config.infection_main_delta,
        infection_weight_delta=config.infection_weight_delta,
        delta_expectation_weight_log=config.delta_expectation_weight_log,
        male_detachment_rate=config.male_detachment_rate,
        initial_lice=_initial_lice(config),
        default_ratios=genetics.joint_ratios(_gene_ratios(config)),
        eggs_per_mating=_eggs_per_mating(config),
        hatching_days=hatching_days,
        ring_days=_ring_days(hatching_days, config.interfarm_times),
        dam_unavailability=float(config.dam_unavailability),
        maternal=config.genetic_mechanism == "maternal",
        gamete_map=base_map @ genetics.mutation_matrix(n_genes, config.geno_mutation_rate * rules.mutation_on_gametes),
        mutation_rate=config.geno_mutation_rate,
        zygote_map=genetics.gametes_to_zygote_map(n_genes),
        gene_digit=genetics.gene_digit(n_genes),
        num_fish=np.array([farm.num_fish for farm in config.farms], np.int64),
        cage_start=cage_start,
        mass_kg=mass_kg,
        log_mass_kg=np.log(mass_kg),
        fish_mortality_center=config.fish_mortality_center,
        fish_mortality_k=config.fish_mortality_k,
        fish_background_mortality=config.fish_background_mortality * rules.fish_background_mortality,
        harvest_mass_kg=cycle.harvest_mass_g / 1000.0 if cycle else np.inf,
        fallow_days=cycle.fallow_days if cycle else NEVER,
        efficacy=_efficacy(config),
        is_cleaner=is_cleaner,
        cleaners=np.flatnonzero(is_cleaner),
        cleaner_mortality=np.array([t.natural_mortality for t in treatments]),
        effect_delay=np.array([t.effect_delay for t in treatments], np.int64),
        duration=_effect_days(config),
        application_period=np.array([t.application_period for t in treatments], np.int64),
        fish_mortality=_treatment_fish_mortality(config),
        dose_price=np.array([_dose_price(t) for t in treatments]),
        application_price=np.array([t.price_per_application for t in treatments], np.float64),
        restock_fraction=np.array([t.restock_fraction for t in treatments], np.float64),
        allowed=np.array(
            [[t.name in farm.treatment_types or not rules.site_treatments for t in treatments] for farm in config.farms]
        ),
        max_num_treatments=np.array([farm.max_num_treatments for farm in config.farms], np.int64),
        scheduled_first=np.concatenate([[0], np.cumsum([len(s) for s in scheduled])]),
        scheduled_day=np.array([d for s in scheduled for d, _ in s], np.int64),
        scheduled_treatment=np.array([t for s in scheduled for _, t in s], np.int64),
        interfarm_probs=np.ascontiguousarray(config.interfarm_probs),
        interfarm_times=np.ascontiguousarray(config.interfarm_times),
        ext_pressure=float(config.ext_pressure),
        reservoir_offspring_integration_ratio=config.reservoir_offspring_integration_ratio,
        reservoir_offspring_average=float(config.reservoir_offspring_average),
        genetic_learning_rate=float(config.genetic_learning_rate),
        initial_alpha=_gene_ratios(config) * config.reservoir_prior_mass,
        farm_start=np.array([_day(config, farm.start_date) for farm in config.farms], np.int64),
        sampling_spacing=np.array([farm.sampling_spacing for farm in config.farms], np.int64),
        suggested_threshold=float(config.agg_rate_suggested_threshold),
        enforcement_threshold=float(config.agg_rate_enforcement_threshold),
        enforcement_strikes=int(config.agg_rate_enforcement_strikes),
        defection_proba=np.array([farm.defection_proba for farm in config.farms], np.float64),
        monthly_cost=float(config.monthly_cost),
        gain_per_kg=float(config.gain_per_kg),
        infection_discount=float(config.infection_discount),
    )
    return freeze(shared)


def freeze(shared: Shared) -> Shared:
    """The same arrays as read-only views, without a copy.

    Kernels are compiled for read-only arrays, which are a type of their own to numba, so that a ``_replace`` with
    a fresh array must come through here or be compiled anew.
    """
    views = {name: value.view() for name, value in shared._asdict().items() if isinstance(value, np.ndarray)}
    for view in views.values():
        view.flags.writeable = False
    return shared._replace(**views)  # type: ignore[arg-type]


def _day(config: Config, date) -> int:
    return (date - config.start_date).days


def _months(config: Config) -> np.ndarray:
    """Month of each day, int64[d + days before]; day -1 is the last one, as far back as a treatment may act from."""
    delay = np.array([t.effect_delay for t in config.treatments])
    days_before = int((_effect_days(config).max(axis=(0, 1)) + delay).max())
    days = np.concatenate([np.arange(config.n_days), np.arange(-days_before, 0)])
    dates = np.datetime64(config.start_date, "D") + days
    return dates.astype("datetime64[M]").astype(np.int64) % 12


def _development_rate(config: Config, stage: str) -> np.ndarray:
    """Share of a stage that moves on per day, float64[f, m]: 1 / mean duration.

    The duration is Weibull with median m(T) = m10 (10 / T)^p days, Aldrin et al. (2017); its daily hazard is
    summed until fewer than 1e-9 are left.  SLIM sums it over the ages below ``stage_age_evolutions``, as if nobody
    grew older, and has a fixed rate for L4.
    """
    truncated = not config.rules.untruncated_development
    if truncated and stage == "L4":
        return np.full_like(config.temperatures, config.lice_development_rates["L4"])
    shape = config.delta_s[stage]
    median = config.delta_m10[stage] * (10.0 / config.temperatures) ** config.delta_p[stage]
    undeveloped = np.ones_like(median)
    days, developing = np.zeros_like(median), np.zeros_like(median)
    age = 0
    while age < config.stage_age_evolutions[stage] if truncated else undeveloped.max() > 1e-9:
        hazard = np.clip(np.log(2.0) * shape * age ** (shape - 1.0) * median**-shape, 1e-30, 1.0)
        days += undeveloped
        developing += undeveloped * hazard
        undeveloped *= 1.0 - hazard
        age += 1
    return developing / days if truncated else 1.0 / days


def _n_slots(config: Config) -> int:
    """Room for the treatments that a cage may be under at once, one request per day.

    Where a cage may be under the same one several times, the yearly quota limits those in effect, but for cleaner
    fish, and so do the days for which the longest of them lasts.
    """
    scheduled = max(len(farm.treatment_dates) for farm in config.farms)
    if config.rules.eligibility:
        # one that is over is kept for a day where cleaner fish are stocked by what was in effect the day before
        return scheduled + len(config.treatments) * (1 if config.rules.cleaner_fish else 2)
    effect = _effect_days(config).max(axis=(0, 1))
    days = [max(t.effect_delay + int(effect[i]) + 2, t.application_period) for i, t in enumerate(config.treatments)]
    longest = max([n for t, n in zip(config.treatments, days, strict=True) if not t.is_cleaner], default=0)
    quota = max(farm.max_num_treatments for farm in config.farms)
    limited = min(quota * (2 + longest // YEAR_DAYS), longest)  # the quota is renewed every year
    unlimited = sum(n for t, n in zip(config.treatments, days, strict=True) if t.is_cleaner)
    return scheduled + limited + min(unlimited, config.n_days)


def _hatching_days(config: Config) -> np.ndarray:
    """Mean days from extrusion to hatching, float64[f, m]: (b1 / (T - 10 + b1 b2))^2, Stien et al. (2005)."""
    b1, b2 = config.delta_m10["L0_stien"], config.delta_p["L0"]
    return (b1 / (config.temperatures - 10.0 + b1 * b2)) ** 2


def _ring_days(hatching_days: np.ndarray, travel_days: np.ndarray) -> int:
    """Days that a Poisson draw of these means passes less than once in 1e12: nine standard deviations and more."""
    mean = max(hatching_days.max(), travel_days.max())
    return 24 + int(mean + 9.0 * np.sqrt(mean))


def _eggs_per_mating(config: Config) -> float:
    """Mean eggs over the ages of adult females, uniform on 1 .. L5f days; Aldrin et al. (2017)."""
    ages = np.arange(1, config.stage_age_evolutions["L5f"] + 1)
    return float(np.mean(config.reproduction_eggs_first_extruded * ages**config.reproduction_age_dependence))


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


def _efficacy(config: Config) -> np.ndarray:
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


def _at(steps: Steps, temp_c: np.ndarray) -> np.ndarray:
    """Values at each temperature, float64[f, m, n_values], of steps (from degC, value, ...)."""
    values = np.empty((*temp_c.shape, len(steps[0]) - 1))
    for from_temp_c, *row in steps:
        values[temp_c >= from_temp_c] = row
    return values


def _effect_days(config: Config) -> np.ndarray:
    """Days over which a treatment kills lice after its delay, float64[f, m, t]: ratio / T, fixed, or one."""
    temp_c = config.temperatures
    days = [
        np.full(temp_c.shape, 1.0 if t.duration_days is None else t.duration_days)
        if t.durability_temp_ratio is None
        else t.durability_temp_ratio / temp_c
        for t in config.treatments
    ]
    return np.ascontiguousarray(np.stack(days, axis=2))


def _dose_price(treatment: TreatmentConfig) -> float:
    """GBP per kg of fish and day of application: the drug, and an equal part of the price per tonne."""
    drug = treatment.price_per_kg * treatment.dosage_per_fish_kg
    return drug + treatment.price_per_tonne / 1000.0 / treatment.application_period


def _treatment_fish_mortality(config: Config) -> np.ndarray:
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
