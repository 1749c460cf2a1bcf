import numpy as np
import pytest

from l2l.sharing import Interner


def test_equal_arrays_are_kept_once():
    interner = Interner((2,))
    numbers = [interner.number(np.array(pair)) for pair in [(1.0, 2.0), (3.0, 4.0), (1.0, 2.0), (5.0, 6.0), (3.0, 4.0)]]
    assert numbers == [0, 1, 0, 2, 1]
    assert interner.stack.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert interner.nbytes == 48


def test_arrays_can_follow_after_the_stack_was_read():
    interner = Interner((1,))
    interner.number([1.0])
    before = interner.stack
    assert interner.number([2.0]) == 1
    assert before.tolist() == [[1.0]]
    assert interner.stack.tolist() == [[1.0], [2.0]]


def test_stack_is_read_only():
    interner = Interner((1,))
    interner.number([1.0])
    with pytest.raises(ValueError, match="read-only"):
        interner.stack[0] = 2.0


def test_array_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\) is expected, got \(3,\)"):
        Interner((2,)).number(np.zeros(3))


def test_several_arrays_are_numbered_at_once():
    interner = Interner((1,))
    same = np.array([1.0])
    numbers = interner.numbers([same, np.array([2.0]), same, np.array([1.0])])
    assert numbers.tolist() == [0, 1, 0, 0]
    assert numbers.dtype == np.int32
