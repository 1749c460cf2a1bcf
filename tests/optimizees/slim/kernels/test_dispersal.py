"""Eggs on their way: when they arrive, where, and how many are lost."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import dispersal
from l2l.optimizees.slim.types.rules import REVISED

RING = 40


def disperse_batches(stream, day, batches, hatch_days, probability, travel_days, ring, disperse=dispersal.disperse):
    n_farms, _, n_genotypes = ring.shape
    travel, scratch = np.zeros(n_farms, np.int64), np.zeros((3, n_genotypes), np.int64)
    queue, n_queued = np.zeros((n_farms, 0, 2 + n_genotypes), np.int64), np.zeros(n_farms, np.int64)
    hatch_days, target = np.array(hatch_days, np.int64), np.arange(n_farms)
    probability, travel_days = np.array(probability, float), np.array(travel_days, float)
    on_the_way = (ring, queue, n_queued, np.zeros(n_farms, np.int64))
    links = (target, probability, travel_days, travel)
    disperse(stream, day, batches, hatch_days, *links, scratch, REVISED, *on_the_way)


def send(stream, probability, travel_days, eggs, hatch=5, day=0, disperse=dispersal.disperse):
    """Ring after one batch of ``eggs`` int64[n_genotypes]."""
    batches = np.zeros((RING, len(eggs)), np.int64)
    batches[hatch] = eggs
    n_farms = len(probability)
    ring = np.zeros((n_farms, RING, len(eggs)), np.int64)
    disperse_batches(stream, day, batches, [hatch], probability, travel_days, ring, disperse)
    assert batches.sum() == 0
    return ring


def days_of(ring, farm=0):
    return np.flatnonzero(ring[farm].sum(axis=1)).tolist()


@pytest.mark.parametrize("disperse", [dispersal.disperse, dispersal.disperse.py_func])
def test_batch_is_split_by_the_probabilities_and_the_rest_is_lost(stream, disperse):
    probability = np.array([0.1, 0.0, 0.25, 0.05])
    ring = send(stream, probability, [0, 0, 0, 0], [10**8, 2 * 10**8], disperse=disperse)
    np.testing.assert_allclose(ring.sum(axis=1), np.outer(probability, [1e8, 2e8]), atol=5 * np.sqrt(2e8 / 4))
    assert ring[1].sum() == 0


def test_farms_share_the_same_eggs(stream):
    arrived = [send(stream, [0.5, 0.3], [0, 0], [10]).sum(axis=(1, 2)) for _ in range(4000)]
    first, second = np.array(arrived).T
    assert (first + second).max() == 10
    # of a multinomial, not of independent draws: covariance -n p q
    assert np.cov(first, second)[0, 1] == pytest.approx(-10 * 0.5 * 0.3, abs=0.2)


def test_every_egg_arrives_where_none_is_lost(stream):
    for _ in range(100):
        assert send(stream, [0.7, 0.2, 0.1], [1, 2, 3], [1000, 1, 0]).sum() == 1001


@pytest.mark.parametrize(("hatch", "day", "expected"), [(0, 3, 4), (1, 3, 4), (5, 3, 8), (39, 3, 2)])
def test_eggs_that_travel_at_once_enter_when_they_hatch(stream, hatch, day, expected):
    ring = send(stream, [1.0], [0.0], [7], hatch=hatch, day=day)
    assert days_of(ring) == [expected]


def test_larvae_that_travel_long_enter_when_they_arrive(stream):
    entries = []
    for _ in range(2000):
        (day,) = days_of(send(stream, [1.0], [12.0], [7], hatch=0))
        entries.append(day)
    assert np.mean(entries) == pytest.approx(12, abs=5 * np.sqrt(12 / 2000))
    assert np.var(entries) == pytest.approx(12, rel=0.2)


def test_eggs_of_a_day_travel_together_to_each_farm(stream):
    batches = np.zeros((RING, 1), np.int64)
    batches[[1, 2, 3]] = 1000
    ring = np.zeros((2, RING, 1), np.int64)
    disperse_batches(stream, 0, batches, [2, 1, 3], [0.5, 0.5], [15.0, 15.0], ring)
    assert len(days_of(ring, 0)) == len(days_of(ring, 1)) == 1  # one draw for each farm, later than all hatch
    assert ring.sum() == 3000


def test_later_batches_join_those_on_their_way(stream):
    ring = np.zeros((1, RING, 1), np.int64)
    for day, hatch in ((0, 9), (4, 5)):
        batches = np.zeros((RING, 1), np.int64)
        batches[hatch] = 100
        disperse_batches(stream, day, batches, [hatch], [1.0], [0.0], ring)
    assert ring[0, 9, 0] == ring.sum() == 200
