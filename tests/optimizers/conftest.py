"""Fixtures for the tests of optimizers."""

import numpy as np
import pytest

from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space


class EveryKind:
    """Stands in for an optimizee with every kind of parameter, with and without bounds."""

    def space(self):
        return Space(
            {
                "kind": Category(("none", "poly", ("a", 1))),
                "degree": Integer(2, 4, when=("kind", "poly")),
                "rate": Float(1e-4, 1.0, log=True),
                "size": Integer(1, 1000, log=True),
                "v": Array(Float(np.array([0.0, -1.0]), 2.0), 2),
                "w": Array(Integer(0, 3), (2, 2)),
                "low": Float(0.0, 1.0),
                "high": Float(0.0, 1.0),
                "free": Float(),
                "positive": Float(0.0),
                "c": Fixed("x"),
            },
            [Ordered("low", "high")],
        )

    def create_individual(self):
        return {
            "kind": "poly", "degree": 3, "rate": 0.1, "size": 10, "v": np.ones(2), "w": np.ones((2, 2), dtype=int),
            "low": 0.2, "high": 0.3, "free": 100.25, "positive": 1.0, "c": "x",
        }  # fmt: skip

    @staticmethod
    def check(individual):
        """Whether an individual is one of the space."""
        assert individual["c"] == "x"
        assert individual["kind"] in ("none", "poly", ("a", 1))
        assert type(individual["degree"]) is int if individual["kind"] == "poly" else individual["degree"] is None
        assert type(individual["rate"]) is float and 1e-4 <= individual["rate"] <= 1.0001
        assert type(individual["size"]) is int and 1 <= individual["size"] <= 1000
        assert individual["v"].shape == (2,) and (individual["v"] >= [0, -1]).all() and (individual["v"] <= 2).all()
        assert individual["w"].shape == (2, 2) and individual["w"].dtype == np.int64
        assert individual["low"] <= individual["high"]
        assert individual["positive"] >= 0


@pytest.fixture
def every_kind():
    return EveryKind()
