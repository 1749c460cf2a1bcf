"""Dictionaries with dot access: ``sdictm`` (mutable) and ``sdict`` (frozen)."""

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any


class sdictm:
    """A dictionary whose items are attributes too: ``d.a`` is ``d['a']``.

    Dictionaries inside ``obj``, also those in lists, are wrapped in the same class. A missing key reads as
    None, with a warning.

    Raises
    ------
    AssertionError
        If ``obj`` is None.
    RuntimeError
        If ``obj`` is anything else that is not a dictionary.
    """

    # the only true attributes; every other attribute is an item
    _INSTANCE_VAR_LIST = ["_data"]
    _data: "OrderedDict[Any, Any]"

    def __init__(self, obj: "dict[Any, Any]") -> None:
        if obj is None:
            raise AssertionError(f"{type(self).__name__} needs a dictionary, got None")
        if not isinstance(obj, dict):
            raise RuntimeError(f"{type(self).__name__} needs a dictionary, got {type(obj).__name__}")
        object.__setattr__(self, "_data", OrderedDict((k, self._wrapped(v)) for k, v in obj.items()))

    def _wrapped(self, value: Any) -> Any:
        # sdictm itself, not the subclass: subclasses are free in what their constructor takes
        wrap = sdict if isinstance(self, sdict) else sdictm
        if isinstance(value, dict):
            return wrap(value)
        if isinstance(value, list):
            return [self._wrapped(v) for v in value]
        return value

    def _missing(self, key: Any) -> Any:
        warnings.warn(f"Returning None value for {key}", UserWarning, stacklevel=3)
        return None

    def __getitem__(self, key: Any) -> Any:
        return self._data[key] if key in self._data else self._missing(key)

    def __getattr__(self, name: str) -> Any:
        # copy and pickle look for dunders, and for _data on an object that is still empty
        if name in self._INSTANCE_VAR_LIST or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return self[name]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[key] = value

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._INSTANCE_VAR_LIST:
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._data)!r})"

    def get(self, key: Any, default: Any) -> Any:
        """The value of ``key``, or ``default`` where it is missing or None."""
        value = self._data.get(key)
        return default if value is None else value

    def keys(self) -> Any:
        return self._data.keys()

    def todict(self) -> "OrderedDict[Any, Any]":
        """A nested OrderedDict with the same content."""
        return OrderedDict((k, _unwrapped(v)) for k, v in self._data.items())

    def copy(self) -> Any:
        """A deep copy of the nesting; the leaves are shared."""
        return type(self)(self.todict())

    def update(self, **kwargs: Any) -> "sdictm":
        """Set several items of this level; returns self."""
        for key, value in kwargs.items():
            self[key] = value
        return self

    def apply(self, fn: Callable[[dict[Any, Any], Any, Any], Any]) -> None:
        """Call ``fn(container, key, value)`` for every leaf, with the dictionary that holds it."""
        for key, value in list(self._data.items()):
            if isinstance(value, sdictm):
                value.apply(fn)
            elif isinstance(value, list) and any(isinstance(v, sdictm) for v in value):
                for element in value:
                    if isinstance(element, sdictm):
                        element.apply(fn)
            else:
                fn(self._data, key, value)

    def frozen(self) -> "sdict":
        """An immutable copy."""
        return sdict(self.todict())


class sdict(sdictm):
    """A frozen :class:`sdictm`: every write raises RuntimeError."""

    def __setitem__(self, key: Any, value: Any) -> None:
        raise RuntimeError("Immutable dictionary")

    def update(self, **kwargs: Any) -> "sdictm":
        raise RuntimeError("Immutable dictionary")

    def apply(self, fn: Callable[[dict[Any, Any], Any, Any], Any]) -> None:
        raise RuntimeError("Immutable dictionary")


def _unwrapped(value: Any) -> Any:
    if isinstance(value, sdictm):
        return value.todict()
    if isinstance(value, list):
        return [_unwrapped(v) for v in value]
    return value
