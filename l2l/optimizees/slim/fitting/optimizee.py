"""The optimizee that fits a scenario: an individual is numbers of its configuration, its fitness their likelihood."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np

from l2l.errors import reject_unknown_keywords
from l2l.optimizees.optimizee import Optimizee
from l2l.space import Space
from l2l.utils.seeds import Purpose, chosen_seed, seed_sequence

from ..simulation import config_checks as check
from ..simulation.config import Config
from ..simulation.config_checks import Place
from .farm_report import MONTH, read_report
from .parameter import parse_parameters, values_at
from .reporting import Reporting

if TYPE_CHECKING:  # loads numba
    from .report_model import ReportModel

LEAST_SIMULATIONS = 100

SlimFitOptimizeeParameters = namedtuple(
    "SlimFitOptimizeeParameters",
    [
        "scenario",  # name of a shipped scenario, or a folder of SLIM's layout
        "report",  # CSV file of what the farms reported
        "fit",  # what to fit: "NAME=LOW:HIGH" or "NAME=LOW:HIGH:log", names dotted
        "treatment_strategy",  # policy during the time of the report; None: the scenario's own
        "overrides",  # configuration values by (dotted) name
        "replicates",  # runs per individual; their seeds are the same for all individuals
        "period",  # what a row of the report covers: "month", or a number of days up to its date
        "fish_sampled",  # on which lice are counted, per row
        "dispersion",  # k of the negative binomial that counts per fish follow
        "mortality_error",  # coefficient of variation of reported mortalities
        "simulations",  # runs in each round of the search for the intervals
        "seed",  # of the first individual; None: the experiment's
    ],
    defaults=["Fyne", "report.csv", (), None, None, 16, MONTH, 100, 1.0, 0.2, 500, None],  # as in Reporting
)


class SlimFitOptimizee(Optimizee):
    """Numbers of a scenario's configuration, fitted to a report of its farms.

    An individual holds a float for each, named as the number, or ``log10 NAME`` on a logarithmic scale. Its fitness is
    the log-likelihood of the report (`ReportModel.log_likelihood`), with common random numbers: the same replicates
    for all individuals. At the end of an experiment the intervals are found and all is written to the run folder.

    Parameters
    ----------
    traj : Trajectory
    parameters : SlimFitOptimizeeParameters

    Attributes
    ----------
    bounds : dict of str to (low, high)
        Of every coordinate, for optimizers that want them.
    fitness_weights : tuple of float

    Raises
    ------
    ConfigError
        For a scenario, report, policy, number or bound that is not valid, naming it.
    """

    reusable = True
    fitness_weights = (1.0,)

    def __init__(self, traj: Any, parameters: Any = None) -> None:
        super().__init__(traj)
        self.parameters = p = parameters or SlimFitOptimizeeParameters()
        check.whole(2)(p.replicates, Place("replicates"))
        check.whole(LEAST_SIMULATIONS)(p.simulations, Place("simulations"))
        self.reporting = Reporting(
            check.whole(1)(p.fish_sampled, Place("fish_sampled")),
            check.number(above=0)(p.dispersion, Place("dispersion")),
            check.number(above=0)(p.mortality_error, Place("mortality_error")),
        )
        if p.period != MONTH:
            check.whole(1)(p.period, Place("period"))
        self.config = Config.scenario(p.scenario, **(p.overrides or {}))
        self.fitted = parse_parameters(p.fit, self.config, p.overrides or ())
        self.report = read_report(p.report, self.config, p.period)
        self.bounds = {q.label: q.bounds for q in self.fitted}
        self._rng = np.random.default_rng(chosen_seed(traj, p.seed, stream=1))
        self._model: ReportModel | None = None

    @classmethod
    def from_config(cls, traj: Any, **parameters: Any) -> SlimFitOptimizee:
        """From plain data, as a YAML experiment gives it: the fields of ``SlimFitOptimizeeParameters``."""
        reject_unknown_keywords("SlimFitOptimizee", parameters, SlimFitOptimizeeParameters._fields)
        return cls(traj, SlimFitOptimizeeParameters(**parameters))

    def space(self) -> Space:
        """Floats and arrays of floats, within the bounds."""
        return Space.of_bounds(self.bounds)

    def create_individual(self) -> dict[str, Any]:
        """Draw every coordinate uniformly within its bounds."""
        return {label: float(self._rng.uniform(low, high)) for label, (low, high) in self.bounds.items()}

    def simulate(self, traj: Any) -> tuple[float]:
        """The log-likelihood of the report."""
        values = values_at(self.fitted, {label: traj.individual[label] for label in self.bounds})
        seeds = [seed_sequence(traj.seed, Purpose.REPLICATE, replicate=i) for i in range(self.parameters.replicates)]
        return (self.model.log_likelihood(values, seeds),)

    @property
    def model(self) -> ReportModel:
        """Made when first used, in the process that uses it."""
        if self._model is None:
            from ..simulation.policies import load_policy
            from .report_model import ReportModel

            given = self.parameters.treatment_strategy
            policy = load_policy(self.config.treatment_strategy if given is None else given, self.config)
            self._model = ReportModel(self.config, policy, self.report, self.reporting)
        return self._model

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    def warm_up(self) -> None:
        """Compile the kernels, unless that was done before, and refuse a policy that does not fit."""
        from ..kernels.cache import is_compiled

        self.model.policy.farm_parameters(len(self.config.farms))
        if not is_compiled():
            from ..simulation.simulator import Simulator

            Simulator(self.config)

    def describe(self) -> dict[str, Any]:
        """What a manifest should say of the scenario."""
        return {"scenario": self.config.name, "scenario_hash": self.config.scenario_hash()}

    def conclude(self, experiment: Any) -> None:
        """Find the intervals, and write files, figures and report."""
        from .conclusion import conclude

        conclude(self, experiment)
