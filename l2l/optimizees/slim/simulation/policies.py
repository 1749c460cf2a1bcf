"""Policies as data: a family's name and a vector with names and bounds, saved and loaded as YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from l2l.errors import nearest

from ..types.actions import FALLOW
from ..types.policies import Family
from .action_table import read_action_table
from .config import Config, ConfigError

BUILT_IN = {"untreated": Family.UNTREATED, "bernoulli": Family.BERNOULLI, "mosaic": Family.MOSAIC}
TUNABLE = {"threshold": Family.THRESHOLD, "linear": Family.LINEAR}
FAMILIES = {**BUILT_IN, **TUNABLE, "piloted": Family.PILOTED}


class Parameter(NamedTuple):
    """One number of a tunable family: its place in the kernel's vector, bounds, and value when it is not tuned."""

    name: str
    low: float
    high: float
    default: float
    tuned: bool
    whole: bool = False


def family_parameters(family: Family, config: Config) -> list[Parameter]:
    """The numbers of a family for the treatments of ``config``, in the order the kernel reads them.

    Those of a treatment that no farm of the scenario may use are not tuned.
    """
    if family == Family.THRESHOLD:
        return _threshold_parameters(config)
    if family == Family.LINEAR:
        return _linear_parameters(config)
    if family == Family.PILOTED:
        return _piloted_parameters(config)
    return []


def n_parameters(family: Family, n_treatments: int, n_days: int) -> int:
    """How many numbers the kernel reads for a family."""
    return {
        Family.THRESHOLD: 3 * n_treatments + 2,
        Family.LINEAR: (n_treatments + 1) * (n_treatments + 8),
        Family.PILOTED: n_days,
    }.get(family, 0)


def _usable(config: Config) -> list[bool]:
    return [any(t.name in farm.treatment_types for farm in config.farms) for t in config.treatments]


def _threshold_parameters(config: Config) -> list[Parameter]:
    parameters = []
    for treatment, usable in zip(config.treatments, _usable(config), strict=True):
        name = treatment.name
        parameters += [
            Parameter(f"{name}.aggregation", 0.5, 12.0, 12.0, usable),  # adult females per fish at which to treat
            Parameter(f"{name}.spacing_days", 0.0, 180.0, 0.0, usable),
            Parameter(f"{name}.kept_back", 0.0, 1.0, 0.0, usable),  # share of the yearly quota
        ]
    parameters.append(Parameter("cooperation", 0.0, 1.0, 0.0, True))  # by how much thresholds fall when asked
    parameters.append(Parameter("fallow_aggregation", 5.0, 100.0, 100.0, True))
    return parameters


def _linear_parameters(config: Config) -> list[Parameter]:
    names = [t.name for t in config.treatments]
    features = ["constant", "log_aggregation", "log_reported", "fish_left", "cleaner_fish"]
    features += [f"under_{name}" for name in names] + ["a_cage_fallow", "quota_left", "asked"]
    parameters = []
    for action, usable in zip([*names, FALLOW], [*_usable(config), True], strict=True):
        for feature in features:
            default = -5.0 if feature == "constant" else 0.0  # an action is not taken unless something speaks for it
            parameters.append(Parameter(f"{action}.{feature}", -5.0, 5.0, default, usable))
    return parameters


def _piloted_parameters(config: Config) -> list[Parameter]:
    """The action of each day, none where nothing is said."""
    none = len(config.treatments) + 1
    dates = (config.start_date + timedelta(days=day) for day in range(config.n_days))
    return [Parameter(f"{date:%Y-%m-%d}", 0, none, none, tuned=False, whole=True) for date in dates]


@dataclass(frozen=True)
class Policy:
    """What every farm follows.

    Attributes
    ----------
    family : Family
    names : tuple of str
        Of the parameters, in the kernel's order; empty for the built-in ones.
    values : float64[n_parameters] or float64[n_farms, n_parameters]
        One vector for all farms, or one for each.
    """

    family: Family
    names: tuple[str, ...]
    values: np.ndarray

    @classmethod
    def built_in(cls, name: str) -> Policy:
        """Untreated, bernoulli or mosaic."""
        if name not in BUILT_IN:
            raise ConfigError(f"no built-in policy {name!r}; there are {', '.join(BUILT_IN)}{nearest(name, BUILT_IN)}")
        return cls(BUILT_IN[name], (), np.zeros(0))

    @classmethod
    def from_parameters(
        cls,
        family: Family,
        config: Config,
        parameters: Mapping[str, float | np.ndarray],
        source: str = "policy",
    ) -> Policy:
        """Fill a family's vector by name; what is not named keeps its default.

        A value is a number for all farms or an array float64[n_farms], one for each.

        Raises
        ------
        ConfigError
            For an unknown name (with the nearest), a value outside its bounds, or an array of the wrong length.
        """
        known = family_parameters(family, config)
        names = tuple(p.name for p in known)
        for name in parameters:
            if name not in names:
                raise ConfigError(
                    f"{source}: the {family.name.lower()} family has no parameter {name!r}{nearest(name, names)}"
                )
        n_farms = len(config.farms)
        per_farm = any(np.ndim(v) > 0 for v in parameters.values())
        values = np.zeros((n_farms, len(known)))
        for i, p in enumerate(known):
            value = np.asarray(parameters.get(p.name, p.default), float)
            if value.ndim > 1 or (value.ndim == 1 and value.shape != (n_farms,)):
                raise ConfigError(
                    f"{source}: {p.name} needs one number or {n_farms}, one per farm; got shape {value.shape}"
                )
            if not (np.all(value >= p.low) and np.all(value <= p.high)):
                raise ConfigError(f"{source}: {p.name} must lie in [{p.low}, {p.high}], got {value}")
            if p.whole and np.any(value % 1):
                raise ConfigError(f"{source}: {p.name} must be whole, got {value}")
            values[:, i] = value
        return cls(family, names, values if per_farm else values[0])

    def farm_parameters(self, n_farms: int) -> np.ndarray:
        """The vectors as the kernel reads them, float64[n_farms, n_parameters]."""
        if self.values.ndim == 2 and len(self.values) != n_farms:
            raise ConfigError(f"the policy is for {len(self.values)} farms, the scenario has {n_farms}")
        return np.array(np.broadcast_to(self.values, (n_farms, len(self.names))))

    def to_dict(self) -> dict:
        """Plain data: the family and its parameters, lists where each farm has its own."""
        return {
            "family": self.family.name.lower(),
            "parameters": {name: self.values[..., i].tolist() for i, name in enumerate(self.names)},
        }

    def save(self, path: str | Path) -> None:
        """Write as YAML; ``load_policy`` reads it back."""
        Path(path).write_text(yaml.safe_dump(self.to_dict(), sort_keys=False))


def load_policy(strategy: str | Path, config: Config, family: Family | None = None) -> Policy:
    """The policy that ``strategy`` names: a built-in one, or the path of a YAML file or of a table of actions (CSV).

    Raises
    ------
    ConfigError
        If there is no such policy or file, the file is not a policy for this scenario, or - where ``family`` is
        given - it is of another family.
    """
    if str(strategy) in BUILT_IN:
        policy = Policy.built_in(str(strategy))
    elif Path(strategy).suffix.lower() == ".csv" and Path(strategy).is_file():
        policy = piloted(config, read_action_table(Path(strategy), config))
    elif Path(strategy).is_file():
        policy = _read(Path(strategy), config)
    else:
        name = str(strategy)
        raise ConfigError(
            f"no policy {name!r}: neither a file nor one of {', '.join(BUILT_IN)}{nearest(name, BUILT_IN)}"
        )
    if family is not None and policy.family != family:
        raise ConfigError(
            f"{strategy}: a policy of the {policy.family.name.lower()} family, expected {family.name.lower()}"
        )
    return policy


def piloted(config: Config, actions: np.ndarray) -> Policy:
    """The policy that does ``actions`` int64[n_days, n_farms]."""
    names = [p.name for p in _piloted_parameters(config)]
    return Policy.from_parameters(Family.PILOTED, config, dict(zip(names, actions, strict=True)), "table of actions")


def _read(path: Path, config: Config) -> Policy:
    try:
        data = yaml.safe_load(path.read_text())
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path} is no text; expected a policy's YAML file or a table of actions (CSV), and never a pickle"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    return policy_of(data, config, str(path))


def policy_of(data: object, config: Config, source: str) -> Policy:
    """The policy that ``Policy.to_dict`` gave as plain data; ``source`` names it in errors."""
    if not isinstance(data, dict) or set(data) != {"family", "parameters"}:
        raise ConfigError(f"{source}: a policy has the keys family and parameters, got {_keys(data)}")
    if str(data["family"]) not in FAMILIES:
        raise ConfigError(
            f"{source}: no policy family {data['family']!r}; there are {', '.join(FAMILIES)}"
            f"{nearest(str(data['family']), FAMILIES)}"
        )
    parameters = data["parameters"] or {}
    if not isinstance(parameters, dict):
        raise ConfigError(f"{source}: parameters must be a mapping of names to numbers, got {parameters!r}")
    return Policy.from_parameters(
        FAMILIES[data["family"]],
        config,
        {name: _number(value, f"{source}: {name}") for name, value in parameters.items()},
        source,
    )


def _keys(data: object) -> str:
    return ", ".join(map(str, data)) if isinstance(data, dict) else repr(data)


def _number(value: object, where: str) -> float | np.ndarray:
    numbers: Sequence = value if isinstance(value, list) else [value]
    if not all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers):
        raise ConfigError(f"{where} must be a number, or a list with one per farm; got {value!r}")
    return np.array(value, float) if isinstance(value, list) else float(numbers[0])
