"""Larvae that arrive: how cages share them, and which batches count where not all do."""

import heapq

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import arrivals


class Batch:
    """What Python's heap compares: the day of arrival alone."""

    def __init__(self, arrival, name):
        self.arrival, self.name = arrival, name

    def __lt__(self, other):
        return self.arrival < other.arrival


def test_batches_leave_the_queue_in_the_order_of_a_binary_heap(stream):
    rng = np.random.default_rng(3)
    heap, queue, n_queued = [], np.zeros((400, 5), np.int64), 0
    large, share = np.zeros(3, np.int64), np.zeros(3, np.int64)
    name = 0
    for day in range(60):
        for arrival in day + rng.poisson(7, 12):
            name += 1
            heapq.heappush(heap, Batch(arrival, name))
            n_queued = arrivals.put_batch(queue, n_queued, arrival, 1, np.array([name * 10_000, 0, 0]))
        last = 0
        while heap and heap[0].arrival <= day:
            last = heapq.heappop(heap).name
        hatched = np.zeros((1, 3), np.int64)
        n_queued = arrivals.take_batches(stream, queue, n_queued, day, hatched, large, share)
        assert hatched[0, 0] == last * 10_000
        assert n_queued == len(heap)


def take(stream, *batches, n_cages=1, day=9):
    """Larvae in each cage of batches (day of arrival, hatched before, larvae) of one genotype."""
    queue, n_queued = np.zeros((9, 3), np.int64), 0
    for arrival, hatched, larvae in batches:
        n_queued = arrivals.put_batch(queue, n_queued, arrival, hatched, np.array([larvae]))
    cages, scratch = np.full((n_cages, 1), 99), np.zeros((2, 1), np.int64)
    left = arrivals.take_batches(stream, queue, n_queued, day, cages, scratch[0], scratch[1])
    return cages[:, 0].tolist(), left


def test_of_batches_hatched_on_the_way_only_the_last_counts(stream):
    assert take(stream, (7, 1, 1000), (8, 1, 2000), (9, 1, 500), (10, 1, 4000)) == ([500], 1)
    assert take(stream, (7, 1, 5), (8, 1, 3)) == ([3], 0)
    assert take(stream, (7, 1, 5000), (8, 1, 3)) == ([3], 0)


def test_batches_that_hatch_later_take_no_part(stream):
    assert take(stream, (7, 1, 1000), (8, 0, 2000)) == ([1000], 0)
    assert take(stream, (8, 0, 2000)) == ([0], 0)


def test_a_cage_that_gets_none_of_a_batch_keeps_what_it_had(stream):
    for _ in range(50):
        cages, _ = take(stream, (7, 1, 400_000), (8, 1, 1), n_cages=4)
        assert sorted(cages)[0] == 1
        assert sum(cage > 90_000 for cage in cages) == 3


def test_more_batches_than_there_is_room_for_are_refused():
    queue = np.zeros((1, 3), np.int64)
    assert arrivals.put_batch(queue, 0, 4, 1, np.array([5])) == 1
    with pytest.raises(OverflowError, match="more batches"):
        arrivals.put_batch(queue, 1, 4, 1, np.array([5]))


@pytest.mark.parametrize("take_share", [arrivals.take_share, arrivals.take_share.py_func])
def test_cages_share_what_waits_evenly_and_leave_nothing(stream, take_share):
    waiting, share = np.array([3 * 10**8, 0, 3]), np.zeros(3, np.int64)
    shares = []
    for cages_left in (3, 2, 1):
        take_share(stream, waiting, cages_left, share)
        shares.append(share.copy())
    assert waiting.sum() == 0
    np.testing.assert_array_equal(np.sum(shares, axis=0), [3 * 10**8, 0, 3])
    np.testing.assert_allclose(np.array(shares)[:, 0], 1e8, atol=5 * np.sqrt(2e8 / 3))


def test_single_larvae_fall_in_each_cage_equally_often(stream):
    found = np.zeros(4)
    for _ in range(4000):
        waiting, share = np.array([1]), np.zeros(1, np.int64)
        for cage in range(4):
            arrivals.take_share(stream, waiting, 4 - cage, share)
            found[cage] += share[0]
    np.testing.assert_allclose(found, 1000, atol=5 * np.sqrt(750))
