"""An optimizer of Nevergrad that is asked and told."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import nevergrad as ng
import numpy as np
from nevergrad.optimization import metamodel

from l2l.errors import L2LError, UsageError, nearest
from l2l.optimizers.nevergrad.parametrization import Parametrization
from l2l.space import Space

# Its metamodels make scalars of arrays of one number, which NumPy refuses since 2.4; NGOpt and many others need them.
metamodel.float = lambda array: np.asarray(array, dtype=np.float64).item()


class NevergradSearch:
    """A :class:`~l2l.optimizers.replay.Search` by an optimizer of Nevergrad.

    Parameters
    ----------
    name : str
    space : Space
    box : pair of float64[dim]
        Lowest and highest coordinates where the space has no bounds.
    num_workers : int
        How many are asked for before the first is told.
    starts : sequence of dict
        Individuals to try first.
    n_objectives, budget, seed : int
    """

    finished: str | None = None  # it always finds something to try

    def __init__(
        self,
        name: str,
        space: Space,
        box: tuple[np.ndarray, np.ndarray],
        num_workers: int,
        starts: Sequence[Mapping[str, Any]],
        n_objectives: int,
        budget: int,
        seed: int,
    ) -> None:
        self._parametrization = Parametrization(space, *box)
        parameter = self._parametrization.parameter
        parameter.random_state = np.random.RandomState(seed)
        self._name = name
        with self._blamed():
            self._optimizer = ng.optimizers.registry[name](parameter, budget=budget, num_workers=num_workers)
        self._n_objectives = n_objectives
        self._asked: deque[Any] = deque()
        for individual in reversed(starts):  # the last suggestion is asked first
            self._optimizer.suggest(self._parametrization.value(individual))

    def ask(self) -> dict[str, Any]:
        with self._blamed():
            candidate = self._optimizer.ask()
        self._asked.append(candidate)
        return self._parametrization.individual(candidate.value)

    def tell(self, losses: Sequence[float], violation: float) -> None:
        candidate = self._asked.popleft()
        if np.isinf(violation):
            return
        loss = losses[0] if self._n_objectives == 1 else np.array(losses)
        with self._blamed():
            self._optimizer.tell(candidate, loss, violation if violation > 0 else None)

    def recommend(self) -> dict[str, Any] | None:
        if self._n_objectives > 1 or self._optimizer.num_tell == 0:
            return None
        with self._blamed():
            recommended = self._optimizer.provide_recommendation()
        return self._parametrization.individual(recommended.value)

    @contextmanager
    def _blamed(self) -> Iterator[None]:
        """Say of an error in Nevergrad whose it is: some optimizers fail with few dimensions or evaluations."""
        try:
            yield
        except ModuleNotFoundError as error:
            raise UsageError(
                f"{self._name} of Nevergrad needs the module {error.name}, which is not installed"
            ) from error
        except Exception as error:
            told = " ".join(f"{type(error).__name__}: {error}".split())
            raise L2LError(
                f"{self._name} of Nevergrad failed ({told.rstrip(': ')}); another name, pop_size or n_iteration may do"
            ) from error


def check_name(name: str, pop_size: int) -> None:
    """Raise ValueError if Nevergrad has no optimizer of that name, or it cannot be asked for so many at a time."""
    registry = ng.optimizers.registry
    if name not in registry:
        raise ValueError(f"Nevergrad has no optimizer {name!r}{nearest(name, registry)}")
    if pop_size > 1 and registry[name].no_parallelization:
        raise ValueError(f"{name} of Nevergrad evaluates one individual at a time: pop_size must be 1, got {pop_size}")
