"""Where a search begins that knows the history of an earlier one."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cmaes
import numpy as np

from l2l.optimizers.region import Region
from l2l.utils.history import read_history

PROMISING = 0.1  # share of the individuals that the distribution is fitted to


def warm_start(
    path: str | os.PathLike[str], region: Region, weights: Sequence[float]
) -> tuple[np.ndarray, float, np.ndarray]:
    """Mean, step size and covariance matrix for points of the region (Nomura et al. 2021, arXiv:2012.06932).

    Parameters
    ----------
    path : path
        Of a run folder, or of a ``history.jsonl``.
    region : Region
        The same parameters as in the earlier run; bounds may be others.
    weights : sequence of float
        Of the components of the fitness.

    Raises
    ------
    ValueError
        If there are fewer than ten individuals that ended well, or they have other parameters.
    """
    path = Path(path)
    path = path / "history.jsonl" if path.is_dir() else path
    solutions = []
    for record in read_history(path):
        if record["outcome"] != "done":
            continue
        try:
            individual = {name: _value(value) for name, value in record["parameters"].items()}
            point = region.space.to_unit(region.space.clip(region.space.vector(individual)))
            value = -float(np.dot(weights, record["fitness"]))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is not the history of such a search: {error}") from error
        solutions.append((point, value))
    if len(solutions) * PROMISING < 1:
        raise ValueError(f"a warm start needs at least 10 individuals that ended well; {path} has {len(solutions)}")
    return cmaes.get_warm_start_mgd(solutions, gamma=PROMISING)


def distribution_of(ranked: Sequence[Mapping[str, Any]], region: Region) -> tuple[np.ndarray, float, np.ndarray]:
    """The same, of individuals that are given, at least ten, the best first."""
    points = region.space.to_unit(region.space.clip(region.space.matrix(ranked)))
    return cmaes.get_warm_start_mgd(list(zip(points, range(len(points)), strict=True)), gamma=PROMISING)


def _value(value: object) -> object:
    return np.array(value) if isinstance(value, list) else value
