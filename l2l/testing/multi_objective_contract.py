"""What every optimizer for several objectives must do."""

import math
from typing import Any

import cloudpickle
import numpy as np

from l2l.testing.optimizer_contract import OptimizerContract, evaluate, run
from l2l.testing.problems import Individual
from l2l.utils.fitness import Evaluation

REFERENCE = 1.1
WHOLE = REFERENCE**2 - math.pi / 4
"""The area between the front and the reference point."""


def quarter_circle(individual: Individual) -> tuple[float, float]:
    """Two numbers to be minimised, whose front is a quarter of the unit circle.

    ``x`` between -5 and 5 is the place on it, and ``y`` is zero there. It bulges away from the origin, so that a
    weighted sum is least at its ends.
    """
    angle = math.pi / 2 * (individual["x"] + 5) / 10
    radius = 1 + float(np.sum(individual["y"] ** 2)) / 10
    return radius * abs(math.cos(angle)), radius * abs(math.sin(angle))


class MultiObjectiveContract(OptimizerContract):
    """For an optimizer that overrides ``learn``: the tests of :class:`OptimizerContract`, and those of a front.

    Attributes
    ----------
    front_bar : float
        Share of the hypervolume of the true front that must be found in ``n_iteration`` generations; a search for a
        weighted sum comes to 0.9, random points to 0.7.
    """

    front_bar = 0.97

    def front_of(self, function: Any = quarter_circle, weights: tuple[float, ...] = (-1.0, -1.0)) -> Any:
        """The Pareto front of a whole run."""
        optimizer, traj = self.make(weights=weights)
        run(optimizer, traj, function)
        return optimizer.pareto_front

    def test_it_finds_a_concave_front(self) -> None:
        from moocore import hypervolume

        found = float(hypervolume(self.front_of().fitness, ref=[REFERENCE, REFERENCE])) / WHOLE
        assert found > self.front_bar, f"{found:.3f} of the hypervolume, expected above {self.front_bar}"

    def test_the_front_has_no_gaps(self) -> None:
        fitness = self.front_of().fitness
        near = fitness[np.linalg.norm(fitness, axis=1) < 1.02]
        angles = np.degrees(np.sort(np.arctan2(near[:, 1], near[:, 0])))
        gap = float(np.diff(angles, prepend=0, append=90).max())
        assert gap < 10, f"{gap:.0f} of 90 degrees of the front were not found"

    def test_weights_are_directions_and_scales(self) -> None:
        def turned(individual: Individual) -> tuple[float, float]:
            first, second = quarter_circle(individual)
            return 1000.0 * first, -second

        from moocore import hypervolume

        fitness = self.front_of(turned, weights=(-0.001, 4.0)).fitness * [0.001, -1.0]
        assert float(hypervolume(fitness, ref=[REFERENCE, REFERENCE])) > self.front_bar * WHOLE

    def test_the_front_is_what_none_dominates_of_all_that_was_evaluated(self) -> None:
        told: list[tuple[float, float]] = []

        def remembered(individual: Individual) -> tuple[float, float]:
            told.append(quarter_circle(individual))
            return told[-1]

        optimizer, traj = self.make(n_iteration=5, weights=(-1.0, -1.0))
        run(optimizer, traj, remembered)
        best = {mine for mine in told if not any(other != mine and (np.array(other) <= mine).all() for other in told)}
        front = optimizer.pareto_front
        assert {tuple(row) for row in front.fitness.tolist()} == best
        assert [quarter_circle(individual) for individual in front.individuals] == list(map(tuple, front.fitness))

    def test_the_front_satisfies_the_constraints(self) -> None:
        front = self.front_of(lambda ind: Evaluation(quarter_circle(ind), violations=[0.5 - ind["x"]]))
        assert len(front) > 1 and all(individual["x"] >= 0.5 for individual in front.individuals)
        least = math.sin(math.pi / 2 * 0.55)
        assert least <= front.fitness[:, 1].min() < least + 0.1

    def test_the_hypervolume_is_recorded_by_generation_and_grows(self) -> None:
        optimizer, traj = self.make(n_iteration=8, weights=(-1.0, -1.0))
        run(optimizer, traj, quarter_circle)
        recorded = [traj.results.generation_params[f"generation_{g}"].algorithm_params["hypervolume"] for g in range(8)]
        assert recorded == [volume for _, volume in optimizer.pareto_front.hypervolumes]
        assert recorded == sorted(recorded) and recorded[-1] > recorded[0] > 0

    def test_pickled_in_mid_run_the_front_goes_on_bit_for_bit(self) -> None:
        optimizer, traj = self.make(n_iteration=9, weights=(-1.0, -1.0))
        run(optimizer, traj, quarter_circle, until=4)
        copied = cloudpickle.loads(cloudpickle.dumps((optimizer, traj)))
        run(optimizer, traj, quarter_circle)
        run(copied[0], copied[1], quarter_circle)
        assert np.array_equal(optimizer.pareto_front.objectives, copied[0].pareto_front.objectives)

    def test_failed_individuals_are_not_on_the_front(self) -> None:
        optimizer, traj = self.make(weights=(-1.0, -1.0))
        optimizer.post_process(traj, evaluate(optimizer, lambda individual: (np.nan, 0.0)))
        assert len(optimizer.pareto_front) == 0 and optimizer.recommend() is None
        calls = iter(range(10**9))

        def sometimes_broken(individual: Individual) -> tuple[float, float]:
            return (np.nan, -9.0) if next(calls) % 3 == 0 else quarter_circle(individual)

        run(optimizer, traj, sometimes_broken)
        assert np.isfinite(optimizer.pareto_front.fitness).all()
        assert np.linalg.norm(optimizer.pareto_front.fitness, axis=1).min() < 1.1

    def test_the_end_stores_the_front(self) -> None:
        optimizer, traj = self.make(n_iteration=2, weights=(-1.0, -1.0))
        run(optimizer, traj, quarter_circle)
        optimizer.end(traj)
        assert traj._results["pareto_front"] == optimizer.pareto_front.individuals
        assert np.array_equal(traj._results["pareto_fitness"], optimizer.pareto_front.fitness)
        assert [g for g, _ in traj._results["hypervolumes"]] == [0, 1]
