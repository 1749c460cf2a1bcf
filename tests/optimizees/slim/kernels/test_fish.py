"""Fish: infected, dying of lice, of treatments and of age."""

import json

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import fish

CENTER, K = 0.272, 15.7  # Vollset (2019)


@pytest.fixture(params=["compiled", "python"])
def infected_fish(request):
    return fish.infected_fish if request.param == "compiled" else fish.infected_fish.py_func


@pytest.mark.parametrize("n_fish", [1, 2, 4, 32, 196, 40_000, 2_800_000, 10**9])  # 4, 32 and 196 round down
def test_first_louse_infects_one_fish(infected_fish, n_fish):
    assert infected_fish(n_fish, 1) == 1


def test_two_lice_on_two_fish_infect_one_and_a_half(infected_fish):
    assert infected_fish(2, 2) == 1  # 1.5 cut off
    assert infected_fish(4, 2) == 1  # 1.75


def test_all_fish_are_infected_by_many_lice(infected_fish):
    assert infected_fish(1000, 10**9) == 1000


@pytest.mark.parametrize(("n_fish", "n_lice"), [(0, 0), (0, 5), (5, 0)])
def test_without_fish_or_lice_none_is_infected(infected_fish, n_fish, n_lice):
    assert infected_fish(n_fish, n_lice) == 0


def test_infected_fish_are_those_of_the_published_model(infected_fish, slim_data):
    vectors = json.loads((slim_data / "slim-unit-vectors.json").read_text())
    for case in vectors["fish_deaths"]:
        n_lice = case["L3"] + case["L4"] + case["L5f"] + case["L5m"]
        assert infected_fish(case["fish"], n_lice) == case["infected"]
    for case in vectors["matings"]:
        assert infected_fish(case["fish"], case["females"] + case["males"]) == case["infected"]


@pytest.mark.parametrize(
    ("n_pathogenic", "expected"),
    [
        (0, 0.001 / (1 + np.exp(CENTER))),  # chalimus alone: the least there is
        (1000 * 2.5, 0.001 * (1 - 1 / (1 + np.exp(K - CENTER)))),  # one louse per kg of infected fish
        (10**9, 0.001),
    ],
)
def test_fish_with_lice_die_by_a_logistic_of_lice_per_kg(n_pathogenic, expected):
    probability = fish.lice_death_probability(n_pathogenic, 1000, 2.5, CENTER, K)
    assert probability == pytest.approx(expected, rel=1e-9)
    assert fish.lice_death_probability.py_func(n_pathogenic, 1000, 2.5, CENTER, K) == probability


def test_fish_without_lice_do_not_die_of_them():
    assert fish.lice_death_probability(0, 0, 2.5, CENTER, K) == 0.0


def test_expected_deaths_by_lice_round_to_the_published_ones(slim_data):
    vectors = json.loads((slim_data / "slim-unit-vectors.json").read_text())
    for case in vectors["fish_deaths"]:
        mass_kg = 10.0 / (1.0 + np.exp(-0.01 * (case["days"] - 475)))
        n_pathogenic = case["L4"] + case["L5f"] + case["L5m"]
        probability = fish.lice_death_probability(n_pathogenic, case["infected"], mass_kg, CENTER, K)
        assert round(case["infected"] * probability) == case["lice_deaths"]


def test_fish_die_of_each_cause_in_its_proportion(stream):
    n, infected = 10**8, 3 * 10**7
    dead = fish.fish_deaths(stream, n, infected, 0.001, 0.0005, True)
    expected = infected * 0.001 + (n - infected * 0.001) * 0.0005
    assert dead == pytest.approx(expected, abs=5 * np.sqrt(expected))


def test_no_more_fish_die_than_there_are(stream):
    for _ in range(100):
        assert 0 <= fish.fish_deaths(stream, 3, 3, 0.9, 0.9, True) <= 3
    assert fish.fish_deaths(stream, 40, 40, 1.0, 1.0, True) == 40
    assert fish.fish_deaths(stream, 40, 50, 1.0, 1.0, False) == 40
    assert fish.fish_deaths(stream, 0, 0, 1.0, 1.0, True) == 0


def test_deaths_without_chance_are_rounded_expectations(stream):
    assert fish.fish_deaths(stream, 40_000, 1500, 0.001, 0.0, False) == 2  # 1.5, to the even number
    assert fish.fish_deaths(stream, 40_000, 2500, 0.001, 0.0, False) == 2
    assert fish.fish_deaths(stream, 40_000, 0, 0.001, 0.0005, False) == 20


def test_fish_without_cause_live(stream):
    assert fish.fish_deaths(stream, 10**6, 10**6, 0.0, 0.0, True) == 0
