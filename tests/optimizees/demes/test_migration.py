"""Where emigrants go, and how many leave."""

import numpy as np
import pytest
import scipy.sparse

from l2l.errors import UsageError
from l2l.optimizees.demes.migration import (
    make_paths,
    migration_rates,
    rows_of_adjacency,
    rows_of_kernels,
    rows_of_neighbours,
)
from l2l.optimizees.demes.topology import Graph, HexGrid, SquareGrid


def dense(rows):
    n_demes = len(rows.first) - 1
    matrix = np.zeros((n_demes, n_demes))
    matrix[rows.source, rows.destination] = rows.share
    return matrix


def test_what_a_kernel_would_send_over_the_border_goes_to_the_others():
    shares = dense(rows_of_kernels(SquareGrid(1, 4), [[[1.0, 9.0, 3.0]]]))
    np.testing.assert_allclose(shares, [[0, 1, 0, 0], [0.25, 0, 0.75, 0], [0, 0.25, 0, 0.75], [0, 0, 1, 0]])


def test_the_middle_of_a_kernel_counts_if_it_is_asked_to():
    shares = dense(rows_of_kernels(SquareGrid(1, 3), [[[1.0, 2.0, 1.0]]], kernel_include_center=True))
    np.testing.assert_allclose(shares, [[2 / 3, 1 / 3, 0], [0.25, 0.5, 0.25], [0, 1 / 3, 2 / 3]])


def test_a_kernel_wraps_with_its_grid_and_adds_up_where_it_overlaps():
    shares = dense(rows_of_kernels(SquareGrid(1, 3, wrap=True), [[[1.0, 1.0, 0.0, 1.0, 1.0]]]))
    np.testing.assert_allclose(shares, (1 - np.eye(3)) / 2)


def test_each_deme_may_have_a_kernel_of_its_own():
    kernels = [[[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]]
    shares = dense(rows_of_kernels(SquareGrid(1, 3), kernels, [1, 1, 0]))
    np.testing.assert_allclose(shares, [[0, 1, 0], [0, 0, 1], [0, 1, 0]])


def test_emigrants_who_can_go_nowhere_stay():
    np.testing.assert_allclose(dense(rows_of_neighbours(Graph(3, [(0, 1)]))), [[0, 1, 0], [1, 0, 0], [0, 0, 1]])


def test_neighbours_get_equal_shares():
    grid = HexGrid(3, 3)
    shares = dense(rows_of_neighbours(grid))
    for deme in range(9):
        near = grid.neighbors(deme)
        np.testing.assert_allclose(shares[deme, near], 1 / len(near))
        assert shares[deme].sum() == pytest.approx(1)


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_array, lambda m: {0: {1: 0.5}, 1: {0: 0.25, 1: 0.75}}])
def test_shares_may_be_given_and_the_rest_stays(form):
    shares = dense(rows_of_adjacency(form([[0, 0.5], [0.25, 0.75]]), 2))
    np.testing.assert_allclose(shares, [[0.5, 0.5], [0.25, 0.75]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rows_of_kernels(SquareGrid(3, 3), [np.ones((3, 4))]), r"odd numbers .* shape \(3, 4\)"),
        (lambda: rows_of_kernels(SquareGrid(3, 3), [[[0, 5, 0]]]), "no positive weight"),
        (lambda: rows_of_kernels(SquareGrid(3, 3), [[[1, 0, -1]]]), "not negative"),
        (lambda: rows_of_kernels(SquareGrid(1, 2), [[[1, 0, 1]]], [0, 1]), "kernels 0 to 0, got 0 to 1"),
        (lambda: rows_of_kernels(Graph(2, []), [[[1, 0, 1]]]), "on a grid"),
        (lambda: rows_of_adjacency([[0, 1], [0.7, 0.4]], 2), "row 1 sums to 1.1"),
        (lambda: rows_of_adjacency([[0, 1], [-0.1, 0.4]], 2), "from deme 1 to 0 has share -0.1"),
        (lambda: rows_of_adjacency(np.eye(3), 2), r"shape \(2, 2\), got \(3, 3\)"),
        (lambda: rows_of_adjacency({0: {2: 1}}, 2), "from deme 0 to 2: there are demes 0 to 1"),
        (lambda: migration_rates(1.5, 2, 3, 1), "between 0 and 1, got 1.5"),
        (lambda: migration_rates([0.1, 0.2], 2, 3, 1), r"got \(2,\)"),
        (lambda: migration_rates({"woman": 0.1}, 2, 3, 1), '"female" and "male"'),
    ],
)
def test_migration_that_cannot_be_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_one_rate_is_of_adults():
    np.testing.assert_array_equal(migration_rates(0.2, 5, 3, 1), [[[0, 0.2, 0.2]] * 2])
    by_sex = migration_rates({"female": 0.2, "male": [0.1, 0, 0]}, 5, 3, 2)
    np.testing.assert_array_equal(by_sex, [[[0, 0, 0.2], [0.1, 0, 0]]])


def test_demes_that_lie_alike_share_a_pattern():
    """Of a 3 x 3 kernel there are the middle of a grid, four sides and four corners."""
    small, large = (
        make_paths(rows_of_neighbours(SquareGrid(side, side)), migration_rates(0.1, side**2, 2, 1)) for side in (4, 20)
    )
    assert len(small.first) == len(large.first) == 10
    assert large.rates.shape == (1, 2, 2)


def test_nobody_is_looked_for_by_destination_where_emigrants_are_drawn():
    rows, rates = rows_of_neighbours(SquareGrid(4, 4)), migration_rates(0.1, 16, 2, 1)
    drawn, expected = make_paths(rows, rates, are_drawn=True), make_paths(rows, rates)
    assert (drawn.pattern_in.size, expected.pattern_in.size) == (0, 16)
    np.testing.assert_array_equal(drawn.pattern, expected.pattern)
