"""Groups of individuals that are counted while a run goes on."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from l2l.errors import UsageError, nearest
from l2l.optimizees.demes.selection import Layout

MODES = ("mask", "expand", "aggregate")
KEYS = ("genotype", "age", "sex", "deme")


class _Group(NamedTuple):
    cells: np.ndarray
    """bool[2, n_ages, n_genotypes]"""
    place: np.ndarray
    """Of each deme among the group's values, or -1: int64[n_demes]"""
    n_places: int
    is_sum: bool


class Observation:
    """What is counted of which individuals.

    Parameters
    ----------
    groups : dict of str to dict
        For each group what it is of: ``"genotype"`` (a pattern or several), ``"age"``, ``"sex"``, all by default; and
        ``"deme"``: numbers, or ``{"demes": numbers, "mode": mode}``.  By its mode a group has values of all demes,
        those of others zero (``"mask"``, the default), of the chosen ones only in their order (``"expand"``), or
        their sum (``"aggregate"``).
    layout : Layout
    collapse_age : bool
        Whether ages are added up.

    Raises
    ------
    UsageError
        If there are no such individuals or demes.
    """

    def __init__(self, groups: Mapping[str, Mapping[str, Any]], layout: Layout, collapse_age: bool = False):
        self.layout = layout
        self.collapse_age = collapse_age
        self._shape = (2,) if collapse_age else (2, layout.n_ages)
        self._groups: dict[str, _Group] = {}
        if not isinstance(groups, Mapping) or not all(isinstance(group, Mapping) for group in groups.values()):
            raise UsageError(f"groups are {{name: {{'genotype': 'A|*'}}}}, got {groups!r}")
        for name, group in groups.items():
            try:
                self._groups[name] = self._group(group)
            except UsageError as error:
                raise UsageError(f"observation {name!r}: {error}") from None

    def _group(self, group: Mapping[str, Any]) -> _Group:
        for key in group:
            if key not in KEYS:
                raise UsageError(f"there is no {key!r}; a group is of {', '.join(KEYS)}{nearest(key, KEYS)}")
        cells = self.layout.cells(group.get("genotype", "*"), group.get("age", "*"), group.get("sex", "both"))
        chosen = group.get("deme", "all")
        mode = "mask"
        if isinstance(chosen, Mapping):
            mode, chosen = chosen.get("mode", mode), chosen.get("demes", "all")
        if mode not in MODES:
            raise UsageError(f"mode must be one of {', '.join(MODES)}, got {mode!r}{nearest(str(mode), MODES)}")
        demes = self.layout.demes(chosen)
        place = np.full(self.layout.n_demes, -1)
        place[demes] = {"mask": demes, "expand": np.arange(len(demes)), "aggregate": 0}[mode]
        n_places = {"mask": len(place), "expand": len(demes), "aggregate": 1}[mode]
        return _Group(cells, place, n_places, mode == "aggregate")

    def make_record(self, first_tick: int, n_ticks: int, every: int = 1) -> Any:
        """An empty record of ``n_ticks`` ticks, of the state at their beginning and after every so many.

        Returns
        -------
        kernels.observation.Record
        """
        from l2l.optimizees.demes.kernels.observation import Record

        size = int(np.prod(self._shape))
        cells, offsets, columns, n_columns = [], [], [], 0
        for group in self._groups.values():
            found = np.argwhere(group.cells)
            cells.append(np.flatnonzero(group.cells))
            offsets.append(found[:, 0] if self.collapse_age else found[:, 0] * self.layout.n_ages + found[:, 1])
            columns.append(np.where(group.place >= 0, n_columns + group.place * size, -1))
            n_columns += group.n_places * size
        n_rows = 1 + (first_tick + n_ticks) // every - first_tick // every if every and self._groups else 0
        return Record(
            every if self._groups else 0,
            np.array(columns, np.int32).reshape(-1, self.layout.n_demes),
            np.concatenate([[0], np.cumsum([len(part) for part in cells])]).astype(np.int32),
            np.concatenate([np.empty(0), *cells]).astype(np.int32),
            np.concatenate([np.empty(0), *offsets]).astype(np.int32),
            np.full(n_rows, -1, np.int64),
            np.empty((n_rows, n_columns)),
        )

    def named(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Views of recorded ``values`` float64[n_rows, n_columns] by group: float64[n_rows, n_demes, 2, n_ages].

        There is no axis of demes where these are added up, and none of ages where those are.
        """
        views, begin = {}, 0
        for name, group in self._groups.items():
            end = begin + group.n_places * int(np.prod(self._shape))
            shape = self._shape if group.is_sum else (group.n_places, *self._shape)
            views[name] = values[:, begin:end].reshape(len(values), *shape)
            begin = end
        return views
