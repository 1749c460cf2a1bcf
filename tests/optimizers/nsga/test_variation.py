"""Simulated binary crossover and polynomial mutation."""

import random

import numpy as np
import pytest
from deap import tools
from scipy.stats import ks_2samp

from l2l.optimizers.evolution.deap_random import deap_random
from l2l.optimizers.nsga.variation import polynomial_mutation, simulated_binary_crossover

N = 4000
UNIT = np.zeros(1), np.ones(1)
NOWHERE = np.full(1, -np.inf), np.full(1, np.inf)


def children(one, other, low, high, prob=1.0, eta=15.0, dim=1):
    rng = np.random.default_rng(1)
    pairs = np.full((N, dim), one), np.full((N, dim), other)
    return simulated_binary_crossover(rng, *pairs, low, high, prob, eta)


@pytest.mark.parametrize(("one", "other", "eta"), [(0.1, 0.3, 15.0), (0.02, 0.9, 2.0)])
def test_children_are_spread_as_those_of_deap(one, other, eta):
    ours = np.concatenate(children(one, other, *UNIT, eta=eta)).ravel()
    with deap_random(random.Random(1)):
        pairs = [tools.cxSimulatedBinaryBounded([one], [other], eta, 0.0, 1.0) for _ in range(N)]
    theirs = np.ravel(pairs)
    assert np.isclose((ours == one).mean(), (theirs == one).mean(), atol=0.03)  # half of the pairs are not crossed
    moved = [values[(values != one) & (values != other)] for values in (ours, theirs)]
    assert ks_2samp(*moved).pvalue > 0.001


@pytest.mark.parametrize(("place", "eta"), [(0.5, 20.0), (0.05, 5.0)])
def test_mutants_are_spread_as_those_of_deap(place, eta):
    rng = np.random.default_rng(1)
    ours = polynomial_mutation(rng, np.full((N, 1), place), *UNIT, prob=1.0, eta=np.full(1, eta)).ravel()
    with deap_random(random.Random(1)):
        theirs = [tools.mutPolynomialBounded([place], eta, 0.0, 1.0, 1.0)[0][0] for _ in range(N)]
    assert ks_2samp(ours, theirs).pvalue > 0.001


def test_children_without_bounds_have_the_middle_of_their_parents():
    one, other = children(-3.0, 9.0, *NOWHERE)
    assert np.allclose(one + other, 6.0) and one.min() < -3.0 and other.max() > 9.0


def test_pairs_and_mutants_stay_within_bounds():
    assert all(((child >= 0) & (child <= 1)).all() for child in children(0.0, 0.98, *UNIT, eta=0.0))
    rng = np.random.default_rng(1)
    mutants = polynomial_mutation(rng, rng.random((N, 1)), *UNIT, prob=1.0, eta=np.zeros(1))
    assert ((mutants >= 0) & (mutants <= 1)).all()


def test_equal_parents_have_equal_children():
    assert all((child == 0.5).all() for child in children(0.5, 0.5, *UNIT))


def test_pairs_are_crossed_with_their_probability_and_half_of_the_coordinates():
    one, _ = children(0.2, 0.4, np.zeros(10), np.ones(10), prob=0.6, dim=10)
    crossed = one != 0.2
    assert np.isclose(crossed.any(axis=1).mean(), 0.6, atol=0.03)
    assert np.isclose(crossed[crossed.any(axis=1)].mean(), 0.5, atol=0.02)


def test_a_mutation_of_eta_zero_goes_anywhere_on_either_side():
    rng = np.random.default_rng(1)
    mutants = polynomial_mutation(rng, np.full((N, 1), 0.3), *UNIT, prob=1.0, eta=np.zeros(1)).ravel()
    assert np.isclose((mutants < 0.3).mean(), 0.5, atol=0.03)
    assert ks_2samp(mutants[mutants < 0.3], np.linspace(0, 0.3, N)).pvalue > 0.001
    assert ks_2samp(mutants[mutants > 0.3], np.linspace(0.3, 1, N)).pvalue > 0.001


def test_without_bounds_mutants_are_at_most_1_away():
    rng = np.random.default_rng(1)
    mutants = polynomial_mutation(rng, np.full((N, 1), 100.0), *NOWHERE, prob=0.5, eta=np.full(1, 1.0))
    assert np.isclose((mutants != 100).mean(), 0.5, atol=0.03)
    assert 0.9 < np.abs(mutants - 100).max() <= 1
