"""A first look at a function: whether it is a sum of functions of one coordinate each."""

import numpy as np

ROUNDING = 1e-9  # of the largest value: what a sum may be off by


class Probe:
    """Two generations: two points, and the corners between them.

    Of points ``x`` and ``y`` and a mask of coordinates, ``a`` has those of ``x`` where the mask is set and those of
    ``y`` elsewhere, ``b`` the other way round. For a sum of functions of one coordinate each, ``f(x) + f(y)`` equals
    ``f(a) + f(b)``. The masks are the binary digits of the coordinates' numbers: one of them tells any two apart.

    Parameters
    ----------
    x, y : float64[dim]

    Attributes
    ----------
    separable : bool or None
        None until it is known.
    done : str or None
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        numbers = np.arange(x.size)
        n_digits = int(np.ceil(np.log2(x.size)))
        masks = [(numbers >> digit) & 1 == 1 for digit in range(n_digits)]
        corners = [point for mask in masks for point in (np.where(mask, x, y), np.where(mask, y, x))]
        self.generations = [np.array(points) for points in ([x, y], corners) if points]
        self.sums: list[float] = []  # of the values of opposite corners
        self.size = 0.0  # largest of the values
        self.separable: bool | None = None
        self.done: str | None = None

    def ask(self, at_least: int) -> np.ndarray:
        return self.generations[0]

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        if not np.isfinite(values).all() or not np.array_equal(points, self.generations.pop(0)):
            self.separable, self.done = False, "a corner failed, or the optimizee moved it"
            return
        self.sums += values.reshape(-1, 2).sum(axis=1).tolist()
        self.size = max(self.size, np.abs(values).max())
        if not self.generations:
            self.separable = bool(np.ptp(self.sums) <= ROUNDING * self.size)
            self.done = "the function has been probed"
