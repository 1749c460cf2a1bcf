"""The optimizee that places releases: an individual is a plan, its fitness what the plan costs."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.errors import UsageError, nearest, reject_unknown_keywords
from l2l.optimizees.demes.interventions import Op
from l2l.optimizees.demes.releases import Releases
from l2l.optimizees.demes.scenarios import find_scenario
from l2l.optimizees.optimizee import Optimizee
from l2l.space import Parameter, Space
from l2l.utils.fitness import Evaluation
from l2l.utils.seeds import chosen_seed

if TYPE_CHECKING:
    from l2l.optimizees.demes.population import SpatialPopulation

DemesOptimizeeParameters = namedtuple(
    "DemesOptimizeeParameters",
    [
        "scenario",  # name of a scenario, or a Scenario
        "settings",  # of the scenario of that name, by keyword: rows, cols, landscape_seed, n_ticks, n_releases, ...
        "tuned",  # what an individual has besides its releases: a dict of keyword of Scenario.build to its Parameter
        "objectives",  # names, see OBJECTIVES; one fitness component each
        "must_reach",  # whether to miss the goal is a violation
        "seed",  # of the first individuals; None: the experiment's
        "comparison_seeds",  # runs of the best plan and the plain ones, at the end
    ],
    defaults=["drive", None, None, ("cost",), True, None, 100],
)


@dataclass(frozen=True)
class Outcome:
    """What came of a plan in one run."""

    cost: float
    n_released: int
    share: float
    """Of the adults that the goal is about, at the last tick."""
    shortfall: float
    """By how much that misses the goal; 0 where it is reached."""
    ticks: int
    """Until the goal was reached first; one more than there are if it was not."""


OBJECTIVES: dict[str, tuple[float, Callable[[Outcome], float]]] = {
    "cost": (-1.0, lambda outcome: outcome.cost),
    "released": (-1.0, lambda outcome: float(outcome.n_released)),
    "shortfall": (-1.0, lambda outcome: outcome.shortfall),
    "ticks": (-1.0, lambda outcome: float(outcome.ticks)),
}
"""Weight and value of what a fitness may be made of."""


class DemesOptimizee(Optimizee):
    """Releases into a population in demes, that reach a goal at the least cost.

    The population is built once in each process; what is sent to it is a plan and a seed.  Plans that miss the goal,
    or release more in a tick than is reared, violate constraints: by the share that is missing, and by the excess in
    multiples of what is reared.

    Parameters
    ----------
    traj : Trajectory
    parameters : DemesOptimizeeParameters

    Attributes
    ----------
    scenario : Scenario
    fitness_names : tuple of str
        Of the objectives.
    fitness_weights : tuple of float

    Raises
    ------
    UsageError
        For a scenario, objective or number that does not exist, naming it.
    """

    reusable = True  # a run resets the population

    def __init__(self, traj: Any, parameters: Any = None) -> None:
        super().__init__(traj)
        self.parameters = parameters or DemesOptimizeeParameters()
        p = self.parameters
        self.scenario = find_scenario(p.scenario, p.settings)
        for name in p.objectives:
            if name not in OBJECTIVES:
                known = ", ".join(OBJECTIVES)
                raise UsageError(f"there is no objective {name!r}; there are {known}{nearest(name, OBJECTIVES)}")
        if not isinstance(p.comparison_seeds, int) or p.comparison_seeds < 2:
            raise UsageError(f"comparison_seeds must be a whole number of at least 2, got {p.comparison_seeds!r}")
        self.tuned: dict[str, Parameter] = dict(p.tuned or {})
        self.fitness_names = tuple(p.objectives)
        self.fitness_weights = tuple(OBJECTIVES[name][0] for name in p.objectives)
        self._individual_rng = np.random.default_rng(chosen_seed(traj, p.seed, stream=1))
        self._population: SpatialPopulation | None = None
        self._own_ops: tuple[Op, ...] = ()  # of that population

    @classmethod
    def from_config(cls, traj: Any, **parameters: Any) -> DemesOptimizee:
        """From plain data, as a YAML experiment gives it: the fields of ``DemesOptimizeeParameters``."""
        reject_unknown_keywords("DemesOptimizee", parameters, DemesOptimizeeParameters._fields)
        return cls(traj, DemesOptimizeeParameters(**parameters))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_population": None, "_own_ops": ()}  # every process builds its own

    def space(self) -> dict[str, Parameter]:
        """Of the releases (`ReleaseProgram.space`), and what is tuned besides."""
        return {**self.scenario.program.space(), **self.tuned}

    def create_individual(self) -> dict[str, Any]:
        """Releases that are spread over the landscape; what is tuned besides is drawn from its space."""
        rest = Space(self.tuned).sample(self._individual_rng) if self.tuned else {}
        return {**self.scenario.program.draw(self._individual_rng), **rest}

    def releases(self, individual: Mapping[str, Any]) -> Releases:
        """The plan that an individual stands for."""
        return self.scenario.program.releases(individual)

    def simulate(self, traj: Any) -> Any:
        """One number per objective, and by how much the constraints are violated."""
        individual = {name: traj.individual[name] for name in self.space()}
        releases = self.releases(individual)
        outcome = self.outcome(releases, traj.individual.seed, {name: individual[name] for name in self.tuned})
        fitness = tuple(OBJECTIVES[name][1](outcome) for name in self.parameters.objectives)
        excess = self.scenario.program.excess(releases)
        return Evaluation(fitness, (outcome.shortfall, excess) if self.parameters.must_reach else (excess,))

    def outcome(
        self, releases: Releases, seed: int | np.random.SeedSequence, settings: Mapping[str, Any] | None = None
    ) -> Outcome:
        """Run the population under a plan, to the last tick."""
        goal, n_ticks, program = self.scenario.goal, self.scenario.n_ticks, self.scenario.program
        population = self.prepared(releases, seed, settings).run(n_ticks)
        shares = goal.shares(population.observed)
        reached = [goal.shortfall(share) == 0 for share in shares]
        ticks = reached.index(True) if any(reached) else n_ticks + 1
        share = float(shares[-1])
        return Outcome(program.cost(releases), releases.n_released, share, goal.shortfall(share), ticks)

    def prepared(
        self, releases: Releases, seed: int | np.random.SeedSequence, settings: Mapping[str, Any] | None = None
    ) -> SpatialPopulation:
        """The population before its first tick, with the releases of a plan among its operations."""
        if settings:
            population = self.scenario.build(**settings)
            own_ops = population.ops
        else:
            if self._population is None:
                self._population = self.scenario.build()
                self._own_ops = self._population.ops
            population, own_ops = self._population, self._own_ops
        population.ops = (*own_ops, *self.scenario.program.ops(releases))
        population.observe(self.scenario.goal.groups(population))
        population.reset(seed)
        return population

    # ---- hooks of the experiment

    def warm_up(self) -> None:
        """Compile the kernels, unless that was done before."""
        nobody = np.empty(0, np.int64)
        self.prepared(Releases(nobody, nobody, nobody), 0).run(1)

    def describe(self) -> dict[str, Any]:
        """What a manifest should say of the scenario."""
        return {"goal": str(self.scenario.goal), "ticks": self.scenario.n_ticks}

    def conclude(self, experiment: Any) -> None:
        """Compare the best plan with plain ones, and write files, figures and animation."""
        from l2l.optimizees.demes.conclusion import conclude

        conclude(self, experiment)
