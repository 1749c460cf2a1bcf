"""The optimizee that tunes treatment policies: an individual is a policy's parameters, its fitness what they earn."""

from __future__ import annotations

from collections import namedtuple
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.errors import nearest, reject_unknown_keywords
from l2l.optimizees.optimizee import Optimizee
from l2l.space import Array, Float, Parameter
from l2l.utils.seeds import Purpose, chosen_seed, seed_sequence

from .objectives import find_objectives
from .simulation.config import Config
from .simulation.policies import TUNABLE, Policy, family_parameters, load_policy

if TYPE_CHECKING:  # loads numba
    from .simulation.shared import Scenario
    from .simulation.simulator import Simulator

SlimOptimizeeParameters = namedtuple(
    "SlimOptimizeeParameters",
    [
        "scenario",  # name of a shipped scenario, or a folder of SLIM's layout
        "family",  # of the policy: threshold or linear
        "replicates",  # runs per individual; their seeds are the same for all individuals of a generation
        "objectives",  # names, see objectives.OBJECTIVES; one fitness component each
        "per_farm",  # whether every farm has parameters of its own
        "overrides",  # configuration values by (dotted) name
        "start",  # YAML file of a policy of the same family, around which the first individuals are drawn
        "seed",  # of the first individuals; None: the experiment's
        "finalists",  # individuals that are evaluated again at the end
        "selection_seeds",  # on as many fresh seeds
        "comparison_seeds",  # and the winner beside the built-in policies on as many others
    ],
    defaults=["Fyne", "threshold", 8, ("mean_payoff",), False, None, None, None, 10, 50, 200],
)

MANY_CAGES = 1000  # from which on workers share the tables; before, they make them faster than they would read them
START_SPREAD = 0.1  # of the first individuals around ``start``, in widths of the bounds


class SlimOptimizee(Optimizee):
    """A treatment policy for the farms of a scenario.

    The parameters of an individual carry the names of the policy family's (``EMB.aggregation``, ...): floats, or
    arrays float64[n_farms] with ``per_farm``.  Those of treatments that no farm may use are left out.

    Parameters
    ----------
    traj : Trajectory
    parameters : SlimOptimizeeParameters

    Attributes
    ----------
    config : Config
    bounds : dict of str to (low, high)
        Of every parameter, for optimizers that want them.
    fitness_names : tuple of str
        Of the objectives.
    fitness_weights : tuple of float
        The usual direction of every objective: 1 to maximise, -1 to minimise.

    Raises
    ------
    ConfigError, ValueError
        For a scenario, family, objective, number or policy file that is not valid, naming it.
    """

    reusable = True  # a run resets all it uses
    _scenario: Scenario | None = None

    def __init__(self, traj: Any, parameters: Any = None) -> None:
        super().__init__(traj)
        self.parameters = parameters or SlimOptimizeeParameters()
        p = self.parameters
        for name in ("replicates", "finalists", "selection_seeds", "comparison_seeds"):
            value = getattr(p, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"SlimOptimizee: {name} must be a whole number of at least 1, got {value!r}")
        if p.family not in TUNABLE:
            raise ValueError(
                f"SlimOptimizee: no tunable policy family {p.family!r}; there are {', '.join(TUNABLE)}"
                f"{nearest(p.family, TUNABLE)}"
            )
        self.config = _config(p.scenario, p.overrides)
        self.family = TUNABLE[p.family]
        objectives = find_objectives(p.objectives)
        self.fitness_names = tuple(p.objectives)
        self.fitness_weights = tuple(o.weight for o in objectives)
        self.tuned = [q for q in family_parameters(self.family, self.config) if q.tuned]
        self.bounds = {q.name: (q.low, q.high) for q in self.tuned}
        self._start = None if p.start is None else self._individual_of(load_policy(p.start, self.config, self.family))
        self._rng = np.random.default_rng(chosen_seed(traj, p.seed, stream=1))
        self._simulator: Simulator | None = None
        self._shorter: dict[int, Simulator] = {}  # by their number of days

    @classmethod
    def from_config(cls, traj: Any, **parameters: Any) -> SlimOptimizee:
        """From plain data, as a YAML experiment gives it: the fields of ``SlimOptimizeeParameters``."""
        reject_unknown_keywords("SlimOptimizee", parameters, SlimOptimizeeParameters._fields)
        return cls(traj, SlimOptimizeeParameters(**parameters))

    # ---- individuals

    @property
    def _shape(self) -> tuple[int, ...]:
        """Of each parameter."""
        return (len(self.config.farms),) if self.parameters.per_farm else ()

    def space(self) -> dict[str, Parameter]:
        """A float for each parameter of the family, or an array with one for each farm."""
        floats = {q.name: Float(q.low, q.high) for q in self.tuned}
        if not self._shape:
            return dict(floats)
        return {name: Array(element, self._shape) for name, element in floats.items()}

    def create_individual(self) -> dict[str, Any]:
        """Draw every parameter uniformly within its bounds, or around the policy to start from."""
        shape = self._shape
        individual = {}
        for q in self.tuned:
            if self._start is None:
                value = self._rng.uniform(q.low, q.high, shape)
            else:
                step = START_SPREAD * (q.high - q.low) * self._rng.standard_normal(shape)
                value = np.clip(self._start[q.name] + step, q.low, q.high)
            individual[q.name] = value if shape else float(value)
        return individual

    def policy(self, individual: dict[str, Any]) -> Policy:
        """The policy that an individual stands for."""
        return Policy.from_parameters(self.family, self.config, individual, "individual")

    def _individual_of(self, policy: Policy) -> dict[str, Any]:
        return {name: policy.values[..., i] for i, name in enumerate(policy.names)}

    # ---- evaluation

    def simulate(self, traj: Any) -> tuple[float, ...]:
        """One number per objective, over ``replicates`` runs, of ``traj.horizon`` days where that is given."""
        individual = {q.name: traj.individual[q.name] for q in self.tuned}
        policy = self.policy(individual)
        simulator = self.simulator if traj.horizon is None else self._simulator_of(traj.horizon)
        outcomes = [simulator.run(policy, seed) for seed in self._seeds(traj)]
        return tuple(o.measure(outcomes) for o in find_objectives(self.parameters.objectives))

    def _seeds(self, traj: Any) -> list[np.random.SeedSequence]:
        """Of the runs of an individual, the same for all of a generation; others in each replicate that l2l makes."""
        n = self.parameters.replicates
        if traj.replicate is not None:
            return np.random.SeedSequence(traj.individual.seed).spawn(n)
        generation = traj.individual.generation
        return [seed_sequence(traj.seed, Purpose.REPLICATE, generation, replicate=i) for i in range(n)]

    def _simulator_of(self, n_days: float) -> Simulator:
        """Of the first days of the scenario."""
        from .simulation.simulator import Simulator

        days = max(1, min(round(n_days), self.config.n_days))
        if days not in self._shorter:
            end = self.config.start_date + timedelta(days=days)
            self._shorter[days] = Simulator(self.config.replace(end_date=end), like=self.simulator)
        return self._shorter[days]

    @property
    def simulator(self) -> Simulator:
        """Made when first used, in the process that uses it."""
        if self._simulator is None:
            from .simulation.simulator import Simulator

            self._simulator = Simulator(self.config, like=self._scenario)
        return self._simulator

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_simulator": None, "_shorter": {}}

    # ---- hooks of the experiment

    def warm_up(self) -> None:
        """Compile the kernels, unless that was done before, and make tables that are worth sharing."""
        from .kernels.cache import is_compiled

        if not is_compiled():
            _ = self.simulator
        if self._scenario is None and sum(farm.ncages for farm in self.config.farms) >= MANY_CAGES:
            from .simulation.shared import Scenario, build_shared

            self._scenario = Scenario(self.config, build_shared(self.config))

    def describe(self) -> dict[str, Any]:
        """What a manifest should say of the scenario."""
        return {"scenario": self.config.name, "scenario_hash": self.config.scenario_hash()}

    def conclude(self, experiment: Any) -> None:
        """Choose the winner, compare it with the built-in policies, and write files, figures and report."""
        from .conclusion import conclude

        conclude(self, experiment)


def _config(scenario: Any, overrides: dict[str, Any] | None) -> Config:
    if isinstance(scenario, Config):
        return scenario.replace(**(overrides or {}))
    return Config.scenario(scenario, **(overrides or {}))
