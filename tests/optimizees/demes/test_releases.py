"""Plans of releases: what individuals stand for, and what it costs."""

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.releases import ReleaseProgram, Releases, _far_from_each_other
from l2l.space import Space

HABITABLE = np.array([[True, False, False], [False, False, True]])


def program(habitable=HABITABLE, **limits):
    return ReleaseProgram(habitable, "WT|Dr", **limits)


def test_releases_are_in_order_and_those_of_a_place_and_tick_are_one():
    made = Releases.of([3, 1, 3, 0], [4, 4, 4, 2], [10, 5, 7, 0])
    assert (made.tick.tolist(), made.deme.tolist(), made.size.tolist()) == ([1, 3], [4, 4], [5, 17])
    assert made.n_released == 22


def test_releases_on_water_are_made_in_the_nearest_deme():
    individual = {"row": [0, 0, 1], "col": [0, 1, 1], "tick": [0, 1, 2], "size": [1, 2, 3], "used": [1, 1, 1]}
    assert program(n_releases=3).releases(individual).deme.tolist() == [0, 0, 5]


def test_demes_in_no_rows_are_chosen_among_the_habitable_ones():
    made = program(np.array([False, True, False, True]), n_releases=2, last_tick=0)
    assert sorted(made.space()) == ["deme", "size", "used"]
    assert made.releases({"deme": [1, 0], "size": [4, 5], "used": [1, 1]}).deme.tolist() == [1, 3]


def test_a_release_that_is_not_used_is_none():
    individual = {"row": [0, 1], "col": [0, 2], "tick": [0, 1], "size": [8, 9], "used": [0, 1]}
    assert [part.tolist() for part in program(n_releases=2).releases(individual)] == [[1], [5], [9]]


def test_a_size_that_can_only_be_one_is_not_searched():
    made = program(n_releases=2, most=1)
    assert "size" not in made.space()
    assert made.releases({"row": [0, 1], "col": [0, 2], "tick": [0, 0], "used": [1, 1]}).size.tolist() == [1, 1]


def test_an_individual_stays_within_limits():
    made = program(n_releases=4, last_tick=6, most=9)
    space = Space(made.space())
    drawn = [made.draw(np.random.default_rng(seed)) for seed in range(20)]
    for individual in drawn:
        assert sorted(individual) == ["col", "row", "size", "tick", "used"]
        repaired = space.repaired(individual)
        assert all((repaired[name] == individual[name]).all() for name in individual)
    assert {size for individual in drawn for size in individual["size"].tolist()} == set(range(1, 10))
    assert {individual["used"].sum() for individual in drawn} == {1, 2, 3, 4}


def test_first_plans_release_as_early_as_is_reared():
    made = program(n_releases=6, last_tick=3, most=9, reared=9.0)
    drawn = [made.draw(np.random.default_rng(seed)) for seed in range(40)]
    assert {tick for individual in drawn for tick in individual["tick"].tolist()} == set(range(4))
    for individual in drawn:
        released = np.cumsum(individual["size"] * individual["used"])
        assert (individual["tick"] == np.minimum(released // 9, 3)).all()


def test_first_plans_are_spread_over_the_landscape():
    def nearest(places):
        distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        return distance[~np.eye(6, dtype=bool)].min()

    rng = np.random.default_rng(1)
    drawn = [nearest(_far_from_each_other((30, 30), 6, rng)) for _ in range(30)]
    at_random = [nearest(rng.integers(0, 30, (6, 2))) for _ in range(30)]
    assert np.median(drawn) > 2 * np.median(at_random)


def test_a_plan_costs_individuals_and_trips():
    made = program(cost_each=2.0, cost_trip=30.0)
    assert made.cost(Releases.of([0, 0, 1], [0, 5, 0], [10, 20, 1])) == 2 * 31 + 3 * 30
    assert made.cost(Releases.of([], [], [])) == 0


def test_the_excess_is_of_the_tick_with_most_releases():
    plan = Releases.of([0, 0, 1], [0, 5, 0], [10, 20, 25])
    assert program(reared=20.0).excess(plan) == 0.5
    assert program(reared=30.0).excess(plan) == 0
    assert program().excess(plan) == 0
    assert program(reared=20.0).excess(Releases.of([], [], [])) == 0


def test_operations_release_as_many_as_the_plan_says():
    plan = Releases.of([2, 2, 4], [0, 5, 5], [7, 4, 1])
    ops = program(sexes=("female", "male"), age=1).ops(plan)
    told = [(op.when, op.sex, op.demes, op.value.tolist(), op.genotypes, op.ages) for op in ops]
    assert told == [
        ("tick == 2", "female", [0, 5], [4, 2], "WT|Dr", 1),
        ("tick == 2", "male", [0, 5], [3, 2], "WT|Dr", 1),
        ("tick == 4", "female", [5], [1], "WT|Dr", 1),
        ("tick == 4", "male", [5], [0], "WT|Dr", 1),
    ]


@pytest.mark.parametrize(
    "wrong", [{"n_releases": 0}, {"last_tick": -1}, {"most": 1.5}, {"cost_trip": -1.0}, {"reared": float("nan")}]
)
def test_limits_that_cannot_be_are_refused_by_name(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        program(**wrong)


def test_there_must_be_a_deme_to_release_in():
    with pytest.raises(UsageError, match="no deme to release in"):
        program(np.zeros((2, 2), bool))
