"""The base of all optimizees: the inner loop, a model that turns parameters into fitness."""

from abc import ABC, abstractmethod
from collections import namedtuple
from typing import Any

import numpy as np

OptimizeeParameters = namedtuple("OptimizeeParameters", ())


class Optimizee(ABC):
    """A model with parameters to optimise. It is pickled once and sent to every worker.

    A subclass offers :meth:`create_individual` and :meth:`simulate`, and often
    ``bounding_func(individual) -> individual``, which its script hands to the optimizer.

    Attributes
    ----------
    reusable : bool
        Promises that ``simulate`` leaves the optimizee as it was, so that a worker evaluates one
        individual after the other with it instead of unpickling it afresh for each.
    """

    reusable: bool = False

    def __init__(self, traj: Any) -> None:
        traj.f_add_parameter_group("individual", "the parameters of the optimizee")

    @abstractmethod
    def create_individual(self) -> dict[str, Any]:
        """A random individual: names to floats or float arrays, the same names and shapes every time."""

    @abstractmethod
    def simulate(self, traj: Any) -> Any:
        """The fitness of ``traj.individual``: a tuple with one number for each fitness weight."""

    def simulate_(self, traj: Any) -> Any:
        """What a worker calls; here :meth:`simulate`."""
        return self.simulate(traj)

    def simulate_inner(self, traj: Any) -> Any:
        """Evaluate an individual that may hold ``traj.inner_params`` parameter sets, for ``simulate_``.

        With more than one, every parameter is a list; each set is simulated in turn under a seed of its
        own, and the results come as a list. With one set the result is ``(simulate(traj),)``.
        """
        if traj.inner_params <= 1:
            return (self.simulate(traj),)
        individual = traj.individual
        values = {name.removeprefix("individual."): value for name, value in individual.params.items()}
        seed = individual.seed
        results = []
        for i in range(traj.inner_params):
            for name, column in values.items():
                setattr(individual, name, column[i])
            if seed is not None:
                individual.seed = int(np.random.SeedSequence(seed, spawn_key=(i,)).generate_state(1)[0])
            results.append(self.simulate(traj))
        return results

    def warm_up(self) -> None:  # noqa: B027 - a hook, empty unless there is something to prepare
        """Called once in the main process before the workers start: compile, download, fill caches."""

    def conclude(self, experiment: Any) -> None:  # noqa: B027 - a hook, as above
        """Called once in the main process when the experiment ends: write what follows from its results."""
