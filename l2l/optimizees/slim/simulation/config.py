"""The configuration of a simulation: every parameter of the model with its meaning, unit and source."""

# ruff: noqa: RUF009 - model() and site() are dataclasses.field() with the metadata filled in

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import nearest
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation import config_sea as sea
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.simulation.config_consistency import check_consistency
from l2l.optimizees.slim.simulation.config_farm import FarmConfig, ProductionCycle, farm_configs
from l2l.optimizees.slim.simulation.config_files import (
    LINKS_FILE,
    check_folder,
    find_config_file,
    find_scenario,
    read_json,
    read_table,
    shipped_treatments,
)
from l2l.optimizees.slim.simulation.config_keys import MODEL, SITE, model, read_fields, site
from l2l.optimizees.slim.simulation.config_overrides import assign, to_plain
from l2l.optimizees.slim.simulation.config_treatment import (
    STAGES,
    TreatmentConfig,
    treatment_configs,
    with_shipped,
)
from l2l.optimizees.slim.simulation.links import Links
from l2l.optimizees.slim.types.rules import REVISED, Rules
from l2l.optimizees.slim.types.treatments import canonical

ARRAYS = ("interfarm_probs", "interfarm_times", "interfarm_links", "temperature_rows", "temperatures")

positive = check.number(above=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Config:
    """All that a simulation depends on besides its seed and its policy.

    Keys are SLIM's own. Arrays are read-only, and shared with the configurations made by `replace`.
    """

    # the model: config.json
    seed: int = model(check.whole(0), "seed of the simulation where none is given", 0)
    stage_age_evolutions: Mapping[str, int] = model(
        check.rates(check.whole(1, check.LONGEST), "L1", "L2", "L3", "L4", "L5f"),
        "greatest age in a stage (d); L1 and L3 by the published rules only, L4 not used; Heuch et al. (2001)",
    )
    delta_p: Mapping[str, float] = model(
        check.rates(check.number(-10, 10), "L0", "L1", "L3", "L4"),
        "exponent of temperature in development time; L0: Stien et al. (2005), beta_2; Aldrin et al. (2017)",
    )
    delta_s: Mapping[str, float] = model(
        check.rates(check.number(0.1, 100), "L1", "L3", "L4"), "Weibull shape of development time; Aldrin et al. (2017)"
    )
    delta_m10: Mapping[str, float] = model(
        check.rates(check.number(0.01), "L0_stien", "L1", "L3", "L4", also=("L0",)),
        "median development time at 10 degC (d); L0_stien: Stien et al. (2005), beta_1; L0 not used; "
        "Aldrin et al. (2017)",
    )
    lice_development_rates: Mapping[str, float] = model(
        check.rates(check.probability, "L4", also=("L1", "L2")),
        "share that moults per day; L4 by the published rules only, L1 and L2 not used; Tucker et al. (2002) in Stien "
        "et al. (2005)",
    )
    infection_main_delta: float = model(check.number(), "infection, intercept (logit); Aldrin et al. (2017)")
    infection_weight_delta: float = model(check.number(), "infection, slope per ln kg of fish; Aldrin et al. (2017)")
    delta_expectation_weight_log: float = model(check.number(), "mean log mass of fish in that regression (ln kg)")
    fish_mortality_center: float = model(check.number(-100, 100), "fish mortality by lice, centre; Vollset (2019)")
    fish_mortality_k: float = model(check.number(0), "fish mortality by lice, slope (kg per louse); Vollset (2019)")
    background_lice_mortality_rates: Mapping[str, float] = model(
        check.rates(check.probability, *STAGES),
        "share dying per day; L1: Aldrin et al. (2017), L2: Tucker et al. (2002); Stien et al. (2005)",
    )
    reproduction_eggs_first_extruded: float = model(
        check.number(0, 1e6), "viable eggs of the first pair of strings; Aldrin et al. (2017)"
    )
    reproduction_age_dependence: float = model(
        check.number(-10, 10), "exponent of the female's age (d) in the number of eggs; Aldrin et al. (2017)"
    )
    dam_unavailability: int = model(check.whole(1, check.MOST), "d for which a mated female does not mate again")
    smolt_mass_params: Mapping[str, float] = model(
        check.rates(check.number(), "max_mass", "skewness", "x_shift"),
        "fish mass max_mass / (1 + exp(skewness (d - x_shift))) (g) at d days; fitted to FAO's figure",
    )
    reservoir_offspring_integration_ratio: float = model(
        check.number(0, 1), "lice that the reservoir sends per day, per egg laid (mean of the past)"
    )
    reservoir_offspring_average: int = model(check.whole(1, check.MOST), "d over which that mean runs")
    genetic_mechanism: str = model(check.choice("discrete", "maternal"), "inheritance: Mendelian, or the dam's")
    geno_mutation_rate: float = model(check.probability, "probability that an allele mutates, per egg")
    male_detachment_rate: float = model(check.probability, "share of males that leave a dying fish; a guess")
    treatments: tuple[TreatmentConfig, ...] = model(
        treatment_configs, "objects, or names of shipped ones; the place in the list is the action's number", also=SITE
    )

    # the scenario: params.json
    name: str = site(check.text, "name of the scenario")
    start_date: datetime = site(check.date, "first day")
    end_date: datetime = site(check.date, "day after the last")
    ext_pressure: int = site(
        check.whole(0, check.MOST), "lice from the wild, per cage and day; also the first L1 of a cage"
    )
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
    agg_rate_enforcement_strikes: int = site(
        check.whole(1, check.MOST), "strikes in a row after which a farm is culled"
    )
    treatment_strategy: str = site(check.text, "policy where none is given: its name or its file")
    farms: tuple[FarmConfig, ...] = site(farm_configs, "the farms, in the order of the matrices")
    rules: Rules = site(
        check.rules, "rules of the model: revised, published, or an object that switches single ones by name", REVISED
    )
    reservoir_prior_mass: float = site(positive, "total weight of genetic_ratios in the reservoir at the start", 1.0)
    fish_background_mortality: float = site(
        check.probability, "share of fish that die per day for other reasons; Marine Scotland", 0.00057
    )
    production_cycle: ProductionCycle | None = site(
        check.optional(ProductionCycle.read), "harvest and restocking; none: fallow is for good", None
    )

    # the sea: interfarm_prob.csv, interfarm_time.csv or interfarm_links.csv in place of both, temperatures.csv
    interfarm_probs: np.ndarray | None  # float64[F, F]: share of the eggs of farm i that reach farm j
    interfarm_times: np.ndarray | None  # float64[F, F]: their mean travel time (d)
    interfarm_links: np.ndarray | None = None  # float64[n, 4]: the same of some pairs: i, j, share, time; others have 0
    temperature_rows: np.ndarray | None  # float64[2, 13]: northing (m), then degC by month
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
        values |= _read_connectivity(folder, len(farms))
        path = folder / "temperatures.csv"
        values["temperature_rows"] = sea.temperature_rows(read_table(path, may_end_openly=True), Place(str(path)))
        by_northing = values.get("rules", REVISED).temperature_by_northing
        values["temperatures"] = sea.farm_temperatures(farms, values["temperature_rows"], by_northing, Place(str(path)))
        config = cls(**values)
        check_consistency(config, Place(str(folder)))
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
        paths: list[str] = []
        for dotted in sorted(overrides, key=lambda name: name.count(".")):  # the whole before its parts
            value = to_plain(overrides[dotted])
            if dotted == "treatments":
                value = with_shipped(value, Place("", dotted, frozenset([dotted])))
            paths += assign(plain, dotted.split("."), value, dotted)
        place = Place(f"scenario {self.name!r}", overridden=frozenset(paths))
        values = {name: getattr(self, name) for name in known}
        for name in touched - set(ARRAYS):
            values[name] = known[name].metadata["check"](plain[name], place / name)
        values |= self._replaced_arrays(
            values["farms"], values["rules"], {name: plain[name] for name in touched}, place
        )
        config = Config(**values)
        check_consistency(config, place)
        return config

    def _replaced_arrays(
        self, farms: tuple[FarmConfig, ...], rules: Rules, given: dict[str, Any], place: Place
    ) -> dict[str, np.ndarray | None]:
        """The arrays that ``given`` overrides, and those that other farms or rules than ours make anew."""
        replaced = self._replaced_connectivity(len(farms), given, place)
        moved = [farm.location for farm in farms] != [farm.location for farm in self.farms]
        rows = given.get("temperature_rows", self.temperature_rows)
        turned = rows is not None and rules.temperature_by_northing != self.rules.temperature_by_northing
        if given.get("temperature_rows") is not None or ((moved or turned) and "temperatures" not in given):
            if rows is None:
                raise ConfigError(f"{place}: temperatures were given by farm; give them anew for the new locations")
            rows = sea.temperature_rows(rows, place / "temperature_rows")
            replaced["temperature_rows"] = rows
            replaced["temperatures"] = sea.farm_temperatures(farms, rows, rules.temperature_by_northing, place)
        if "temperatures" in given:
            replaced["temperatures"] = sea.given_temperatures(given["temperatures"], farms, place / "temperatures")
            replaced.setdefault("temperature_rows", None)  # those of before no longer say what is where
        return replaced

    def _replaced_connectivity(self, n_farms: int, given: dict[str, Any], place: Place) -> dict[str, np.ndarray | None]:
        given = {name: given[name] for name in ("interfarm_links", *sea.CONNECTIVITY) if given.get(name) is not None}
        if not given and n_farms == len(self.farms):
            return {}
        if "interfarm_links" in given and len(given) > 1:
            raise ConfigError(f"{place}: {' and '.join(given)} are given; expected the links, or both matrices")
        if given or self.interfarm_links is None:
            own = {name: getattr(self, name) for name in sea.CONNECTIVITY}
            replaced = sea.checked_connectivity(own | given, n_farms, place)
            if n_farms == len(self.farms) and "interfarm_links" not in given:
                replaced |= {name: matrix for name, matrix in own.items() if name not in given}
            return replaced
        if n_farms > len(self.farms):
            raise ConfigError(f"{place}: interfarm_links are of {len(self.farms)} farms; give them anew for {n_farms}")
        within = (self.interfarm_links[:, :2] < n_farms).all(axis=1)
        return sea.checked_connectivity({"interfarm_links": self.interfarm_links[within]}, n_farms, place)

    @property
    def links(self) -> Links:
        """Between which farms larvae travel."""
        if self.interfarm_links is not None:
            return Links.of_rows(len(self.farms), self.interfarm_links)
        assert self.interfarm_probs is not None and self.interfarm_times is not None
        return Links.of_matrices(self.interfarm_probs, self.interfarm_times)

    @property
    def local_temperatures(self) -> np.ndarray:
        """Of each farm by month, with its own ``temperature_offset``, float64[F, 12] (degC)."""
        offsets = np.array([farm.temperature_offset for farm in self.farms])
        # steps of efficacy begin at whole degrees, of which a sum may miss the last bit
        return np.round(self.temperatures + offsets[:, None], 9) if offsets.any() else self.temperatures

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

    def mass_g(self, age_days: np.ndarray) -> np.ndarray:
        """Mass of a fish by days since stocking: logistic growth from smolt to market size."""
        p = self.smolt_mass_params
        return p["max_mass"] / (1.0 + np.exp(p["skewness"] * (age_days - p["x_shift"])))

    def treatment_number(self, name: str) -> int:
        """Number, as an action, of the treatment called ``name``, whatever its case, spaces, hyphens, underscores."""
        names = [treatment.name for treatment in self.treatments]
        if canonical(name) in names:
            return names.index(canonical(name))
        shipped = shipped_treatments().get(canonical(name))
        hint = f"; it is shipped: put {shipped.stem!r} in the list treatments" if shipped else ""
        known = [treatment.treatment_name.lower() for treatment in self.treatments]
        raise ConfigError(f"unknown treatment {name.lower()!r}{hint or nearest(name.lower(), known)}")

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data: what JSON and YAML can hold."""
        return {f.name: to_plain(getattr(self, f.name)) for f in fields(self)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], source: str = "configuration") -> "Config":
        """What `to_dict` gave, checked as if it stood in files; ``source`` names it in errors."""
        place = Place(source)
        given = {name: value for name, value in plain.items() if name not in ARRAYS}
        values = read_fields(cls, given, place)
        farms = values["farms"]
        values |= sea.checked_connectivity(plain, len(farms), place)
        rows = plain["temperature_rows"]
        values["temperature_rows"] = None if rows is None else sea.temperature_rows(rows, place / "temperature_rows")
        values["temperatures"] = sea.given_temperatures(plain["temperatures"], farms, place / "temperatures")
        config = cls(**values)
        check_consistency(config, place)
        return config

    def scenario_hash(self) -> str:
        """SHA-256 of all that a simulation sees: equal for equal scenarios, wherever they were read from."""
        # not the rows of temperatures, nor what few scenarios have: those without it hash as before there was such
        seen = {name: value for name, value in self.to_dict().items() if name != "temperature_rows"}
        if seen["interfarm_links"] is None:
            del seen["interfarm_links"]
        for farm in seen["farms"]:
            for f in fields(FarmConfig):
                if farm[f.name] == f.default:
                    del farm[f.name]
        for treatment in seen["treatments"]:
            del treatment["sources"]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.scenario_hash() == other.scenario_hash()

    def __hash__(self) -> int:
        return hash(self.scenario_hash())

    def __setstate__(self, state: dict[str, Any]) -> None:
        # pickle forgets that an array is read-only, and numba compiles anew for a writeable one
        for name in ARRAYS:
            if state.get(name) is not None:
                state[name].setflags(write=False)
        self.__dict__.update(state)


def _read_connectivity(folder: Path, n_farms: int) -> dict[str, np.ndarray | None]:
    """The matrices of a scenario folder, or the links in their place."""
    path = folder / LINKS_FILE
    if path.is_file():
        links = sea.links(read_table(path), n_farms, Place(str(path)))
        return {"interfarm_links": links, **dict.fromkeys(sea.CONNECTIVITY)}
    values: dict[str, np.ndarray | None] = {}
    for name, top in sea.CONNECTIVITY.items():
        path = folder / f"{name.removesuffix('s')}.csv"
        values[name] = sea.connectivity(read_table(path), n_farms, top, Place(str(path)))
    return values
