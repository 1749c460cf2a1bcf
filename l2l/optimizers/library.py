"""The base of optimizers whose search is that of another library."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import whole
from l2l.optimizers.region import Region
from l2l.optimizers.replay import Outcome, Replayed, Search


class LibraryOptimizer(AskTellOptimizer):
    """Hands individuals from a search of another library to the workers, and their outcomes back.

    Subclasses give :meth:`search_in`. The library is asked for ``pop_size`` individuals at a time, and told one after
    the other; without generations (``asynchronous=True``) they go back and forth one by one. It learns from the
    individuals as it proposed them, also where the optimizee's bounding function or an order of parameters has moved
    them since. In mid-run the optimizer is pickled as what was asked and told, and does the search again when it is
    resumed.

    Each weight is an objective of its own, unless ``weighted_sum`` adds them up.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : namedtuple
        With ``seed``, ``pop_size``, ``n_iteration``, ``bounds`` and ``weighted_sum``.
    """

    kept = ("seed", "bounds", "name", "sampler", "sampler_params")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        whole("pop_size", p.pop_size, 1)
        whole("n_iteration", p.n_iteration, 1)
        seed = self.seed_from(traj, p.seed)
        budget = p.pop_size * traj.parameters["n_iteration"]
        starts = self.inherited()[: p.pop_size]
        region = Region(self, p.bounds)
        self.search = Replayed(partial(self.search_in(region), starts, self.n_objectives, budget, seed), seed)

    def search_in(self, region: Region) -> Callable[..., Search]:
        """What makes the search: a function of (starts, n_objectives, budget, seed) that pickles.

        ``starts`` are individuals to try first, ``budget`` is how many will be asked for.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement search_in()")

    @property
    def n_objectives(self) -> int:
        """How many numbers the library is told for each individual."""
        return 1 if self.parameters.weighted_sum else len(self.optimizee_fitness_weights)

    def ask(self) -> list[dict[str, Any]]:
        return [self.bounded(individual) for individual in self.search.ask(self.parameters.pop_size)]

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        outcomes = zip(objectives, violations, strict=True)
        self.stop_reason = self.search.tell([self._outcome(*outcome) for outcome in outcomes])

    def ask_one(self) -> dict[str, Any]:
        return self.bounded(self.search.ask(1)[0])

    def tell_one(self, individual: dict[str, Any], objectives: np.ndarray, violation: float) -> None:
        self.stop_reason = self.search.tell([self._outcome(objectives, violation)])

    def _outcome(self, objectives: np.ndarray, violation: float) -> Outcome:
        losses = [-objectives.sum()] if self.parameters.weighted_sum else -objectives
        return (*map(float, losses), float(violation))

    def recommend(self) -> dict[str, Any] | None:
        """What the library recommends, else the best individual."""
        if self.best_individual is None:
            return None
        recommended = self.search.recommend()
        return self.best_individual if recommended is None else self.bounded(recommended)
