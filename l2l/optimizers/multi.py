"""Optimizers that pack several individuals into one, for optimizees that evaluate them together (on a GPU, say)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2l.optimizers.checks import whole
from l2l.optimizers.optimizer import Optimizer


class MultiOptimizer(Optimizer):
    """Packs ``parameters.n_inner_params`` individuals at a time into one: a worker evaluates them in one call.

    It stands before the optimizer that proposes them, ``class MultiX(MultiOptimizer, X)``, which needs no change: it
    is told of every individual alone. A generation must have a multiple of ``n_inner_params`` individuals.

    In ``eval_pop``, and for the optimizee, each parameter of a packed individual is a list of as many values;
    ``traj.inner_params`` says how many. The result is a list of as many fitnesses. With ``n_inner_params`` of 1 nothing
    is packed.
    """

    ask_one = Optimizer.ask_one  # one by one nothing can be packed: not for runs without generations

    @property
    def n_inner_params(self) -> int:
        """How many individuals are packed into one."""
        return self.parameters.n_inner_params

    def compress_individual(self, population: Sequence[Mapping[str, Any]], n: int) -> list[dict[str, Any]]:
        """Pack ``n`` individuals at a time: their names to lists of ``n`` values."""
        if len(population) % n:
            raise ValueError(f"{len(population)} individuals cannot be packed {n} at a time")
        if n == 1:
            return [dict(individual) for individual in population]
        groups = [population[k : k + n] for k in range(0, len(population), n)]
        return [{name: [individual[name] for individual in group] for name in group[0]} for group in groups]

    def expand_individual(self, population: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The inverse of :meth:`compress_individual`."""
        n = self.n_inner_params
        if n == 1:
            return [dict(individual) for individual in population]
        return [{name: values[i] for name, values in packed.items()} for packed in population for i in range(n)]

    def individuals(self) -> list[dict[str, Any]]:
        return self.expand_individual(self.eval_pop)

    def outcomes(self, fitnesses_results: Sequence[tuple[int, Any]]) -> tuple[np.ndarray, np.ndarray]:
        n = self.n_inner_params
        if n == 1:
            return super().outcomes(fitnesses_results)
        for ind_idx, inner in fitnesses_results:
            if np.ndim(inner) == 0 or len(inner) != n:
                raise ValueError(
                    f"generation {self.g}, individual {ind_idx} packs {n} individuals, so its result must be a list "
                    f"of {n} fitnesses; got {inner!r}"
                )
        return super().outcomes([(k * n + i, inner[i]) for k, inner in fitnesses_results for i in range(n)])

    def start(self, traj: Any) -> None:
        whole("n_inner_params", self.n_inner_params, 1)
        traj.inner_params = self.n_inner_params
        super().start(traj)

    def _expand_trajectory(self, traj: Any) -> None:
        self.eval_pop = self.compress_individual(self.eval_pop, self.n_inner_params)
        super()._expand_trajectory(traj)
