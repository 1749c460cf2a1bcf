"""Landscapes made from a seed: how many individuals live where, with water in between."""

import numpy as np

from l2l.errors import UsageError


def make_landscape(
    rows: int,
    cols: int,
    seed: int = 1,
    mean: float = 200.0,
    water: float = 0.5,
    contrast: float = 1.5,
    patch: float = 5.0,
) -> np.ndarray:
    """Carrying capacities in rows and columns: patches of good and bad habitat, and lakes where nobody lives.

    The logarithm of the capacities is white noise, smoothed by a Gaussian; the sides of the landscape meet.  Water is
    where it is lowest.

    Parameters
    ----------
    rows, cols : int
    seed : int
        Equal seeds give equal landscapes.
    mean : float
        Individuals of a deme on land, on the average.
    water : float
        Share of the demes that are water, in [0, 1).
    contrast : float
        Standard deviation of the logarithm over all demes; 0: every deme on land has the mean.
    patch : float
        Standard deviation of the Gaussian, in demes: the larger, the wider are patches and lakes.

    Returns
    -------
    float64[rows, cols]
        Whole numbers, zero on water and at least two elsewhere.

    Raises
    ------
    UsageError
        If a number is out of its bounds.
    """
    if rows < 1 or cols < 1 or not 0 <= water < 1 or not mean >= 2 or not contrast >= 0 or not patch >= 0:
        raise UsageError(
            "a landscape has rows, columns, a mean of at least 2, a share of water in [0, 1), contrast and patch of at "
            f"least 0; got {rows}, {cols}, {mean}, {water}, {contrast} and {patch}"
        )
    noise = np.random.default_rng(seed).standard_normal((rows, cols))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(cols)[None, :])
    field = np.fft.ifft2(np.fft.fft2(noise) * np.exp(-2 * (np.pi * patch * frequency) ** 2)).real
    spread = field.std()
    field = (field - field.mean()) / (spread if spread > 0 else 1.0)

    lowest = np.argsort(field, axis=None, kind="stable")[: int(water * rows * cols)]
    quality = np.exp(contrast * field)
    quality.flat[lowest] = 0.0
    on_land = quality > 0
    quality *= mean / quality[on_land].mean()
    return np.where(on_land, np.maximum(2.0, np.rint(quality)), 0.0)
