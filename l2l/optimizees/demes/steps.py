"""The steps of a builder: methods that name what is misspelt, and keep the settings that they declare."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from l2l.errors import reject_unknown_keywords

B = TypeVar("B")
P = ParamSpec("P")
T = TypeVar("T")

DEFAULTS: dict[str, Any] = {}
"""Of all settings."""

_STEP_OF: dict[str, str] = {}
"""Of all keywords."""


def step(method: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T]:
    """Let a misspelt keyword of a method name the nearest one, and that of another step name the step."""
    names = list(inspect.signature(method).parameters)[1:]
    _STEP_OF.update(dict.fromkeys(names, method.__name__))

    @wraps(method)
    def call(self: B, *args: P.args, **kwargs: P.kwargs) -> T:
        for name in kwargs:
            if name not in names and name in _STEP_OF:
                raise TypeError(f"{method.__name__}() has no keyword {name!r}: it is one of {_STEP_OF[name]}()")
        reject_unknown_keywords(f"{method.__name__}()", kwargs, names)
        return method(self, *args, **kwargs)

    return call


def setting(method: Callable[Concatenate[B, P], None]) -> Callable[Concatenate[B, P], B]:
    """Turn a method that declares settings into a step that lets the builder keep them, and returns the builder.

    What is not given stays as it was; at first it is the default, or None.
    """
    signature = inspect.signature(method)
    names = list(signature.parameters)[1:]
    for name in names:
        default = signature.parameters[name].default
        DEFAULTS[name] = None if default is inspect.Parameter.empty else default

    @wraps(method)
    def keep(self: B, *args: P.args, **kwargs: P.kwargs) -> B:
        given = signature.bind(self, *args, **kwargs).arguments
        self._keep(method.__name__, {name: given[name] for name in names if name in given})  # type: ignore[attr-defined]
        return self

    return step(keep)
