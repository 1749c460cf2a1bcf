"""Parallel tempering: chains at different temperatures that change places."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.checks import probability
from l2l.optimizers.constraints import gains
from l2l.optimizers.simulatedannealing.chains import COLDEST, ChainsOptimizer, cooling_schedule
from l2l.optimizers.simulatedannealing.cooling import AvailableCoolingSchedules, temperature

__all__ = ["AvailableCoolingSchedules", "ParallelTemperingOptimizer", "ParallelTemperingParameters"]


ParallelTemperingParameters = namedtuple(
    "ParallelTemperingParameters",
    [
        "n_parallel_runs",  # chains, the individuals of a generation
        "noisy_step",  # standard deviation of a step at temperature 1, one or one each; None: a fifth of the bounds
        "n_iteration",  # number of generations
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "cooling_schedules",  # AvailableCoolingSchedules (or names), one for each rung or one for all; None: DEFAULT
        "temperature_bounds",  # (n_parallel_runs, 2): start and end; None: a geometric ladder from 1 to 0.05, constant
        "decay_parameters",  # (n_parallel_runs,): factors per step under the schedule DEFAULT; None: 1
    ],
    defaults=[10, None, 100, np.inf, 0, None, None, None],
)


class ParallelTemperingOptimizer(ChainsOptimizer):
    """Parallel tempering: Metropolis chains on a ladder of temperatures; after each step neighbours may change rungs.

    Swendsen & Wang (1986), doi:10.1103/PhysRevLett.57.2607; Geyer (1991). Hot chains roam, cold ones refine, and a
    good point sinks to the cold. Chains with fitness F_i, F_j on rungs of temperature T_i, T_j change rungs with
    probability ``min(1, exp((1 / T_i - 1 / T_j) (F_j - F_i)))``, which keeps detailed balance: as likely as the
    product of their Boltzmann weights ``exp(F / T)`` is greater after the change than before. Partners are
    neighbours by temperature, in turn the pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ...

    A rung's temperature is constant by default; it may follow a cooling schedule of its own between its bounds.
    The chains themselves: :class:`ChainsOptimizer`.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. Every chain starts at an individual of its own.
    parameters : ParallelTemperingParameters

    Attributes
    ----------
    rungs : int64[n_parallel_runs]
        The rung of each chain.
    n_swaps : int
        Changes of rungs so far, pairs counted once.
    """

    kept = ("seed", "n_parallel_runs", "noisy_step", "cooling_schedules", "temperature_bounds", "decay_parameters")

    def set_up(self, traj: Any) -> None:
        self._make_rungs()
        super().set_up(traj)

    def _make_rungs(self) -> None:
        p = self.parameters
        n = p.n_parallel_runs
        bounds = p.temperature_bounds
        if bounds is None:
            ladder = np.geomspace(1.0, 0.05, n)
            bounds = np.column_stack([ladder, ladder])
        self.temperature_bounds = _array("temperature_bounds", bounds, (n, 2))
        start, end = self.temperature_bounds.T
        if not (np.isfinite(start).all() and (start >= end).all() and (start > 0).all() and (end >= 0).all()):
            raise ValueError(f"temperature_bounds must be (start, end) with start > 0, start >= end >= 0, got {bounds}")
        decays = np.ones(n) if p.decay_parameters is None else p.decay_parameters
        self.decays = _array("decay_parameters", decays, (n,))
        for decay in self.decays:
            probability("decay_parameters", decay)
        schedules = p.cooling_schedules
        if schedules is None or isinstance(schedules, str | AvailableCoolingSchedules):  # one for all
            schedules = [schedules or AvailableCoolingSchedules.DEFAULT] * n
        if len(schedules) != n:
            raise ValueError(f"cooling_schedules must have {n} elements, one for each chain, got {len(schedules)}")
        self.schedules = [cooling_schedule("cooling_schedules", schedule) for schedule in schedules]
        self.rungs = np.arange(n)
        self.n_swaps = 0

    def ladder(self) -> np.ndarray:
        """The temperature of each rung in the next step, float64[n_parallel_runs]."""
        rungs = zip(self.schedules, self.temperature_bounds, self.decays, strict=True)
        return np.array(
            [
                temperature(schedule, self.n_steps, self.most_steps, start, end, decay)
                for schedule, (start, end), decay in rungs
            ]
        )

    def temperatures(self) -> np.ndarray:
        return self.ladder()[self.rungs]

    def _step(self, fitness: np.ndarray, violations: np.ndarray) -> None:
        temperatures, turn = self.temperatures(), self.n_steps % 2
        super()._step(fitness, violations)
        self._swap(temperatures, turn)

    def _swap(self, temperatures: np.ndarray, turn: int) -> None:
        """Let neighbours change rungs, under the temperatures of the step that brought them where they are."""
        order = np.argsort(temperatures, kind="stable")
        cold, hot = order[turn:-1:2], order[turn + 1 :: 2]
        fitness, violations = self.current_fitness, self.current_violations
        gain = gains(fitness[hot], violations[hot], fitness[cold], violations[cold])
        inverse = 1 / np.maximum(temperatures, COLDEST)
        with np.errstate(over="ignore", invalid="ignore"):
            log_odds = np.nan_to_num((inverse[cold] - inverse[hot]) * gain, nan=0.0)  # of equal temperatures
        swapped = self._chosen(log_odds)
        i, j = cold[swapped], hot[swapped]
        self.rungs[i], self.rungs[j] = self.rungs[j], self.rungs[i]
        self.n_swaps += int(swapped.sum())

    def describe(self) -> dict[str, Any]:
        return {"temperatures": self.temperatures().tolist(), "n_swaps": self.n_swaps}


def _array(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.array(value, dtype=float)  # a copy: parameters can be used again
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    return array
