"""SLIM's queue of batches that swim to a farm, of which a cage takes in but one a day of those hatched on the way.

Which one that is depends on the order in which a binary heap gives out batches that arrive on the same day, so the
heap is kept as SLIM keeps it.  A batch is a row of int64[n_rows, 2 + n_genotypes]: day of arrival, whether it hatches
before, and larvae by genotype.
"""

from numba import njit

from .sampling import binomial

ARRIVAL, HATCHED, LARVAE = 0, 1, 2
CERTAIN_SHARE = 64  # larvae per cage of which each cage gets some, but for one case in 1e27


@njit(cache=True, nogil=True)
def put_batch(queue, n_queued, arrival, hatched, larvae):
    """Add a batch of ``larvae`` int64[n_genotypes]; return the new number of them."""
    if n_queued == queue.shape[0]:
        raise OverflowError("more batches are on their way to a farm than it has room for")
    queue[n_queued, ARRIVAL] = arrival
    queue[n_queued, HATCHED] = hatched
    for g in range(larvae.shape[0]):
        queue[n_queued, LARVAE + g] = larvae[g]
    _lift(queue, 0, n_queued)
    return n_queued + 1


@njit(cache=True, nogil=True)
def _lift(queue, top, row):
    """Move a row up past all parents that arrive later."""
    while row > top:
        parent = (row - 1) // 2
        if queue[row, ARRIVAL] >= queue[parent, ARRIVAL]:
            break
        _swap(queue, row, parent)
        row = parent


@njit(cache=True, nogil=True)
def _swap(queue, i, j):
    for k in range(queue.shape[1]):
        queue[i, k], queue[j, k] = queue[j, k], queue[i, k]


@njit(cache=True, nogil=True)
def _drop_first(queue, n_queued):
    """Remove the first row; return how many are left.

    The last row takes its place, goes down to a leaf past the earlier children, of equal ones the right, and up again.
    """
    last = n_queued - 1
    if last > 0:
        _swap(queue, 0, last)
        row = 0
        while 2 * row + 1 < last:
            child = 2 * row + 1
            if child + 1 < last and queue[child + 1, ARRIVAL] <= queue[child, ARRIVAL]:
                child += 1
            _swap(queue, row, child)
            row = child
        _lift(queue, 0, row)
    return last


@njit(cache=True, nogil=True)
def take_batches(stream, queue, n_queued, day, hatched, large, share):
    """Take out what has arrived by ``day``; return how many batches are left.

    ``hatched`` int64[n_cages, n_genotypes] is filled with the larvae of the last batch that hatched on the way and of
    which a cage got any.  ``large`` and ``share`` are scratch int64[n_genotypes].
    """
    n_cages = hatched.shape[0]
    hatched[:] = 0
    large[:] = 0
    while n_queued > 0 and queue[0, ARRIVAL] <= day:
        larvae = queue[0, LARVAE:]
        total = larvae.sum()
        if queue[0, HATCHED] == 1 and total > CERTAIN_SHARE * n_cages:
            # it overrules all before it in every cage; it is split when nothing overrules it
            hatched[:] = 0
            for g in range(large.shape[0]):
                large[g] = larvae[g]
        elif queue[0, HATCHED] == 1:
            for c in range(n_cages):
                take_share(stream, larvae, n_cages - c, share)
                if share.sum() > 0:
                    for g in range(large.shape[0]):
                        hatched[c, g] = share[g]
        n_queued = _drop_first(queue, n_queued)
    if large.sum() > 0:
        for c in range(n_cages):
            take_share(stream, large, n_cages - c, share)
            if hatched[c].sum() == 0:
                for g in range(large.shape[0]):
                    hatched[c, g] = share[g]
    return n_queued


@njit(cache=True, nogil=True)
def take_share(stream, waiting, n_cages_left, share):
    """Move one cage's part of ``waiting`` int64[n_genotypes] into ``share``; cage after cage a uniform multinomial."""
    for g in range(waiting.shape[0]):
        share[g] = 0
        if waiting[g] > 0:
            share[g] = binomial(stream, waiting[g], 1.0 / n_cages_left)
            waiting[g] -= share[g]
