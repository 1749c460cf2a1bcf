"""What every optimizee must do."""

from typing import Any

import cloudpickle
import numpy as np

from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory


class OptimizeeContract:
    """Inherit it, implement :meth:`make_optimizee`, and pytest runs these tests on your optimizee.

    Attributes
    ----------
    n_fitness : int
        How many components its fitness has.
    """

    n_fitness = 1

    def make_optimizee(self, traj: Any) -> Any:
        """An optimizee with a fixed seed."""
        raise NotImplementedError("a contract test must implement make_optimizee()")

    def make(self) -> tuple[Any, Trajectory]:
        """A new optimizee and its trajectory."""
        traj = Trajectory(name="contract")
        return self.make_optimizee(traj), traj

    def simulate(self, optimizee: Any, traj: Any, individual: dict[str, Any], seed: int = 1) -> np.ndarray:
        """The fitness of an individual as a worker computes it, float64[n_fitness]."""
        params = {f"individual.{name}": value for name, value in individual.items()}
        traj.individual = Individual(0, 0, params)
        traj.individual.seed = seed
        return np.asarray(optimizee.simulate_(traj), dtype=float).ravel()

    def test_individuals_are_floats_and_float_arrays(self) -> None:
        optimizee, _ = self.make()
        for name, value in optimizee.create_individual().items():
            assert isinstance(name, str), f"the name {name!r} is no string"
            kind = np.asarray(value).dtype
            assert kind == np.float64, f"{name!r} must be a float or an array of floats, got {kind}"

    def test_individuals_have_the_same_names_and_shapes(self) -> None:
        optimizee, _ = self.make()
        one, other = optimizee.create_individual(), optimizee.create_individual()
        shapes = [{name: np.shape(value) for name, value in ind.items()} for ind in (one, other)]
        assert shapes[0] == shapes[1]

    def test_the_same_seed_gives_the_same_individuals(self) -> None:
        one, other = (self.make()[0].create_individual() for _ in range(2))
        assert all(np.array_equal(one[name], other[name]) for name in one)

    def test_the_fitness_has_the_promised_length(self) -> None:
        optimizee, traj = self.make()
        fitness = self.simulate(optimizee, traj, optimizee.create_individual())
        assert fitness.size == self.n_fitness
        assert np.isfinite(fitness).all()

    def test_it_travels_to_a_worker(self) -> None:
        optimizee, traj = self.make()
        individual = optimizee.create_individual()
        travelled = cloudpickle.loads(cloudpickle.dumps(optimizee))
        fitness = self.simulate(optimizee, traj, individual)
        assert np.array_equal(self.simulate(travelled, traj, individual), fitness)

    def test_the_fitness_depends_on_the_seed_alone(self) -> None:
        optimizee, traj = self.make()
        first, second = optimizee.create_individual(), optimizee.create_individual()
        if not optimizee.reusable:  # a worker unpickles it afresh for each evaluation
            image = cloudpickle.dumps(optimizee)
            fresh = lambda: cloudpickle.loads(image)  # noqa: E731
        else:
            fresh = lambda: optimizee  # noqa: E731
        before = self.simulate(fresh(), traj, first, seed=3)
        self.simulate(fresh(), traj, second, seed=4)
        assert np.array_equal(self.simulate(fresh(), traj, first, seed=3), before)

    def test_a_reusable_optimizee_is_left_as_it_was(self) -> None:
        optimizee, traj = self.make()
        individual = optimizee.create_individual()
        if optimizee.reusable:
            before = cloudpickle.dumps(optimizee)
            self.simulate(optimizee, traj, individual)
            assert cloudpickle.dumps(optimizee) == before, "simulate changed an optimizee that is reusable"

    def test_bounding_keeps_names_and_is_idempotent(self) -> None:
        optimizee, _ = self.make()
        if not hasattr(optimizee, "bounding_func"):
            return
        individual = optimizee.create_individual()
        once = optimizee.bounding_func(individual)
        twice = optimizee.bounding_func(once)
        assert sorted(once) == sorted(individual)
        assert all(np.array_equal(once[name], twice[name]) for name in once)
