"""The parameters of a treatment."""

# ruff: noqa: RUF009 - key() is dataclasses.field() with the metadata filled in

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from l2l.errors import nearest
from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import Check, ConfigError, Place
from l2l.optimizees.slim.simulation.config_files import read_json, shipped_treatments
from l2l.optimizees.slim.simulation.config_keys import key, read_fields
from l2l.optimizees.slim.types.actions import FALLOW, NONE
from l2l.optimizees.slim.types.treatments import canonical

STAGES = ("L1", "L2", "L3", "L4", "L5f", "L5m")
CHEMICAL, CLEANER = "chemical", "cleanerfish"
TYPES = (CHEMICAL, "thermal", "mechanical", "freshwater", CLEANER)

Steps = tuple[tuple[float, ...], ...]  # rows (from degC, value, ...), warmest last


def by_temperature(n_values: int, row: str) -> Check:
    """Rows of a temperature and ``n_values`` shares that hold from there on, or one share at all temperatures."""

    def check_steps(value: Any, place: Place) -> Steps:
        if check.is_number(value):
            return ((-math.inf, *[check.probability(value, place)] * n_values),)
        rows = []
        for i, given in enumerate(check.items(lambda item, _: item)(value, place)):
            if not isinstance(given, (list, tuple)) or len(given) != n_values + 1:
                raise (place / i).error(given, row)
            # JSON has no infinity: null says "however cold"
            start = -math.inf if given[0] in (None, -math.inf) else check.number()(given[0], place / i / 0)
            rows.append((start, *(check.probability(share, place / i / j) for j, share in enumerate(given[1:], 1))))
        starts = [start for start, *_ in rows]
        if starts and (starts[0] != -math.inf or sorted(set(starts)) != starts):
            raise place.error(value, "rising temperatures, the first null (however cold)")
        return tuple(rows)

    return check_steps


def _stage_efficacy(value: Any, place: Place) -> Mapping[str, float]:
    return check.rates(check.probability, also=STAGES)(value, place)


def _sources(value: Any, place: Place) -> Mapping[str, str]:
    known = tuple(f.name for f in fields(TreatmentConfig))
    return check.rates(check.text, also=known)(value, place)


@dataclass(frozen=True, kw_only=True)
class TreatmentConfig:
    """What one treatment does and costs."""

    treatment_name: str = key(
        lambda value, place: _name(value, place), "its name, under which farms, policies and overrides know it"
    )
    treatment_type: str = key(
        check.choice(*TYPES),
        "cleanerfish: stocked, kill by their number, do not count in max_num_treatments; only a chemical has a drug",
    )
    effect_delay: int = key(check.whole(0, check.LONGEST), "d from application to effect")
    application_period: int = key(check.whole(1, check.LONGEST), "d over which it is applied")
    durability_temp_ratio: float | None = key(
        check.optional(check.number(maximum=check.LONGEST, above=0)),
        "effective until this / temperature days (d degC) after the delay",
        default=None,
    )
    duration_days: float | None = key(
        check.optional(check.number(0, check.LONGEST)),
        "effective until so many days after the delay, in place of durability_temp_ratio; neither: 1 d",
        default=None,
    )
    price_per_kg: float = key(check.number(0), "GBP per kg of the drug; EMB: sigmaaldrich.com, 2021", default=0.0)
    dosage_per_fish_kg: float = key(check.number(0), "kg of the drug per kg of fish and day", default=0.0)
    price_per_application: float = key(check.number(0), "GBP per cage; Thermolicer: a guess", default=0.0)
    price_per_tonne: float = key(check.number(0), "GBP per tonne of fish treated", default=0.0)
    gene: str | None = key(
        check.optional(lambda value, place: _gene(value, place)),
        "gene of resistance, by its recessive allele; none: kills all alike",
        default=None,
    )
    pheno_resistance: Mapping[str, float] | None = key(
        check.optional(check.rates(check.probability, "dominant", "incompletely_dominant", "recessive")),
        "share of lice not killed per day, by genotype (A, Aa, a); cleaner fish: rate at which one eats lice",
        default=None,
    )
    efficacy: Steps = key(
        by_temperature(1, "a pair [from degC, share of lice killed per day]"),
        "share of lice killed per day where nothing resists: a number, or pairs (from degC, share), warmest last; "
        "cleaner fish: their appetite at that temperature, as a share",
        default=(),
    )
    susceptible_stages: tuple[str, ...] = key(check.items(check.choice(*STAGES)), "lice stages it kills")
    stage_efficacy: Mapping[str, float] | None = key(
        check.optional(_stage_efficacy), "factor of the efficacy on a stage; 1 for those not named", default=None
    )
    quadratic_fish_mortality_coeffs: tuple[float, ...] | None = key(
        check.optional(check.items(check.number(), 6)),
        "percent of fish killed = c . (1, T, I, T^2, T I, I^2), I = mass > 2 kg; Overton et al. (2018)",
        default=None,
    )
    fish_mortality: Steps = key(
        by_temperature(2, "a row [from degC, share of fish up to 2 kg killed, share of fish above 2 kg killed]"),
        "share of fish killed by an application, in place of the coefficients: a number, or rows (from degC, share of "
        "fish up to 2 kg, of fish above 2 kg), warmest last",
        default=(),
    )
    natural_mortality: float = key(check.probability, "share of cleaner fish that die per day", default=0.0)
    restock_fraction: float = key(
        check.probability, "cleaner fish added per application, as a share of the cage's fish", default=0.0
    )
    sources: Mapping[str, str] | None = key(
        check.optional(_sources), "where the value of a key is from; not used", default=None
    )

    @property
    def name(self) -> str:
        """The canonical name: ``CLEANERFISH`` for ``Cleaner Fish``."""
        return canonical(self.treatment_name)

    @property
    def is_cleaner(self) -> bool:
        """Whether it is cleaner fish, which stay in the cage."""
        return self.treatment_type == CLEANER

    @classmethod
    def read(cls, plain: Any, place: Place) -> "TreatmentConfig":
        """Check the object of a treatment, and fill in what SLIM's files do not say."""
        if not isinstance(plain, Mapping):
            raise place.error(plain, "an object with the key treatment_name, or the name of a shipped treatment")
        if "treatment_name" not in plain:
            raise place.missing("treatment_name", "the treatment's name")
        treatment = cls(**read_fields(cls, {**_defaults(plain), **plain}, place))
        treatment._check_numbers_of_type(plain, place)
        treatment._check_effect(place)
        return treatment

    def _check_numbers_of_type(self, given: Mapping[str, Any], place: Place) -> None:
        drug = ("price_per_kg", "dosage_per_fish_kg")
        chemical = self.treatment_type == CHEMICAL
        priced = "price_per_application" in given or "price_per_tonne" in given
        for name in () if priced else drug if chemical else ("price_per_application",):
            if name not in given:
                raise place.missing(name, f"the price of a {self.treatment_type} treatment")
        stock = ("restock_fraction", "natural_mortality")
        for name in (*(() if chemical else drug), *(() if self.is_cleaner else stock)):
            if getattr(self, name) > 0:
                raise (place / name).error(getattr(self, name), f"none: it means nothing to {self.treatment_type}")

    def _check_effect(self, place: Place) -> None:
        if self.durability_temp_ratio is not None and self.duration_days is not None:
            raise (place / "duration_days").error(self.duration_days, "none beside durability_temp_ratio")
        if self.is_cleaner and self.pheno_resistance is None:
            raise place.missing("pheno_resistance", "the rate at which a cleaner fish eats lice")
        if self.pheno_resistance is None and not self.efficacy:
            raise place.missing("pheno_resistance", "it or efficacy: how many lice the treatment kills")
        if (self.quadratic_fish_mortality_coeffs is None) == (not self.fish_mortality):
            raise place.missing(
                "quadratic_fish_mortality_coeffs", "it or fish_mortality, one of the two: how many fish it kills"
            )
        for stage in self.stage_efficacy or ():
            if stage not in self.susceptible_stages:
                raise place.unknown(f"stage_efficacy.{stage}", self.susceptible_stages)


def _name(value: Any, place: Place) -> str:
    name = canonical(check.text(value, place))
    if not (name.isalnum() and name[0].isalpha()) or name.lower() in (FALLOW, NONE):
        raise place.error(value, f"letters and digits, beginning with a letter, and neither {FALLOW} nor {NONE}")
    return value


def _gene(value: Any, place: Place) -> str:
    if not isinstance(value, str) or len(value) != 1 or not value.islower():
        raise place.error(value, "one small letter, as in genetic_ratios")
    return value


def with_shipped(plain: Any, place: Place) -> Any:
    """A list ``treatments`` with the objects of shipped treatments in place of their names."""
    if not isinstance(plain, (list, tuple)):
        return plain
    return [_shipped(item, place / i) if isinstance(item, str) else item for i, item in enumerate(plain)]


def _shipped(name: str, place: Place) -> dict[str, Any]:
    known = shipped_treatments()
    if canonical(name) not in known:
        names = [path.stem for path in known.values()]
        raise ConfigError(f"{place}: no treatment {name!r} is shipped{nearest(name, names)}")
    return read_json(known[canonical(name)])


def _defaults(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Where SLIM's files are silent: its documents and code."""
    if plain.get("treatment_type") == CLEANER:
        return {"susceptible_stages": ("L4", "L5m", "L5f"), "restock_fraction": 0.05}
    attached = {"susceptible_stages": ("L3", "L4", "L5m", "L5f")}
    if canonical(str(plain["treatment_name"])) == "THERMOLICER":
        return {**attached, "efficacy": ((None, 0.99), (12.0, 0.8))}
    return attached


def treatment_configs(value: Any, place: Place) -> tuple[TreatmentConfig, ...]:
    """Check a list ``treatments``: objects and names of shipped treatments."""
    treatments = check.items(TreatmentConfig.read)(with_shipped(value, place), place)
    names = [treatment.name for treatment in treatments]
    if not names or len(set(names)) < len(names):
        raise place.error([treatment.treatment_name for treatment in treatments], "one treatment or more, each once")
    return treatments
