"""A quasi-Newton descent whose derivatives are differences between the points of one generation."""

import numpy as np

HESSIAN_STEP = 1e-4  # of the second differences, in widths of the region
FIRST_RADIUS = 0.3  # of the trust region, in widths of the region
MOST_FAILURES = 12  # trials in a row that are no better
CONVERGED = 1e-13  # gain of a step, relative to the value: what rounding leaves of it
ROUNDING = 4e-16  # of a value, relative
CONCAVE = 0.4  # share of directions of negative curvature from which a descent leads to some local minimum only


class QuasiNewton:
    """BFGS in a trust region, within bounds.

    The first generation gives gradient and Hessian at the start by second differences, of which absolute eigenvalues
    are taken. In each later one a trial point comes with its neighbours along the coordinates, so that its gradient is
    known at once. The Hessian is updated by BFGS (Nocedal & Wright 2006, "Numerical Optimization", 6.19), damped so
    that it stays positive definite (18.14-18.16), and scaled down where it overestimates (Al-Baali 1998).

    Further points of a generation lie along the step; if one of them is better, it is the next trial.

    Parameters
    ----------
    start : float64[dim]
    low, high : float64[dim]
        Bounds, which may be infinite.
    anywhere : bool
        Whether to descend from a start where the function is not mostly convex, too.

    Attributes
    ----------
    x, value
        The best point and its value.
    """

    def __init__(self, start: np.ndarray, low: np.ndarray, high: np.ndarray, anywhere: bool = False) -> None:
        self.low, self.high, self.anywhere = low, high, anywhere
        self.trial = np.clip(start, low, high)
        self.x, self.value = self.trial, np.inf
        self.gradient = np.zeros(start.size)
        self.hessian: np.ndarray | None = None
        self.radius = FIRST_RADIUS
        self.failures, self.idle = 0, 0
        self.done: str | None = None

    def ask(self, at_least: int) -> np.ndarray:
        dim = self.trial.size
        if self.hessian is None:
            self.steps = np.where(self.trial + 2 * HESSIAN_STEP > self.high, -HESSIAN_STEP, HESSIAN_STEP)
            i, j = np.tril_indices(dim)
            moves = np.diag(self.steps)
            self.points = np.vstack([self.trial[None], self.trial + moves, self.trial + moves[i] + moves[j]])
        else:
            self.steps = self._difference_steps(np.diag(self.hessian))
            along = self.x + np.outer(_multiples(at_least - dim - 1), self.trial - self.x)
            self.points = np.vstack([self.trial[None], self.trial + np.diag(self.steps), along])
        return np.clip(self.points, self.low, self.high)

    def _difference_steps(self, curvature: np.ndarray) -> np.ndarray:
        """Where rounding and curvature err alike: ``2 sqrt(eps |f| / f'')``."""
        steps = np.clip(2 * np.sqrt(ROUNDING * max(abs(self.value), 1e-8) / curvature), 1e-10, 1e-6)
        return np.where(self.trial + steps > self.high, -steps, steps)

    def tell(self, points: np.ndarray, values: np.ndarray) -> None:
        dim = self.trial.size
        if self.hessian is None:
            self._begin(points, values)
            return
        self.trial = points[0]
        steps = np.diag(points[1 : dim + 1] - points[0])
        moved = steps != 0  # the optimizee holds the others
        differences = values[1 : dim + 1] - values[0] if np.isfinite(values[0]) else np.full(dim, np.nan)
        gradient = np.where(moved, differences / np.where(moved, steps, 1.0), 0.0)
        self._judge(values[0], gradient)
        further = values[dim + 1 :]
        if further.size and further.min() < min(self.value, values[0]):
            self.trial = points[dim + 1 + int(np.argmin(further))]

    def _begin(self, points: np.ndarray, values: np.ndarray) -> None:
        if not np.isfinite(values).all() or not np.array_equal(points, self.points):
            self.done = "no derivatives at the start"
            return
        dim, h = self.trial.size, self.steps
        single = values[1 : dim + 1]
        i, j = np.tril_indices(dim)
        hessian = np.zeros((dim, dim))
        hessian[i, j] = (values[dim + 1 :] - single[i] - single[j] + values[0]) / (h[i] * h[j])
        hessian += np.tril(hessian, -1).T
        eigenvalues, vectors = np.linalg.eigh(hessian)
        largest = np.abs(eigenvalues).max()
        if np.mean(eigenvalues < -1e-3 * largest) > CONCAVE and not self.anywhere:
            self.done = "the function is not convex at the start"
            return
        self.hessian = (vectors * np.maximum(np.abs(eigenvalues), max(1e-10 * largest, 1e-12))) @ vectors.T
        self._accept(values[0], (single - values[0]) / h - 0.5 * np.diag(hessian) * h)

    def _judge(self, value: float, gradient: np.ndarray) -> None:
        """Accept the trial if it has gained enough; else look closer to the best point."""
        assert self.hessian is not None
        step = self.trial - self.x
        length, slope = float(np.linalg.norm(step)), float(self.gradient @ step)
        known = bool(np.isfinite(gradient).all())
        if known:
            predicted = -slope - 0.5 * step @ self.hessian @ step
            self._update(step, gradient - self.gradient)
        if known and value <= self.value + 1e-4 * slope:  # Armijo's condition
            gain = self.value - value
            if gain > 0.5 * predicted:
                self.radius = max(self.radius, 2 * length)
            self.idle = self.idle + 1 if gain <= CONVERGED * max(abs(value), 1e-8) else 0
            self._accept(value, gradient)
        else:
            self.failures += 1
            curvature = 2 * (value - self.value - slope)
            # the vertex of the parabola through both values and the slope
            shrink = float(np.clip(-slope / curvature, 0.1, 0.5)) if 0 < curvature < np.inf else 0.25
            self.radius = shrink * length
            self._aim()
        if self.idle == 3 or self.failures > MOST_FAILURES or np.array_equal(self.trial, self.x):
            self.done = "converged"

    def _accept(self, value: float, gradient: np.ndarray) -> None:
        self.x, self.value, self.gradient = self.trial, value, gradient
        self.failures = 0
        self._aim()

    def _aim(self) -> None:
        """The minimum of the model in the trust region, over the coordinates that no bound holds (Bertsekas 1982)."""
        assert self.hessian is not None
        g = self.gradient
        held = ((self.x <= self.low) & (g > 0)) | ((self.x >= self.high) & (g < 0))
        free = ~held
        step = np.zeros(g.size)
        if g[free].any():
            eigenvalues, vectors = np.linalg.eigh(self.hessian[np.ix_(free, free)])
            eigenvalues = np.maximum(eigenvalues, 1e-14 * eigenvalues[-1])
            step[free] = -vectors @ _within(self.radius, vectors.T @ g[free], eigenvalues)
        self.trial = np.clip(self.x + step, self.low, self.high)

    def _update(self, s: np.ndarray, y: np.ndarray) -> None:
        assert self.hessian is not None
        b = self.hessian @ s
        sbs, sy = s @ b, s @ y
        if sy < 0.2 * sbs:
            share = 0.8 * sbs / (sbs - sy)
            y = share * y + (1 - share) * b
            sy = s @ y
        if sbs > 0 and sy > 0:
            scale = min(1.0, sy / sbs) ** 0.25
            updated = scale * (self.hessian - np.outer(b, b) / sbs) + np.outer(y, y) / sy
            if np.isfinite(updated).all():
                self.hessian = updated


def _within(radius: float, gradient: np.ndarray, eigenvalues: np.ndarray) -> np.ndarray:
    """``gradient / (eigenvalues + lam)`` with the least ``lam >= 0`` for which it is no longer than ``radius``."""
    step = gradient / eigenvalues
    low, high = 0.0, float(np.linalg.norm(gradient)) / radius
    if np.linalg.norm(step) > radius:
        for _ in range(60):
            middle = (low + high) / 2
            if np.linalg.norm(gradient / (eigenvalues + middle)) > radius:
                low = middle
            else:
                high = middle
        step = gradient / (eigenvalues + high)
    return step


def _multiples(n: int) -> np.ndarray:
    """Of a step: ``n`` numbers 2, 1/2, 4, 1/4, ..."""
    exponents = np.arange(max(n, 0)) // 2 + 1
    return 2.0 ** np.where(np.arange(max(n, 0)) % 2 == 0, exponents, -exponents)
