"""Plans that need no search, which one that was searched for has to beat: releases in the middle, or in a grid."""

from collections.abc import Callable, Iterator
from itertools import product

from l2l.optimizees.demes.releases import ReleaseProgram, Releases

SIZES = (5, 10, 20, 50, 100, 200)
SIDES = range(1, 9)


def in_grid(program: ReleaseProgram, side: int, size: int) -> Releases:
    """Releases of ``size`` at the first tick, in ``side`` rows and columns at equal distances, or the demes nearest.

    Where demes are in no rows and columns, in ``side ** 2`` of them.
    """
    return Releases.of(0, program.nearest(*program.grid(side).T), size)


def of_equal_cost(program: ReleaseProgram, cost: float) -> dict[str, Releases]:
    """All in the middle, and in grids, for which the whole of ``cost`` is spent at once, whatever is reared."""
    plans = {}
    for side in SIDES:
        size = int((cost / side**2 - program.cost_trip) / program.cost_each) if program.cost_each else program.most
        if size >= 1:
            plan = in_grid(program, side, size)
            plans["all in the middle" if side == 1 else f"{len(plan.size)} in a grid"] = plan
    return plans


def cheapest_grid(program: ReleaseProgram, reaches: Callable[[Releases], bool]) -> Releases | None:
    """The cheapest releases in a grid that reach the goal, if any do."""
    return next((plan for plan in _by_cost(program) if reaches(plan)), None)


def _by_cost(program: ReleaseProgram) -> Iterator[Releases]:
    plans = [in_grid(program, side, size) for side, size in product(SIDES, SIZES)]
    yield from sorted(plans, key=program.cost)
