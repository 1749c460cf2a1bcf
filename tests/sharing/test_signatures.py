import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from l2l.sharing import Signatures

VALUE = st.integers(0, 3)


@given(st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=40))
def test_sites_have_one_signature_exactly_if_all_their_values_are_equal(rows):
    numbers, names, counts = zip(*rows, strict=True)
    columns = {
        "a": np.array(numbers, float),
        "b": [f"n{n}" for n in names],
        "c": [{"x": np.full(2, c)} for c in counts],
    }
    signatures = Signatures(columns, len(rows))
    order = list(dict.fromkeys(rows))
    assert signatures.ids.tolist() == [order.index(row) for row in rows]
    assert signatures.first.tolist() == [rows.index(row) for row in order]
    assert len(signatures) == len(order)


def test_values_are_told_by_signature():
    signatures = Signatures({"a": np.array([5.0, 4.0, 5.0]), "b": ["x", "y", "x"]}, 3)
    assert signatures.values("a").tolist() == [5.0, 4.0]
    assert signatures.values("b") == ["x", "y"]
    assert signatures.of(1) == {"a": 4.0, "b": "y"}


def test_sites_that_differ_in_nothing_have_one_signature():
    assert Signatures({}, 4).ids.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", [list, np.array])
def test_a_hundred_thousand_different_sites_are_grouped_by_sorting(kind):
    values = np.arange(100_000.0)[::-1]
    assert len(Signatures({"a": kind(values), "b": kind(values)}, len(values))) == len(values)


def test_values_that_cannot_be_hashed_are_alike_if_they_are_the_same():
    class Drive:
        __hash__ = None

    one, other = Drive(), Drive()
    signatures = Signatures({"presets": [(one,), (other,), (one,), (one, other)]}, 4)
    assert signatures.ids.tolist() == [0, 1, 0, 2]
