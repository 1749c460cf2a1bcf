"""Options of the commands that take a scenario: every key of its configuration, by dotted name."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from l2l.optimizees.slim.simulation import config_checks as check
from l2l.optimizees.slim.simulation.config import ARRAYS, Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError, Place
from l2l.optimizees.slim.simulation.config_farm import FarmConfig, ProductionCycle
from l2l.optimizees.slim.simulation.config_files import SHIPPED, read_json, read_text
from l2l.optimizees.slim.simulation.config_overrides import to_plain
from l2l.optimizees.slim.simulation.config_treatment import TreatmentConfig
from l2l.optimizees.slim.types.rules import Rules

# what stands for the user's own words in a dotted name
PLACEHOLDERS = {"farms": "FARM", "treatments": "TREATMENT", "genetic_ratios": "GENOTYPE"}
BELOW = {"farms": FarmConfig, "treatments": TreatmentConfig, "production_cycle": ProductionCycle}
HEADINGS = {
    "params.json": "in place of params.json",
    "config.json": "in place of config.json",
    "": "in place of the tables of the sea",
    "farms": "of a farm, FARM being its number from 0, its name, or * for all",
    "treatments": "of a treatment, TREATMENT being its name, its number from 0, or * for all",
}


class Key(NamedTuple):
    """A value of the configuration that an option can replace."""

    name: str  # dotted, as Config.replace takes it
    meaning: str
    heading: str  # key of HEADINGS
    is_text: bool  # never read as JSON

    @property
    def flag(self) -> str:
        """The option: SLIM's spelling, ``--ext-pressure`` for ``ext_pressure``."""
        return "--" + self.name.replace("_", "-")


@lru_cache(maxsize=1)
def keys() -> tuple[Key, ...]:
    """Every key of a configuration, those of farms and treatments with a placeholder for which one."""
    return tuple(_keys())


def _keys() -> Iterator[Key]:
    shipped = read_json(SHIPPED / "config.json")
    for f in fields(Config):
        if f.name in ARRAYS:
            yield Key(f.name, "the whole table, as JSON", "", False)
            continue
        file = f.metadata["file"]
        yield from _with_items(f, f.name, file, shipped.get(f.name))
        if f.name in BELOW:
            which = f".{PLACEHOLDERS[f.name]}" if f.name in PLACEHOLDERS else ""
            example = shipped[f.name][0] if f.name == "treatments" else {}
            for inner in fields(BELOW[f.name]):
                if "check" in inner.metadata:
                    name, heading = f"{f.name}{which}.{inner.name}", f.name if which else file
                    yield from _with_items(inner, name, heading, example.get(inner.name))


def _with_items(f: Field, name: str, heading: str, example: Any) -> Iterator[Key]:
    """A field, and what is in it if it is a map of known names: those in our own ``config.json``."""
    yield Key(name, f.metadata["meaning"], heading, f.type in (str, datetime, str | None))
    if name == "genetic_ratios":
        items: Iterable[str] = [PLACEHOLDERS[name]]
    elif name == "rules":
        items = Rules._fields
    else:
        items = example if isinstance(example, Mapping) else []
    for item in items:
        yield Key(f"{name}.{item}", f"{item} of {name} alone", heading, False)


def add_scenario_options(parser: argparse.ArgumentParser, own: Mapping[str, str]) -> None:
    """Declare ``--set``, ``--overrides``, and an option for every key.

    Parameters
    ----------
    own
        Keys for which the command has another option, and which: ``{"seed": "--seed"}``.
    """
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another value for any key of the configuration, by dotted name; the value as in JSON, or text; "
        "e.g. farms.0.num_fish=50000, farms.*.defection_proba=0.5, treatments.EMB.effect_delay=3; "
        "an option --farms.0.num-fish 50000 does the same",
    )
    parser.add_argument(
        "--overrides",
        action="append",
        default=[],
        metavar="FILE",
        help="YAML or JSON file of keys by dotted name and their values, such as slim fit writes; options of the "
        "command line, and files given later, replace what it says",
    )
    parser.set_defaults(own_options=own)
    groups = {name: parser.add_argument_group(heading) for name, heading in HEADINGS.items()}
    for key in keys():
        if key.name not in own:
            groups[key.heading].add_argument(
                key.flag,
                action=_Setting,
                dest="set",
                const=key,
                metavar="TEXT" if key.is_text else "X",
                default=argparse.SUPPRESS,
                help=key.meaning.replace("%", "%%"),
            )


class _Setting(argparse.Action):
    """An option of its own name that does what ``--set`` would."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, value: Any, option_string: Any = None) -> None:
        namespace.set = [*namespace.set, f"{self.const.name}={json.dumps(value) if self.const.is_text else value}"]


def as_settings(argv: Sequence[str]) -> list[str]:
    """The command line with ``--farms.0.num-fish 5`` spelt as ``--set farms.0.num_fish=5``.

    Such options cannot be declared, since which farm is the user's word.
    """
    texts = {key.name for key in keys() if key.is_text}
    tops = {key.name.split(".")[0] for key in keys()}
    found: list[str] = []
    words = iter(argv)
    for word in words:
        flag, equals, value = word.partition("=")
        parts = flag.removeprefix("--").split(".")
        top = parts[0].replace("-", "_")
        if not flag.startswith("--") or len(parts) == 1 or top not in tops:
            found.append(word)
            continue
        own = [top, *(part.replace("-", "_") for part in parts[1:])]
        general = list(own)
        if top in PLACEHOLDERS:
            own[1], general[1] = parts[1], PLACEHOLDERS[top]
        name = ".".join(own)
        given = value if equals else next(words, None)
        if given is not None and ".".join(general) in texts:
            given = json.dumps(given)
        found += ["--set", name if given is None else f"{name}={given}"]
    return found


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says in place of the scenario's files, for ``Config.replace``."""
    found: dict[str, Any] = {}
    for path in args.overrides:
        found = _put(found, _read_overrides(Path(path).expanduser(), args.own_options))
    return _put(found, _settings(args))


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for given in args.set:
        key, separator, value = given.partition("=")
        if not (key and separator):
            raise ConfigError(f"--set {given}: expected KEY=VALUE, such as farms.0.num_fish=50000")
        if key in args.own_options:
            raise ConfigError(f"--set {given}: expected {args.own_options[key]} {value}")
        if key in found:
            raise ConfigError(f"--set {given}: {key} is given twice; expected it once")
        found[key] = json_or_text(value)
    return found


def _read_overrides(path: Path, own_options: Mapping[str, str]) -> dict[str, Any]:
    try:
        plain = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from None
    if not isinstance(plain, dict) or not all(isinstance(name, str) for name in plain):
        raise Place(str(path)).error(plain, "keys by dotted name and their values, such as ext_pressure: 50")
    for name in plain.keys() & own_options.keys():
        raise ConfigError(f"{path}: {name}: expected {own_options[name]} {plain[name]} on the command line")
    texts = {key.name for key in keys() if key.is_text}
    # YAML takes 1e-7 for a text
    return {
        name: json_or_text(value) if isinstance(value, str) and name not in texts else to_plain(value)
        for name, value in plain.items()
    }


def _put(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Both; where a name of the one covers names of the other, as ``*`` does, the later one holds."""
    return {name: value for name, value in earlier.items() if name not in later} | later


def whole_option(flag: str, given: str, minimum: int = 0) -> int:
    """The whole number that an option was given."""
    return check.whole(minimum)(json_or_text(given), Place(flag))


def json_or_text(text: str) -> Any:
    """What stands there as JSON; what is no JSON is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
