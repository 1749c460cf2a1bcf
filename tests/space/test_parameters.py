"""The kinds of parameters and their coordinates."""

import numpy as np
import pytest

from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space

RNG = np.random.default_rng(5)


def test_a_logarithmic_float_is_searched_by_its_logarithm():
    space = Space({"rate": Float(1e-4, 1.0, log=True)})
    assert np.allclose(space.vector({"rate": 0.01}), np.log(0.01))
    assert space.individual(space.from_unit(np.array([0.5])))["rate"] == pytest.approx(0.01)
    draws = [space.sample(RNG)["rate"] for _ in range(400)]
    assert 0.4 < np.mean(np.array(draws) < 0.01) < 0.6


def test_every_integer_has_the_same_share():
    space = Space({"n": Integer(1, 4)})
    values = [space.individual(space.from_unit(np.array([u])))["n"] for u in np.linspace(0, 1, 4001)]
    assert all(type(value) is int for value in values)
    counts = np.bincount(values)
    assert counts[0] == 0 and np.ptp(counts[1:]) <= 1
    assert space.vector({"n": 3}).tolist() == [3.0]


def test_a_logarithmic_integer_reaches_both_ends():
    space = Space({"n": Integer(1, 1000, log=True)})
    assert space.individual(space.low)["n"] == 1 and space.individual(space.high)["n"] == 1000
    assert space.individual(space.vector({"n": 30}))["n"] == 30


def test_a_category_is_the_largest_of_its_coordinates():
    space = Space({"kind": Category(["bath", "feed", 3])})
    assert space.dim == 3 and space.coordinate_names == ["kind_bath", "kind_feed", "kind_3"]
    assert space.individual([0.2, 0.9, 0.1]) == {"kind": "feed"}
    assert space.vector({"kind": 3}).tolist() == [0, 0, 1]
    draws = [space.sample(RNG)["kind"] for _ in range(600)]
    assert all(150 < draws.count(choice) < 250 for choice in ("bath", "feed", 3))


def test_a_fixed_value_has_no_coordinate_and_comes_along():
    space = Space({"x": Float(0, 1), "farm": Fixed("Gob")})
    assert space.dim == 1
    assert space.individual([0.5]) == {"farm": "Gob", "x": 0.5}
    assert space.vector({"farm": "Gob", "x": 0.25}).tolist() == [0.25]


def test_arrays_hold_floats_or_integers_with_bounds_of_their_own():
    space = Space({"n": Array(Integer([0, 5], [3, 9]), 2), "w": Array(Float(1, 100, log=True), (2, 2))})
    individual = space.individual(space.high)
    assert individual["n"].tolist() == [3, 9] and individual["n"].dtype == np.int64
    assert np.allclose(individual["w"], 100) and individual["w"].shape == (2, 2)
    assert np.allclose(space.vector(individual)[:2], [3, 9])


def test_a_parameter_that_does_not_count_is_none():
    space = Space({"kind": Category(["a", "b", "c"]), "x": Float(0, 4, when=("kind", ("a", "b"))), "y": Float(0, 1)})
    assert space.individual([0, 1, 0, 3.0, 0.5]) == {"kind": "b", "x": 3.0, "y": 0.5}
    other = space.individual([0, 0, 1, 3.0, 0.5])
    assert other == {"kind": "c", "x": None, "y": 0.5}
    assert space.vector(other).tolist() == [0, 0, 1, 2.0, 0.5]


def test_what_depends_on_a_parameter_that_does_not_count_does_not_count_either():
    space = Space(
        {"a": Integer(0, 1), "b": Integer(0, 1, when=("a", 1)), "c": Float(0, 1, when=("b", 1)), "d": Float(0, 1)}
    )
    assert space.individual([0, 1, 0.5, 0.5]) == {"a": 0, "b": None, "c": None, "d": 0.5}


def test_ordered_parameters_are_sorted():
    space = Space({"low": Float(0, 1), "high": Float(0, 1), "n": Integer(0, 9)}, [Ordered("low", "high")])
    individual = space.individual(space.vector({"low": 0.8, "high": 0.3, "n": 2}))
    assert individual == {"high": 0.8, "low": 0.3, "n": 2}
    assert all(s["low"] <= s["high"] for s in (space.sample(RNG) for _ in range(50)))


def test_repairing_moves_to_the_nearest_allowed_individual():
    space = Space({"n": Integer(1, 4), "x": Float(0, 1)})
    assert space.repaired({"n": 99, "x": -3.0}) == {"n": 4, "x": 0.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(1, 1), "low < high"),
        (lambda: Float(0, 1, log=True), "above 0"),
        (lambda: Integer(0.5, 3), "whole"),
        (lambda: Integer(0, np.inf), "finite"),
        (lambda: Category(["only"]), "at least two"),
        (lambda: Category("abc"), "at least two"),
        (lambda: Array(Category(["a", "b"]), 2), "Float or Integer"),
        (lambda: Array(Float([0, 1, 2], 5), 2), r"shape \(2,\)"),
        (lambda: Ordered("a"), "at least two"),
        (lambda: Space({"x": 3.0}), "must be a Float"),
        (lambda: Space({"x": Fixed(1)}), "number to search"),
        (lambda: Space({"x": Float(0, 1, when=("knd", 1)), "kind": Integer(0, 1)}), "did you mean 'kind'"),
        (lambda: Space({"x": Integer(0, 1, when=("y", 1)), "y": Integer(0, 1, when=("x", 1))}), "circle"),
        (lambda: Space({"x": Float(0, 1), "y": Float(0, 2)}, [Ordered("x", "y")]), "same bounds"),
        (lambda: Space({"x": Float(0, 1)}, [Ordered("x", "z")]), "'z'"),
        (lambda: Space({"x": Float()}).sample(RNG), "have no bounds"),
        (lambda: Space({"k": Category(["a", "b"])}).vector({"k": "z"}), "one of"),
        (lambda: Space({"x": Float(1, 2, log=True)}).vector({"x": 0.0}), "above 0"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_the_elements_of_an_array_are_what_other_parameters_are_themselves():
    whole, kind = Integer(1, 9, log=True), Category(["a", "b"])
    assert Array(whole, 3).scalar is whole
    assert whole.scalar is whole and kind.scalar is kind
