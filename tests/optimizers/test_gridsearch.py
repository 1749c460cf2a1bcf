"""Grid search."""

import itertools

import numpy as np
import pytest

from l2l.optimizers.gridsearch import GridSearchOptimizer, GridSearchParameters
from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space
from l2l.testing import OptimizerContract, evaluate, run
from l2l.utils.trajectory import Trajectory


class TestGridSearchContract(OptimizerContract):
    def make_optimizer(self, traj, create_individual, weights, bounding_func, n_iteration):
        grid = {"x": (-5, 5, 10), "y": (-5.0, 5.0, 5)}
        return GridSearchOptimizer(traj, create_individual, weights, GridSearchParameters(grid), bounding_func)

    # the grid names x and y
    test_individuals_are_of_the_space_that_is_declared = None
    test_it_searches_numbers_and_categories = None
    test_one_number_is_searched_or_clearly_refused = None
    # there is one generation, and nothing is drawn
    test_every_generation_is_evaluated = None
    test_where_few_succeed_it_goes_to_them = None
    test_individuals_keep_names_shapes_and_types = None
    test_an_override_of_the_seed_gives_another_history = None
    test_an_override_of_the_generations_is_kept = None
    test_a_generation_that_failed_as_a_whole_is_survived = None
    test_pickled_in_mid_run_it_goes_on_bit_for_bit = None
    test_the_best_is_of_the_whole_run = None
    test_the_end_stores_the_outcome = None
    test_it_starts_from_an_earlier_run = None


class Declaring:
    """Stands in for an optimizee."""

    def __init__(self, space):
        self._space = space if isinstance(space, Space) else Space(space)

    def space(self):
        return self._space

    def create_individual(self):
        return self._space.sample(np.random.default_rng(1))


def make(example=None, grid=None, space=None, bounding_func=None, weights=(-1.0,)):
    traj = Trajectory(name="gs")
    create = (lambda: dict(example)) if space is None else Declaring(space).create_individual
    return GridSearchOptimizer(traj, create, weights, GridSearchParameters(grid), bounding_func), traj


def test_product_has_the_first_name_vary_slowest():
    optimizer, traj = make({"b": 0.0, "a": 0.0}, {"a": (0, 1, 2), "b": (10, 20, 1)})
    rows = [(i["a"], i["b"]) for i in optimizer.eval_pop]
    assert rows == list(itertools.product([0, 0.5, 1], [10, 20]))
    assert optimizer.size == 6
    assert optimizer.param_list == {"a": [r[0] for r in rows], "b": [r[1] for r in rows]}
    assert len(traj.individuals[0]) == 6 and traj.par["n_iteration"] == 1


def test_elements_of_an_array_are_all_combined():
    optimizer, _ = make({"v": np.zeros(2)}, {"v": (-1, 1, 2)})
    assert [i["v"].tolist() for i in optimizer.eval_pop] == [
        list(p) for p in itertools.product([-1.0, 0.0, 1.0], repeat=2)
    ]


def test_a_grid_of_thirty_steps_in_two_dimensions_has_961_points():
    optimizer, _ = make({"coords": np.zeros(2)}, {"coords": (-5.0, 5.0, 30)})
    assert optimizer.size == 961
    assert {i["coords"][0] for i in optimizer.eval_pop} == set(np.linspace(-5.0, 5.0, 31))


def test_one_generation_is_all_there_is():
    optimizer, traj = make({"x": 0.0}, {"x": (-1, 3, 4)})
    history = run(optimizer, traj, lambda individual: (individual["x"] - 2) ** 2)
    assert len(history) == 1 and list(traj.individuals) == [0]
    assert optimizer.best_individual == {"x": 2.0} and optimizer.best_fitness == 0.0
    optimizer.end(traj)
    assert traj._results["n_iteration"] == 1


def test_more_generations_are_not_evaluated_when_asked_for():
    traj = Trajectory(name="gs", generations_override=3)
    optimizer = GridSearchOptimizer(traj, lambda: {"x": 0.0}, (-1.0,), GridSearchParameters({"x": (0, 1, 1)}))
    assert len(run(optimizer, traj, lambda individual: 0.0)) == 1


def test_nan_is_never_the_best():
    optimizer, traj = make({"x": 0.0}, {"x": (0, 3, 3)})
    optimizer.post_process(traj, evaluate(optimizer, lambda i: i["x"] if i["x"] else np.nan))
    assert optimizer.best_individual == {"x": 1.0}


def test_one_create_individual_is_called():
    calls = []
    GridSearchOptimizer(
        Trajectory(name="gs"),
        lambda: calls.append(1) or {"x": 0.0},
        (1.0,),
        GridSearchParameters({"x": (0, 1, 1)}),
    )
    assert len(calls) == 1


def test_points_that_bounds_move_together_are_evaluated_once():
    optimizer, _ = make({"x": 0.0}, {"x": (-2, 2, 4)}, bounding_func=lambda i: {"x": max(0.0, i["x"])})
    assert [i["x"] for i in optimizer.eval_pop] == [0.0, 1.0, 2.0]


def test_every_kind_of_parameter_has_its_own_grid():
    space = {"c": Category(("p", "q")), "f": Fixed(7), "l": Float(1, 100, log=True), "n": Integer(0, 3)}
    optimizer, _ = make(space=space, grid={"l": (1, 100, 2), "n": (0, 3, 9)})
    rows = [tuple(i.values()) for i in optimizer.eval_pop]
    expected = [(c, 7, pytest.approx(x), n) for c in "pq" for x in (1, 10, 100) for n in range(4)]
    assert rows == expected


def test_without_a_grid_there_are_ten_steps_between_declared_bounds():
    optimizer, _ = make(space={"v": Array(Float([0.0, 1.0], [10.0, 2.0]), 2), "n": Integer(1, 3)})
    assert {i["v"][0] for i in optimizer.eval_pop} == set(np.linspace(0, 10, 11))
    assert {i["v"][1] for i in optimizer.eval_pop} == set(np.linspace(1, 2, 11))
    assert {i["n"] for i in optimizer.eval_pop} == {1, 2, 3} and optimizer.size == 11 * 11 * 3


def test_conditions_hold_and_leave_no_duplicates():
    space = Space({"a": Integer(0, 2), "b": Integer(0, 2)}, [Ordered("a", "b")])
    optimizer, _ = make(space=space)
    rows = {(i["a"], i["b"]) for i in optimizer.eval_pop}
    assert rows == {(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)} and optimizer.size == 6


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({}, "lacks 'speed'"),
        ({"speed": (0, 1, 1), "sped": (0, 1, 1)}, "'sped', but no parameter is; did you mean 'speed'"),
        ({"speed": (1, 0, 1)}, "low < high"),
        ({"speed": (1, 1, 1)}, "low < high"),
        ({"speed": (0, np.inf, 1)}, "low < high"),
        ({"speed": (0, 1)}, r"must be \(low, high, n_steps\)"),
        ({"speed": (0, 1, 0)}, "n_steps of 'speed' in param_grid must be a whole number of at least 1"),
        ({"speed": (0, 1, 1.5)}, "n_steps"),
        ({"speed": (0, 1, 20_000_000)}, "has 20000001 points"),
        (None, r"'speed' has no bounds; give param_grid=\{'speed'"),
    ],
)
def test_a_wrong_grid_is_refused(grid, words):
    with pytest.raises(ValueError, match=words):
        make({"speed": 0.0}, grid)


def test_a_grid_for_a_category_is_refused():
    with pytest.raises(ValueError, match="param_grid can set numbers only, and 'c' is none"):
        make(space={"c": Category(("p", "q")), "x": Float(0, 1)}, grid={"c": (0, 1, 1), "x": (0, 1, 1)})
