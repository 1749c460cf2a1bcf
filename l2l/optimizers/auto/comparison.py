"""A few points against each other under noise."""

import numpy as np


class Comparison:
    """Evaluates the same points in every generation, the more often the surer is which of them is best on average.

    Parameters
    ----------
    points : float64[n, dim]

    Attributes
    ----------
    totals : float64[n]
        Sums of the values, to be minimised.
    counts : int64[n]
        Of the finite values.
    """

    done = None

    def __init__(self, points: np.ndarray) -> None:
        self.points = points
        self.totals = np.zeros(len(points))
        self.counts = np.zeros(len(points), dtype=int)

    def ask(self, at_least: int) -> np.ndarray:
        """All points, or several times all of them, float64[>= at_least, dim]."""
        return np.tile(self.points, (-(-at_least // len(self.points)), 1))

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        """Learn the values of what was asked for, in that order."""
        values = values.reshape(-1, len(self.points))
        finite = np.isfinite(values)
        self.totals += np.where(finite, values, 0.0).sum(axis=0)
        self.counts += finite.sum(axis=0)

    @property
    def recommended(self) -> np.ndarray:
        """The point with the best mean; before anything is known the first one."""
        means = np.where(self.counts > 0, self.totals / np.maximum(self.counts, 1), np.inf)
        return self.points[int(np.argmin(means))]
