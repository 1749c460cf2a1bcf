"""Crossover and mutation of real vectors within bounds, after Deb."""

import numpy as np

CLOSEST = 1e-14  # parents nearer than that have no children between them


def simulated_binary_crossover(
    rng: np.random.Generator,
    one: np.ndarray,
    other: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    prob: float,
    eta: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Two children of each pair of parents, as far apart as they are, more or less.

    Deb & Agrawal (1995), "Simulated binary crossover for continuous search space"; within bounds after Deb & Beyer
    (2001), doi:10.1162/106365601750190406. A pair is crossed with probability ``prob``, each of its coordinates with
    one half.

    Parameters
    ----------
    one, other : float64[n, dim]
    low, high : float64[dim]
        May be infinite.
    eta : float
        The larger, the nearer the children are to their parents.
    """
    near, far = np.minimum(one, other), np.maximum(one, other)
    crossed = (rng.random(one.shape) < 0.5) & (rng.random(len(one)) < prob)[:, None] & (far - near > CLOSEST)
    gap = np.where(crossed, far - near, 1.0)
    u = rng.random(one.shape)

    def spread(room: np.ndarray) -> np.ndarray:
        alpha = 2 - (1 + 2 * room / gap) ** -(eta + 1)  # the probability of a spread that stays within bounds
        return np.where(u * alpha <= 1, u * alpha, 1 / (2 - u * alpha)) ** (1 / (eta + 1))

    middle = (near + far) / 2
    below = np.clip(middle - spread(near - low) * gap / 2, low, high)
    above = np.clip(middle + spread(high - far) * gap / 2, low, high)
    swapped = rng.random(one.shape) < 0.5
    return (
        np.where(crossed, np.where(swapped, above, below), one),
        np.where(crossed, np.where(swapped, below, above), other),
    )


def polynomial_mutation(
    rng: np.random.Generator, points: np.ndarray, low: np.ndarray, high: np.ndarray, prob: float, eta: np.ndarray
) -> np.ndarray:
    """The points, each coordinate moved with probability ``prob``, by at most 1.

    Deb & Goyal (1996), "A combined genetic adaptive search (GeneAS) for engineering design"; bounded as in Deb's
    NSGA-II: the density of steps is cut off at the bounds.

    Parameters
    ----------
    points : float64[n, dim]
        In units in which the bounds are 1 apart.
    low, high : float64[dim]
        May be infinite.
    eta : float64[dim]
        The larger, the smaller the steps; with 0 every place on a side is as likely.
    """
    u = rng.random(points.shape)
    power = 1 / (eta + 1)
    beyond_low = (1 - np.minimum(points - low, 1)) ** (eta + 1)
    beyond_high = (1 - np.minimum(high - points, 1)) ** (eta + 1)
    step = np.where(
        u < 0.5,
        (2 * u + (1 - 2 * u) * beyond_low) ** power - 1,
        1 - (2 * (1 - u) + (2 * u - 1) * beyond_high) ** power,
    )
    mutated = rng.random(points.shape) < prob
    return np.clip(np.where(mutated, points + step, points), low, high)
