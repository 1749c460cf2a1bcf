"""The trajectory."""

import copy
import pickle

import numpy as np
import pytest

from l2l.errors import UnknownNameError
from l2l.utils.trajectory import Trajectory


def expanded(n=2, generation=0):
    traj = Trajectory(name="t")
    traj.f_expand(
        {"generation": [generation] * n, "ind_idx": list(range(n)), "individual.a": [float(i) for i in range(n)]}
    )
    return traj


def test_defaults_are_those_scripts_expect():
    traj = Trajectory()
    assert (traj.debug, traj.stop_run, traj.timeout) == (False, True, False)
    assert (traj.v_idx, traj.is_loaded, traj.hall_of_fame, traj.retry, traj.inner_params) == (0, False, None, 0, 1)
    assert (traj.seed, traj.seed_override, traj.generations_override) == (0, None, None)
    assert list(traj.results.all_results) == []


def test_keywords_are_taken_and_unknown_ones_refused():
    traj = Trajectory(name="t", debug=True, stop_run=False, timeout=5.0, seed=3)
    assert (traj._name, traj.debug, traj.stop_run, traj.timeout, traj.seed) == ("t", True, False, 5.0, 3)
    with pytest.raises(TypeError, match="'sede'; did you mean 'seed'"):
        Trajectory(sede=1)


def test_parameters_are_read_in_every_way():
    traj = Trajectory()
    traj.f_add_parameter("pop_size", 5, comment="size")
    traj.f_add_derived_parameter("double", 10)
    assert traj.pop_size == traj["pop_size"] == traj.par.pop_size == traj.parameters["pop_size"] == 5
    assert traj.double == 10
    assert traj["parameters"] is traj.par


def test_groups_hold_parameters():
    traj = Trajectory()
    traj.f_add_parameter_group("runner_params", "how to run")
    traj.f_add_parameter_to_group("runner_params", "max_workers", 3)
    assert traj.runner_params.params["max_workers"] == traj["runner_params.max_workers"] == 3
    with pytest.raises(UnknownNameError, match="'runer_params'; did you mean 'runner_params'"):
        traj.f_add_parameter_to_group("runer_params", "srun", "")


def test_an_unknown_name_raises_with_the_nearest_one():
    traj = Trajectory()
    traj.f_add_parameter("n_iteration", 3)
    with pytest.raises(UnknownNameError, match="'n_iterations'; did you mean 'n_iteration'"):
        _ = traj.n_iterations
    assert not hasattr(traj, "nothing")
    assert getattr(traj, "nothing", 4) == 4


def test_expanding_lays_out_a_generation():
    traj = expanded(n=3, generation=2)
    individuals = traj.individuals[2]
    assert [(i.generation, i.ind_idx, i.a) for i in individuals] == [(2, 0, 0.0), (2, 1, 1.0), (2, 2, 2.0)]
    assert individuals[1].params == {"individual.a": 1.0}


def test_expanding_again_replaces_the_generation():
    traj = expanded(n=3)
    traj.f_expand({"generation": [0], "ind_idx": [0], "individual.b": [1.0]})
    assert [i.params for i in traj.individuals[0]] == [{"individual.b": 1.0}]


def test_expanding_without_a_generation_is_an_error():
    with pytest.raises(IndexError):
        Trajectory().f_expand({"generation": [], "ind_idx": []})


def test_expanding_with_a_column_of_another_length_is_refused_and_changes_nothing():
    traj = expanded(n=2)
    with pytest.raises(ValueError, match=r"2 individuals, but 3 values of 'individual.a'"):
        traj.f_expand({"generation": [0, 0], "ind_idx": [0, 1], "individual.a": [1.0, 2.0, 3.0]})
    assert traj.individuals[0][1].a == 1.0


def test_an_individual_is_read_through_the_trajectory():
    traj = expanded()
    traj.individual = traj.individuals[0][1]
    assert traj["individual.a"] == 1.0


def test_results_have_a_group_for_each_generation_of_parameters():
    traj = Trajectory()
    traj.f_add_result("generation_params", [])
    traj.results.generation_params.f_add_result_group("generation_0")
    traj.f_add_result("final_fitness", 3.0)
    assert list(traj.results.generation_params) == ["generation_0"]
    assert traj._results == {"final_fitness": 3.0}


def test_an_override_of_the_generations_replaces_the_optimizers_number():
    traj = Trajectory(generations_override=2)
    traj.f_add_parameter("n_iteration", 100)
    traj.f_add_parameter("pop_size", 100)
    assert (traj.n_iteration, traj.pop_size) == (2, 100)


def test_it_pickles_and_copies():
    traj = expanded()
    traj.f_add_parameter("a", np.arange(3))
    for twin in (pickle.loads(pickle.dumps(traj)), copy.deepcopy(traj)):
        assert twin.individuals[0][1].a == 1.0
        assert twin.parameters.trajectory is twin
        assert twin.par.a.tolist() == [0, 1, 2]
