"""Busy waiting: counts prime numbers, to try out workers and schedulers."""

from collections import namedtuple
from typing import Any

from l2l.optimizees.optimizee import Optimizee

AWOptimizeeParameters = namedtuple("AWOptimizeeParameters", ["difficulty"])


class AWOptimizee(Optimizee):
    """Looks for the primes below ``individual.difficulty`` by trial division; the fitness is always 0.

    Parameters
    ----------
    traj : Trajectory
    parameters : AWOptimizeeParameters
        ``difficulty``: a float; 10000.0 takes a fraction of a second.
    """

    reusable = True

    def __init__(self, traj: Any, parameters: Any) -> None:
        super().__init__(traj)
        self.ind_idx = traj.individual.ind_idx
        self.generation = traj.individual.generation
        self.difficulty = parameters.difficulty
        self.bound = [self.difficulty, self.difficulty]

    def create_individual(self) -> dict[str, Any]:
        """The difficulty, the same for all."""
        return {"difficulty": self.difficulty}

    def bounding_func(self, individual: dict[str, Any]) -> dict[str, Any]:
        """Nothing is out of bounds."""
        return individual

    def simulate(self, traj: Any) -> int:
        """Be busy for a while."""
        count_primes(int(traj.individual.difficulty))
        return 0

    def simulate_(self, traj: Any) -> Any:
        return self.simulate_inner(traj)


def count_primes(below: int) -> int:
    """How many primes are smaller than ``below``, by trial division: slow on purpose."""
    primes: list[int] = []
    for candidate in range(2, below):
        if all(candidate % p for p in primes if p * p <= candidate):
            primes.append(candidate)
    return len(primes)
