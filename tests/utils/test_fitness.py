import json
import math
import pickle

import numpy as np
import pytest

from l2l.errors import FitnessLengthError
from l2l.utils.fitness import Evaluation, as_fitness, from_json, is_finite, violation_of, violations_of


@pytest.mark.parametrize(
    ("result", "fitness"),
    [
        (3, (3,)),
        (0.5, (0.5,)),
        (np.float32(0.5), (0.5,)),
        (np.int64(2), (2,)),
        (np.array(0.5), (0.5,)),
        ((0.5, 1), (0.5, 1)),
        ([0.5], (0.5,)),
        (np.array([1.0, 2.0]), (1.0, 2.0)),
    ],
)
def test_numbers_in_any_form_become_a_tuple(result, fitness):
    assert as_fitness(result) == fitness
    assert all(type(component) in (int, float) for component in as_fitness(result))


@pytest.mark.parametrize("result", [None, "1.0", True, {"a": 1}, object(), np.zeros((2, 2)), ("a",), (1.0, None), 1j])
def test_what_is_not_a_fitness_is_a_type_error(result):
    with pytest.raises(TypeError, match=r"simulate_\(\) must return"):
        as_fitness(result)


@pytest.mark.parametrize("result", [(), (1.0,), [1.0, 2.0, 3.0], 1.0])
def test_wrong_number_of_components_names_both(result):
    with pytest.raises(FitnessLengthError, match=rf"2 finite numbers.* got {np.size(result)}: "):
        as_fitness(result, n_fitness=2)


def test_length_is_checked_before_a_long_result_is_gone_through():
    class Long(list):
        def __iter__(self):
            raise AssertionError("gone through")

    with pytest.raises(ValueError, match="of length 3"):
        as_fitness(Long([1.0, 2.0, 3.0]), 1)


def test_several_inner_parameter_sets_give_a_list():
    assert as_fitness([1.0, (2.0,)], 1, inner_params=2) == [(1.0,), (2.0,)]


@pytest.mark.parametrize("result", [(1.0,), 1.0, [1.0, 2.0, 3.0]])
def test_wrong_number_of_inner_results_is_refused(result):
    with pytest.raises(ValueError, match="list of 2"):
        as_fitness(result, 1, inner_params=2)


@pytest.mark.parametrize(
    ("fitness", "finite"), [((1.0, 2), True), ((math.nan,), False), ([(1.0,), (math.inf,)], False)]
)
def test_finite_means_every_component(fitness, finite):
    assert is_finite(fitness) is finite


def test_null_of_the_history_is_nan_again():
    assert math.isnan(from_json([1.5, None])[1])
    assert from_json([1.5, 2]) == (1.5, 2)


def test_inner_results_come_back_from_json_as_they_were():
    fitness = as_fitness([1.0, (2.0,)], inner_params=2)
    assert from_json(json.loads(json.dumps(fitness))) == fitness


def test_an_evaluation_keeps_its_violations_on_the_way_through_json():
    fitness = as_fitness(Evaluation(1.5, [2, -1.0]), 1)
    assert fitness == (1.5,) and fitness.violations == (2, -1.0)
    assert violation_of(fitness) == 2.0 and violation_of((1.5,)) == 0.0
    again = from_json([1.5], violations_of(fitness))
    assert again == fitness and again.violations == fitness.violations
    assert pickle.loads(pickle.dumps(fitness)).violations == (2, -1.0)


def test_inner_parameter_sets_have_violations_of_their_own():
    fitness = as_fitness([Evaluation(1.0, [2.0]), 3.0], 1, inner_params=2)
    again = from_json([[1.0], [3.0]], violations_of(fitness))
    assert [violation_of(item) for item in again] == [2.0, 0.0]
    assert violations_of([(1.0,), (2.0,)]) is None


def test_a_violation_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="violations of an Evaluation"):
        as_fitness(Evaluation(1.0, ["much"]), 1)


def test_a_violation_that_is_not_finite_makes_the_fitness_not_finite():
    assert not is_finite(as_fitness(Evaluation(1.0, [math.nan]), 1))
    assert is_finite(as_fitness(Evaluation(1.0, [5.0]), 1))
