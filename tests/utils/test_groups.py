"""Groups of parameters and results."""

import pickle

import pytest

from l2l.errors import UnknownNameError
from l2l.utils.groups import ParameterDict, ParameterGroup, ResultGroup
from l2l.utils.trajectory import Trajectory


def test_a_group_holds_parameters_and_pickles():
    group = ParameterGroup()
    group.f_add_parameter("a", 1, comment="first")
    assert group.params == {"a": 1}
    assert "'a': 1" in str(group)
    assert pickle.loads(pickle.dumps(group)).params == {"a": 1}


def test_results_go_into_groups():
    results = ResultGroup()
    results.f_add_result_group("g")
    results.f_add_result("g.k", 1)
    results.f_add_result_to_group("g", "l", 2)
    results.f_add_result("top", 3)
    results.f_add_result(7, "seven")
    assert (results.g.k, results.g["l"], results.top, results[7]) == (1, 2, 3, "seven")
    results.f_add_result_group("g")
    assert list(results.g) == []


@pytest.mark.parametrize("add", ["f_add_result", "f_add_result_to_group"])
def test_a_missing_group_of_results_is_an_error(add):
    results = ResultGroup()
    results.f_add_result_group("params")
    arguments = ("parms.k", 1) if add == "f_add_result" else ("parms", "k", 1)
    with pytest.raises(UnknownNameError, match="'parms'; did you mean 'params'"):
        getattr(results, add)(*arguments)


def test_results_pickle():
    results = ResultGroup()
    results.f_add_result_group("g")
    results.f_add_result("g.k", 1)
    assert pickle.loads(pickle.dumps(results)).g.k == 1


def test_parameters_are_read_by_dots_and_paths():
    traj = Trajectory()
    parameters = traj.parameters
    traj.f_add_parameter("a", 1)
    traj.f_add_parameter_group("g")
    traj.f_add_parameter_to_group("g", "b", 2)
    traj.f_add_parameter_to_group("g", "nested", {"c": 3})
    traj.f_add_parameter("with.dot", 4)
    assert (parameters.a, parameters["a"], parameters["g.b"], parameters["g.nested.c"]) == (1, 1, 2, 3)
    assert parameters["with.dot"] == 4
    assert parameters.trajectory is traj


@pytest.mark.parametrize(
    ("path", "message"),
    [("pop_sise", "'pop_sise'; did you mean 'pop_size'"), ("g.bb", "'g.bb'; did you mean 'b'")],
)
def test_a_missing_parameter_raises_with_the_nearest_name(path, message):
    traj = Trajectory()
    traj.f_add_parameter("pop_size", 1)
    traj.f_add_parameter_group("g")
    traj.f_add_parameter_to_group("g", "b", 2)
    with pytest.raises(UnknownNameError, match=message):
        traj.parameters[path]
    assert "pop_sise" not in traj.parameters.keys()


def test_ind_idx_is_the_place_of_the_current_run():
    traj = Trajectory()
    traj.current_results = [(4, (0.0,)), (2, (1.0,))]
    traj.v_idx = 2
    assert traj.parameters.ind_idx == 1
    traj.v_idx = 3
    with pytest.raises(UnknownNameError, match="run 3"):
        _ = traj.parameters["ind_idx"]


def test_a_parameter_dict_pickles_with_its_trajectory():
    traj = Trajectory()
    traj.f_add_parameter("a", 1)
    parameters = pickle.loads(pickle.dumps(traj.parameters))
    assert isinstance(parameters, ParameterDict)
    assert parameters.trajectory.parameters is parameters
    assert parameters.a == 1
