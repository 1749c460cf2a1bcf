"""Scenarios: a population, who may be released into it, and what that is to achieve."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from l2l.errors import UsageError, nearest, reject_unknown_keywords
from l2l.optimizees.demes.builder import SpatialBuilder
from l2l.optimizees.demes.genetics import Species
from l2l.optimizees.demes.goal import Goal
from l2l.optimizees.demes.landscape import make_landscape
from l2l.optimizees.demes.population import SpatialPopulation
from l2l.optimizees.demes.presets import HomingDrive
from l2l.optimizees.demes.releases import ReleaseProgram
from l2l.optimizees.demes.topology import SquareGrid
from l2l.sharing import batch_setting


@dataclass(frozen=True)
class Scenario:
    """What an experiment with releases is about.

    Parameters
    ----------
    build : callable
        Makes the population; a function of its module, or of the experiment script.  Its keywords, which have
        defaults, are what an individual may set besides its releases.
    program : ReleaseProgram
    goal : Goal
        At the last tick.
    n_ticks : int
    allele : str
        Whose frequency is of interest, for figures.
    """

    build: Callable[..., SpatialPopulation]
    program: ReleaseProgram
    goal: Goal
    n_ticks: int
    allele: str

    def __post_init__(self) -> None:
        if not isinstance(self.n_ticks, int) or self.n_ticks <= self.program.last_tick:
            raise UsageError(
                f"a scenario goes on after the last release at tick {self.program.last_tick}, got n_ticks "
                f"{self.n_ticks!r}"
            )


def _replacement(
    capacities: np.ndarray, migration_rate: float = 0.2, conversion_rate: float = 0.9, fecundity: float = 0.95
) -> SpatialPopulation:
    species = Species.from_dict("mosquito", {"chr1": {"gene": ["WT", "Dr", "R"]}})
    drive = HomingDrive(
        "drive",
        drive_allele="Dr",
        target_allele="WT",
        resistance_allele="R",
        drive_conversion_rate=conversion_rate,
        late_germline_resistance_formation_rate=0.5,
        fecundity_scaling={"female": fecundity},
        fecundity_mode="multiplicative",
    )
    counts = {"WT|WT": batch_setting(capacities / 2)}
    return _on_grid(species, capacities, counts, migration_rate).presets(drive).build()


def drive(rows: int = 51, cols: int = 51, landscape_seed: int = 1, n_ticks: int = 24, **limits: Any) -> Scenario:
    """Spread a homing drive over a landscape before a deadline.

    The drive makes who carries it unable to transmit a disease, and costs females 5 % of their eggs.  Where it cuts and
    is not copied, an allele that resists it may arise.  Heterozygous males are released.  By the deadline 90 % of the
    adults are to carry the drive.

    Parameters
    ----------
    rows, cols, landscape_seed : int
        Of `make_landscape`.
    n_ticks : int
        Generations until the deadline.
    **limits
        Of the `ReleaseProgram`, in place of those here.
    """
    capacities = make_landscape(rows, cols, landscape_seed)
    given = {"n_releases": 9, "last_tick": n_ticks // 4, "most": 40, "reared": 100.0, "cost_trip": 100.0}
    program = ReleaseProgram(capacities > 0, "WT|Dr", ("male",), **{**given, **limits})
    return Scenario(partial(_replacement, capacities), program, Goal("Dr|*", 0.9), n_ticks, "Dr")


def _resistant(
    capacities: np.ndarray, frequency: np.ndarray, migration_rate: float = 0.2, conversion_rate: float = 0.9
) -> SpatialPopulation:
    species = Species.from_dict("mosquito", {"chr1": {"gene": ["S", "R", "Sd"]}})
    drive = HomingDrive(
        "reversal",
        drive_allele="Sd",
        target_allele="R",
        drive_conversion_rate=conversion_rate,
    )
    counts = {
        "S|S": batch_setting(capacities / 2 * (1 - frequency) ** 2),
        "S|R": batch_setting(capacities * frequency * (1 - frequency)),
        "R|R": batch_setting(capacities / 2 * frequency**2),
    }
    builder = _on_grid(species, capacities, counts, migration_rate).presets(drive)
    return builder.fitness(fecundity={"R|R": {"female": 0.9}, "R|!R": {"female": 0.95}}).build()


def resistance(rows: int = 51, cols: int = 51, landscape_seed: int = 1, n_ticks: int = 24, **limits: Any) -> Scenario:
    """Remove a strain that resists an insecticide, by a drive that turns its allele into a susceptible one.

    The insecticide is no longer used, and resistance costs females 5 % of their eggs a copy.  It is common in some
    places, and rare in others, where the drive cannot spread by itself.  Homozygous males are released.  By the
    deadline at most 20 % of the adults are to carry resistance.

    Parameters
    ----------
    rows, cols, landscape_seed, n_ticks, **limits
        As for `drive`.
    """
    capacities = make_landscape(rows, cols, landscape_seed)
    places = make_landscape(rows, cols, landscape_seed + 1, water=0.0, contrast=1.0, patch=4.0)
    frequency = np.clip(0.3 * places / np.median(places), 0.02, 0.9)
    given = {"n_releases": 9, "last_tick": n_ticks // 4, "most": 40, "reared": 100.0, "cost_trip": 100.0}
    program = ReleaseProgram(capacities > 0, "Sd|Sd", ("male",), **{**given, **limits})
    return Scenario(partial(_resistant, capacities, frequency), program, Goal("R|*", 0.2, False), n_ticks, "R")


def _on_grid(
    species: Species, capacities: np.ndarray, counts: Mapping[str, Any], migration_rate: float
) -> SpatialBuilder:
    return (
        SpatialBuilder(species, topology=SquareGrid(*capacities.shape), pop_type="discrete_generation")
        .initial_state({"female": counts, "male": counts})
        .reproduction(eggs_per_female=50)
        .competition(
            carrying_capacity=batch_setting(capacities), juvenile_growth_mode="concave", low_density_growth_rate=6
        )
        .migration(kernel=np.ones((5, 5)), migration_rate=migration_rate)
    )


_OF_THE_SCENARIO = ("habitable", "genotype", "sexes")
SCENARIOS: dict[str, Callable[..., Scenario]] = {"drive": drive, "resistance": resistance}


def find_scenario(scenario: Any, settings: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario by its name, with settings of its function; or the one that is given.

    Raises
    ------
    UsageError
        If there is none of that name.
    TypeError
        If it has no setting of a name.
    """
    if isinstance(scenario, Scenario):
        if settings:
            raise UsageError("settings are those of a scenario that is given by its name")
        return scenario
    if scenario not in SCENARIOS:
        known = ", ".join(SCENARIOS)
        raise UsageError(f"there is no scenario {scenario!r}; there are {known}{nearest(str(scenario), SCENARIOS)}")
    made = SCENARIOS[scenario]
    settings = dict(settings or {})
    limits = [limit.name for limit in fields(ReleaseProgram) if limit.init and limit.name not in _OF_THE_SCENARIO]
    own = [name for name in inspect.signature(made).parameters if name != "limits"]
    reject_unknown_keywords(f"scenario {scenario!r}", settings, [*own, *limits])
    return made(**settings)
