"""A Gaussian process: what is known of a function from a few values of it, noisy or not."""

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

SQRT5 = np.sqrt(5.0)
MIDDLE = np.log([0.15, 1.0, 0.03])
"""Medians of the priors: length scales in widths of the region; signal and noise as variances of the values."""

WIDTH = np.array([0.7, 1.0, 0.5])
"""Standard deviations of the priors of the logarithms."""

RANGE = np.log([(0.03, 20.0), (0.05, 20.0), (1e-6, 2.0)])
JITTER = 1e-8


class GaussianProcess:
    """Regression with the Matérn kernel 5/2, a length scale for each coordinate, and noise.

    Equations are those of Rasmussen & Williams (2006), "Gaussian Processes for Machine Learning". The hyperparameters
    are the most probable ones under log-normal priors, which keep a fit to few values sane.

    Parameters
    ----------
    dim : int

    Attributes
    ----------
    theta : float64[dim + 2]
        Logarithms of the length scales, and of the variances of the signal and of the noise.
    points : float64[n, dim]
    mean, scale : float
        Of the values; inside, they are standardised.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._middle = np.r_[np.full(dim, MIDDLE[0]), MIDDLE[1:]]
        self._width = np.r_[np.full(dim, WIDTH[0]), WIDTH[1:]]
        self._bounds = np.vstack([np.tile(RANGE[0], (dim, 1)), RANGE[1:]])
        self.theta = self._middle.copy()
        self.points = np.empty((0, dim))

    @property
    def length_scales(self) -> np.ndarray:
        return np.exp(self.theta[: self.dim])

    def fit(self, points: np.ndarray, values: np.ndarray) -> None:
        """Find the hyperparameters that are the most probable for values, float64[n]."""
        squares = (points[:, None, :] - points[None, :, :]) ** 2
        standard = (values - values.mean()) / (values.std() or 1.0)
        is_first = np.array_equal(self.theta, self._middle)
        starts = [self.theta] if is_first else [self.theta, self._middle]  # the probability has several maxima
        found = [
            minimize(self._loss, start, (squares, standard), jac=True, bounds=self._bounds, options={"maxiter": 40})
            for start in starts
        ]
        self.theta = min(found, key=lambda result: result.fun).x

    def condition(self, points: np.ndarray, values: np.ndarray) -> None:
        """Learn values, float64[n], with the hyperparameters as they are (algorithm 2.1)."""
        self.points = points
        self.mean, self.scale = float(values.mean()), float(values.std() or 1.0)
        covariance = self._kernel(points, points)
        covariance[np.diag_indices_from(covariance)] += np.exp(self.theta[-1]) + JITTER
        self._factor = cholesky(covariance, lower=True)
        self._weights = cho_solve((self._factor, True), (values - self.mean) / self.scale)

    def predict(self, points: np.ndarray) -> np.ndarray:
        """Means of the function, float64[n] (eq. 2.25)."""
        return self.mean + self.scale * (self._kernel(points, self.points) @ self._weights)

    def posterior(self, points: np.ndarray) -> "Posterior":
        """What is known of the function at several points together."""
        return Posterior(self, points)

    def _kernel(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        scaled_a, scaled_b = a / self.length_scales, b / self.length_scales
        squares = (scaled_a**2).sum(1)[:, None] + (scaled_b**2).sum(1) - 2 * scaled_a @ scaled_b.T
        r = SQRT5 * np.sqrt(np.maximum(squares, 0.0))
        return np.exp(self.theta[-2]) * (1 + r + r**2 / 3) * np.exp(-r)  # eq. 4.17

    def _loss(self, theta: np.ndarray, squares: np.ndarray, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative logarithm of the probability of hyperparameters, and its gradient (eq. 5.8 and 5.9)."""
        inverse_squares = np.exp(-2 * theta[: self.dim])
        r = SQRT5 * np.sqrt(squares @ inverse_squares)
        decay = np.exp(theta[-2] - r)
        kernel = (1 + r + r**2 / 3) * decay
        noise = np.exp(theta[-1])
        deviation = (theta - self._middle) / self._width
        try:
            factor = cholesky(kernel + (noise + JITTER) * np.eye(len(values)), lower=True)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(theta)
        weights = cho_solve((factor, True), values)
        inverse = cho_solve((factor, True), np.eye(len(values)))
        loss = 0.5 * values @ weights + np.log(np.diag(factor)).sum() + 0.5 * deviation @ deviation
        outer = inverse - np.outer(weights, weights)
        slope = outer * (5 / 3 * (1 + r) * decay)  # times squares / length scale**2: derivative by its logarithm
        by_scale = 0.5 * np.einsum("ij,ijk->k", slope, squares) * inverse_squares
        by_variances = 0.5 * np.array([(outer * kernel).sum(), noise * np.trace(outer)])
        return float(loss), np.r_[by_scale, by_variances] + deviation / self._width


class Posterior:
    """Means and standard deviations at points, which can be updated as if values there were already known.

    Attributes
    ----------
    means, deviations : float64[n]
        Of the function without noise.
    """

    def __init__(self, process: GaussianProcess, points: np.ndarray) -> None:
        self._process, self._points = process, points
        covariance = process._kernel(process.points, points)
        self.means = process.mean + process.scale * (covariance.T @ process._weights)
        self._rows = solve_triangular(process._factor, covariance, lower=True)
        self._variances = np.exp(process.theta[-2]) - (self._rows**2).sum(0)

    @property
    def deviations(self) -> np.ndarray:
        return self._process.scale * np.sqrt(np.maximum(self._variances, 1e-12))

    def expect(self, k: int) -> None:
        """Take it that point ``k`` will have its mean: others near it are better known from then on."""
        process = self._process
        with_k = process._kernel(self._points[k : k + 1], self._points)[0] - self._rows[:, k] @ self._rows
        row = with_k / np.sqrt(with_k[k] + np.exp(process.theta[-1]) + JITTER)
        self._rows = np.vstack([self._rows, row])
        self._variances = self._variances - row**2
