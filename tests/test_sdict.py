"""Dictionaries with dot access."""

import copy
import pickle

import pytest

from l2l import sdict, sdictm


def test_items_are_attributes():
    d = sdictm({"a": 1})
    d.b = 2
    d["c"] = 3
    assert (d.a, d["b"], d.c) == (1, 2, 3)
    assert list(d) == list(d.keys()) == ["a", "b", "c"]
    assert "a" in d and "z" not in d


def test_dictionaries_inside_are_wrapped_also_in_mixed_lists():
    d = sdictm({"a": {"b": {"c": 1}}, "l": [{"x": 1}, 5]})
    assert d.a.b.c == 1
    assert d.l[0].x == 1 and d.l[1] == 5


def test_a_missing_key_reads_as_none_with_a_warning():
    with pytest.warns(UserWarning, match="Returning None value for a"):
        assert sdictm({}).a is None


def test_get_gives_the_default_for_missing_and_none():
    d = sdictm({"a": 0, "n": None})
    assert (d.get("a", 5), d.get("n", 5), d.get("z", 5)) == (0, 5, 5)


def test_todict_gives_plain_dictionaries_back():
    nested = {"a": {"b": 1}, "l": [{"x": 1}, 5]}
    assert sdictm(nested).todict() == nested
    assert type(sdictm(nested).todict()["a"]).__name__ == "OrderedDict"


def test_a_copy_does_not_share_its_nesting():
    d = sdictm({"a": {"b": 1}})
    c = d.copy()
    c.a.b = 2
    assert d.a.b == 1


def test_update_sets_items_and_returns_itself():
    d = sdictm({"a": 1})
    assert d.update(a=2, b=3) is d
    assert d.todict() == {"a": 2, "b": 3}


def test_apply_visits_every_leaf_and_may_change_it():
    d = sdictm({"a": 1, "b": {"c": 2}, "l": [{"x": 3}], "plain": [4]})

    def double(container, key, value):
        container[key] = value * 2

    d.apply(double)
    assert d.todict() == {"a": 2, "b": {"c": 4}, "l": [{"x": 6}], "plain": [4, 4]}


def test_a_frozen_one_refuses_every_write():
    d = sdictm({"a": {"b": 1}}).frozen()
    assert isinstance(d, sdict) and d.a.b == 1
    for write in (
        lambda: setattr(d, "a", 1),
        lambda: d.__setitem__("a", 1),
        lambda: d.update(a=1),
        lambda: d.apply(print),
        lambda: setattr(d.a, "b", 2),
    ):
        with pytest.raises(RuntimeError, match="Immutable dictionary"):
            write()


def test_only_dictionaries_are_wrapped():
    with pytest.raises(AssertionError):
        sdictm(None)
    with pytest.raises(RuntimeError):
        sdictm([1])


@pytest.mark.parametrize("kind", [sdictm, sdict])
def test_it_pickles_and_copies(kind):
    d = kind({"a": {"b": [1, {"c": 2}]}})
    for twin in (pickle.loads(pickle.dumps(d)), copy.deepcopy(d)):
        assert type(twin) is kind
        assert twin.todict() == d.todict()


def test_dunder_names_are_no_items():
    with pytest.raises(AttributeError):
        sdictm({}).__getattr__("__getstate__")
