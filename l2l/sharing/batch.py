"""Values that differ from site to site, and the sites that they are for."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from l2l.errors import UsageError, nearest


@dataclass(frozen=True)
class Sites:
    """Places that may differ in some values of their configuration.

    Parameters
    ----------
    n : int
    shape : (int, int), optional
        Rows and columns; site ``i`` is at ``divmod(i, columns)``.
    groups : dict of str to sequence
        For every kind of group, ``"farm"`` or ``"zone"``, the group that each site is in.
    """

    n: int
    shape: tuple[int, int] | None = None
    groups: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.n, int) or self.n < 1:
            raise UsageError(f"there must be a whole number of sites, at least one, got {self.n!r}")
        if self.shape is not None and self.shape[0] * self.shape[1] != self.n:
            raise UsageError(f"{self.shape[0]} rows of {self.shape[1]} sites are not {self.n} sites")
        for kind, members in self.groups.items():
            if len(members) != self.n:
                raise UsageError(f"the {kind} of each of {self.n} sites is needed, got {len(members)}")


class BatchSetting:
    """One value for each site, or for each group of sites; see `batch_setting`."""

    def __init__(self, values: Any, by: str | None = None):
        self.by = by
        self.values = values
        if isinstance(values, Mapping):
            if by is None:
                raise UsageError('values by name are of groups of sites: say which kind of group, by="farm"')
        elif isinstance(values, str) or not (callable(values) or isinstance(values, Sequence | np.ndarray)):
            raise UsageError(
                "batch_setting takes a list or an array of one value per site, or a function of a site's place; "
                f"got {values!r}"
            )
        elif isinstance(values, np.ndarray) and values.ndim == 0:
            raise UsageError(f"batch_setting takes one value per site, got the single value {values}")

    def __repr__(self) -> str:
        by = "" if self.by is None else f", by={self.by!r}"
        return f"batch_setting({self.values!r}{by})"

    def expand(self, sites: Sites, name: str) -> Sequence[Any] | np.ndarray:
        """The value of each of the sites, in their order.

        Raises
        ------
        UsageError
            If there are not as many values as sites, or the sites have no such groups or no rows and columns.
        """
        if self.by is None:
            return self._expand(sites.n, sites.shape, range(sites.n), name, "sites")
        if self.by not in sites.groups:
            raise UsageError(
                f"{name} differs by {self.by!r}: the sites have no such groups{nearest(self.by, sites.groups)}"
            )
        group_of = sites.groups[self.by]
        groups = list(dict.fromkeys(group_of))
        if isinstance(self.values, Mapping):
            self._check_groups(groups, name)
            by_group = self.values
        else:
            by_group = dict(zip(groups, self._expand(len(groups), None, groups, name, f"{self.by}s"), strict=True))
        return [by_group[group] for group in group_of]

    def _check_groups(self, groups: list[Any], name: str) -> None:
        for group in self.values:
            if group not in groups:
                raise UsageError(f"{name} is given for {self.by} {group!r}, which there is not{nearest(group, groups)}")
        missing = [group for group in groups if group not in self.values]
        if missing:
            raise UsageError(f"{name} is not given for {self.by} {', '.join(map(repr, missing[:5]))}")

    def _expand(
        self, n: int, shape: tuple[int, int] | None, places: Sequence[Any], name: str, what: str
    ) -> Sequence[Any] | np.ndarray:
        if callable(self.values):
            return _call_each(self.values, shape, places, name)
        values = self.values
        if isinstance(values, np.ndarray) and values.ndim == 2 and shape is not None and values.shape == shape:
            return values.reshape(n)
        if shape is not None and len(values) == shape[0] != n and all(_is_row(row, shape[1]) for row in values):
            return [value for row in values for value in row]
        if len(values) != n:
            rows = "" if shape is None else f" ({shape[0]} rows of {shape[1]})"
            came = f"an array of shape {values.shape}" if isinstance(values, np.ndarray) else str(len(values))
            raise UsageError(f"{name} needs one value for each of {n} {what}{rows}, got {came}")
        return values


def _is_row(values: Any, n_columns: int) -> bool:
    return isinstance(values, list | tuple) and len(values) == n_columns


def _call_each(
    function: Callable[..., Any], shape: tuple[int, int] | None, places: Sequence[Any], name: str
) -> list[Any]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    n_arguments = sum(p.kind in positional and p.default is p.empty for p in parameters)
    if n_arguments == 2:
        if shape is None:
            raise UsageError(f"{name} is a function of row and column, but the sites are in no rows")
        return [_call(function, divmod(place, shape[1]), name) for place in places]
    if n_arguments != 1:
        raise UsageError(
            f"{name} must be a function of a site's number or of its row and column, not of {n_arguments} values"
        )
    return [_call(function, (place,), name) for place in places]


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], name: str) -> Any:
    try:
        return function(*arguments)
    except Exception as error:
        error.add_note(f"raised by the function that is given for {name}, called with {arguments}")
        raise


def batch_setting(values: Any, by: str | None = None) -> BatchSetting:
    """Mark an argument of a builder as one that differs from site to site.

    Parameters
    ----------
    values : sequence, array or callable
        One value per site in their order; an array of two dimensions, or a list of lists, follows rows and columns.  A
        function is called with the number of a site, or, if it has two arguments, with its row and column.
    by : str, optional
        The kind of group, ``"farm"`` for example, that has one value for all of its sites.  Then ``values`` are by the
        groups' names, or in the order in which groups appear, or a function of a group's name.
    """
    return BatchSetting(values, by)


def spread(value: Any, name: str, sites: Sites) -> Sequence[Any] | np.ndarray | None:
    """The value of every site, if it is a `BatchSetting`, or a dict or list that has one in it at any depth."""
    if isinstance(value, BatchSetting):
        return value.expand(sites, name)
    if isinstance(value, Mapping):
        columns = [spread(part, f"{name}[{key!r}]", sites) for key, part in value.items()]
        rows = _rows(columns, list(value.values()), sites.n)
        return None if rows is None else [dict(zip(value, row, strict=True)) for row in rows]
    if isinstance(value, list | tuple):
        return _rows([spread(part, name, sites) for part in value], value, sites.n)
    return None


def _rows(columns: list[Any], values: Sequence[Any], n: int) -> list[tuple[Any, ...]] | None:
    if all(column is None for column in columns):
        return None
    filled = [[value] * n if column is None else column for column, value in zip(columns, values, strict=True)]
    return list(zip(*filled, strict=True))
