"""What every optimizer must do that can run without generations."""

from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np

from l2l.testing.optimizer_contract import Individual, OptimizerContract, _sphere, _vector
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.steady_state import SteadyState


def run_one_by_one(
    steady: SteadyState, function: Callable[[Individual], Any], until: int | None = None
) -> list[np.ndarray]:
    """Run an optimizer without workers and without generations, to its end or for ``until`` individuals.

    Returns
    -------
    list of float64[dim]
        Every individual that was told, as a vector.
    """
    history: list[np.ndarray] = []
    steady.ask()
    while steady.in_flight and len(history) != until:
        individual = steady.in_flight[0]
        history.append(_vector(individual))
        value = function(individual)
        steady.tell(value if isinstance(value, tuple) else (value,))
        steady.ask()
    return history


class SteadyStateContract(OptimizerContract):
    """The contract of an optimizer with ``ask_one`` and ``tell_one``: inherit it in place of `OptimizerContract`."""

    def make_steady(self, n_iteration: int | None = None, window: int = 7, **kwargs: Any) -> SteadyState:
        """A new optimizer, to be run without generations."""
        optimizer, traj = self.make(n_iteration, **kwargs)
        return SteadyState(traj, optimizer, window)

    def test_one_by_one_it_minimises_a_sphere(self) -> None:
        steady = self.make_steady()
        history = run_one_by_one(steady, _sphere)
        assert len(history) == steady.total
        best = _sphere(steady.optimizer.best_individual)
        assert best < self.sphere_bar, f"best value {best}, expected below {self.sphere_bar}"
        assert _sphere(steady.optimizer.recommend()) < 2 * self.sphere_bar

    def test_one_by_one_the_same_seed_gives_the_same_history(self) -> None:
        one, other = (run_one_by_one(self.make_steady(8), _sphere) for _ in range(2))
        assert np.array_equal(one, other)

    def test_one_by_one_it_takes_a_window_larger_than_the_population(self) -> None:
        steady = self.make_steady(8)
        steady.window = 3 * steady.size
        assert len(run_one_by_one(steady, _sphere)) == 8 * steady.size

    def test_pickled_with_individuals_under_way_it_goes_on_bit_for_bit(self) -> None:
        steady = self.make_steady(9)
        run_one_by_one(steady, _sphere, until=4 * steady.size + 3)
        assert len(steady.in_flight) == steady.window
        copied = cloudpickle.loads(cloudpickle.dumps(steady))
        np.random.random()  # the copy must not depend on global generators
        assert np.array_equal(run_one_by_one(steady, _sphere), run_one_by_one(copied, _sphere))
        assert steady.optimizer.best_fitness == copied.optimizer.best_fitness

    def test_one_by_one_failures_are_survived_and_never_best(self) -> None:
        steady = self.make_steady(6)
        calls = iter(range(10**9))

        def sometimes_broken(individual: Individual) -> float:
            return [np.nan, np.inf, -np.inf, _sphere(individual)][next(calls) % 4]

        run_one_by_one(steady, lambda individual: np.nan, until=2 * steady.size)
        assert steady.optimizer.best_individual is None
        run_one_by_one(steady, sometimes_broken)
        assert steady.optimizer.best_fitness == -_sphere(steady.optimizer.best_individual)

    def test_one_by_one_the_bounding_function_is_respected(self) -> None:
        def positive(individual: Individual) -> Individual:
            return {"x": max(0.0, individual["x"]), "y": np.maximum(0.0, individual["y"])}

        history = run_one_by_one(self.make_steady(8, bounding_func=positive), lambda ind: float(_vector(ind).sum()))
        assert all((x >= 0).all() for x in history)

    def test_one_by_one_the_best_satisfies_the_constraints(self) -> None:
        steady = self.make_steady(10)
        run_one_by_one(steady, lambda ind: ConstrainedFitness([_sphere(ind)], [ind["x"]]))
        assert steady.optimizer.best_individual["x"] <= 0
        assert steady.optimizer.best_violation == 0
