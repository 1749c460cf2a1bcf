"""NSGA-II and NSGA-III."""

import numpy as np
import pytest

from l2l.optimizers.nsga import NSGA2Optimizer, NSGA2Parameters, NSGA3Optimizer, NSGA3Parameters
from l2l.space import Category, Float, Integer, Space
from l2l.testing import MultiObjectiveContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestNSGA2Contract(MultiObjectiveContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NSGA2Parameters(seed=1, pop_size=40, n_iteration=n_iteration)
        return NSGA2Optimizer(traj, create_individual, weights, parameters, bounding_func)


class TestNSGA3Contract(MultiObjectiveContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        parameters = NSGA3Parameters(seed=1, pop_size=40, n_iteration=n_iteration)
        return NSGA3Optimizer(traj, create_individual, weights, parameters, bounding_func)


class Box:
    """Stands in for an optimizee that declares its space."""

    def __init__(self, **parameters):
        self.parameters = parameters
        self.rng = np.random.default_rng(5)

    def space(self):
        return self.parameters

    def create_individual(self):
        return Space(self.parameters).sample(self.rng)


ALGORITHMS = [(NSGA2Optimizer, NSGA2Parameters), (NSGA3Optimizer, NSGA3Parameters)]
both = pytest.mark.parametrize(("cls", "holder"), ALGORITHMS, ids=["nsga2", "nsga3"])


def make(cls, holder, box=None, weights=(1.0, 1.0), **parameters):
    traj = Trajectory(name="nsga")
    box = Box(a=Float(0, 1), b=Float(0, 1)) if box is None else box
    given = {"n_iteration": 6, "pop_size": 12, **parameters}
    return cls(traj, box.create_individual, weights, holder(**given)), traj


def corner(individual):
    return individual["a"], individual["b"]


@both
def test_offspring_equal_neither_each_other_nor_a_member(cls, holder):
    optimizer, traj = make(cls, holder, Box(a=Integer(0, 30), b=Integer(0, 30)), cx_prob=0.2)
    for _ in range(5):
        optimizer.post_process(traj, evaluate(optimizer, lambda ind: (ind["a"], -ind["a"])))
        members = {tuple(optimizer.region.individual(point).values()) for point in optimizer.members}
        offspring = {tuple(individual.values()) for individual in optimizer.eval_pop}
        assert len(offspring) == 12 and not offspring & members


@both
def test_a_space_smaller_than_the_population_is_searched_all_the_same(cls, holder):
    optimizer, traj = make(cls, holder, Box(a=Integer(0, 2), b=Category([0.0, 1.0])))
    history = run(optimizer, traj, corner)
    assert all(len(population) == 12 for _, population in history)
    assert optimizer.pareto_front.fitness.tolist() == [[2.0, 1.0]]


@both
def test_of_parents_and_offspring_none_is_lost_that_dominates(cls, holder):
    optimizer, traj = make(cls, holder)
    run(optimizer, traj, corner)
    best = optimizer.pareto_front.objectives
    assert len(best) <= 12
    assert {tuple(row) for row in best.tolist()} <= {tuple(row) for row in optimizer.objectives.tolist()}


@both
def test_two_valued_coordinates_mutate_to_either_value(cls, holder):
    optimizer, _ = make(
        cls, holder, Box(a=Integer(0, 1), b=Float(0, 1), c=Category(["x", "y", "z"]), d=Integer(1, 10, log=True))
    )
    assert optimizer._mut_eta.tolist() == [0, 20, 0, 0, 0, 8]


@both
def test_an_objective_of_weight_zero_is_refused(cls, holder):
    with pytest.raises(ValueError, match="weight 0"):
        make(cls, holder, weights=(1.0, 0.0))


@both
def test_several_objectives_are_not_told_as_a_sum(cls, holder):
    optimizer, _ = make(cls, holder)
    with pytest.raises(TypeError, match=r"call learn\(\)"):
        optimizer.tell(optimizer.eval_pop, np.zeros(12))


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [("pop_size", 1), ("n_iteration", 0), ("cx_prob", 1.5), ("cx_eta", -1), ("mut_prob", -0.1), ("mut_eta", "much")],
)
def test_a_parameter_out_of_range_is_refused_by_name(cls, holder, name, value):
    with pytest.raises(ValueError, match=name):
        make(cls, holder, **{name: value})


def test_divisions_are_whole_numbers():
    with pytest.raises(ValueError, match="divisions must be a whole number"):
        make(*ALGORITHMS[1], divisions=0)


def test_the_recommendation_is_the_compromise_and_the_best_that_of_the_weights():
    optimizer, traj = make(*ALGORITHMS[0], weights=(1.0, 0.1), n_iteration=30)
    run(optimizer, traj, lambda ind: (ind["a"], 1.0 - ind["a"]))
    assert optimizer.best_individual["a"] > 0.99
    assert abs(optimizer.recommend()["a"] - 0.5) < 0.05


def test_the_reference_point_of_the_parameters_is_used():
    optimizer, traj = make(*ALGORITHMS[0], reference_point=(-1.0, -1.0), n_iteration=1)
    run(optimizer, traj, lambda ind: (0.0, 1.0))
    assert optimizer.pareto_front.hypervolumes == [(0, 2.0)]


def test_a_reference_point_with_one_objective_is_refused():
    with pytest.raises(ValueError, match="reference_point is for several objectives, but there is one; got"):
        make(*ALGORITHMS[0], weights=(1.0,), reference_point=(-1.0,))


def test_tournaments_of_nsga2_are_won_by_rank_then_by_room():
    optimizer, _ = make(*ALGORITHMS[0], pop_size=4)
    optimizer.survivors(np.array([[0.0, 3.0], [3.0, 0.0], [1.0, 2.0], [0.5, 0.5]]), np.zeros(4))
    ranks, crowding = optimizer.ranks, optimizer.crowding
    inner, dominated = int(np.flatnonzero(np.isfinite(crowding) & (ranks == 0))[0]), int(np.argmax(ranks))
    end = int(np.flatnonzero(np.isinf(crowding) & (ranks == 0))[0])
    pairs = np.array([[end, inner], [inner, end], [inner, dominated], [dominated, end]]).T
    assert optimizer.wins(*pairs).tolist() == [True, False, True, False]


def test_tournaments_of_nsga3_are_won_by_who_violates_less():
    optimizer, _ = make(*ALGORITHMS[1], pop_size=3)
    optimizer.violations = np.array([0.0, 2.0, np.inf])
    assert optimizer.wins(np.array([0, 2, 1]), np.array([1, 1, 2])).tolist() == [True, False, True]
