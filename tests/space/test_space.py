"""Individuals as vectors."""

import numpy as np
import pytest

from l2l.space import Array, Category, Float, Ordered, Space

EXAMPLE = {"b": 1.5, "a": np.array([[1.0, 2.0], [3.0, 4.0]])}
BOUNDS = {"b": (1.0, 2.0), "a": (0.0, [[10.0, 20.0], [30.0, 40.0]])}


def test_an_individual_becomes_a_vector_and_the_same_individual_again():
    space = Space.of_example(EXAMPLE)
    vector = space.vector(EXAMPLE)
    assert vector.tolist() == [1, 2, 3, 4, 1.5]  # by ascending name
    again = space.individual(vector)
    assert np.array_equal(again["a"], EXAMPLE["a"]) and type(again["b"]) is float
    again["a"][0, 0] = 9
    assert vector[0] == 1
    assert space.coordinate_names == ["a_0", "a_1", "a_2", "a_3", "b"]


def test_a_population_becomes_a_matrix():
    assert Space.of_example(EXAMPLE).matrix([EXAMPLE, EXAMPLE]).shape == (2, 5)
    assert Space.of_example(EXAMPLE).matrix([]).shape == (0, 5)


def test_bounds_become_the_unit_box():
    space = Space.of_example(EXAMPLE, BOUNDS)
    assert space.bounded
    assert space.to_unit(space.low).tolist() == [0] * 5
    assert space.to_unit(space.high).tolist() == [1] * 5
    vector = space.vector(EXAMPLE)
    assert np.allclose(space.from_unit(space.to_unit(vector)), vector)
    assert space.to_unit(vector)[4] == 0.5
    assert space.from_unit(np.full(5, 2.0)).tolist() == space.high.tolist()
    assert space.clip(np.full(5, -9.0)).tolist() == space.low.tolist()


def test_without_bounds_the_scale_is_the_unit():
    space = Space.of_example({"x": 0.0, "y": 0.0}, scale=np.array([10.0, 0.1]))
    assert not space.bounded
    assert space.to_unit(np.array([5.0, 5.0])).tolist() == [0.5, 50.0]
    assert space.from_unit(np.array([1e9, -1e9])).tolist() == [1e10, -1e8]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"b": (0, 1)}, "lack the parameter 'a'"),
        ({**BOUNDS, "c": (0, 1)}, "'c'"),
        ({**BOUNDS, "b": (2.0, 1.0)}, "low < high"),
        ({**BOUNDS, "b": (1.0, 1.0)}, "low < high"),
        ({**BOUNDS, "b": (0.0, np.inf)}, "finite"),
        ({**BOUNDS, "b": (0.0, 1.0, 2.0)}, r"\(low, high\)"),
        ({**BOUNDS, "b": "01"}, r"\(low, high\)"),
        ({**BOUNDS, "a": (0.0, [1.0, 2.0])}, r"of shape \(2, 2\), got \(2,\)"),
    ],
)
def test_impossible_bounds_are_refused(bounds, message):
    with pytest.raises(ValueError, match=message):
        Space.of_example(EXAMPLE, bounds)


def test_an_individual_of_other_names_or_shapes_is_refused():
    space = Space.of_example(EXAMPLE)
    with pytest.raises(ValueError, match="must have the parameters"):
        space.vector({"b": 1.0})
    with pytest.raises(ValueError, match=r"'a' must have shape \(2, 2\), got \(4,\)"):
        space.vector({"b": 1.0, "a": np.zeros(4)})
    with pytest.raises(ValueError, match="has 5 coordinates, got 4"):
        space.individual(np.zeros(4))


@pytest.mark.parametrize("example", [{}, {"a": np.zeros(0)}])
def test_an_individual_without_numbers_is_refused(example):
    with pytest.raises(ValueError, match="needs at least one"):
        Space.of_example(example)


def test_a_value_that_is_no_number_is_refused_by_name():
    with pytest.raises(TypeError, match="'a' must be a float"):
        Space.of_example({"a": "text"})


# --- what makes no sense


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Category({"a", "b"}), "a list of at least two choices"),  # a set has no order
        (lambda: Category(["a", "b", "a"]), "must differ, got 'a' twice"),
        (lambda: Array(Float(0, 1), 1.5), "must be a whole number, or several, got 1.5"),
        (lambda: Array(Float(0, 1), (2, -1)), r"or several, got \(2, -1\)"),
        (lambda: Array(Float(0, 1), "ab"), "or several, got 'ab'"),
        (lambda: Ordered(["a", "b"]), "the names of at least two parameters"),
        (lambda: Space([Float(0, 1)]), "a space is a dictionary of name to Float"),
        (lambda: Space.of_example(1.0), "an individual must be a dictionary of names to values, got 1.0"),
        (lambda: Space.of_example({"x": np.nan}), "'x' of a random individual must be finite, got nan"),
        (
            lambda: Space({"c": Category(["a", "b"]), "x": Float(0, 1, when="c")}),
            r"'x' must be \(name, value\), got 'c'",
        ),
        (
            lambda: Space({"c": Category(["bath", "flush"]), "x": Float(0, 1, when=("c", ("bath", "flash")))}),
            "when 'c' is 'flash', which is none of its choices; did you mean 'flush'",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_one_condition_needs_no_list():
    space = Space({"a": Float(0, 1), "b": Float(0, 1)}, Ordered("a", "b"))
    assert space.individual([0.9, 0.1]) == {"a": 0.1, "b": 0.9}
