"""The best of a run, evaluated again under fresh seeds."""

import sys

import cloudpickle
import numpy as np
import pytest
import yaml
from scipy.stats import t

from l2l.errors import UsageError
from l2l.overrides import Overrides, overriding
from l2l.utils.confirmation import Candidates, Confirmation, Recommendation, chosen
from l2l.utils.environment import Environment
from l2l.utils.fitness import ConstrainedFitness

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.mark.parametrize("given", [1, 2.5, True, {"n": 5, "candidates": 0}])
def test_settings_without_meaning_are_refused(given):
    with pytest.raises(UsageError, match="must be a whole number of at least"):
        Confirmation.of(given)


def test_settings_read_back():
    assert Confirmation.of(0) is None and Confirmation.of(None) is None
    assert Confirmation.of(Confirmation(5, 3).facts()) == Confirmation(5, 3)


def test_the_interval_is_students():
    values = np.random.default_rng(1).normal(3, 2, (12, 2))
    found = Recommendation.of({"x": 1.0}, values.tolist())
    for k in range(2):
        interval = t.interval(0.95, 11, values[:, k].mean(), values[:, k].std(ddof=1) / np.sqrt(12))
        assert np.allclose(found.interval[k], interval)
    assert np.allclose(found.standard_error, values.std(axis=0, ddof=1) / np.sqrt(12)) and found.replicates == 12


def test_the_best_of_a_run_are_kept_each_once():
    candidates = Candidates(3, (-1.0,))
    x = [{"x": np.array([float(i)])} for i in range(6)]
    candidates.note(x, [(5.0,), (1.0,), None, (float("nan"),), (2.0,), (4.0,)])
    candidates.note([{"x": np.array([4.0])}, x[0]], [(0.5,), (3.0,)])
    found = candidates.with_recommended({"x": np.array([4.0])})
    assert [individual["x"].item() for individual in found] == [4.0, 1.0, 0.0]
    assert len(candidates.with_recommended({"x": np.array([9.0])})) == 4


def test_who_violates_least_is_chosen_and_who_failed_once_is_not():
    violating = ConstrainedFitness((9.0,), (1.0,))
    assert chosen([[(1.0,), (2.0,)], [(5.0,), None], [(2.0,), (2.0,)], [violating, (9.0,)]], (1.0,)) == 2
    assert chosen([[None], [(float("nan"),)]], (1.0,)) is None


# --- in an experiment


def noisy(traj):
    rng = np.random.default_rng(traj.individual.seed)
    return (-abs(traj.individual.x - 0.5) + float(rng.standard_normal()),)


def end(result):
    assert result.error is None, result.error
    result.experiment.end_experiment(result.optimizer)
    found = yaml.safe_load(result.experiment.folder.manifest_path.read_text())["recommendation"]
    return result.experiment.traj._results["recommendation"], found


def test_one_is_chosen_by_some_seeds_and_estimated_by_others(launch):
    result = launch(noisy, pop_size=8, n_iteration=3, confirm={"n": 20, "candidates": 4})
    found, in_manifest = end(result)
    stages = {
        stage: [r for r in result.history if r.get("stage") == stage] for stage in ("selection", "estimate", None)
    }
    assert [len(records) for records in stages.values()] == [80, 20, 24]
    seeds = {stage: {record["seed"] for record in records} for stage, records in stages.items()}
    assert len(seeds["selection"]) == len(seeds["estimate"]) == 20
    assert len(set.union(*seeds.values())) == 20 + 20 + 24
    means = [np.mean([r["fitness"] for r in stages["selection"] if r["index"] == i]) for i in range(4)]
    by_index = {record["index"]: record["parameters"] for record in stages["selection"]}
    assert found.individual == by_index[int(np.argmax(means))]
    assert np.isclose(found.fitness[0], np.mean([record["fitness"] for record in stages["estimate"]]))
    assert found.fitness[0] < max(record["fitness"][0] for record in stages[None]) - 0.5, "no winner's curse"
    assert in_manifest["standard_error"] == list(found.standard_error) and in_manifest["replicates"] == 20
    assert result.experiment.recommend() == found.individual


def test_a_finished_run_remembers_and_evaluates_nothing(launch):
    first, _ = end(launch(noisy, n_iteration=2, confirm=5))
    with overriding(Overrides(resume=True)):
        again = launch(noisy, n_iteration=2, confirm=5)
    assert end(again)[0] == first
    assert len(again.history) == 3 * 2 + 6 * 5 + 5


def test_an_interruption_while_confirming_is_made_up_for(launch, monkeypatch):
    whole, _ = end(launch(noisy, n_iteration=2, confirm=5, name="whole"))
    again = Environment._again

    def interrupted(self, runner, found, stage):
        if stage == "estimate":
            raise KeyboardInterrupt
        return again(self, runner, found, stage)

    with monkeypatch.context() as patch:
        patch.setattr(Environment, "_again", interrupted)
        assert isinstance(launch(noisy, n_iteration=2, confirm=5).error, KeyboardInterrupt)
    with overriding(Overrides(resume=True)):
        rest = launch(noisy, n_iteration=2, confirm=5)
    assert end(rest)[0] == whole and len(rest.history) == 3 * 2 + 6 * 5 + 5


def test_a_run_that_ended_early_confirms_what_it_has(launch):
    def places(result):
        return [(r["generation"], r["index"], r.get("replicate"), r.get("stage")) for r in result.history]

    result = launch(noisy, pop_size=4, n_iteration=5, confirm=3, max_evaluations=6)
    found, _ = end(result)
    assert {record["generation"] for record in result.history if "stage" in record} == {1}
    with overriding(Overrides(resume=True)):
        again = launch(noisy, pop_size=4, n_iteration=5, confirm=3, max_evaluations=6)
    assert end(again)[0] == found and places(again) == places(result), "nothing is evaluated twice"


def test_time_that_is_up_leaves_no_interval_and_no_error(launch):
    result = launch(noisy, n_iteration=2, confirm=5, max_seconds=1e-6)
    assert result.error is None and result.experiment.env.recommendation is None
    result.experiment.end_experiment(result.optimizer)
    assert result.experiment.recommend() is None


def test_a_run_without_generations_is_confirmed_too(one_by_one):
    assert end(one_by_one(noisy, confirm=3))[0].replicates == 3


def test_the_best_that_fails_again_is_passed_over(launch):
    def broken_when_good(traj):
        if traj.individual.x > 0.5 and traj.replicate is not None:
            raise ValueError("no")
        return (traj.individual.x,)

    result = launch(broken_when_good, 8, 2, confirm={"n": 2, "candidates": 16}, max_retries=0)
    assert end(result)[0].individual["x"] <= 0.5
