"""Who dominates whom, and how crowded it is among equals."""

import numpy as np


def ranks(objectives: np.ndarray, violations: np.ndarray) -> np.ndarray:
    """The front that each individual belongs to, int64[n]; 0 is the best.

    Constrained domination, Deb, Pratap, Agarwal & Meyarivan (2002), doi:10.1109/4235.996017, definition 1: who
    satisfies the constraints dominates who does not; among the latter who violates them less; among the former
    who is at least as good in every objective and better in one.

    Parameters
    ----------
    objectives : float64[n, n_objectives]
        Greater is better.
    violations : float64[n]
        0 if an individual satisfies the constraints, inf if it failed.
    """
    from moocore import pareto_rank

    result = np.zeros(len(objectives), dtype=np.int64)
    feasible = violations == 0
    if feasible.any():
        result[feasible] = pareto_rank(objectives[feasible], maximise=True)
    _, order = np.unique(violations[~feasible], return_inverse=True)
    result[~feasible] = order + (result[feasible].max() + 1 if feasible.any() else 0)
    return result


def crowding_distances(objectives: np.ndarray) -> np.ndarray:
    """How far apart the neighbours of each point of a front are, float64[n]; infinite at its ends.

    Deb, Pratap, Agarwal & Meyarivan (2002), section III-B: the sum over objectives, in units of their range.
    """
    n, n_objectives = objectives.shape
    result = np.zeros(n)
    for k in range(n_objectives):
        order = np.argsort(objectives[:, k], kind="stable")
        values = objectives[order, k]
        width = values[-1] - values[0]
        if width > 0:
            result[order[1:-1]] += (values[2:] - values[:-2]) / width
        result[order[[0, -1]]] = np.inf
    return result
