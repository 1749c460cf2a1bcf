"""Simulated annealing and its cooling schedules."""

import numpy as np
import pytest

from l2l.optimizers.simulatedannealing.cooling import temperature
from l2l.optimizers.simulatedannealing.optimizer import (
    AvailableCoolingSchedules,
    SimulatedAnnealingOptimizer,
    SimulatedAnnealingParameters,
)
from l2l.space import Category, Float, Integer, Space
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.trajectory import Trajectory

ALL = list(AvailableCoolingSchedules)


class TestSimulatedAnnealingContract(OptimizerContract):
    n_iteration = 100

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = SimulatedAnnealingParameters(seed=1, n_iteration=n_iteration)
        return SimulatedAnnealingOptimizer(traj, create_individual, weights, parameters, bounding_func)


class Declaring:
    """Stands in for an optimizee."""

    def __init__(self, parameters):
        self.rng = np.random.default_rng(1)
        self.declared = Space(parameters)

    def space(self):
        return self.declared

    def create_individual(self):
        return self.declared.sample(self.rng)


def make(create=lambda: {"v": np.zeros(2)}, weights=(1.0,), **parameters):
    traj = Trajectory(name="sa")
    given = SimulatedAnnealingParameters(**{"n_parallel_runs": 4, "n_iteration": 5, "noisy_step": 1.0, **parameters})
    return SimulatedAnnealingOptimizer(traj, create, weights, given), traj


# --- schedules


@pytest.mark.parametrize(
    ("name", "factors"),  # of T_0 = 1 after 0, 1, 2 and 10 of 10 steps
    [
        ("DEFAULT", [1, 0.9, 0.81, 0.9**10]),
        ("LOGARITHMIC", [1, 1 / (1 + np.log(2)), 1 / (1 + np.log(3)), 1 / (1 + np.log(11))]),
        ("EXPONENTIAL", [1, 0.85, 0.7225, 0.85**10]),
        ("LINEAR_MULTIPLICATIVE", [1, 1 / 2, 1 / 3, 1 / 11]),
        ("QUADRATIC_MULTIPLICATIVE", [1, 1 / 2, 1 / 5, 1 / 101]),
        ("LINEAR_ADDAPTIVE", [1, 0.9, 0.8, 0]),
        ("QUADRATIC_ADDAPTIVE", [1, 0.81, 0.64, 0]),
        ("EXPONENTIAL_ADDAPTIVE", [0.99, 1 / (1 + 99**-0.8), 1 / (1 + 99**-0.6), 0.01]),
        ("TRIGONOMETRIC_ADDAPTIVE", [1, (1 + np.cos(0.1 * np.pi)) / 2, (1 + np.cos(0.2 * np.pi)) / 2, 0]),
    ],
)
def test_schedule_follows_its_formula(name, factors):
    schedule = AvailableCoolingSchedules[name]
    assert [temperature(schedule, k, 10, decay=0.9) for k in (0, 1, 2, 10)] == pytest.approx(factors, abs=1e-12)


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: schedule.name)
@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (8.0, 2.0), (0.5, 0.1)])
def test_temperature_falls_from_start_and_never_below_the_end(schedule, start, end):
    values = [temperature(schedule, k, 20, start, end, decay=0.8) for k in range(31)]
    assert values[0] == pytest.approx(start, rel=0.011)
    assert np.all(np.diff(values) <= 0) and values[20] < values[0] and min(values) >= end


def test_there_are_nine_schedules():
    assert len(ALL) == 9


# --- chains


def test_first_individuals_are_drawn_after_one_specimen_and_evaluated_as_they_are():
    numbers = iter(range(100))
    optimizer, _ = make(lambda: {"x": float(next(numbers))})
    assert [i["x"] for i in optimizer.eval_pop] == [1.0, 2.0, 3.0, 4.0]


def test_width_of_steps_is_noisy_step_times_temperature():
    optimizer, traj = make(n_parallel_runs=4000, noisy_step=0.5, temp_decay=0.1)
    optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    assert np.std([i["v"] for i in optimizer.eval_pop]) == pytest.approx(0.5, rel=0.05)
    optimizer.post_process(traj, evaluate(optimizer, lambda i: -1e9))  # all refused: chains are at zero still
    assert np.std([i["v"] for i in optimizer.eval_pop]) == pytest.approx(0.05, rel=0.05)


def test_without_a_step_it_is_a_fifth_of_the_width():
    optimizee = Declaring({"a": Float(0.0, 1.0), "b": Float(-500.0, 500.0), "n": Integer(1, 10)})
    optimizer, _ = make(optimizee.create_individual, noisy_step=None)
    assert optimizer.noisy_step == pytest.approx([0.2, 200.0, 2.0])


def test_small_steps_add_up_between_whole_numbers():
    optimizee = Declaring({"n": Integer(0, 9), "c": Category(("p", "q"))})
    optimizer, traj = make(optimizee.create_individual, noisy_step=0.2, temp_decay=1.0, n_iteration=100)
    seen = set()
    for _ in range(100):
        seen |= {(i["n"], i["c"]) for i in optimizer.eval_pop}
        optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    assert len(seen) > 10


def test_steps_may_differ_by_coordinate():
    optimizer, traj = make(noisy_step=[1e-9, 1.0])
    optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    steps = np.array([i["v"] for i in optimizer.eval_pop])
    assert (abs(steps[:, 0]) < 1e-7).all() and (abs(steps[:, 1]) > 1e-7).all()


def test_loss_is_accepted_with_the_probability_of_metropolis():
    optimizer, traj = make(n_parallel_runs=20_000, temp_decay=0.5)
    optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    optimizer.post_process(traj, evaluate(optimizer, lambda i: -1.0))  # at temperature 1
    assert np.mean(optimizer.current_fitness == -1.0) == pytest.approx(np.exp(-1), abs=0.015)
    stayed = (optimizer.current_fitness == 0.0).sum()
    optimizer.post_process(traj, evaluate(optimizer, lambda i: -1.0))  # at temperature 1/2
    left = stayed - (optimizer.current_fitness == 0.0).sum()
    assert left / stayed == pytest.approx(np.exp(-2), abs=0.015)


def test_gain_and_equal_fitness_are_always_accepted():
    optimizer, traj = make()
    for value in (0.0, 1.0, 1.0):
        moved = [i["v"].tolist() for i in optimizer.eval_pop]
        optimizer.post_process(traj, evaluate(optimizer, lambda i, value=value: value))
        assert optimizer.current.tolist() == moved


def test_a_cold_chain_accepts_no_loss():
    optimizer, traj = make(temp_decay=0.0)
    optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    assert optimizer.temperature == 0.0
    before = optimizer.current.copy()
    optimizer.post_process(traj, evaluate(optimizer, lambda i: -1e-300))
    assert (optimizer.current == before).all()


def test_failed_individuals_are_left_and_never_entered():
    optimizer, traj = make()
    optimizer.post_process(traj, evaluate(optimizer, lambda i: np.nan))
    optimizer.post_process(traj, evaluate(optimizer, lambda i: -1e300))
    assert (optimizer.current_fitness == -1e300).all()
    optimizer.post_process(traj, evaluate(optimizer, lambda i: np.nan))
    assert (optimizer.current_fitness == -1e300).all()


def test_chains_go_where_constraints_are_violated_less_and_never_more():
    optimizer, traj = make()
    accepted = []
    for value, violation in [(9.0, 2.0), (0.0, 1.0), (5.0, 1.5), (-9.0, 0.0), (99.0, 0.1)]:
        before = optimizer.current.copy()
        moves = [i["v"] for i in optimizer.eval_pop]
        optimizer.post_process(traj, [(k, ConstrainedFitness((value,), (violation,))) for k in range(4)])
        accepted.append((optimizer.current == moves).all() and not (optimizer.current == before).all())
    assert accepted == [False, True, False, True, False]  # the first are where the chains start
    assert (optimizer.current_fitness == -9.0).all()


def test_additive_schedules_know_how_many_generations_were_asked_for():
    traj = Trajectory(name="sa", generations_override=3)
    parameters = SimulatedAnnealingParameters(2, n_iteration=50, cooling_schedule="LINEAR_ADDAPTIVE")
    optimizer = SimulatedAnnealingOptimizer(traj, lambda: {"x": 0.0}, (1.0,), parameters)
    temperatures = []
    for _ in range(3):
        temperatures.append(optimizer.temperature)
        optimizer.post_process(traj, evaluate(optimizer, lambda i: 0.0))
    assert temperatures == [1.0, 1.0, 0.5] and optimizer.temperature == 0.0


def test_search_ends_at_the_stop_criterion():
    optimizer, traj = make(stop_criterion=0.5, n_iteration=100)
    history = run(optimizer, traj, lambda i: 1.0 if optimizer.g == 2 else 0.0)
    assert len(history) == 3 and "stop criterion" in optimizer.stop_reason


def test_one_number_is_enough_to_search():
    numbers = np.random.RandomState(5)
    optimizer, traj = make(lambda: {"x": numbers.uniform(-5, 5)}, weights=(-1.0,), n_iteration=100)
    run(optimizer, traj, lambda i: (i["x"] - 2) ** 2)
    assert optimizer.best_individual["x"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: schedule.name)
def test_sphere_is_minimised_under_every_schedule(schedule):
    numbers = np.random.RandomState(5)
    create = lambda: {"v": numbers.uniform(-5, 5, 2)}  # noqa: E731
    optimizer, traj = make(
        create, (-1.0,), n_parallel_runs=10, noisy_step=3.0, n_iteration=60, cooling_schedule=schedule
    )
    run(optimizer, traj, lambda i: float(np.sum(i["v"] ** 2)))
    assert optimizer.best_fitness > -0.5


def test_a_run_that_goes_on_for_longer_cools_down_for_longer():
    optimizer, traj = make(n_iteration=5, cooling_schedule="LINEAR_ADDAPTIVE")
    run(optimizer, traj, lambda i: 0.0)
    assert optimizer.temperature == 0
    traj.f_add_parameter("n_iteration", 11)
    optimizer.take_parameters(traj)
    assert 0.4 < optimizer.temperature < 0.7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_parallel_runs", 0),
        ("n_iteration", 0),
        ("noisy_step", 0.0),
        ("noisy_step", [1.0, 1.0, 1.0]),
        ("temp_decay", 1.1),
        ("stop_criterion", np.nan),
        ("seed", -1),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


def test_an_unknown_schedule_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="cooling_schedule must be .* did you mean 'EXPONENTIAL'"):
        make(cooling_schedule="EXPONENTIEL")
