"""Plans that need no search."""

import numpy as np

from l2l.optimizees.demes.plain_plans import cheapest_grid, in_grid, of_equal_cost
from l2l.optimizees.demes.releases import ReleaseProgram

PROGRAM = ReleaseProgram(np.ones((9, 6), bool), "WT|Dr", cost_each=2.0, cost_trip=10.0)


def test_a_grid_has_equal_distances():
    plan = in_grid(PROGRAM, 3, 5)
    assert plan.deme.tolist() == [row * 6 + col for row in (1, 4, 7) for col in (1, 3, 5)]
    assert set(plan.tick) == {0} and set(plan.size) == {5}


def test_one_in_a_grid_is_in_the_middle():
    assert in_grid(PROGRAM, 1, 5).deme.tolist() == [4 * 6 + 3]


def test_demes_in_no_rows_have_as_many():
    program = ReleaseProgram(np.arange(20) % 2 == 0, "WT|Dr")
    assert in_grid(program, 2, 3).deme.tolist() == [2, 6, 12, 16]


def test_plans_of_equal_cost_spend_all_but_what_is_no_individual():
    plans = of_equal_cost(PROGRAM, 155.0)
    assert list(plans) == ["all in the middle", "4 in a grid", "9 in a grid"]
    assert [PROGRAM.cost(plan) for plan in plans.values()] == [154, 4 * 38, 9 * 16]
    assert {name: set(plan.size) for name, plan in plans.items()} == {
        "all in the middle": {72},
        "4 in a grid": {14},
        "9 in a grid": {3},
    }


def test_the_cheapest_grid_is_the_first_that_reaches():
    tried = []

    def reaches(plan):
        tried.append(PROGRAM.cost(plan))
        return plan.n_released >= 200

    found = cheapest_grid(PROGRAM, reaches)
    assert PROGRAM.cost(found) == 2 * 200 + 10 and tried == sorted(tried)
    assert cheapest_grid(PROGRAM, lambda plan: False) is None
