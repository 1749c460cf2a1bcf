"""Differential evolution."""

import numpy as np
import pytest

from l2l.optimizers.differentialevolution import DifferentialEvolutionOptimizer, DifferentialEvolutionParameters
from l2l.testing import SteadyStateContract, evaluate, run
from l2l.utils.fitness import Evaluation
from l2l.utils.trajectory import Trajectory


class TestDifferentialEvolutionContract(SteadyStateContract):
    sphere_bar = 0.05

    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = DifferentialEvolutionParameters(seed=1, n_iteration=n_iteration)
        return DifferentialEvolutionOptimizer(traj, create_individual, weights, parameters, bounding_func)


def make(**parameters):
    traj = Trajectory(name="de")
    given = {"n_iteration": 5, "bounds": {"v": (-1.0, 1.0)}, **parameters}
    parameters = DifferentialEvolutionParameters(**given)
    return DifferentialEvolutionOptimizer(traj, lambda: {"v": np.zeros(3)}, (-1.0,), parameters), traj


def sphere(individual):
    return float(np.sum((individual["v"] - 0.5) ** 2))


def test_a_member_is_replaced_by_a_trial_that_is_at_least_as_good_and_by_no_other():
    optimizer, traj = make()
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 1.0))
    before, trials = optimizer.members.copy(), optimizer.trials.copy()
    values = iter(np.arange(len(trials)) % 3 - 1.0)  # worse, equal, better in turn
    optimizer.post_process(traj, evaluate(optimizer, lambda ind: 1.0 - next(values)))
    won = np.arange(len(trials)) % 3 > 0
    assert np.array_equal(optimizer.members[won], trials[won])
    assert np.array_equal(optimizer.members[~won], before[~won])


@pytest.mark.parametrize("strategy", ["best1", "rand1", "current-to-best1"])
def test_every_strategy_finds_the_middle_of_a_sphere(strategy):
    optimizer, traj = make(strategy=strategy, n_iteration=80)
    run(optimizer, traj, sphere)
    assert sphere(optimizer.best_individual) < 1e-4


def test_a_trial_without_crossover_differs_from_its_member_in_one_coordinate():
    optimizer, traj = make(crossover=0.0)
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    assert (np.sum(optimizer.trials != optimizer.members, axis=1) == 1).all()


def test_with_full_crossover_rand1_trials_are_differences_of_members():
    optimizer, traj = make(strategy="rand1", crossover=1.0, mutation=0.5, bounds=None, pop_size=4)
    optimizer.post_process(traj, evaluate(optimizer, sphere))
    m = optimizer.members
    for i, trial in enumerate(optimizer.trials):
        a, b, c = (k for k in range(4) if k != i)
        orders = [(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)]
        assert any(np.allclose(trial, m[p] + 0.5 * (m[q] - m[r])) for p, q, r in orders)


def test_trials_outside_the_bounds_are_drawn_again_not_moved_to_the_border():
    optimizer, traj = make(pop_size=40, mutation=2.0, n_iteration=3)
    history = run(optimizer, traj, lambda ind: -float(ind["v"].sum()))
    values = np.array([x for _, population in history for x in population])
    assert np.abs(values).max() <= 1 and not np.isin(values, [-1.0, 1.0]).any()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("pop_size", 3, "pop_size must be a whole number of at least 4"),
        ("n_iteration", 0, "n_iteration"),
        ("strategy", "best2", "did you mean 'best1'"),
        ("mutation", (0.5, 0.7, 0.9), "mutation must be a number or (low, high)"),
        ("mutation", (0.5, 0.0), "mutation must be positive"),
        ("crossover", 1.5, "crossover must be in [0, 1]"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(name, value, expected):
    with pytest.raises(ValueError) as error:
        make(**{name: value})
    assert expected in str(error.value)


def test_a_member_that_satisfies_the_constraints_is_replaced_by_none_that_violates_them():
    def offset(individual):  # fitness far from 0, and the same constraint in every generation
        return Evaluation(100 + sphere(individual), violations=[individual["v"][0]])

    optimizer, traj = make(n_iteration=40)
    for _ in range(40):
        held = optimizer.members.copy(), optimizer.member_violations.copy()
        optimizer.post_process(traj, evaluate(optimizer, offset))
        satisfied = held[1] == 0
        assert (optimizer.region.space.from_unit(optimizer.members)[satisfied, 0] <= 0).all()
    assert satisfied.all()


def test_it_can_be_told_without_violations():
    optimizer, _ = make()
    optimizer.tell(optimizer.eval_pop, np.array([-sphere(ind) for ind in optimizer.eval_pop]))
    assert optimizer.member_fitness.max() == -min(map(sphere, optimizer.eval_pop))


def test_bounds_of_the_factor_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="low <= high"):
        make(mutation=(1.0, 0.5))
