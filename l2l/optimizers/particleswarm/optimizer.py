"""Particle swarm optimisation."""

from collections import namedtuple
from typing import Any

import numpy as np

from l2l.optimizers.ask_tell import AskTellOptimizer
from l2l.optimizers.checks import at_least, whole
from l2l.optimizers.constraints import gains
from l2l.optimizers.region import Region

ParticleSwarmParameters = namedtuple(
    "ParticleSwarmParameters",
    [
        "seed",  # of all draws, in [0, 2**32); None: the experiment's
        "pop_size",  # number of particles
        "n_iteration",  # number of generations
        "inertia",  # share of its velocity that a particle keeps
        "cognitive",  # pull towards the best place of its own
        "social",  # pull towards the best place of its neighbours
        "neighbours",  # how many, on either side in a ring, a particle listens to; None: all
        "bounds",  # dict of parameter name to (low, high); None: those of the optimizee's space, if it declares one
    ],
    # equivalent to the constriction of Clerc & Kennedy (2002)
    defaults=[0, 30, 100, 0.72984, 1.49618, 1.49618, None, None],
)


class ParticleSwarmOptimizer(AskTellOptimizer):
    """Particle swarm: the standard of Bratton & Kennedy (2007), "Defining a standard for particle swarm optimization".

    With bounds, a particle that would leave them stops at the bound, with no velocity across it.

    Parameters
    ----------
    traj : Trajectory
    optimizee_create_individual, optimizee_fitness_weights, optimizee_bounding_func
        See :class:`Optimizer`.
    parameters : ParticleSwarmParameters

    Attributes
    ----------
    places, velocities, best_places : float64[pop_size, dim]
    best_values, best_violations : float64[pop_size]
        Fitness and violation at ``best_places``, -inf and inf where there is none yet. A place where constraints are
        violated is worse than any where they are not, the more they are (Deb 2000).
    """

    kept = ("seed", "bounds", "pop_size")

    def set_up(self, traj: Any) -> None:
        p = self.parameters
        _check(p)
        self.rng = np.random.default_rng(self.seed_from(traj, p.seed))
        self.region = Region(self, p.bounds)
        n = p.pop_size
        self.places = self.region.first_points(self.rng, n)
        self.velocities = (self.region.sample(self.rng, n) - self.places) / 2
        self.best_places = self.places.copy()
        self.best_values, self.best_violations = np.full(n, -np.inf), np.full(n, np.inf)

    def ask(self) -> list[dict[str, Any]]:
        if np.isfinite(self.best_values).any():
            self._move()
        population, self.places = self.region.propose(self.places)
        return population

    def _move(self) -> None:
        p, shape = self.parameters, self.places.shape
        own = self.rng.random(shape) * (self.best_places - self.places)
        others = self.rng.random(shape) * (self.best_places[self._leaders()] - self.places)
        # eqs. 3 and 4
        self.velocities = p.inertia * self.velocities + p.cognitive * own + p.social * others
        moved = self.places + self.velocities
        self.places = self.region.clip(moved)
        self.velocities[self.places != moved] = 0.0

    def _leaders(self) -> np.ndarray:
        """For each particle, the one of its neighbourhood that knows the best place."""
        n, reach = len(self.places), self.parameters.neighbours
        order = np.lexsort((-self.best_values, self.best_violations))
        rank = np.argsort(order)
        if reach is None or 2 * reach + 1 >= n:
            return np.full(n, order[0])
        ring = (np.arange(n)[:, None] + np.arange(-reach, reach + 1)) % n
        return ring[np.arange(n), np.argmin(rank[ring], axis=1)]

    def learn(self, population: list[dict[str, Any]], objectives: np.ndarray, violations: np.ndarray) -> None:
        fitness = objectives.sum(axis=1)
        better = gains(fitness, violations, self.best_values, self.best_violations) > 0
        self.best_places[better] = self.places[better]
        self.best_values[better], self.best_violations[better] = fitness[better], violations[better]

    def describe(self) -> dict[str, Any]:
        return {"speed": float(np.linalg.norm(self.velocities, axis=1).mean())}


def _check(parameters: Any) -> None:
    whole("pop_size", parameters.pop_size, 2)
    whole("n_iteration", parameters.n_iteration, 1)
    for name in ("inertia", "cognitive", "social"):
        at_least(name, getattr(parameters, name), 0)
    if parameters.neighbours is not None:
        whole("neighbours", parameters.neighbours, 1)
