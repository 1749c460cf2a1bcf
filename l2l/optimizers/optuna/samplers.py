"""The samplers of Optuna by name."""

import copy
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler

from l2l.errors import nearest, reject_unknown_keywords

SUFFIX = "Sampler"


def samplers() -> dict[str, type[BaseSampler]]:
    """The classes of samplers that ship with Optuna, by name without ``Sampler``."""
    names = [name for name in optuna.samplers.__all__ if name.endswith(SUFFIX) and not name.startswith("Base")]
    return {name.removesuffix(SUFFIX): getattr(optuna.samplers, name) for name in names}


def sampler_factory(sampler: Any, params: Mapping[str, Any] | None, n_objectives: int) -> Callable[[int], BaseSampler]:
    """A function of a seed that makes a sampler, the same each time; it pickles.

    Parameters
    ----------
    sampler : str, class or BaseSampler
        Of an object copies are made, and the seed is its own.
    params : dict, optional
        Keyword arguments of a sampler that is given by name or class.
    n_objectives : int
    """
    if isinstance(sampler, BaseSampler):
        if params:
            raise ValueError(f"sampler_params are for a sampler given by name, not for the object {sampler!r}")
        make: Callable[[int], BaseSampler] = partial(_copy, copy.deepcopy(sampler))
        cls: type[BaseSampler] = type(sampler)
    else:
        cls = _class_of(sampler)
        known = [name for name in inspect.signature(cls).parameters if name != "self"]
        reject_unknown_keywords(f"{cls.__name__}()", params or {}, known)
        make = partial(_make, cls, dict(params or {}))
    if n_objectives > 1 and issubclass(cls, CmaEsSampler):
        raise ValueError(
            f"{cls.__name__} has one objective, but there are {n_objectives} fitness weights; "
            "give weighted_sum=True, or another sampler"
        )
    return make


def _class_of(sampler: Any) -> type[BaseSampler]:
    if inspect.isclass(sampler) and issubclass(sampler, BaseSampler):
        return sampler
    known = samplers()
    by_plain_name = {_plain(name): cls for name, cls in known.items()}
    if not isinstance(sampler, str) or _plain(sampler) not in by_plain_name:
        raise ValueError(f"Optuna has no sampler {sampler!r}{nearest(sampler, known)}")
    return by_plain_name[_plain(sampler)]


def _plain(name: str) -> str:
    """``NSGA-II`` and ``NSGAIISampler`` are ``nsgaii``."""
    return name.removesuffix(SUFFIX).replace("-", "").replace("_", "").lower()


def _make(cls: type[BaseSampler], params: Mapping[str, Any], seed: int) -> BaseSampler:
    seeded = {"seed": seed} if "seed" in inspect.signature(cls).parameters else {}
    return cls(**{**seeded, **copy.deepcopy(dict(params))})


def _copy(sampler: BaseSampler, seed: int) -> BaseSampler:
    return copy.deepcopy(sampler)
