"""Simulated annealing."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.checks import probability
from l2l.optimizers.simulatedannealing.chains import ChainsOptimizer, cooling_schedule
from l2l.optimizers.simulatedannealing.cooling import AvailableCoolingSchedules, temperature

__all__ = ["AvailableCoolingSchedules", "SimulatedAnnealingOptimizer", "SimulatedAnnealingParameters"]


SimulatedAnnealingParameters = namedtuple(
    "SimulatedAnnealingParameters",
    [
        "n_parallel_runs",  # independent chains, the individuals of a generation
        "noisy_step",  # standard deviation of a step at temperature 1, one or one each; None: a fifth of the bounds
        "temp_decay",  # factor of the temperature per step under the schedule DEFAULT
        "n_iteration",  # number of generations
        "stop_criterion",  # fitness (weighted) at which the search is over
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "cooling_schedule",  # one of AvailableCoolingSchedules, or its name
    ],
    defaults=[10, None, 0.98, 100, np.inf, 0, AvailableCoolingSchedules.DEFAULT],
)


class SimulatedAnnealingOptimizer(ChainsOptimizer):
    """Simulated annealing: independent Metropolis chains whose temperature, and width of steps, falls from 1 to 0.

    Kirkpatrick, Gelatt & Vecchi (1983), doi:10.1126/science.220.4598.671. The chains themselves:
    :class:`ChainsOptimizer`.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`. Every chain starts at an individual of its own.
    parameters : SimulatedAnnealingParameters
    """

    def set_up(self, traj: Any) -> None:
        probability("temp_decay", self.parameters.temp_decay)
        self.schedule = cooling_schedule("cooling_schedule", self.parameters.cooling_schedule)
        super().set_up(traj)

    @property
    def temperature(self) -> float:
        """Of all chains, in the next step."""
        return temperature(self.schedule, self.n_steps, self.most_steps, decay=self.parameters.temp_decay)

    def temperatures(self) -> np.ndarray:
        return np.full(len(self.current), self.temperature)

    def describe(self) -> dict[str, Any]:
        return {"temperature": self.temperature}
