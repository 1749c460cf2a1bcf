"""Where a search begins that knows the history of an earlier one."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cmaes
import numpy as np

from l2l.optimizers.region import Region
from l2l.utils.ancestors import Ancestors

PROMISING = 0.1  # share of the individuals that the distribution is fitted to


def warm_start(
    path: str | os.PathLike[str],
    region: Region,
    create_individual: Callable[[], Mapping[str, Any]],
    weights: Sequence[float],
) -> tuple[np.ndarray, float, np.ndarray]:
    """Mean, step size and covariance matrix for points of the region (Nomura et al. 2021, arXiv:2012.06932).

    Parameters
    ----------
    path : path
        Of a run folder, or of a ``history.jsonl``.
    region : Region
        The same parameters as in the earlier run; bounds may be others.
    create_individual : callable () -> dict
        Of the optimizee.
    weights : sequence of float
        Of the components of the fitness.

    Raises
    ------
    ValueError
        If there are fewer than ten individuals that ended well.
    UsageError
        If they have other parameters, or the fitness another number of components.
    """
    path = Path(path)
    ancestors = Ancestors(path / "history.jsonl" if path.is_dir() else path, weights)
    if len(ancestors.ranked) * PROMISING < 1:
        n = len(ancestors.ranked)
        raise ValueError(f"a warm start needs at least 10 individuals that ended well; {path} has {n}")
    return distribution_of(ancestors.read(ancestors.ranked, create_individual), region)


def distribution_of(ranked: Sequence[Mapping[str, Any]], region: Region) -> tuple[np.ndarray, float, np.ndarray]:
    """The same, of individuals that are given, at least ten, the best first."""
    points = region.space.to_unit(region.space.clip(region.space.matrix(ranked)))
    return cmaes.get_warm_start_mgd(list(zip(points, range(len(points)), strict=True)), gamma=PROMISING)
