"""Particle swarm optimisation."""

import numpy as np
import pytest

from l2l.optimizers.particleswarm import ParticleSwarmOptimizer, ParticleSwarmParameters
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestParticleSwarmContract(OptimizerContract):
    sphere_bar = 0.05

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = ParticleSwarmParameters(seed=1, n_iteration=n_iteration)
        return ParticleSwarmOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(**parameters):
    traj = Trajectory(name="pso")
    given = {"n_iteration": 5, "pop_size": 8, "bounds": {"v": (-1.0, 1.0)}, **parameters}
    parameters = ParticleSwarmParameters(**given)
    return ParticleSwarmOptimizer(traj, lambda: {"v": np.zeros(2)}, (-1.0,), parameters), traj


def sphere(individual):
    return float(np.sum((individual["v"] - 0.5) ** 2))


def test_without_pull_particles_keep_their_velocity():
    optimizer, traj = make(cognitive=0, social=0, inertia=1, bounds=None)
    first, velocity = optimizer.places.copy(), optimizer.velocities.copy()
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert np.allclose(optimizer.places, first + velocity)


def test_the_best_place_of_a_particle_is_only_given_up_for_a_better_one():
    optimizer, traj = make()
    first = optimizer.places.copy()
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 1.0))
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 1.0))
    assert np.array_equal(optimizer.best_places, first)


def test_a_ring_listens_to_neighbours_and_a_swarm_to_the_best():
    ring, traj = make(neighbours=1)
    values = iter([5, 1, 2, 0, 3, 3, 4, 6])
    ring.post_process(traj, evaluate(ring, lambda ind: next(values)))
    assert ring._leaders().tolist() == [1, 1, 3, 3, 3, 4, 5, 6]
    swarm, traj = make()
    values = iter([5, 1, 2, 0, 3, 3, 4, 6])
    swarm.post_process(traj, evaluate(swarm, lambda ind: next(values)))
    assert swarm._leaders().tolist() == [3] * 8


def test_a_particle_stops_at_the_bound():
    optimizer, traj = make(n_iteration=40)
    run(optimizer, traj, lambda ind: -float(ind["v"].sum()))
    assert optimizer.best_individual["v"].tolist() == [1.0, 1.0]
    at_bound = optimizer.places == 1
    assert at_bound.any() and (optimizer.velocities[at_bound] == 0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("pop_size", 1), ("n_iteration", 0), ("inertia", -0.1), ("cognitive", -1), ("social", None), ("neighbours", 0)],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        make(**{name: value})


def test_a_place_that_satisfies_the_constraints_is_given_up_for_none_that_violates_them():
    def offset(individual):  # fitness far from 0, and the same constraint in every generation
        return Evaluation(100 + sphere(individual), violations=[individual["v"][0]])

    optimizer, traj = make(n_iteration=40)
    for _ in range(40):
        satisfied = optimizer.best_violations == 0
        optimizer.post_process(traj, evaluate(optimizer, offset))
        assert (optimizer.region.space.from_unit(optimizer.best_places)[satisfied, 0] <= 0).all()
    assert satisfied.all()
