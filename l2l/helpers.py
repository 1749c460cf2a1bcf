"""Small helpers that scripts import from ``l2l`` itself."""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from numbers import Integral, Real
from typing import Any

import numpy as np

logger = logging.getLogger("l2l")


def static_vars(**kwargs: Any) -> Callable[[Any], Any]:
    """Decorator that hangs attributes on a function."""

    def decorate(func: Any) -> Any:
        for name, value in kwargs.items():
            setattr(func, name, value)
        return func

    return decorate


def static_var(varname: str, value: Any) -> Callable[[Any], Any]:
    """Decorator that hangs one attribute on a function."""
    return static_vars(**{varname: value})


class DictEntryType(Enum):
    """What an entry of a dictionary was before it became part of a vector."""

    Sequence = 0
    Scalar = 1


DictSpec = list[tuple[str, DictEntryType, int]]


def dict_to_list(d: Mapping[str, Any], get_dict_spec: bool = False) -> Any:
    """The values of a dictionary, by ascending key, as one vector.

    Returns
    -------
    float64[n], or (float64[n], spec) with ``get_dict_spec``
        The spec is a list of ``(key, DictEntryType, length)`` for :func:`list_to_dict`.
    """
    spec: DictSpec = []
    parts = []
    for key in sorted(d):
        value = np.asarray(d[key])
        if value.ndim > 1:
            raise ValueError(f"{key!r} must be a number or a sequence of numbers, got shape {value.shape}")
        spec.append((key, DictEntryType.Sequence if value.ndim else DictEntryType.Scalar, value.size))
        parts.append(value.ravel())
    vector = np.concatenate(parts) if parts else np.empty(0)
    return (vector, spec) if get_dict_spec else vector


def list_to_dict(vec: Sequence[Any] | np.ndarray, dict_spec: DictSpec) -> dict[str, Any]:
    """The dictionary that :func:`dict_to_list` made a vector of."""
    total = sum(length for _, _, length in dict_spec)
    if len(vec) != total:
        raise AssertionError(f"the spec describes {total} values, got {len(vec)}")
    result: dict[str, Any] = {}
    start = 0
    for key, kind, length in dict_spec:
        values = vec[start : start + length]
        result[key] = values[0] if kind == DictEntryType.Scalar else np.array(values)
        start += length
    return result


def get_grouped_dict(dict_iter: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """A dictionary of lists from an iterable of dictionaries, with the keys of the first one."""
    dicts = list(dict_iter)
    return {key: [d[key] for d in dicts] for key in dicts[0]} if dicts else {}


def convert_dict_to_numpy(d: Mapping[str, Any]) -> dict[str, Any]:
    """The same dictionary with NumPy numbers and arrays; bools and strings stay, mappings recurse."""

    def converted(value: Any) -> Any:
        if isinstance(value, bool | str):
            return value
        if isinstance(value, Integral):
            return np.int64(int(value))
        if isinstance(value, Real):
            return np.float64(float(value))
        if isinstance(value, Mapping):
            return convert_dict_to_numpy(value)
        return np.array(value) if isinstance(value, Iterable) else value

    return {key: converted(value) for key, value in d.items()}


def printq(s: Any, quiet: bool) -> None:
    """Print, unless ``quiet``."""
    if not quiet:
        print(s)


def get(obj: Any, key: Any, default_value: Any) -> Any:
    """``obj[key]``, or the default where that is not possible for whatever reason."""
    try:
        return obj[key]
    except Exception:
        return default_value


@contextlib.contextmanager
def stdout_redirected(new_stdout: str) -> Iterator[None]:
    """Send file descriptor 1 to a file, so that output of child processes and C code goes there too."""
    fd = sys.stdout.fileno()
    if fd != 1:
        raise AssertionError(f"stdout must be file descriptor 1, it is {fd}")
    sys.stdout.flush()
    with os.fdopen(os.dup(fd), "w") as old_stdout:
        with open(new_stdout, "w") as file:
            os.dup2(file.fileno(), fd)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(old_stdout.fileno(), fd)


def stdout_discarded() -> contextlib.AbstractContextManager[None]:
    """Send file descriptor 1 nowhere."""
    return stdout_redirected(os.devnull)


class DummyTrajectory:
    """Stands in for a trajectory where an optimizee is used without an optimizer."""

    class _Individual:
        generation = 0
        ind_idx = 0
        seed = None

        def f_add_parameter(self, *args: Any, **kwargs: Any) -> None:
            """Forget it."""

    def __init__(self) -> None:
        self.individual = self._Individual()
        self.seed = 0
        self.seed_override: int | None = None
        self.inner_params = 1

    def f_add_parameter_group(self, *args: Any, **kwargs: Any) -> None:
        """Forget it."""


@contextlib.contextmanager
def timed(logger: logging.Logger, section_name: str = "Run") -> Iterator[None]:
    """Log how long the block took."""
    started = time.perf_counter()
    try:
        yield
    finally:
        logger.info("%s took %.3f seconds", section_name, time.perf_counter() - started)
