"""The parameters of a treatment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import Place
from l2l.optimizees.slim.simulation.config_keys import key, read_fields
from l2l.optimizees.slim.types.treatments import Treatment

STAGES = ("L1", "L2", "L3", "L4", "L5f", "L5m")


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
    gene: str | None = key(
        check.optional(check.text), "gene of resistance, by its recessive allele; none: kills all alike", default=None
    )
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


def treatment_configs(value: Any, place: Place) -> tuple[TreatmentConfig, ...]:
    """Check the list ``treatments`` of ``config.json``, and put it in the order of `Treatment`."""
    found = check.items(TreatmentConfig.read)(value, place)
    treatments = tuple(sorted(found, key=lambda config: config.treatment))
    if [config.treatment for config in treatments] != list(Treatment):
        names = [config.treatment_name for config in found]
        raise place.error(names, f"each of {', '.join(t.name.lower() for t in Treatment)} once")
    return treatments
