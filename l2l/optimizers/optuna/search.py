"""A study in memory that is asked and told."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, TPESampler
from optuna.trial import Trial, TrialState

from l2l.optimizers.optuna.distributions import Distributions
from l2l.optimizers.region import Region

logger = logging.getLogger("optimizers.optuna")

KNOW_CONSTRAINTS = (TPESampler, NSGAIISampler, NSGAIIISampler)


class OptunaSearch:
    """A :class:`~l2l.optimizers.replay.Search` by a sampler of Optuna.

    Parameters
    ----------
    make_sampler : callable int -> BaseSampler
        Of a seed.
    distributions : Distributions
    starts : sequence of dict
        Individuals to try first.
    n_objectives, budget, seed : int
    """

    def __init__(
        self,
        make_sampler: Callable[[int], BaseSampler],
        distributions: Distributions,
        starts: Sequence[Mapping[str, Any]],
        n_objectives: int,
        budget: int,
        seed: int,
    ) -> None:
        self.finished: str | None = None
        self._distributions = distributions
        self._asked: deque[Trial] = deque()
        self._worst = np.full(n_objectives, -np.inf)  # losses of those that satisfied all constraints
        with quiet():
            self.study = optuna.create_study(sampler=make_sampler(seed), directions=["minimize"] * n_objectives)
        self.study.stop = self._stop  # type: ignore[method-assign]  # samplers of a grid call it after the last point
        for individual in starts:
            self.study.enqueue_trial(distributions.params(individual))

    def ask(self) -> dict[str, Any]:
        trial = self.study.ask()
        self._asked.append(trial)
        return self._distributions.suggest(trial)

    def tell(self, losses: Sequence[float], violation: float) -> None:
        trial = self._asked.popleft()
        if np.isinf(violation):
            self.study.tell(trial, state=TrialState.FAIL)
            return
        if violation == 0:
            self._worst = np.maximum(self._worst, losses)
        elif isinstance(self.study.sampler, KNOW_CONSTRAINTS):
            trial.set_constraint("violation", violation)
        else:
            losses = (np.where(np.isfinite(self._worst), self._worst, 0.0) + violation).tolist()
        self.study.tell(trial, list(losses))

    def recommend(self) -> None:
        """Optuna recommends its best trial."""

    def _stop(self) -> None:
        self.finished = f"{type(self.study.sampler).__name__} has tried everything"


def distributions_in(region: Region) -> Distributions:
    """The distributions of a region, whose box stands in where the space has no bounds; a warning says so."""
    space = region.space
    low, high = space.from_unit(region.low), space.from_unit(region.high)
    if not space.bounded:
        unbounded = np.isinf(space.low) | np.isinf(space.high)
        boxes = [f"{space.coordinate_names[k]} from {low[k]:.4g} to {high[k]:.4g}" for k in np.flatnonzero(unbounded)]
        logger.warning("searched only where individuals of the optimizee are, as bounds lack: %s", ", ".join(boxes))
    return Distributions(space, low, high)


@contextmanager
def quiet() -> Iterator[None]:
    """Without Optuna's own words about every study it makes."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
