"""How demes lie to each other: grids of squares or hexagons, and graphs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from l2l.errors import UsageError

_SIDES = ((-1, 0), (0, -1), (0, 1), (1, 0))
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True)
class Grid:
    """Demes in rows and columns; deme ``i`` is at ``divmod(i, cols)``.

    Parameters
    ----------
    rows, cols : int
    wrap : bool
        Whether what leaves on one side comes in on the other.
    """

    rows: int
    cols: int
    wrap: bool = False

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise UsageError(f"a grid has at least one row and one column, got {self.rows} rows, {self.cols} columns")

    @property
    def n_demes(self) -> int:
        return self.rows * self.cols

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.cols

    @property
    def steps(self) -> Sequence[tuple[int, int]]:
        """From a deme to those beside it, in rows and columns."""
        raise NotImplementedError

    def index(self, row: int, col: int) -> int:
        """The number of the deme at a row and column.

        Raises
        ------
        UsageError
            If there is none.
        """
        if not (0 <= row < self.rows and 0 <= col < self.cols):
            raise UsageError(f"there is no deme at row {row}, column {col} of {self.rows} rows, {self.cols} columns")
        return row * self.cols + col

    def moved(self, row_step: int, col_step: int) -> np.ndarray:
        """The deme that lies so many rows and columns from each deme, -1 where there is none: int64[n_demes]."""
        row, col = np.divmod(np.arange(self.n_demes), self.cols)
        row, col = row + row_step, col + col_step
        if self.wrap:
            return row % self.rows * self.cols + col % self.cols
        inside = (row >= 0) & (row < self.rows) & (col >= 0) & (col < self.cols)
        return np.where(inside, row * self.cols + col, -1)

    def neighbors(self, deme: int) -> list[int]:
        """The demes beside a deme."""
        beside = (int(self.moved(*step)[deme]) for step in self.steps)
        return sorted({there for there in beside if there not in (-1, deme)})

    def positions(self) -> np.ndarray:
        """Where demes lie on a map, with a distance of 1 to those beside them: float64[n_demes, 2], x and y."""
        row, col = np.divmod(np.arange(self.n_demes), self.cols)
        return np.stack([col, row], axis=1).astype(np.float64)


@dataclass(frozen=True)
class SquareGrid(Grid):
    """Squares.

    Parameters
    ----------
    neighborhood : {"moore", "von_neumann"}
        Whether the eight squares around a deme are beside it, or the four that share a side.
    """

    neighborhood: Literal["moore", "von_neumann"] = "moore"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.neighborhood not in ("moore", "von_neumann"):
            raise UsageError(f"neighborhood must be 'moore' or 'von_neumann', got {self.neighborhood!r}")

    @property
    def steps(self) -> Sequence[tuple[int, int]]:
        return _SIDES if self.neighborhood == "von_neumann" else _SIDES + _CORNERS


@dataclass(frozen=True)
class HexGrid(Grid):
    """Hexagons; every row lies half a hexagon further to the right than the one before it."""

    @property
    def steps(self) -> Sequence[tuple[int, int]]:
        return *_SIDES, (-1, 1), (1, -1)

    def positions(self) -> np.ndarray:
        x, y = super().positions().T
        return np.stack([x + y / 2, y * np.sqrt(3) / 2], axis=1)


@dataclass(frozen=True)
class Graph:
    """Demes joined by edges, each of them in both directions.

    Parameters
    ----------
    n_demes : int
    edges : iterable of (int, int)
    """

    n_demes: int
    edges: Iterable[tuple[int, int]] = field(repr=False)

    def __post_init__(self) -> None:
        edges = [tuple(edge) for edge in self.edges]
        for edge in edges:
            if len(edge) != 2 or not all(0 <= deme < self.n_demes for deme in edge):
                raise UsageError(f"an edge joins two of {self.n_demes} demes, got {edge}")
        object.__setattr__(self, "edges", edges)

    @classmethod
    def from_networkx(cls, graph: Any) -> "Graph":
        """The demes in the order of a networkx graph's nodes."""
        number = {node: i for i, node in enumerate(graph.nodes)}
        return cls(len(number), [(number[a], number[b]) for a, b in graph.edges])

    @property
    def shape(self) -> None:
        """Demes of a graph are not in rows and columns."""
        return None

    def neighbors(self, deme: int) -> list[int]:
        """The demes beside a deme."""
        return sorted({b if a == deme else a for a, b in self.edges if a != b and deme in (a, b)})
