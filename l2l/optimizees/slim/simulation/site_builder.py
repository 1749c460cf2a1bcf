"""Farms and cages that differ in a few values of one configuration."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.sharing import BatchSetting, Signatures, Sites

from . import config_checks as check
from .config import Config
from .config_checks import ConfigError, Place
from .config_consistency import check_consistency
from .config_farm import FarmConfig

OF_CAGES: dict[str, check.Check] = {"num_fish": check.whole(0, check.MOST), "cages_start_dates": check.date}
"""What each cage has of its own, and the check of one; all else is of a farm."""

FIXED = ("name", "ncages", "location", "zone")
"""What says which sites there are, and where."""

PARAMETERS = tuple(f.name for f in fields(FarmConfig) if f.name not in FIXED)
"""What may differ between sites, by its key in ``params.json``."""


class SiteBuilder:
    """Sets values of the sites of a scenario: the same for all, or marked by `batch_setting`, for each its own.

    Sites are cages for ``num_fish`` and ``cages_start_dates``, and farms for all else.  A list has one value per site;
    ``by="farm"`` and ``by="zone"`` one per group of them, by name, in order, or from a function; values of cages
    may be in rows, one for each farm.

    Parameters
    ----------
    config : Config
        It stays as it is, and what is built shares with it all that is not set.
    """

    def __init__(self, config: Config):
        if not isinstance(config, Config):
            raise UsageError(f"SiteBuilder takes a Config, as Config.scenario makes it, got {config!r}")
        self.config = config
        self._set: dict[str, Any] = {}

    def set(self, **values: Any) -> SiteBuilder:
        """Set parameters by their keys in a farm of ``params.json``; what was set before is replaced.

        Raises
        ------
        UsageError
            For an unknown name, with the nearest known one, or one that cannot differ between sites.
        """
        for name in values:
            if name in PARAMETERS:
                continue
            if name in FIXED or name in {f.name for f in fields(Config)}:
                raise UsageError(
                    f"{name} cannot differ between sites, only {', '.join(PARAMETERS)} can; expected it in the "
                    f"configuration: Config.replace"
                )
            raise UsageError(f"there is no parameter {name!r} of sites{nearest(name, PARAMETERS)}")
        self._set |= values
        return self

    def build(self) -> Config:
        """The configuration of these sites.

        Raises
        ------
        UsageError
            For values that are not as many as there are sites or groups of them.
        ConfigError
            For a value that a file could not hold either; it names parameter and site.
        """
        values = {name: self._by_farm(name, value) for name, value in self._set.items()}
        farms = tuple(
            replace(farm, **{name: column[f] for name, column in values.items()})
            for f, farm in enumerate(self.config.farms)
        )
        place = Place(f"scenario {self.config.name!r}")
        for f, farm in enumerate(farms):
            farm.check_consistency(place / "farms" / f)
        built = replace(self.config, farms=farms)
        check_consistency(built, place)
        return built

    def _by_farm(self, name: str, value: Any) -> list[Any]:
        """The checked value of each farm; of what cages have, a value for each of its cages."""
        if name in OF_CAGES:
            of_cages = self._expanded(name, value, self._cages, "cage", OF_CAGES[name])
            ends = np.cumsum([farm.ncages for farm in self.config.farms]).tolist()
            by_farm = [
                tuple(of_cages[end - farm.ncages : end]) for farm, end in zip(self.config.farms, ends, strict=True)
            ]
            return [_shortest(name, values) for values in by_farm]
        if isinstance(value, BatchSetting) and value.by == "cage":
            raise UsageError(f"{name} is of a farm and cannot differ by 'cage'; only {' and '.join(OF_CAGES)} can")
        of_a_farm = next(f for f in fields(FarmConfig) if f.name == name)
        return self._expanded(name, value, self._farms, "farm", of_a_farm.metadata["check"])

    @staticmethod
    def _expanded(name: str, value: Any, sites: Sites, kind: str, checked: check.Check) -> list[Any]:
        """The value of each site, checked once for all sites that have the same; these share what comes out."""
        if not isinstance(value, BatchSetting):
            try:
                return [checked(value, Place(name))] * sites.n
            except ConfigError as error:
                if not isinstance(value, list | tuple | np.ndarray):
                    raise
                raise ConfigError(f"{error} for all sites; for one of each: {name}=batch_setting(...)") from None
        values = value.expand(sites, name)
        values = values.tolist() if isinstance(values, np.ndarray) else list(values)
        alike = Signatures({name: values}, sites.n)
        farms = sites.groups["farm"]
        own = [checked(values[site], Place(f"{name} of {kind} {site} ({farms[site]})")) for site in alike.first]
        return [own[number] for number in alike.ids]

    @property
    def _farms(self) -> Sites:
        farms = self.config.farms
        groups = {"farm": [farm.name for farm in farms]}
        if all(farm.zone is not None for farm in farms):
            groups["zone"] = [str(farm.zone) for farm in farms]
        return Sites(len(farms), groups=groups)

    @property
    def _cages(self) -> Sites:
        counts = [farm.ncages for farm in self.config.farms]
        groups = {kind: np.repeat(names, counts).tolist() for kind, names in self._farms.groups.items()}
        n_cages = sum(counts)
        alike = len(set(counts)) == 1
        return Sites(n_cages, (len(counts), counts[0]) if alike else None, {**groups, "cage": range(n_cages)})


def _shortest(name: str, values: tuple[Any, ...]) -> Any:
    """As users write it: one number where all cages of a farm have the same number of fish."""
    return values[0] if name == "num_fish" and len(set(values)) == 1 else values
