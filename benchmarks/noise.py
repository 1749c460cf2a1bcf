"""The severe noise of bbob-noisy (Hansen, Finck, Ros, Auger 2009, RR-6869, sections 2.1 to 2.3).

Each model takes a noise-free value (f - f_opt >= 0) and gives what is seen of it. Below 1e-8 there is no noise.
"""

import math

THRESHOLD = 1e-8


def gaussian(value, rng, dim):
    """``f exp(beta N(0, 1))``, beta = 1."""
    return value * math.exp(rng.standard_normal())


def uniform(value, rng, dim):
    """``f U^beta max(1, (1e9 / (f + eps))^(alpha U))``, alpha = 0.49 + 1 / D, beta = 1."""
    alpha = 0.49 + 1 / dim
    return value * rng.random() * max(1.0, (1e9 / (value + 1e-99)) ** (alpha * rng.random()))


def cauchy(value, rng, dim):
    """``f + alpha max(0, 1000 + [U < p] N / |N'|)``, alpha = 1, p = 0.2."""
    outlier = rng.standard_normal() / (abs(rng.standard_normal()) + 1e-199) if rng.random() < 0.2 else 0.0
    return value + max(0.0, 1000.0 + outlier)


def _seen(model):
    def seen(value, rng, dim):
        return value if value < THRESHOLD else model(value, rng, dim) + 1.01 * THRESHOLD

    return seen


SEVERE = {"gauss": _seen(gaussian), "uniform": _seen(uniform), "cauchy": _seen(cauchy)}
