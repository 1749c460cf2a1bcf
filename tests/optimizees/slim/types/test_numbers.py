"""Whole numbers that somebody hands in."""

import numpy as np
import pytest

from l2l.optimizees.slim.types.numbers import whole_number


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float32(3), np.array(3)])
def test_whole_numbers_of_any_kind_are_taken(value):
    assert whole_number(value, "n") == 3 and type(whole_number(value, "n")) is int


@pytest.mark.parametrize("value", [-1, 6, 0.5, float("nan"), float("inf"), np.float64(2.5)])
def test_numbers_that_are_not_whole_or_out_of_bounds_are_refused(value):
    with pytest.raises(ValueError, match="n is a whole number from 0 to 5, got"):
        whole_number(value, "n", most=5)


@pytest.mark.parametrize("value", [None, "3", True, np.True_, [3], np.array([3]), 3j])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="n is a whole number >= 1, got"):
        whole_number(value, "n", least=1)
