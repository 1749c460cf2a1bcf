"""Steps of searches that move a point of the coordinates."""

import numpy as np
import pytest

from l2l.optimizers.optimizer import Optimizer
from l2l.optimizers.steps import accepted, least_steps, per_coordinate, proposed, widths
from l2l.space import Array, Category, Float, Integer, Ordered, Space
from l2l.utils.trajectory import Trajectory


def make(create_individual=dict, bounding_func=None):
    return Optimizer(Trajectory(name="t"), create_individual, (1.0,), bounding_func)


def test_widths_are_those_of_the_bounds():
    space = Space({"a": Float(-1.0, 3.0), "b": Float(1.0, np.e, log=True)})
    assert np.allclose(widths(make(), space, {}), [4.0, 1.0])


def test_widths_without_bounds_are_those_of_individuals():
    rng = np.random.RandomState(1)
    optimizer = make(lambda: {"a": rng.uniform(0, 1000), "b": 7.0, "c": 0.0})
    first = optimizer.optimizee_create_individual()
    space = Space({name: Float() for name in "abc"})
    a, b, c = widths(optimizer, space, first)
    assert a == pytest.approx(1000, rel=0.4)
    assert (b, c) == (7.0, 1.0)


def test_a_bounded_coordinate_among_others_keeps_the_width_of_its_bounds():
    rng = np.random.RandomState(1)
    optimizer = make(lambda: {"a": rng.uniform(0, 10), "b": 0.5})
    space = Space({"a": Float(), "b": Float(0.0, 3.0)})
    assert widths(optimizer, space, {"a": 1.0, "b": 0.5})[1] == 3.0


def test_least_steps_change_whole_numbers_and_categories():
    space = Space(
        {
            "a": Float(),
            "b": Array(Integer(0, 9), 2),
            "c": Category(["x", "y"]),
            "d": Integer(1, 1000, log=True),
        }
    )
    assert np.allclose(least_steps(space), [0, 1, 1, 1, 1, np.log(3)])  # from 0.5 to 1.5


def test_a_parameter_per_coordinate_is_one_number_or_one_for_each():
    assert per_coordinate("sigma", 2.0, 3).tolist() == [2, 2, 2]
    assert per_coordinate("sigma", [1, 2, 3], 3).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="sigma must be one number or 3.*shape"):
        per_coordinate("sigma", [1, 2], 3)
    for bad in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="sigma must be finite and above 0"):
            per_coordinate("sigma", bad, 3)


def test_a_point_that_is_accepted_stays_between_whole_numbers():
    space = Space({"a": Float(-5.0, 5.0), "n": Integer(0, 9)})
    assert accepted(make(), space, np.array([1.25, 3.4])).tolist() == [1.25, 3.4]
    assert accepted(make(), space, np.array([9.0, 12.0])).tolist() == [5.0, 9.5]


def test_a_point_that_is_not_is_moved_where_it_must_be():
    space = Space({"a": Float(-5.0, 5.0), "n": Integer(0, 9)})
    optimizer = make(bounding_func=lambda ind: {**ind, "a": max(0.0, ind["a"])})
    assert accepted(optimizer, space, np.array([-2.0, 3.4])).tolist() == [0.0, 3.4]


def test_an_individual_is_proposed_with_its_place():
    space = Space({"a": Float(-5.0, 5.0), "b": Float(-5.0, 5.0), "n": Integer(0, 9)}, [Ordered("a", "b")])
    optimizer = make(bounding_func=lambda ind: {**ind, "n": max(2, ind["n"])})
    individual, place = proposed(optimizer, space, np.array([3.0, 1.0, 0.4]))
    assert individual == {"a": 1.0, "b": 3.0, "n": 2}
    assert place.tolist() == [3.0, 1.0, 2.0]  # ordered in the individual alone
