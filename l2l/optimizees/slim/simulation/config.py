"""The configuration of a simulation: every parameter of the model with its meaning, unit and source."""

# ruff: noqa: RUF009 - key() and its kin are dataclasses.field() with the metadata filled in

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation import config_sea as sea
from l2l.optimizees.slim.simulation.config_checks import Check, ConfigError, Place
from l2l.optimizees.slim.simulation.config_files import (
    check_folder,
    find_config_file,
    find_scenario,
    read_json,
    read_table,
)
from l2l.optimizees.slim.simulation.config_overrides import assign, to_plain
from l2l.optimizees.slim.types.treatments import Treatment

STAGES = ("L1", "L2", "L3", "L4", "L5f", "L5m")
MODEL, SITE = "config.json", "params.json"
CONNECTIVITY = {"interfarm_probs": 1.0, "interfarm_times": math.inf}  # and the greatest value of each
ARRAYS = ("interfarm_probs", "interfarm_times", "temperature_rows", "temperatures")
# SLIM's own keys that say how it runs, or that it never reads: let pass, without effect
IGNORED = ("farms_per_process", "initial_genetic_ratios")


def key(checked: Check, meaning: str, file: str = "", default: Any = MISSING) -> Any:
    """A field that is read from a key of the same name, through ``checked``; ``meaning`` documents it."""
    return field(metadata={"check": checked, "meaning": meaning, "file": file}, default=default)


def model(checked: Check, meaning: str, default: Any = MISSING) -> Any:
    """A key of ``config.json``."""
    return key(checked, meaning, MODEL, default)


def site(checked: Check, meaning: str, default: Any = MISSING) -> Any:
    """A key of ``params.json``."""
    return key(checked, meaning, SITE, default)


def read_fields(cls: type, plain: Any, place: Place, file: str | None = None) -> dict[str, Any]:
    """Checked values of the keys of ``cls`` in a JSON object; ``file`` narrows to the keys of one file."""
    keys = {f.name: f for f in fields(cls) if "check" in f.metadata and (file is None or f.metadata["file"] == file)}
    if not isinstance(plain, Mapping):
        raise place.error(plain, f"an object with the keys {', '.join(keys)}")
    for name in plain:
        if name not in keys and not (file and name in IGNORED):
            raise place.unknown(name, keys)
    for name, f in keys.items():
        if name not in plain and f.default is MISSING:
            raise place.missing(name, f"it: {f.metadata['meaning']}")
    return {name: f.metadata["check"](plain[name], place / name) for name, f in keys.items() if name in plain}


@dataclass(frozen=True, kw_only=True)
class TreatmentConfig:
    """What one treatment does and costs."""

    treatment: Treatment
    treatment_name: str = key(check.text, "EMB, Thermolicer or Cleaner Fish")
    treatment_type: str = key(
        check.choice("chemical", "thermal", "mechanical", "cleanerfish"), "how it is applied, hence charged"
    )
    effect_delay: int = key(check.whole(0), "d from application to effect")
    application_period: int = key(check.whole(1), "d over which it is applied")
    durability_temp_ratio: float | None = key(
        check.optional(check.number(above=0)),
        "effective for this / temperature days (d degC); none: 1 d",
        default=None,
    )
    price_per_kg: float = key(check.number(0), "GBP per kg of the drug; EMB: sigmaaldrich.com, 2021", default=0.0)
    dosage_per_fish_kg: float = key(check.number(0), "kg of the drug per kg of fish and day", default=0.0)
    price_per_application: float = key(check.number(0), "GBP per cage; Thermolicer: a guess", default=0.0)
    gene: str = key(check.text, "gene that confers resistance, by its recessive allele", default="a")
    pheno_resistance: Mapping[str, float] | None = key(
        check.optional(check.rates(check.probability, "dominant", "incompletely_dominant", "recessive")),
        "share of lice not killed per day, by genotype (A, Aa, a); cleaner fish: rate at which one eats lice",
        default=None,
    )
    quadratic_fish_mortality_coeffs: tuple[float, ...] = key(
        check.items(check.number(), 6),
        "percent of fish killed = c . (1, T, I, T^2, T I, I^2), I = mass > 2 kg; Overton et al. (2018)",
    )
    natural_mortality: float = key(check.probability, "share of cleaner fish that die per day", default=0.0)
    restock_fraction: float = key(
        check.probability, "cleaner fish added per application, as a share of the cage's fish", default=0.0
    )
    susceptible_stages: tuple[str, ...] = key(check.items(check.choice(*STAGES)), "lice stages it kills")
    temperature_efficacy: tuple[tuple[float, float], ...] = key(
        lambda value, place: _temperature_efficacy(value, place),
        "pairs (from degC, share of lice killed per day), warmest last; none: by pheno_resistance",
        default=(),
    )

    @classmethod
    def read(cls, plain: Any, place: Place) -> "TreatmentConfig":
        """Check the object of a treatment in ``config.json``, and fill in what only some scenarios say."""
        if not isinstance(plain, Mapping):
            raise place.error(plain, "an object with the key treatment_name")
        if "treatment_name" not in plain:
            raise place.missing("treatment_name", "EMB, Thermolicer or Cleaner Fish")
        treatment = check.treatment(plain["treatment_name"], place / "treatment_name")
        values = read_fields(cls, {**TREATMENT_DEFAULTS[treatment], **plain}, place)
        if values["treatment_type"] == "chemical":
            prices: tuple[str, ...] = ("price_per_kg", "dosage_per_fish_kg")
        else:
            prices = ("price_per_application",)
        for name in prices:
            if name not in plain:
                raise place.missing(name, f"the price of a {values['treatment_type']} treatment")
        if treatment is Treatment.CLEANERFISH and values.get("pheno_resistance") is None:
            raise place.missing("pheno_resistance", "the rate at which a cleaner fish eats lice")
        if not (values.get("pheno_resistance") or values["temperature_efficacy"]):
            raise place.missing("pheno_resistance", "it or temperature_efficacy: how many lice the treatment kills")
        return cls(treatment=treatment, **values)


def _temperature_efficacy(value: Any, place: Place) -> tuple[tuple[float, float], ...]:
    pairs = []
    for i, pair in enumerate(check.items(lambda item, _: item)(value, place)):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise (place / i).error(pair, "a pair [from degC, share of lice killed per day]")
        # JSON has no infinity: null says "however cold"
        start = -math.inf if pair[0] in (None, -math.inf) else check.number()(pair[0], place / i / 0)
        pairs.append((start, check.probability(pair[1], place / i / 1)))
    starts = [start for start, _ in pairs]
    if starts and (starts[0] != -math.inf or sorted(set(starts)) != starts):
        raise place.error(value, "rising temperatures, the first null (however cold)")
    return tuple(pairs)


ATTACHED = ("L3", "L4", "L5m", "L5f")
# where config.json of SLIM is silent: SLIM's documents and code
TREATMENT_DEFAULTS: dict[Treatment, dict[str, Any]] = {
    Treatment.EMB: {"susceptible_stages": ATTACHED, "temperature_efficacy": ()},
    Treatment.THERMOLICER: {
        "susceptible_stages": ATTACHED,
        "temperature_efficacy": ((None, 0.99), (12.0, 0.8)),
    },
    Treatment.CLEANERFISH: {
        "susceptible_stages": ("L4", "L5m", "L5f"),
        "temperature_efficacy": (),
        "restock_fraction": 0.05,
    },
}


def _location(value: Any, place: Place) -> tuple[float, float]:
    return check.items(check.number(unit="m"), 2)(value, place)


def _treatment_date(value: Any, place: Place) -> tuple[datetime, Treatment]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise place.error(value, "a pair [date, treatment]")
    return check.date(value[0], place / 0), check.treatment(value[1], place / 1)


@dataclass(frozen=True, kw_only=True)
class FarmConfig:
    """One farm: where it is, what it holds, and what it may do."""

    name: str = key(check.text, "name of the farm")
    ncages: int = key(check.whole(1), "number of cages")
    location: tuple[float, float] = key(_location, "easting, northing on the national grid (m)")
    num_fish: int = key(check.whole(0), "fish per cage when stocked")
    start_date: datetime = key(check.date, "first day of the farm; lice are counted every sampling_spacing from it")
    cages_start_dates: tuple[datetime, ...] = key(check.items(check.date), "day on which each cage is stocked")
    treatment_types: tuple[Treatment, ...] = key(check.items(check.treatment), "treatments available here")
    treatment_dates: tuple[tuple[datetime, Treatment], ...] = key(
        check.items(_treatment_date), "treatments scheduled beforehand: pairs of date and treatment"
    )
    max_num_treatments: int = key(check.whole(0), "treatments allowed per year; cleaner fish do not count")
    sampling_spacing: int = key(check.whole(1), "d between two lice counts")
    defection_proba: float = key(check.probability, "probability of not treating when the organisation asks")

    @classmethod
    def read(cls, plain: Any, place: Place) -> "FarmConfig":
        """Check the object of a farm in ``params.json``."""
        farm = cls(**read_fields(cls, plain, place))
        if len(farm.cages_start_dates) != farm.ncages:
            raise (place / "cages_start_dates").error(
                [str(start) for start in farm.cages_start_dates],
                f"{farm.ncages} dates, one per cage (ncages), not {len(farm.cages_start_dates)}",
            )
        return farm


@dataclass(frozen=True, kw_only=True)
class ProductionCycle:
    """When a cage is harvested, and how long it then rests before it is stocked again."""

    harvest_mass_g: float = key(check.number(above=0), "fish mass at which the cage is sold (g)")
    fallow_days: int = key(check.whole(0), "d without fish after harvest or cull")

    @classmethod
    def read(cls, plain: Any, place: Place) -> "ProductionCycle":
        """Check the object ``production_cycle`` of ``params.json``."""
        return cls(**read_fields(cls, plain, place))


def _treatments(value: Any, place: Place) -> tuple[TreatmentConfig, ...]:
    found = check.items(TreatmentConfig.read)(value, place)
    treatments = tuple(sorted(found, key=lambda config: config.treatment))
    if [config.treatment for config in treatments] != list(Treatment):
        names = [config.treatment_name for config in found]
        raise place.error(names, f"each of {', '.join(t.name.lower() for t in Treatment)} once")
    return treatments


def _farms(value: Any, place: Place) -> tuple[FarmConfig, ...]:
    farms = check.items(FarmConfig.read)(value, place)
    if not farms:
        raise place.error(value, "at least one farm")
    return farms


positive = check.number(above=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Config:
    """All that a simulation depends on besides its seed and its policy.

    Keys are SLIM's own. Arrays are read-only, and shared with the configurations made by `replace`.
    """

    # the model: config.json
    seed: int = model(check.whole(0), "seed of the simulation where none is given", 0)
    stage_age_evolutions: Mapping[str, int] = model(
        check.rates(check.whole(1), "L1", "L2", "L3", "L4", "L5f"),
        "greatest age in a stage (d); Heuch et al. (2001)",
    )
    delta_p: Mapping[str, float] = model(
        check.rates(check.number(), "L0", "L1", "L3", "L4"),
        "exponent of temperature in development time; L0: Stien et al. (2005), beta_2; Aldrin et al. (2017)",
    )
    delta_s: Mapping[str, float] = model(
        check.rates(positive, "L1", "L3", "L4"), "Weibull shape of development time; Aldrin et al. (2017)"
    )
    delta_m10: Mapping[str, float] = model(
        check.rates(positive, "L0_stien", "L1", "L3", "L4", also=("L0",)),
        "median development time at 10 degC (d); L0_stien: Stien et al. (2005), beta_1; Aldrin et al. (2017)",
    )
    lice_development_rates: Mapping[str, float] = model(
        check.rates(check.probability, "L4", also=("L1", "L2")),
        "share that moults per day; Tucker et al. (2002) in Stien et al. (2005)",
    )
    infection_main_delta: float = model(check.number(), "infection, intercept (logit); Aldrin et al. (2017)")
    infection_weight_delta: float = model(check.number(), "infection, slope per ln kg of fish; Aldrin et al. (2017)")
    delta_expectation_weight_log: float = model(check.number(), "mean log mass of fish in that regression (ln kg)")
    fish_mortality_center: float = model(check.number(), "fish mortality by lice, centre; Vollset (2019)")
    fish_mortality_k: float = model(check.number(0), "fish mortality by lice, slope (kg per louse); Vollset (2019)")
    background_lice_mortality_rates: Mapping[str, float] = model(
        check.rates(check.probability, *STAGES),
        "share dying per day; L1: Aldrin et al. (2017), L2: Tucker et al. (2002); Stien et al. (2005)",
    )
    reproduction_eggs_first_extruded: float = model(
        check.number(0), "viable eggs of the first pair of strings; Aldrin et al. (2017)"
    )
    reproduction_age_dependence: float = model(
        check.number(), "exponent of the female's age (d) in the number of eggs; Aldrin et al. (2017)"
    )
    dam_unavailability: int = model(check.whole(1), "d for which a mated female does not mate again")
    smolt_mass_params: Mapping[str, float] = model(
        check.rates(check.number(), "max_mass", "skewness", "x_shift"),
        "fish mass max_mass / (1 + exp(skewness (d - x_shift))) (g) at d days; fitted to FAO's figure",
    )
    reservoir_offspring_integration_ratio: float = model(
        check.number(0), "lice that the reservoir sends per day, per egg laid (mean of the past)"
    )
    reservoir_offspring_average: int = model(check.whole(1), "d over which that mean runs")
    genetic_mechanism: str = model(check.choice("discrete", "maternal"), "inheritance: Mendelian, or the dam's")
    geno_mutation_rate: float = model(check.probability, "probability that an allele mutates, per egg")
    male_detachment_rate: float = model(check.probability, "share of males that leave a dying fish; a guess")
    treatments: tuple[TreatmentConfig, ...] = model(_treatments, "in the order of Treatment")

    # the scenario: params.json
    name: str = site(check.text, "name of the scenario")
    start_date: datetime = site(check.date, "first day")
    end_date: datetime = site(check.date, "day after the last")
    ext_pressure: int = site(check.whole(0), "lice from the wild, per cage and day; also the first L1 of a cage")
    monthly_cost: float = site(check.number(0), "GBP per cage and 28 d")
    gain_per_kg: float = site(check.number(0), "GBP per kg of fish; NASDAQ Salmon Index, August 2021")
    infection_discount: float = site(check.number(0), "GBP lost per kg of fish, for each attached louse per kg")
    genetic_ratios: Mapping[str, float] = site(
        check.genetic_ratios,
        "frequencies of genotypes at the start: recessive a, dominant A, heterozygous Aa",
    )
    genetic_learning_rate: float = site(check.number(0), "weight that the reservoir's genotypes gain per day")
    agg_rate_suggested_threshold: float = site(
        check.number(0), "adult females per fish at which the organisation asks all farms to treat; CoGP"
    )
    agg_rate_enforcement_threshold: float = site(
        check.number(0), "adult females per fish that count as a strike; Marine Scotland"
    )
    agg_rate_enforcement_strikes: int = site(check.whole(1), "strikes in a row after which a farm is culled")
    treatment_strategy: str = site(check.text, "policy where none is given: its name or its file")
    farms: tuple[FarmConfig, ...] = site(_farms, "the farms, in the order of the matrices")
    rules: str = site(check.choice("revised"), "rule set of the model", "revised")
    reservoir_prior_mass: float = site(positive, "total weight of genetic_ratios in the reservoir at the start", 1.0)
    fish_background_mortality: float = site(
        check.probability, "share of fish that die per day for other reasons; Marine Scotland", 0.00057
    )
    production_cycle: ProductionCycle | None = site(
        check.optional(ProductionCycle.read), "harvest and restocking; none: fallow is for good", None
    )

    # the sea: interfarm_prob.csv, interfarm_time.csv, temperatures.csv
    interfarm_probs: np.ndarray  # float64[F, F]: share of the eggs of farm i that reach farm j
    interfarm_times: np.ndarray  # float64[F, F]: their mean travel time (d)
    temperature_rows: np.ndarray | None  # float64[2, 13]: northing (m), then degC by month; south first
    temperatures: np.ndarray  # float64[F, 12]: sea temperature of each farm by month (degC)

    @classmethod
    def from_files(cls, folder: str | Path, config_file: str | Path | None = None, **overrides: Any) -> "Config":
        """Read a scenario folder of SLIM's layout.

        Parameters
        ----------
        folder
            Holds ``params.json``, ``interfarm_prob.csv``, ``interfarm_time.csv`` and ``temperatures.csv``.
        config_file
            Parameters of the model; by default ``config.json`` in the folder or its parent, else ours.
        **overrides
            As for `replace`.

        Raises
        ------
        ConfigError
            Names file, key and value, and says what was expected.
        """
        folder = Path(folder).expanduser()
        check_folder(folder)
        model_path, site_path = find_config_file(folder, config_file), folder / "params.json"
        values = read_fields(cls, read_json(model_path), Place(str(model_path)), MODEL)
        values |= read_fields(cls, read_json(site_path), Place(str(site_path)), SITE)
        farms = values["farms"]
        for name, top in CONNECTIVITY.items():
            path = folder / f"{name.removesuffix('s')}.csv"
            values[name] = sea.connectivity(read_table(path), len(farms), top, Place(str(path)))
        path = folder / "temperatures.csv"
        values["temperature_rows"] = sea.temperature_rows(read_table(path), Place(str(path)))
        values["temperatures"] = sea.farm_temperatures(farms, values["temperature_rows"], Place(str(path)))
        config = cls(**values)
        config._check(Place(str(folder)))
        return config.replace(**overrides) if overrides else config

    @classmethod
    def scenario(cls, name: str | Path, /, **overrides: Any) -> "Config":
        """The scenario of that name or in that folder (`find_scenario`), ``overrides`` as for `replace`."""
        return cls.from_files(find_scenario(name), **overrides)

    def replace(self, **overrides: Any) -> "Config":
        """A variant that shares with this one whatever is not overridden.

        Parameters
        ----------
        **overrides
            A key and its new value. What is nested goes by dotted names, list items by number, name or ``*``:
            ``config.replace(**{"farms.*.defection_proba": 0.5, "treatments.EMB.effect_delay": 3})``.

        Raises
        ------
        ConfigError
            For an unknown key, with the nearest known one, and for a value that a file could not hold either.
        """
        known = {f.name: f for f in fields(self)}
        touched = {dotted.split(".")[0] for dotted in overrides}
        plain = {name: to_plain(getattr(self, name)) if name in touched else None for name in known}
        paths = [
            path
            for dotted, value in overrides.items()
            for path in assign(plain, dotted.split("."), to_plain(value), dotted)
        ]
        place = Place(f"scenario {self.name!r}", overridden=frozenset(paths))
        values = {name: getattr(self, name) for name in known}
        for name in touched - set(ARRAYS):
            values[name] = known[name].metadata["check"](plain[name], place / name)
        values |= self._replaced_arrays(values["farms"], {name: plain[name] for name in touched}, place)
        config = Config(**values)
        config._check(place)
        return config

    def _replaced_arrays(
        self, farms: tuple[FarmConfig, ...], given: dict[str, Any], place: Place
    ) -> dict[str, np.ndarray | None]:
        """The arrays that ``given`` overrides, and those that other farms than ours make anew."""
        replaced: dict[str, np.ndarray | None] = {}
        for name, top in CONNECTIVITY.items():
            if name in given or len(farms) != len(self.farms):
                values = given.get(name, getattr(self, name))
                replaced[name] = sea.connectivity(values, len(farms), top, place / name)
        moved = [farm.location for farm in farms] != [farm.location for farm in self.farms]
        rows = given.get("temperature_rows", self.temperature_rows)
        if given.get("temperature_rows") is not None or (moved and "temperatures" not in given):
            if rows is None:
                raise ConfigError(f"{place}: temperatures were given by farm; give them anew for the new locations")
            rows = sea.temperature_rows(rows, place / "temperature_rows")
            replaced["temperature_rows"] = rows
            replaced["temperatures"] = sea.farm_temperatures(farms, rows, place)
        if "temperatures" in given:
            values = sea.table(given["temperatures"], (len(farms), 12), place / "temperatures")
            replaced["temperatures"] = values
            replaced.setdefault("temperature_rows", None)  # those of before no longer say what is where
        return replaced

    def _check(self, place: Place) -> None:
        """Refuse what each key allows but all of them together do not."""
        if self.n_days < 1:
            raise (place / "end_date").error(str(self.end_date), f"at least a day after start_date {self.start_date}")
        if self.smolt_mass_params["max_mass"] <= 0 or self.smolt_mass_params["skewness"] > 0:
            raise (place / "smolt_mass_params").error(
                dict(self.smolt_mass_params), "max_mass > 0 and skewness <= 0: fish that grow"
            )
        coldest = float(self.temperatures.min())
        b1, b2 = self.delta_m10["L0_stien"], self.delta_p["L0"]
        if coldest - 10 + b1 * b2 <= 0:
            raise ConfigError(
                f"{place}: at {coldest:g} degC eggs never hatch: T - 10 + delta_m10.L0_stien * delta_p.L0 = "
                f"{coldest - 10 + b1 * b2:g}; expected it > 0"
            )
        if coldest <= 0:
            raise ConfigError(
                f"{place}: a farm's temperature of {coldest:g} degC; expected > 0, where the "
                "development time m10 (10 / T)^p has a meaning"
            )
        for config in self.treatments:
            resistance = config.pheno_resistance
            known = config.gene in self.genes
            if known and resistance is None and config.gene != self.genes[0]:
                raise ConfigError(
                    f"{place}: genetic_ratios has the gene {config.gene!r} of "
                    f"treatments.{config.treatment.name}, which has no pheno_resistance; expected one"
                )
            if (
                not known
                and resistance is not None
                and len(set(resistance.values())) > 1
                and not config.temperature_efficacy
            ):
                raise ConfigError(
                    f"{place}: treatments.{config.treatment.name}.gene is {config.gene!r}, which "
                    f"genetic_ratios lacks; expected one of {', '.join(self.genes)}"
                )

    @property
    def n_days(self) -> int:
        """Whole days simulated."""
        return (self.end_date - self.start_date).days

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes by the name of their recessive allele, in alphabetical order."""
        return tuple(name for name in self.genetic_ratios if len(name) == 1 and name.islower())

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return len(self.genes)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data: what JSON and YAML can hold."""
        return {f.name: to_plain(getattr(self, f.name)) for f in fields(self)}

    def scenario_hash(self) -> str:
        """SHA-256 of all that a simulation sees: equal for equal scenarios, wherever they were read from."""
        seen = {name: value for name, value in self.to_dict().items() if name != "temperature_rows"}
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.scenario_hash() == other.scenario_hash()

    def __hash__(self) -> int:
        return hash(self.scenario_hash())

    def __setstate__(self, state: dict[str, Any]) -> None:
        # pickle forgets that an array is read-only, and numba compiles anew for a writeable one
        for name in ARRAYS:
            if state[name] is not None:
                state[name].setflags(write=False)
        self.__dict__.update(state)
