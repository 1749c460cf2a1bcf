"""Products of parameter lists."""

import pytest

from l2l.utils.tools import cartesian_product


def test_the_first_name_varies_slowest():
    assert cartesian_product({"a": [1, 2], "b": [3, 4]}, ("b", "a")) == {"b": [3, 3, 4, 4], "a": [1, 2, 1, 2]}


def test_without_an_order_all_are_multiplied():
    assert cartesian_product({"a": [1, 2], "b": [3]}) == {"a": [1, 2], "b": [3, 3]}


def test_an_inner_tuple_goes_along_with_each_other():
    product = cartesian_product({"g": [0], "i": [0, 1], "x": [5.0, 6.0]}, [("i", "x"), "g"])
    assert product == {"i": [0, 1], "x": [5.0, 6.0], "g": [0, 0]}


def test_lists_that_go_along_with_each_other_must_be_equally_long():
    with pytest.raises(ValueError, match="'a': 2, 'b': 1"):
        cartesian_product({"a": [1, 2], "b": [3]}, [("a", "b")])
