"""Replicates of noisy evaluations."""

import json
import sys

import cloudpickle
import numpy as np
import pytest
import yaml
from scipy.stats import ttest_rel

from l2l.errors import GenerationFailedError, UsageError
from l2l.overrides import Overrides, overriding
from l2l.utils.assignment import Trial
from l2l.utils.changes import changes
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.replication import Contest, Halving, Race, Replication, settled

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def play(contest, measure):
    """Jobs, round by round; ``measure(index, trial)`` is the fitness."""
    rounds = []
    while jobs := contest.round():
        rounds.append(jobs)
        contest.tell([(job, measure(*job)) for job in jobs])
    return rounds


def luck(seed=0):
    """Fitness -(index) + luck of the replicate + a little noise of its own."""
    rng = np.random.default_rng(seed)
    common, own = 10 * rng.standard_normal(100), 0.1 * rng.standard_normal((50, 100))
    return lambda index, trial: (float(-index + common[trial.replicate] + own[index, trial.replicate]),)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (0, "n must be a whole number of at least 1, got 0"),
        (2.5, "n must be a whole number of at least 1, got 2.5"),
        ({"n": 5, "method": "racing"}, "method must be one of"),
        ({"n": 2, "method": "race"}, "n = 2 is below first = 3"),
        ({"n": 5, "method": "race", "first": 1}, "first must be a whole number of at least 2"),
        ({"n": 5, "method": "race", "alpha": 1.0}, "alpha must be between 0 and 1"),
        ({"n": 5, "method": "halving", "eta": 1.0}, "eta must be above 1"),
        ({"n": 5, "method": "race", "horizon": 10.0}, "goes with 'halving'"),
    ],
)
def test_settings_without_meaning_are_refused(given, words):
    with pytest.raises(UsageError, match=words):
        Replication.of(given)


def test_unknown_setting_names_the_nearest_and_facts_read_back():
    with pytest.raises(TypeError, match="'alhpa'; did you mean 'alpha'"):
        Replication.of({"alhpa": 0.1})
    assert Replication.of(None) is None and Replication.of(1) is None
    race = Replication(n=9, method="race", alpha=0.1)
    assert Replication.of(race.facts()) == race


def test_everybody_gets_all_replicates_and_has_their_mean():
    contest = Replication(3).contest(2, (1.0,))
    (jobs,) = play(contest, lambda index, trial: (index * 10.0 + trial.replicate,))
    assert jobs == [(i, Trial(r)) for r in range(3) for i in range(2)]
    assert contest.results() == {0: (1.0,), 1: (11.0,)}


def test_one_failure_is_the_end_of_an_individual():
    contest = Contest(Replication(2), 3, (1.0,))
    outcomes = {(0, 1): None, (1, 0): (float("nan"),)}
    play(contest, lambda index, trial: outcomes.get((index, trial.replicate), (5.0,)))
    assert contest.results() == {0: None, 1: None, 2: (5.0,)} and contest.alive == [2]


def test_violations_are_averaged_too():
    contest = Contest(Replication(2), 1, (1.0,))
    play(contest, lambda index, trial: ConstrainedFitness((4.0,), (trial.replicate - 1.0, trial.replicate + 1.0)))
    assert contest.results()[0] == (4.0,) and contest.results()[0].violations == (-0.5, 1.5)


def test_who_is_clearly_worse_leaves_the_race():
    race = Race(Replication(12, "race", first=4), 10, (1.0,))
    rounds = play(race, luck())
    assert [len(jobs) for jobs in rounds] == [40, 8] and race.alive == [0]
    assert rounds[1] == [(0, Trial(r)) for r in range(4, 12)], "few are left: many replicates at a time"


def test_the_bound_is_that_of_a_paired_t_test():
    for seed in range(20):
        values = np.random.default_rng(seed).normal([[0.0], [-0.5]], 1.0, (2, 5))
        race = Race(Replication(9, "race", first=5), 2, (1.0,))
        race.tell([((i, trial), (float(values[i, trial.replicate]),)) for i, trial in race.round()])
        race.round()
        better = int(values[1].mean() > values[0].mean())
        p = ttest_rel(values[better], values[1 - better], alternative="greater").pvalue
        assert (len(race.alive) == 1) == (p < 0.05)


def test_the_luck_of_replicates_does_not_help_who_left_early():
    race = Race(Replication(12, "race", first=3), 5, (1.0,))
    # the first three replicates are easy: 100 more for everybody
    play(race, lambda i, trial: (float(-i + 100 * (trial.replicate < 3) + 0.01 * np.sin(7.0 * i + trial.replicate)),))
    fitness = [race.results()[i][0] for i in range(5)]
    assert np.allclose(np.diff(fitness), -1, atol=0.05) and np.isclose(fitness[0], 25, atol=0.05)


def test_a_negative_weight_races_for_the_least_and_an_elite_may_be_larger():
    race = Race(Replication(6, "race", elite=3), 8, (-2.0,))
    play(race, luck())
    assert race.alive == [5, 6, 7]


def test_a_larger_violation_loses_the_race_whatever_the_fitness():
    race = Race(Replication(4, "race"), 2, (1.0,))
    play(race, lambda i, trial: ConstrainedFitness((100.0 * i,), (float(i) + 0.1 * i * trial.replicate,)))
    assert race.alive == [0]


def test_the_better_half_goes_on_with_twice_the_replicates():
    halving = Halving(Replication(12, "halving", first=3), 8, (1.0,))
    rounds = play(halving, luck())
    assert [len(jobs) for jobs in rounds] == [8 * 3, 4 * 3, 2 * 6]
    assert {index for index, _ in rounds[-1]} == {0, 1}
    fitness = [halving.results()[i][0] for i in range(8)]
    assert fitness == sorted(fitness, reverse=True)


def test_nobody_who_left_is_better_than_who_went_further():
    halving = Halving(Replication(4, "halving", first=2), 4, (2.0,))
    # those who go on fall behind later
    play(halving, lambda i, trial: (float(-i - (100 * i if trial.replicate > 1 else 0)),))
    fitness = [halving.results()[i][0] for i in range(4)]
    assert fitness[1] == fitness[2] == fitness[3] < fitness[0]


def test_halving_over_the_horizon_begins_with_the_shortest():
    halving = Halving(Replication(2, "halving", horizon=100.0, eta=5.0), 10, (1.0,))
    rounds = play(halving, lambda i, trial: (-i * trial.horizon + 0.0,))
    assert [(len(jobs), jobs[0][1].horizon) for jobs in rounds] == [(20, 4.0), (4, 20.0), (2, 100.0)]
    fitness = [halving.results()[i][0] for i in range(10)]
    assert fitness[:3] == [0.0, -20.0, -20.0] or fitness == sorted(fitness, reverse=True)


def test_an_incomplete_round_counts_as_far_as_it_goes():
    contest = Contest(Replication(3), 3, (1.0,))
    contest.round()
    contest.tell([((0, Trial(0)), (1.0,)), ((1, Trial(0)), (9.0,)), ((0, Trial(1)), (2.0,))])
    assert contest.results() == {0: (1.5,), 1: (9.5,)}


# --- in an experiment


def noisy(traj):
    rng = np.random.default_rng(traj.individual.seed)
    return (traj.individual.x + float(rng.standard_normal()),)


def manifest(result):
    return yaml.safe_load(result.experiment.folder.manifest_path.read_text())


def without_time(result):
    return [{k: v for k, v in record.items() if k not in CIRCUMSTANCES} for record in result.history]


def test_replicate_r_has_one_seed_in_a_generation_and_the_mean_is_told(launch):
    result = launch(noisy, pop_size=4, n_iteration=2, replicates=3, confirm=0)
    assert result.error is None and len(result.history) == 24
    seeds = {}
    for record in result.history:
        seeds.setdefault((record["generation"], record["replicate"]), set()).add(record["seed"])
    assert all(len(found) == 1 for found in seeds.values()) and len(set.union(*seeds.values())) == 6
    for g in range(2):
        means = [
            np.mean([r["fitness"][0] for r in result.history if (r["generation"], r["index"]) == (g, i)])
            for i in range(4)
        ]
        assert np.allclose(result.optimizer.told[g], means)
    assert manifest(result)["evaluations"] == 24 and manifest(result)["replicates"]["n"] == 3
    result.experiment.end_experiment(result.optimizer)
    table = (result.experiment.run_folder / "history.csv").read_text().splitlines()
    assert len(table) == 25 and '"replicate"' in table[0]


def test_the_optimizee_knows_which_replicate_it_is(launch):
    result = launch(lambda traj: (float(traj.replicate),), pop_size=2, replicates=3, confirm=0)
    assert [record["fitness"] for record in result.history] == [
        [float(record["replicate"])] for record in result.history
    ]
    alone = launch(lambda traj: (float(traj.replicate is None and traj.horizon is None),), name="alone")
    assert alone.fitness == [[1.0]] * 3


def test_a_race_repeats_itself_for_any_number_of_workers_and_after_an_interruption(launch):
    race = {"n": 8, "method": "race"}
    one = launch(noisy, 6, 3, replicates=race, confirm=4, name="one", runner_params={"max_workers": 1})
    packed = {"max_workers": 2, "inner_params": 2}
    two = launch(noisy, 6, 3, replicates=race, confirm=4, name="two", runner_params=packed)
    whole = sorted(map(json.dumps, without_time(one)))
    assert whole == sorted(map(json.dumps, without_time(two)))
    cut = launch(noisy, 6, 3, replicates=race, confirm=4, name="cut", max_evaluations=30)
    done = [record for record in cut.history if "stage" not in record]
    assert len(done) == 30
    with overriding(Overrides(resume=True, max_evaluations=10**6)):
        rest = launch(noisy, 6, 3, replicates=race, confirm=4, name="cut")
    assert rest.error is None
    resumed = sorted(json.dumps(r) for r in without_time(rest))
    assert set(whole) <= set(resumed), "with what the first end evaluated again besides"
    assert rest.experiment.env.recommendation == one.experiment.env.recommendation


def test_fewer_evaluations_in_a_race(launch):
    result = launch(
        lambda traj: (10 * traj.individual.x + 1e-3 * noisy(traj)[0],),
        10,
        1,
        replicates={"n": 20, "method": "race"},
        confirm=0,
    )
    assert len(result.history) < 80
    assert result.optimizer.best_individual["x"] == max(record["parameters"]["x"] for record in result.history)


def test_a_generation_that_fails_in_all_replicates_ends_the_run(launch):
    def broken(traj):
        raise ValueError("no")

    result = launch(broken, replicates=3, max_retries=0)
    assert isinstance(result.error, GenerationFailedError)
    assert [record["replicate"] for record in result.history].count(0) == 3


def test_replicates_and_no_generations_exclude_each_other(launch):
    with pytest.raises(UsageError, match="do not go with asynchronous"):
        launch(noisy, replicates=3, asynchronous=True)


def test_another_number_of_replicates_is_another_run(launch):
    facts = launch(noisy, replicates=3, confirm=0).experiment.manifest.facts
    assert changes(facts, {**facts, "replicates": {**facts["replicates"], "n": 4}}) == {"replicates": [".n: 3 -> 4"]}


def test_the_command_line_changes_the_number_and_keeps_the_method(launch):
    with overriding(Overrides(replicates=5, confirm=0)):
        result = launch(noisy, replicates={"n": 9, "method": "race"})
    assert (result.experiment.replication.n, result.experiment.replication.method) == (5, "race")
    assert result.experiment.confirmation is None


def test_a_history_of_replicates_settles_to_one_record_for_each_individual():
    def record(index, fitness, **trial):
        return {"generation": 0, "index": index, "parameters": {"x": index}, "fitness": fitness, **trial}

    records = [
        record(0, [1.0], replicate=0),
        record(1, [5.0], replicate=0),
        record(1, None, replicate=1),
        record(0, [3.0], replicate=1),
        record(0, [99.0], replicate=0, stage="selection"),
        {**record(0, [7.0]), "generation": 1},
    ]
    found = {(r["generation"], r["index"]): r["fitness"] for r in settled(records, (1.0,))}
    assert found == {(1, 0): [7.0], (0, 0): [2.0], (0, 1): None}
