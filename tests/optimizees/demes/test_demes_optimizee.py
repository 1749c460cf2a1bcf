"""The optimizee that places releases."""

from functools import partial

import numpy as np
import pytest

from l2l.errors import UsageError
from l2l.optimizees.demes.comparison import outcomes, row
from l2l.optimizees.demes.course import Course
from l2l.optimizees.demes.goal import Goal
from l2l.optimizees.demes.optimizee import OBJECTIVES, DemesOptimizee, DemesOptimizeeParameters
from l2l.optimizees.demes.releases import Releases
from l2l.optimizees.demes.scenarios import SCENARIOS, find_scenario
from l2l.space import Float
from l2l.testing import OptimizeeContract
from l2l.utils.assignment import Assignment, Attempt, Trial, line_of
from l2l.utils.channel import decode, decode_parameters, encode_parameters
from l2l.utils.individual import Individual
from l2l.utils.trajectory import Trajectory

SMALL = {"rows": 5, "cols": 4, "n_ticks": 8, "n_releases": 3}
NONE = Releases.of([], [], [])


def optimizee(traj=None, **parameters):
    settings = {"settings": SMALL, "seed": 1, **parameters}
    return DemesOptimizee(traj or Trajectory(name="demes"), DemesOptimizeeParameters(**settings))


def evaluation(made, individual, seed=1):
    traj = Trajectory(name="demes")
    traj.individual = Individual(0, 0, {f"individual.{name}": value for name, value in individual.items()})
    traj.individual.seed = seed
    return made.simulate(traj)


class TestContract(OptimizeeContract):
    def make_optimizee(self, traj):
        return optimizee(traj)


class TestContractWithTunedSettings(OptimizeeContract):
    n_fitness = 4

    def make_optimizee(self, traj):
        tuned = {"migration_rate": Float(0.05, 0.4)}
        return optimizee(traj, scenario="resistance", tuned=tuned, objectives=tuple(OBJECTIVES), must_reach=False)


def test_releases_raise_the_share_that_the_goal_is_about():
    made = optimizee()
    plan = Releases.of([0, 0], [1, 6], [60, 60])
    nothing, something = made.outcome(NONE, 1), made.outcome(plan, 1)
    assert (nothing.cost, nothing.n_released, nothing.share, nothing.shortfall, nothing.ticks) == (0, 0, 0, 0.9, 9)
    assert (something.cost, something.n_released) == (320, 120)
    assert 0 < something.share and something.shortfall == pytest.approx(max(0, 0.9 - something.share))


def test_what_is_sent_to_a_worker_is_a_few_hundred_bytes():
    made = DemesOptimizee(Trajectory(name="demes"), DemesOptimizeeParameters(seed=1))
    individual = {f"individual.{name}": value for name, value in made.create_individual().items()}
    evaluation = Attempt((999, 999, Trial(99)))
    task = line_of(Assignment(evaluation, 2**128 - 1, *encode_parameters(individual)))
    assert decode_parameters(decode(task)).keys() == individual.keys()
    assert len(task) < 500


def test_a_plan_leaves_nothing_to_the_next():
    made = optimizee()
    before = made.outcome(NONE, 1)
    made.outcome(Releases.of(0, 1, 60), 1)
    assert made.outcome(NONE, 1) == before


def test_missing_the_goal_and_releasing_too_many_are_violations():
    made = optimizee(settings={**SMALL, "reared": 40.0})
    individual = {"row": [0, 0, 0], "col": [0, 0, 1], "tick": [0, 0, 0], "size": [30, 30, 9], "used": [1, 1, 0]}
    fitness, (missing, excess) = evaluation(made, individual)
    assert fitness == (160.0,) and excess == 0.5
    assert missing == pytest.approx(0.9 - made.outcome(made.releases(individual), 1).share)
    relaxed = optimizee(settings={**SMALL, "reared": 40.0}, must_reach=False)
    assert evaluation(relaxed, individual).violations == (0.5,)


def test_objectives_are_of_the_outcome():
    made = optimizee(objectives=("ticks", "shortfall", "released"))
    assert (made.fitness_names, made.fitness_weights) == (("ticks", "shortfall", "released"), (-1.0, -1.0, -1.0))
    individual = {"row": [0], "col": [0], "tick": [0], "size": [30], "used": [1]}
    assert evaluation(made, individual).fitness[::2] == (9.0, 30.0)


def test_the_goal_is_counted_from_the_tick_when_it_is_reached():
    easy = optimizee(settings={**SMALL, "n_ticks": 6})
    goal = Goal("Dr|*", 0.0)
    object.__setattr__(easy.scenario, "goal", goal)
    assert easy.outcome(NONE, 1).ticks == 0


def test_tuned_settings_change_the_population():
    made = optimizee(tuned={"conversion_rate": Float(0.0, 1.0)})
    plan = Releases.of(0, 1, 60)
    weak, strong = (made.outcome(plan, 1, {"conversion_rate": rate}).share for rate in (0.0, 1.0))
    assert weak < strong


def test_resistance_falls_where_its_drive_is_released():
    made = optimizee(scenario="resistance")
    everywhere = np.flatnonzero(made.scenario.program.habitable)
    plain, tuned = (made.outcome(plan, 1).share for plan in (NONE, Releases.of(0, everywhere, 60)))
    assert tuned < plain - 0.1


def test_equal_seeds_give_equal_outcomes_for_any_number_of_threads():
    made, seeds = optimizee(), [np.random.SeedSequence(k) for k in range(5)]
    plan = Releases.of(0, 1, 60)
    one, two = (outcomes(made, plan, seeds, n_threads=n) for n in (1, 2))
    assert one == two and len({outcome.share for outcome in one}) == 5


def test_a_row_tells_how_often_the_goal_is_reached():
    made = optimizee()
    found = [made.outcome(NONE, 1)] * 4
    told = row("nothing", found, 0)
    assert (told["plan"], told["cost"], told["goal reached"], told["ticks"], told["n_seeds"]) == ("nothing", 0, 0, 9, 4)
    assert (told["low"], told["high"]) == (0, pytest.approx(0.48989, abs=1e-5))  # Wilson's 95 %: z2 / (4 + z2)


def test_a_course_has_the_adults_of_every_tick():
    made = optimizee()
    plan = Releases.of(0, 1, 60)
    course = Course.of(made.prepared(plan, 1), 8)
    outcome = made.outcome(plan, 1)
    carriers = course.species.copies("Dr") > 0
    adults = course.adults.sum(axis=1)
    assert course.adults.shape == (9, 20, 6)
    assert course.shares("Dr|*")[-1] == pytest.approx(outcome.share)
    np.testing.assert_allclose(course.shares(["Dr|Dr", "Dr|!Dr"]), adults[:, carriers].sum(axis=1) / adults.sum(axis=1))
    by_hand = (adults * course.species.copies("Dr")).sum(axis=1) / (2 * adults.sum(axis=1))
    np.testing.assert_allclose(course.frequencies("Dr"), by_hand)
    local = course.local_frequencies("Dr")
    assert np.isnan(local[0, ~made.scenario.program.habitable.ravel()]).all() and local[0, 0] == 0


def test_a_goal_may_be_an_upper_bound():
    assert Goal("R|*", 0.2, at_least=False).shortfall(0.5) == pytest.approx(0.3)
    assert Goal("R|*", 0.2, at_least=False).shortfall(0.1) == 0
    assert str(Goal("R|*", 0.2, at_least=False)) == "R|* at most 20%"


def test_nobody_left_is_a_share_of_zero():
    observed = {"meant": np.zeros((2, 2, 1)), "adults": np.array([[[4.0], [0.0]], [[0.0], [0.0]]])}
    assert Goal.shares(observed).tolist() == [0, 0]


def test_what_does_not_exist_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'drive'"):
        optimizee(scenario="drvie", settings=None)
    with pytest.raises(UsageError, match="did you mean 'cost'"):
        optimizee(objectives=("costs",))
    with pytest.raises(TypeError, match="did you mean 'n_ticks'"):
        optimizee(settings={"n_tick": 3})
    with pytest.raises(UsageError, match="comparison_seeds"):
        optimizee(comparison_seeds=1)
    with pytest.raises(UsageError, match="settings are those"):
        find_scenario(find_scenario("drive", SMALL), SMALL)
    with pytest.raises(UsageError, match="goes on after the last release"):
        find_scenario("drive", {**SMALL, "last_tick": 8})
    with pytest.raises(UsageError, match="share of a goal"):
        Goal("Dr|*", 1.5)


def test_it_is_made_from_plain_data():
    made = DemesOptimizee.from_config(Trajectory(name="demes"), scenario="resistance", settings=SMALL)
    assert made.scenario.allele == "R"
    with pytest.raises(TypeError, match="did you mean 'scenario'"):
        DemesOptimizee.from_config(Trajectory(name="demes"), scenarios="drive")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_have_defaults(name):
    made = SCENARIOS[name]()
    assert made.program.habitable.shape == (51, 51)
    assert isinstance(made.build, partial)
