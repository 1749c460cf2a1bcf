"""Seeds by purpose."""

import numpy as np
import pytest

from l2l.utils.seeds import Purpose, chosen_seed, individual_seed, seed_sequence, trial_seed
from l2l.utils.trajectory import Trajectory


def test_numbers_of_purposes_never_change():
    assert [p.value for p in Purpose] == [0, 1, 2, 3, 4, 5, 6]
    assert [p.name for p in Purpose][:3] == ["OPTIMIZER", "INDIVIDUAL", "REPLICATE"]


def test_a_replicate_has_its_own_seed_in_each_generation_and_stage():
    seeds = [trial_seed(5, g, r, stage) for g in (0, 1) for r in (0, 1) for stage in (None, "selection", "estimate")]
    assert len(set(seeds)) == 8, "the stages at the end are the same whatever the last generation"
    assert trial_seed(5, 0, 0) == int(seed_sequence(5, Purpose.REPLICATE, 0, 0, 0).generate_state(1)[0])


def test_a_stream_is_the_documented_seed_sequence():
    expected = np.random.SeedSequence(5, spawn_key=(2, 3, 7, 1)).generate_state(4)
    assert np.array_equal(seed_sequence(5, Purpose.REPLICATE, 3, 7, 1).generate_state(4), expected)


@pytest.mark.parametrize("experiment_seed", [0, 5, 2**32 - 1, 2**32, 2**64 + 3, 2**127, 2**160 + 1])
@pytest.mark.parametrize("generation", [0, 3, 10**6])
def test_seed_of_an_evaluation_is_the_first_word_of_its_stream(experiment_seed, generation):
    for ind_idx in (0, 1, 255, 256, 100_000):
        stream = np.random.SeedSequence(experiment_seed, spawn_key=(1, generation, ind_idx, 0))
        seed = individual_seed(experiment_seed, generation, ind_idx)
        assert seed == stream.generate_state(1)[0]
        assert type(seed) is int


def test_seeds_of_evaluations_differ():
    seeds = {individual_seed(0, g, i) for g in range(20) for i in range(50)}
    assert len(seeds) == 1000


def test_a_seed_of_the_script_is_used_as_it_is():
    assert chosen_seed(Trajectory(seed=9), 123) == 123


def test_an_override_wins_and_differs_by_stream():
    traj = Trajectory(seed_override=1)
    assert chosen_seed(traj, 123) == chosen_seed(traj, 4) != 123
    assert chosen_seed(traj, 123, stream=1) != chosen_seed(traj, 123)


def test_without_a_seed_it_follows_from_the_experiment():
    assert chosen_seed(Trajectory(seed=1), None) != chosen_seed(Trajectory(seed=2), None)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_an_impossible_seed_is_refused(seed):
    with pytest.raises(ValueError, match="seed must be in"):
        chosen_seed(Trajectory(), seed)
