"""What every optimizee must do."""

import copy
from typing import Any

import cloudpickle
import numpy as np

from l2l.space import Space, declared_space
from l2l.testing.problems import same_values
from l2l.utils.fitness import as_fitness, is_finite
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

    def simulate(self, optimizee: Any, traj: Any, individual: dict[str, Any], seed: int = 1) -> Any:
        """The fitness of an individual as a worker computes it, a tuple of ``n_fitness`` numbers."""
        params = {f"individual.{name}": value for name, value in individual.items()}
        traj.individual = Individual(0, 0, params)
        traj.individual.seed = seed
        return as_fitness(optimizee.simulate_(traj), self.n_fitness)

    @staticmethod
    def space_of(optimizee: Any) -> Space | None:
        """The space that it declares, if any."""
        return declared_space(optimizee.create_individual)

    def test_individuals_are_of_the_space_or_else_floats(self) -> None:
        optimizee, _ = self.make()
        space = self.space_of(optimizee)
        for individual in (optimizee.create_individual() for _ in range(10)):
            assert all(isinstance(name, str) for name in individual), f"{list(individual)} are not all strings"
            if space is not None:
                inside = space.repaired(individual)
                assert same_values(dict(sorted(individual.items())), inside, 1e-12), f"{individual} is not of the space"
                continue
            for name, value in individual.items():
                kind = np.asarray(value).dtype
                assert kind == np.float64, f"{name!r} must be a float or an array of floats, got {kind}; see space()"

    def test_individuals_have_the_same_names_and_shapes(self) -> None:
        optimizee, _ = self.make()
        one, other = optimizee.create_individual(), optimizee.create_individual()
        shapes = [{name: np.shape(value) for name, value in ind.items()} for ind in (one, other)]
        assert shapes[0] == shapes[1]

    def test_the_same_seed_gives_the_same_individuals(self) -> None:
        one, other = (self.make()[0].create_individual() for _ in range(2))
        assert same_values(one, other)

    def test_an_individual_is_nobody_elses(self) -> None:
        """Whoever changes one changes neither the next nor the optimizee."""
        optimizee, _ = self.make()
        for value in optimizee.create_individual().values():
            if isinstance(value, np.ndarray):
                value.fill(99)
        twin, _ = self.make()
        twin.create_individual()
        assert same_values(optimizee.create_individual(), twin.create_individual())

    def test_the_fitness_has_the_promised_length(self) -> None:
        optimizee, traj = self.make()
        fitness = self.simulate(optimizee, traj, optimizee.create_individual())
        assert len(fitness) == self.n_fitness and is_finite(fitness), f"{fitness} is not finite"

    def test_the_individual_is_left_alone(self) -> None:
        optimizee, traj = self.make()
        individual = optimizee.create_individual()
        before = copy.deepcopy(individual)
        self.simulate(optimizee, traj, individual)
        after = {name.removeprefix("individual."): value for name, value in traj.individual.params.items()}
        assert same_values(individual, before) and same_values(after, before), "simulate changed its individual"

    def test_it_travels_to_a_worker(self) -> None:
        optimizee, traj = self.make()
        individual = optimizee.create_individual()
        travelled = cloudpickle.loads(cloudpickle.dumps(optimizee))
        fitness = self.simulate(optimizee, traj, individual)
        assert self.simulate(travelled, traj, individual) == fitness

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
        assert self.simulate(fresh(), traj, first, seed=3) == before

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
        before = copy.deepcopy(individual)
        once = optimizee.bounding_func(individual)
        assert sorted(once) == sorted(individual)
        assert same_values(individual, before), "bounding_func changed what it was given"
        assert same_values(once, optimizee.bounding_func(once), 1e-12)

    def test_bounding_leads_into_the_space(self) -> None:
        optimizee, _ = self.make()
        space = self.space_of(optimizee)
        if space is None:
            return
        width = np.where(np.isfinite(space.high - space.low), space.high - space.low, 1.0)
        for step in (-2 * width, 2 * width):
            outside = space.individual(space.vector(optimizee.create_individual()) + step)
            inside = dict(sorted(optimizee.bounding_func(outside).items()))
            assert same_values(inside, space.repaired(inside), 1e-12), f"{inside} is not of the space"
