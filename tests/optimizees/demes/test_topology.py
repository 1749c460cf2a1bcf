"""Grids and graphs of demes."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.topology import Graph, HexGrid, SquareGrid


def test_a_corner_has_fewer_neighbours_unless_the_grid_wraps():
    assert SquareGrid(3, 4).neighbors(0) == [1, 4, 5]
    assert SquareGrid(3, 4, neighborhood="von_neumann").neighbors(0) == [1, 4]
    assert SquareGrid(3, 4, wrap=True, neighborhood="von_neumann").neighbors(0) == [1, 3, 4, 8]


def test_neighbours_of_a_hexagon_are_all_as_near():
    grid = HexGrid(5, 5)
    here, near = grid.index(2, 2), grid.neighbors(grid.index(2, 2))
    distances = np.linalg.norm(grid.positions()[near] - grid.positions()[here], axis=1)
    np.testing.assert_allclose(distances, np.ones(6))


def test_a_grid_that_is_too_small_to_wrap_around_does_not_neighbour_itself():
    assert SquareGrid(1, 2, wrap=True).neighbors(0) == [1]


def test_a_graph_joins_both_ends_of_an_edge():
    graph = Graph(4, [(0, 1), (2, 1), (3, 3)])
    assert [graph.neighbors(deme) for deme in range(4)] == [[1], [0, 2], [1], []]


def test_a_networkx_graph_is_numbered_in_the_order_of_its_nodes():
    networkx = pytest.importorskip("networkx")
    graph = Graph.from_networkx(networkx.Graph([("b", "a"), ("a", "c")]))
    assert graph.n_demes == 3
    assert graph.neighbors(1) == [0, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SquareGrid(0, 3), "at least one row"),
        (lambda: SquareGrid(2, 2, neighborhood="rook"), "'moore' or 'von_neumann', got 'rook'"),
        (lambda: SquareGrid(2, 2).index(2, 0), "no deme at row 2, column 0 of 2 rows"),
        (lambda: Graph(2, [(0, 2)]), r"two of 2 demes, got \(0, 2\)"),
    ],
)
def test_what_there_is_not_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
