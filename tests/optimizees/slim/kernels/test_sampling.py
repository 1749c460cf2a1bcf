"""Samplers against closed forms and SciPy: every test of fit rejects at p < 1e-4, with fixed seeds."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import sampling


@pytest.fixture
def stream():
    return sampling.make_streams(np.random.SeedSequence(20240501), 1)[0]


def test_stream_gives_the_reference_values_of_xoshiro256pp():
    stream = np.array([1, 2, 3, 4], dtype=np.uint64)
    expected = [41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205]
    assert [sampling.next_uint64(stream) for _ in expected] == expected


def test_stream_of_a_seed_does_not_depend_on_how_many_are_made():
    seed = np.random.SeedSequence(5, spawn_key=(1, 2))
    np.testing.assert_array_equal(sampling.make_streams(seed, 2), sampling.make_streams(seed, 7)[:2])


@pytest.mark.parametrize("p", [0.0, -0.1, 1.0, 1.5])
def test_certain_binomial_draws_nothing(stream, p):
    before = stream.copy()
    assert sampling.binomial(stream, 7, p) == (7 if p >= 1 else 0)
    np.testing.assert_array_equal(stream, before)
