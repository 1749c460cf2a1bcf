"""The parameters of a farm."""

# ruff: noqa: RUF009 - key() is dataclasses.field() with the metadata filled in

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config_checks import Place
from l2l.optimizees.slim.simulation.config_keys import key, read_fields


def _location(value: Any, place: Place) -> tuple[float, float]:
    return check.items(check.number(unit="m"), 2)(value, place)


def _num_fish(value: Any, place: Place) -> int | tuple[int, ...]:
    number = check.whole(0, check.MOST)
    return check.items(number)(value, place) if isinstance(value, (list, tuple)) else number(value, place)


def _treatment_date(value: Any, place: Place) -> tuple[datetime, str]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise place.error(value, "a pair [date, treatment]")
    return check.date(value[0], place / 0), check.treatment(value[1], place / 1)


@dataclass(frozen=True, kw_only=True)
class FarmConfig:
    """One farm: where it is, what it holds, and what it may do."""

    name: str = key(check.text, "name of the farm")
    ncages: int = key(check.whole(1, check.MOST), "number of cages")
    location: tuple[float, float] = key(_location, "easting, northing on the national grid (m)")
    num_fish: int | tuple[int, ...] = key(_num_fish, "fish per cage when stocked; a list has one number per cage")
    start_date: datetime = key(check.date, "first day of the farm; lice are counted every sampling_spacing from it")
    cages_start_dates: tuple[datetime, ...] = key(check.items(check.date), "day on which each cage is stocked")
    treatment_types: tuple[str, ...] = key(check.items(check.treatment), "treatments available here")
    treatment_dates: tuple[tuple[datetime, str], ...] = key(
        check.items(_treatment_date), "treatments scheduled beforehand: pairs of date and treatment"
    )
    max_num_treatments: int = key(check.whole(0, check.MOST), "treatments allowed per year; cleaner fish do not count")
    sampling_spacing: int = key(check.whole(1, check.MOST), "d between two lice counts")
    defection_proba: float = key(check.probability, "probability of not treating when the organisation asks")
    zone: str | None = key(check.optional(check.text), "group of farms that share what is given by zone", default=None)
    temperature_offset: float = key(check.number(-20, 20), "how much warmer than the sea around (degC)", default=0.0)
    agg_rate_suggested_threshold: float | None = key(
        check.optional(check.number(0)), "the farm's own, in place of the organisation's", default=None
    )
    agg_rate_enforcement_threshold: float | None = key(
        check.optional(check.number(0)), "the farm's own, in place of the organisation's", default=None
    )
    agg_rate_enforcement_strikes: int | None = key(
        check.optional(check.whole(1, check.MOST)), "the farm's own, in place of the organisation's", default=None
    )

    @property
    def fish_of_cages(self) -> tuple[int, ...]:
        """With which each cage is stocked."""
        return self.num_fish if isinstance(self.num_fish, tuple) else (self.num_fish,) * self.ncages

    @classmethod
    def read(cls, plain: Any, place: Place) -> "FarmConfig":
        """Check the object of a farm in ``params.json``."""
        farm = cls(**read_fields(cls, plain, place))
        farm.check_consistency(place)
        return farm

    def check_consistency(self, place: Place) -> None:
        """Raise a ``ConfigError`` for values that do not go together."""
        if len(self.cages_start_dates) != self.ncages:
            raise (place / "cages_start_dates").error(
                [str(start) for start in self.cages_start_dates],
                f"{self.ncages} dates, one per cage (ncages), not {len(self.cages_start_dates)}",
            )
        if len(self.fish_of_cages) != self.ncages:
            raise (place / "num_fish").error(
                list(self.fish_of_cages),
                f"a number, or {self.ncages}, one per cage (ncages), not {len(self.fish_of_cages)}",
            )
        for i, (date, treatment) in enumerate(self.treatment_dates):
            if treatment not in self.treatment_types:
                raise (place / "treatment_dates" / i).error(
                    [str(date), treatment],
                    f"one of the farm's treatment_types: {', '.join(self.treatment_types) or 'none'}",
                )


@dataclass(frozen=True, kw_only=True)
class ProductionCycle:
    """When a cage is harvested, and how long it then rests before it is stocked again."""

    harvest_mass_g: float = key(check.number(above=0), "fish mass at which the cage is sold (g)")
    fallow_days: int = key(check.whole(0, check.MOST), "d without fish after harvest or cull")

    @classmethod
    def read(cls, plain: Any, place: Place) -> "ProductionCycle":
        """Check the object ``production_cycle`` of ``params.json``."""
        return cls(**read_fields(cls, plain, place))


def farm_configs(value: Any, place: Place) -> tuple[FarmConfig, ...]:
    """Check the list ``farms`` of ``params.json``."""
    farms = check.items(FarmConfig.read)(value, place)
    if not farms:
        raise place.error(value, "at least one farm")
    return farms
