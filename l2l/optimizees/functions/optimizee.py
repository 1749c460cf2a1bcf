"""A benchmark function as an optimizee."""

from typing import Any

import numpy as np

from l2l.optimizees.functions.benchmarked_functions import BenchmarkedFunctions
from l2l.optimizees.functions.function_generator import FunctionGenerator
from l2l.optimizees.optimizee import Optimizee
from l2l.space import Array, Float, Parameter
from l2l.utils.seeds import chosen_seed


class FunctionGeneratorOptimizee(Optimizee):
    """Evaluates a :class:`FunctionGenerator` at ``individual.coords``, float64[dims]; to be minimised.

    The noise of an evaluation follows from ``traj.individual.seed`` where there is one, so that it depends
    neither on the worker nor on what was evaluated before; elsewhere it is drawn from ``random_state``.

    Parameters
    ----------
    traj : Trajectory
    fg_instance : FunctionGenerator
    seed : int
        Of the random individuals.
    """

    reusable = True

    def __init__(self, traj: Any, fg_instance: FunctionGenerator, seed: int | None) -> None:
        super().__init__(traj)
        self.random_state = np.random.RandomState(chosen_seed(traj, seed, stream=1))
        self.fg_instance = fg_instance
        self.dims = fg_instance.dims
        self.cost_fn = fg_instance.cost_function
        self.bound = fg_instance.bound

    @classmethod
    def from_config(
        cls,
        traj: Any,
        function: str | int,
        noise: bool = False,
        mu: float = 0.0,
        sigma: float = 0.01,
        seed: int | None = None,
    ) -> "FunctionGeneratorOptimizee":
        """Build it from plain data: a name or number of :class:`BenchmarkedFunctions`."""
        functions = BenchmarkedFunctions()
        if isinstance(function, str):
            (_, generator), _ = functions.get_function_by_name(function, noise, mu, sigma)
        else:
            (_, generator), _ = functions.get_function_by_index(function, noise, mu, sigma)
        return cls(traj, generator, seed)

    def space(self) -> dict[str, Parameter]:
        """Coordinates within the bounds."""
        low, high = self.bound
        return {"coords": Array(Float(float(low), float(high)), self.dims)}

    def create_individual(self) -> dict[str, Any]:
        """Coordinates drawn uniformly within the bounds."""
        low, high = self.bound
        return {"coords": self.random_state.rand(self.dims) * (high - low) + low}

    def simulate(self, traj: Any) -> float:
        """The value of the function at ``traj.individual.coords``."""
        rng: Any = None
        if self.fg_instance.noise:
            seed = getattr(traj.individual, "seed", None)
            rng = self.random_state if seed is None else np.random.default_rng(seed)
        return self.cost_fn(traj.individual.coords, rng)

    def simulate_(self, traj: Any) -> Any:
        return self.simulate_inner(traj)
