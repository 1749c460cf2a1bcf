"""The base of all optimizees: the inner loop, a model that turns parameters into fitness."""

from abc import ABC, abstractmethod
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2l.space import Parameter, Space, declared_space
from l2l.utils.seeds import chosen_seed, seed_global_generators

OptimizeeParameters = namedtuple("OptimizeeParameters", ())


class Optimizee(ABC):
    """A model with parameters to optimise. It is pickled once and sent to every worker.

    A subclass offers :meth:`simulate`, and either :meth:`space`, or :meth:`create_individual` and often
    :meth:`bounding_func`. Its script hands ``create_individual`` and ``bounding_func`` to the optimizer, which
    learns of the space by the former.

    Attributes
    ----------
    reusable : bool
        Promises that ``simulate`` leaves the optimizee as it was, so that a worker evaluates one
        individual after the other with it instead of unpickling it afresh for each.
    fitness_names : sequence of str or None
        What the components of the fitness are, for figures.
    """

    reusable: bool = False
    fitness_names: Sequence[str] | None = None
    _own_space: Space | None = None

    def __init__(self, traj: Any) -> None:
        traj.f_add_parameter_group("individual", "the parameters of the optimizee")
        self._individual_rng = np.random.default_rng(chosen_seed(traj, None, stream=1))

    def _declared(self) -> Space | None:
        if self._own_space is None:
            self._own_space = declared_space(self.create_individual)
        return self._own_space

    def space(self) -> Mapping[str, Parameter] | Space | None:
        """The kinds and bounds of the parameters: a dict of name to `Float`, `Integer`, `Category`, `Array` or `Fixed`.

        A `Space` if conditions hold between them. None, as here, where :meth:`create_individual` tells all there is:
        floats and float arrays.
        """
        return None

    def create_individual(self) -> dict[str, Any]:
        """A random individual, names to values, the same names and shapes every time; here one of :meth:`space`."""
        space = self._declared()
        if space is None:
            raise NotImplementedError(f"{type(self).__name__} must implement space() or create_individual()")
        return space.sample(self._individual_rng)

    def bounding_func(self, individual: dict[str, Any]) -> dict[str, Any]:
        """The individual, moved to where the optimizee accepts it: into :meth:`space`, if there is one."""
        space = self._declared()
        return individual if space is None else space.repaired(individual)

    @abstractmethod
    def simulate(self, traj: Any) -> Any:
        """The fitness of ``traj.individual``: a tuple with one number for each fitness weight.

        With constraints, an `Evaluation` of the fitness and the violations.
        """

    def simulate_(self, traj: Any) -> Any:
        """What a worker calls; here :meth:`simulate`, for each individual that the runner has packed into the call."""
        packed = getattr(traj.individual, "inner_seeds", None) is not None
        return self.simulate_inner(traj) if packed else self.simulate(traj)

    def simulate_inner(self, traj: Any) -> Any:
        """Evaluate an individual that may hold ``traj.inner_params`` parameter sets, for ``simulate_``.

        With more than one, every parameter is a list; each set is simulated in turn under a seed of its own, and the
        results come as a list. Where the runner has packed individuals (runner parameter ``inner_params``), each has
        the seed, and global generators, that it has alone. With one set the result is ``(simulate(traj),)``.
        """
        if traj.inner_params <= 1:
            return (self.simulate(traj),)
        individual = traj.individual
        values = {name.removeprefix("individual."): value for name, value in individual.params.items()}
        seed, seeds = individual.seed, getattr(individual, "inner_seeds", None)
        results = []
        for i in range(traj.inner_params):
            for name, column in values.items():
                setattr(individual, name, column[i])
            if seeds is not None:
                individual.seed = seeds[i]
                seed_global_generators(seeds[i])
            elif seed is not None:
                individual.seed = int(np.random.SeedSequence(seed, spawn_key=(i,)).generate_state(1)[0])
            results.append(self.simulate(traj))
        return results

    def warm_up(self) -> None:  # noqa: B027 - a hook, empty unless there is something to prepare
        """Called once in the main process before the workers start: compile, download, fill caches."""

    def conclude(self, experiment: Any) -> None:  # noqa: B027 - a hook, as above
        """Called once in the main process when the experiment ends: write what follows from its results."""
