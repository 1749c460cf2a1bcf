"""The reservoir's genotypes, and what the organisation asks and orders."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import genetics, organisation


def reservoir(alpha, mean_eggs):
    """Arguments of ``update_reservoir`` that it changes."""
    n_genes = len(alpha)
    return np.array(mean_eggs, float), np.array(alpha, float), np.zeros((n_genes, 3)), np.zeros(3**n_genes)


@pytest.mark.parametrize("update", [organisation.update_reservoir, organisation.update_reservoir.py_func])
def test_eggs_are_averaged_over_their_days(stream, update):
    mean_eggs, alpha, drawn, ratios = reservoir([[0.9, 0.05, 0.05]], [30.0, 60.0, 0.0])
    update(stream, np.array([300, 0, 30]), 30.0, 0.01, genetics.gene_digit(1), mean_eggs, alpha, drawn, ratios)
    np.testing.assert_allclose(mean_eggs, [29 + 10, 58, 1])
    np.testing.assert_allclose(alpha, [np.array([0.9, 0.05, 0.05]) + 0.01 * mean_eggs / 98])
    assert ratios.sum() == pytest.approx(1)


def test_reservoir_does_not_learn_without_eggs(stream):
    mean_eggs, alpha, drawn, ratios = reservoir([[0.9, 0.05, 0.05]], [0.0, 0.0, 0.0])
    no_eggs = np.zeros(3, np.int64)
    organisation.update_reservoir(stream, no_eggs, 30.0, 0.01, genetics.gene_digit(1), mean_eggs, alpha, drawn, ratios)
    np.testing.assert_array_equal(alpha, [[0.9, 0.05, 0.05]])


def test_reservoir_is_drawn_anew_each_day_around_its_mean(stream):
    alpha = np.array([[6.0, 3.0, 1.0]])
    days = []
    for _ in range(4000):
        mean_eggs, alpha_today, drawn, ratios = reservoir(alpha, np.zeros(3))
        organisation.update_reservoir(
            stream, np.zeros(3, np.int64), 30.0, 0.0, genetics.gene_digit(1), mean_eggs, alpha_today, drawn, ratios
        )
        days.append(ratios)
    mean = alpha[0] / 10
    variance = mean * (1 - mean) / 11  # Dirichlet of mass 10
    np.testing.assert_allclose(np.mean(days, axis=0), mean, atol=5 * np.sqrt(variance.max() / 4000))
    np.testing.assert_allclose(np.var(days, axis=0), variance, rtol=0.15)


def test_each_gene_of_the_reservoir_learns_its_own_share(stream):
    digits = genetics.gene_digit(2)
    mean_eggs, alpha, drawn, ratios = reservoir(np.ones((2, 3)), np.zeros(9))
    eggs = np.zeros(9, np.int64)
    eggs[genetics.genotype_names(2).index("A.Bb")] = 5
    organisation.update_reservoir(stream, eggs, 30.0, 0.5, digits, mean_eggs, alpha, drawn, ratios)
    np.testing.assert_allclose(alpha, [[1, 1.5, 1], [1, 1, 1.5]])
    np.testing.assert_allclose(ratios, np.outer(drawn[0], drawn[1]).ravel())


class Board:
    """The organisation over three farms: asks at 2, orders to fallow after 3 reports of 6."""

    def __init__(self, oversee):
        self.oversee = oversee
        self.strikes, self.to_cull, self.asked = (np.zeros(3, np.int64) for _ in range(3))

    def report(self, *reported):
        limits = np.full(3, 2.0), np.full(3, 6.0), np.full(3, 3)
        self.oversee(np.array(reported, float), *limits, self.strikes, self.to_cull, self.asked)
        return self.to_cull.tolist()


@pytest.fixture(params=["compiled", "python"])
def board(request):
    return Board(organisation.oversee if request.param == "compiled" else organisation.oversee.py_func)


def test_all_farms_are_asked_for_one_day_when_one_reports_too_many(board):
    board.report(0.5, 2.0, 0)
    assert board.asked.tolist() == [1, 1, 1]
    board.report(0.5, 1.99, 0)
    assert board.asked.tolist() == [0, 0, 0]


def test_farm_is_ordered_to_fallow_after_strikes_in_a_row(board):
    assert board.report(6, 6, 5.9) == [0, 0, 0]
    assert board.report(7, 5, 5.9) == [0, 0, 0]
    assert board.report(6, 6, 5.9) == [1, 0, 0]
    assert board.report(6, 6, 5.9) == [0, 0, 0]  # the order stands for a day, and strikes count anew
    assert board.report(6, 6, 5.9) == [0, 1, 0]


def test_days_without_a_report_do_not_count(board):
    for reported in (6, 0, 0, 6, 0):
        assert board.report(reported, 0, 0) == [0, 0, 0]
    assert board.report(6, 0, 0) == [1, 0, 0]
