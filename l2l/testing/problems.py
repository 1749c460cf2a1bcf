"""A small problem with every kind of parameter, for the contract of optimizers."""

from typing import Any

import numpy as np

from l2l.space import Array, Category, Fixed, Float, Integer, Ordered, Space

Individual = dict[str, Any]


class Mixed:
    """Stands in for an optimizee that declares its space; to be minimised, 0 at best and some 5 at random points.

    Parameters
    ----------
    seed : int
        Of the individuals that it draws.
    """

    def __init__(self, seed: int = 7) -> None:
        self._rng = np.random.default_rng(seed)
        parameters = {
            "count": Integer(1, 9),
            "first": Integer(0, 20),
            "kind": Category(["plain", "wavy"]),
            "label": Fixed("mixed"),
            "last": Integer(0, 20),
            "period": Float(0.5, 2.0, when=("kind", "wavy")),  # None while the kind is plain
            "rate": Float(1e-3, 1e3, log=True),
            "shares": Array(Float(0.0, 1.0), 3),
        }
        self._space = Space(parameters, [Ordered("first", "last")])

    def space(self) -> Space:
        """Every kind of parameter, one that counts only under a condition, and two in order."""
        return self._space

    def create_individual(self) -> Individual:
        """A random individual."""
        return self._space.sample(self._rng)

    def bounding_func(self, individual: Individual) -> Individual:
        """The nearest individual in the space."""
        return self._space.repaired(individual)

    def value(self, individual: Individual) -> float:
        """The value to minimise."""
        wave = 1.0 if individual["kind"] == "plain" else abs(individual["period"] - 1.0)
        gap = abs(individual["last"] - individual["first"] - 5) / 10
        shares = float(np.abs(individual["shares"] - 0.5).sum())
        return abs(individual["count"] - 7) / 2 + abs(np.log10(individual["rate"])) + wave + gap + shares


def same_values(one: Individual, other: Individual, tolerance: float = 0.0) -> bool:
    """Whether two individuals have the same names, types and values, these to a relative tolerance."""
    return list(one) == list(other) and all(_same(one[name], other[name], tolerance) for name in one)


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float | np.ndarray):
        return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=tolerance, atol=0.0)
    return bool(one == other)
