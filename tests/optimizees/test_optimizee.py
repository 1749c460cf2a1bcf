"""The base of all optimizees."""

import sys

import cloudpickle
import pytest

from l2l.optimizees.optimizee import Optimizee, OptimizeeParameters
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.space import Category, Float, Integer
from l2l.utils.experiment import Experiment
from l2l.utils.fitness import Evaluation
from l2l.utils.history import read_history
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


class Square(Optimizee):
    def create_individual(self):
        return {"x": 1.0}

    def simulate(self, traj):
        return (traj.individual.x**2,)


def test_constructor_makes_a_group_for_the_individual():
    traj = Trajectory(name="t")
    Square(traj)
    assert traj.par.individual.params == {}
    assert OptimizeeParameters() == ()


def test_a_worker_gets_what_simulate_returns():
    traj = Trajectory(name="t")
    optimizee = Square(traj)
    traj.individual = Individual(0, 0, {"individual.x": 3.0})
    assert optimizee.simulate_(traj) == (9.0,)
    assert not optimizee.reusable


def test_hooks_do_nothing_unless_overridden():
    optimizee = Square(Trajectory(name="t"))
    assert optimizee.warm_up() is None
    assert optimizee.conclude(None) is None


def test_an_optimizee_without_simulate_cannot_be_made():
    class Half(Optimizee):
        def create_individual(self):
            return {}

    with pytest.raises(TypeError, match="simulate"):
        Half(Trajectory(name="t"))


class Declared(Optimizee):
    """Whole numbers and a choice, declared."""

    reusable = True

    def space(self):
        return {"n": Integer(1, 5), "kind": Category(["a", "b"]), "x": Float(0, 1, when=("kind", "b"))}

    def simulate(self, traj):
        individual = traj.individual
        return Evaluation((individual.n + (individual.x or 0.0),), [individual.n - 3])


def test_a_declared_space_draws_and_bounds_individuals():
    optimizee = Declared(Trajectory(name="declared", seed=3))
    draws = [optimizee.create_individual() for _ in range(60)]
    assert {individual["n"] for individual in draws} == {1, 2, 3, 4, 5}
    assert all((individual["x"] is None) == (individual["kind"] == "a") for individual in draws)
    assert optimizee.bounding_func({"n": 9, "kind": "b", "x": 2.0}) == {"n": 5, "kind": "b", "x": 1.0}


def test_individuals_of_a_declared_space_follow_from_the_seed():
    def draw(**keywords):
        return Declared(Trajectory(name="declared", **keywords)).create_individual()

    assert draw(seed=3) == draw(seed=3)
    assert len({str(draw(seed=seed)) for seed in range(5)}) > 1


def test_an_optimizee_without_a_space_must_create_individuals():
    class Bare(Optimizee):
        def simulate(self, traj):
            return (0.0,)

    with pytest.raises(NotImplementedError, match=r"space\(\) or create_individual\(\)"):
        Bare(Trajectory(name="bare")).create_individual()


def test_violations_travel_and_the_best_satisfies_the_constraints(tmp_path):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import this file
    experiment = Experiment(tmp_path)
    traj, _ = experiment.prepare_experiment(name="constrained", runner_params={"max_workers": 2})
    optimizee = Declared(traj)
    parameters = GeneticAlgorithmParameters(seed=1, pop_size=12, n_iteration=4)
    optimizer = GeneticAlgorithmOptimizer(
        traj, optimizee.create_individual, (1.0,), parameters, optimizee.bounding_func
    )
    experiment.run_experiment(optimizer, optimizee)
    experiment.end_experiment(optimizer)
    records = list(read_history(experiment.history_path))
    assert all(record["violations"] == [record["parameters"]["n"] - 3] for record in records)
    assert any(record["violations"][0] > 0 for record in records)
    assert optimizer.best_violation == 0 and optimizer.best_individual["n"] == 3
    feasible = [record["fitness"][0] for record in records if record["violations"][0] <= 0]
    assert optimizer.best_fitness == max(feasible)
