"""How individuals compare where constraints are violated: first by the violation, then by the fitness (Deb 2000)."""

import numpy as np


def constrained(fitness: np.ndarray, violations: np.ndarray) -> np.ndarray:
    """Fitness in which whoever violates constraints is worse than whoever satisfies them.

    Deb (2000), "An efficient constraint handling method for genetic algorithms": the worst feasible fitness of the
    generation, less the violation; -inf stays where an individual failed. Only the individuals of one generation can be
    compared by it: for others there are :func:`gains`.

    Parameters
    ----------
    fitness : float64[n]
        Weighted, greater is better; -inf where the individual failed.
    violations : float64[n]
        0 where the constraints are satisfied, inf where the individual failed.
    """
    feasible = violations == 0
    floor = fitness[feasible].min() if feasible.any() else 0.0
    return np.where(feasible, fitness, floor - violations)


def gains(
    fitness: np.ndarray, violations: np.ndarray, other_fitness: np.ndarray, other_violations: np.ndarray
) -> np.ndarray:
    """By how much individuals are better than others, whenever those were evaluated, float64[n].

    The difference of the fitness; infinite where violations decide, 0 where both failed.
    """
    with np.errstate(invalid="ignore"):
        gain = np.nan_to_num(fitness - other_fitness, nan=0.0, posinf=np.inf, neginf=-np.inf)
    return np.where(violations == other_violations, gain, np.where(violations < other_violations, np.inf, -np.inf))
