"""Spaces as plain data."""

import numpy as np
import yaml

from l2l.space import Array, Category, Fixed, Float, Integer, Space
from l2l.space.plain import as_plain, of_plain
from l2l.utils.manifest import plain


def test_a_space_comes_back_from_a_manifest():
    space = Space(
        {
            "x": Float(1e-3, 1.0, log=True),
            "free": Float(),
            "n": Integer(1, 9, when=("kind", ("a", "b"))),
            "kind": Category(("a", "b", 3)),
            "c": Fixed("said"),
            "v": Array(Float(np.array([0.0, -1.0]), 2.0), 2),
            "w": Array(Integer(0, 3), (2, 2), when=("kind", "a")),
        }
    )
    read = Space(of_plain(yaml.safe_load(yaml.safe_dump(plain(as_plain(space))))))
    assert np.array_equal(read.low, space.low) and np.array_equal(read.high, space.high)
    assert [type(kind) for kind in read.parameters.values()] == [type(kind) for kind in space.parameters.values()]
    for unit in np.random.default_rng(1).random((20, space.dim)):
        vector = space.from_unit(unit)
        assert str(read.individual(vector)) == str(space.individual(vector))
