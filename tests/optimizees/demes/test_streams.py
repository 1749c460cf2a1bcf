"""Each deme has a stream of its own, which depends on the seed and its number alone."""

import numpy as np

from l2l.optimizees.demes.streams import deme_streams


def splitmix(word, i):
    """The i-th output of SplitMix64 from this state, in whole numbers of Python."""
    mask = 2**64 - 1
    z = (word + i * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
    return z ^ z >> 31


def test_streams_are_those_of_splitmix():
    words = np.random.SeedSequence(5).generate_state(4, np.uint64).tolist()
    expected = [[splitmix(word, deme) for word in words] for deme in (1, 2, 3)]
    streams = deme_streams(5, 3).tolist()
    assert [stream[1:] for stream in streams] == [stream[1:] for stream in expected]
    assert [stream[0] for stream in streams] == [stream[0] | 1 for stream in expected]


def test_stream_of_a_deme_is_the_same_among_more_demes():
    np.testing.assert_array_equal(deme_streams(1, 10), deme_streams(1, 1000)[:10])


def test_streams_of_demes_and_seeds_differ():
    words = np.concatenate([deme_streams(seed, 1000) for seed in range(5)])[:, 1:]
    assert len(np.unique(words)) == words.size


def test_seed_may_be_a_sequence():
    np.testing.assert_array_equal(deme_streams(3, 4), deme_streams(np.random.SeedSequence(3), 4))
