"""Fitness shaping: ranks in place of fitness, so that its scale does not matter."""

import numpy as np


def utilities(fitness: np.ndarray) -> np.ndarray:
    """Utilities by rank, float64[n], of sum zero.

    Wierstra et al. (2014), "Natural evolution strategies", JMLR 15, 949-980: the best has rank k = 1, and
    ``u_k = max(0, ln(n / 2 + 1) - ln k) / sum_j max(0, ln(n / 2 + 1) - ln j) - 1 / n``. Equals share what their
    ranks get together, so that nothing follows from their order.

    Parameters
    ----------
    fitness : float64[n]
        Greater is better; may be -inf.
    """
    n = fitness.size
    raw = np.maximum(0.0, np.log(n / 2 + 1) - np.log(np.arange(1, n + 1)))
    by_rank = raw / raw.sum() - 1 / n
    _, group, size = np.unique(-fitness, return_inverse=True, return_counts=True)
    starts = np.cumsum(size) - size
    return (np.add.reduceat(by_rank, starts) / size)[group]


def with_failed_as_worst(fitness: np.ndarray) -> np.ndarray:
    """The fitness with the worst finite value in place of -inf; at least one must be finite."""
    return np.where(np.isfinite(fitness), fitness, fitness[np.isfinite(fitness)].min())
