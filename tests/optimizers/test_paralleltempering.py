"""Parallel tempering."""

import numpy as np
import pytest

from l2l.optimizers.paralleltempering import (
    AvailableCoolingSchedules,
    ParallelTemperingOptimizer,
    ParallelTemperingParameters,
)
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestParallelTemperingContract(OptimizerContract):
    n_iteration = 100

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = ParallelTemperingParameters(seed=1, n_iteration=n_iteration)
        return ParallelTemperingOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(create=lambda: {"v": np.zeros(2)}, weights=(1.0,), **parameters):
    traj = Trajectory(name="pt")
    given = ParallelTemperingParameters(**{"n_parallel_runs": 4, "n_iteration": 5, **parameters})
    return ParallelTemperingOptimizer(traj, create, weights, given), traj


def constant(*temperatures):
    return [[t, t] for t in temperatures]


def swaps(temperatures, fitness, turn=0, n=4000):
    """How often chains of that fitness changed rungs."""
    optimizer, _ = make(n_parallel_runs=len(temperatures), temperature_bounds=constant(*temperatures))
    count = 0
    for _ in range(n):
        optimizer.rungs = np.arange(len(temperatures))
        optimizer.current_fitness = np.array(fitness, dtype=float)
        optimizer.current_violations = np.where(np.isfinite(fitness), 0.0, np.inf)
        optimizer._swap(optimizer.temperatures(), turn)
        count += tuple(optimizer.rungs) != tuple(range(len(temperatures)))
    return count / n


def test_better_point_always_goes_to_the_colder_rung():
    assert swaps([2.0, 1.0], [0.0, -3.0]) == 1.0


def test_worse_point_goes_to_the_colder_rung_with_the_probability_of_detailed_balance():
    # (1/1 - 1/2) (-3 - (-1)) = -1
    assert swaps([1.0, 2.0], [-1.0, -3.0]) == pytest.approx(0.0 + np.exp(-1), abs=0.03)
    assert swaps([2.0, 1.0], [-3.0, -1.0]) == pytest.approx(np.exp(-1), abs=0.03)


def test_failed_point_never_goes_to_the_colder_rung():
    assert swaps([1.0, 2.0], [0.0, -np.inf], n=50) == 0.0
    assert swaps([1.0, 2.0], [-np.inf, 0.0], n=50) == 1.0


def test_point_that_violates_less_goes_to_the_colder_rung_whatever_its_fitness():
    optimizer, _ = make(n_parallel_runs=2, temperature_bounds=constant(1.0, 2.0))
    for violations, rungs in (([1.0, 0.5], [1, 0]), ([0.5, 1.0], [0, 1])):
        optimizer.rungs = np.arange(2)
        optimizer.current_fitness, optimizer.current_violations = np.array([0.0, 0.0]), np.array(violations)
        optimizer._swap(optimizer.temperatures(), 0)
        assert optimizer.rungs.tolist() == rungs


def test_chains_sample_the_boltzmann_distribution_of_their_rungs():
    # F = -x^2 / 2 at temperature T is a normal distribution of variance T
    temperatures = (0.25, 1.0, 4.0)
    n = 6000
    optimizer, traj = make(
        lambda: {"x": 0.0},
        n_parallel_runs=3,
        n_iteration=n,
        noisy_step=1.5,
        temperature_bounds=constant(*temperatures),
    )
    points = np.empty((n, 3))
    for k in range(n):
        optimizer.post_process(traj, evaluate(optimizer, lambda i: -0.5 * i["x"] ** 2))
        points[k, optimizer.rungs] = optimizer.current[:, 0]
    assert points.var(axis=0) == pytest.approx(temperatures, rel=0.2)
    assert optimizer.n_swaps > n / 4


def test_partners_are_neighbours_by_temperature_in_turn():
    optimizer, _ = make(temperature_bounds=constant(1.0, 3.0, 2.0, 4.0))
    seen = []
    for turn in (0, 1):
        optimizer.rungs = np.arange(4)
        optimizer.current_fitness, optimizer.current_violations = np.zeros(4), np.zeros(4)  # all partners change
        optimizer._swap(optimizer.temperatures(), turn)
        seen.append(optimizer.rungs.tolist())
    # by temperature the chains are 0, 2, 1, 3
    assert seen == [[2, 3, 0, 1], [0, 2, 1, 3]]


def test_temperatures_go_with_the_rungs():
    optimizer, _ = make(temperature_bounds=constant(4.0, 3.0, 2.0, 1.0))
    optimizer.rungs = np.array([1, 0, 3, 2])
    assert optimizer.temperatures().tolist() == [3.0, 4.0, 1.0, 2.0]


def test_every_rung_follows_its_own_schedule_between_its_own_bounds():
    bounds = np.array([[4.0, 2.0], [2.0, 0.0], [1.0, 0.5], [1.0, 1.0]])
    schedules = [AvailableCoolingSchedules.LINEAR_ADDAPTIVE] * 2 + [AvailableCoolingSchedules.DEFAULT] * 2
    optimizer, traj = make(
        n_iteration=5, temperature_bounds=bounds, cooling_schedules=schedules, decay_parameters=[1, 1, 0.1, 0.1]
    )
    ladders = []
    for _ in range(5):
        ladders.append(optimizer.ladder().tolist())
        optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    assert ladders == [
        [4.0, 2.0, 1.0, 1.0],
        [4.0, 2.0, 1.0, 1.0],  # the first generation are starting points, no step
        [3.5, 1.5, 0.5, 1.0],
        [3.0, 1.0, 0.5, 1.0],
        [2.5, 0.5, 0.5, 1.0],
    ]
    assert optimizer.ladder().tolist() == [2.0, 0.0, 0.5, 1.0]
    assert bounds.tolist() == [[4.0, 2.0], [2.0, 0.0], [1.0, 0.5], [1.0, 1.0]]  # the caller's own


def test_one_chain_is_possible():
    optimizer, traj = make(n_parallel_runs=1, n_iteration=10)
    run(optimizer, traj, lambda i: 0.0)
    assert optimizer.n_swaps == 0


def test_one_number_is_enough_to_search():
    numbers = np.random.RandomState(5)
    optimizer, traj = make(lambda: {"x": numbers.uniform(-5, 5)}, (-1.0,), n_iteration=200)
    run(optimizer, traj, lambda i: (i["x"] - 2) ** 2)
    assert optimizer.best_individual["x"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_parallel_runs", 0),
        ("n_iteration", 0),
        ("noisy_step", 0.0),
        ("cooling_schedules", [AvailableCoolingSchedules.DEFAULT]),
        ("cooling_schedules", ["DEFAULT", "DEFAULT", "DEFAULT", "NONE"]),
        ("temperature_bounds", [[1.0, 0.5]]),
        ("temperature_bounds", constant(1, 1, 1, 0)),
        ("temperature_bounds", [[0.1, 1.0]] * 4),
        ("temperature_bounds", [[1.0, np.nan]] * 4),
        ("decay_parameters", [0.9]),
        ("decay_parameters", [0.9, 0.9, 0.9, 2.0]),
        ("stop_criterion", np.nan),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_one_schedule_serves_for_all_rungs():
    optimizer, _ = make(cooling_schedules="LINEAR_ADDAPTIVE")
    assert set(optimizer.schedules) == {AvailableCoolingSchedules.LINEAR_ADDAPTIVE}
    assert len(optimizer.schedules) == optimizer.parameters.n_parallel_runs
