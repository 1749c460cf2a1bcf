"""The scenario as a model of its report: parameters in, what farms would have reported out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np

from ..simulation.config import Config
from ..simulation.policies import Policy
from ..simulation.record import allocate
from ..simulation.simulator import Simulator
from .farm_report import FarmReport
from .reporting import Reporting, truth

Run = tuple[Mapping[str, float], np.random.SeedSequence]  # numbers of the configuration by name, and the seed


class ReportModel:
    """Simulates ``config`` under ``policy`` up to the last number of ``report``."""

    def __init__(self, config: Config, policy: Policy, report: FarmReport, reporting: Reporting):
        self.config = config
        self.policy = policy
        self.report = report
        self.n_days = int(report.last.max()) + 1
        self.reporting = reporting
        self.observed = self.standardised(report.value)  # float64[n]

    def standardised(self, reports: np.ndarray) -> np.ndarray:
        """Reports float64[..., n] in units of their error."""
        return self.reporting.standardised(self.report, reports)

    def truth(self, values: Mapping[str, float], seed: np.random.SeedSequence) -> np.ndarray:
        """What happened in one run where the report has its numbers, float64[n]."""
        return self._truth(self._simulator(values), seed)

    @cached_property
    def _base(self) -> Simulator:
        """Of the scenario as it is; those of other numbers share with it what does not depend on them."""
        return Simulator(self.config)

    def _simulator(self, values: Mapping[str, float]) -> Simulator:
        return Simulator(self.config.replace(**values), like=self._base)

    def _truth(self, simulator: Simulator, seed: np.random.SeedSequence) -> np.ndarray:
        record = allocate(simulator.shared, self.n_days)
        simulator.reset(seed)
        simulator.advance(self.policy, self.n_days, record)
        return truth(self.report, record)

    def reports(self, runs: Sequence[Run], n_threads: int = 1) -> np.ndarray:
        """A report of each run, float64[n_runs, n]: what happened, with errors of observation."""

        def report(run: Run) -> np.ndarray:
            values, seed = run
            simulation, observation = seed.spawn(2)
            rng = np.random.default_rng(observation)
            return self.reporting.draw(self.report, self.truth(values, simulation), rng)

        pool = ThreadPoolExecutor(n_threads)  # kernels release the interpreter's lock
        try:
            return np.array(list(pool.map(report, runs)))
        finally:
            pool.shutdown(cancel_futures=True)  # when interrupted, wait for the runs under way alone

    def log_likelihood(self, values: Mapping[str, float], seeds: Sequence[np.random.SeedSequence]) -> float:
        """Sum of the log-likelihoods of all numbers of the report, each by itself.

        Each number, standardised, is normal with the mean and the variance over runs plus 1, the error of
        observation. That numbers of one report hang together is left out (a composite likelihood, Varin, Reid &
        Firth 2011): where it is greatest is a good estimate, how steep it is says nothing about uncertainty.
        """
        simulator = self._simulator(values)
        runs = np.array([self._truth(simulator, seed) for seed in seeds])
        return composite(self.observed, self.standardised(runs))


def composite(observed: np.ndarray, runs: np.ndarray) -> float:
    """Log-likelihood of ``observed`` float64[n], number by number, given standardised ``runs`` float64[n_runs, n]."""
    mean, variance = runs.mean(axis=0), 1 + runs.var(axis=0, ddof=1)
    return float(-0.5 * np.sum((observed - mean) ** 2 / variance + np.log(2 * np.pi * variance)))
