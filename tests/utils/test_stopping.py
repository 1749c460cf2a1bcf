"""Runs that end before their last generation."""

import logging
import math
import sys
import time

import cloudpickle
import pytest
import yaml

from l2l.errors import NoFitnessError, UsageError
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.fitness import ConstrainedFitness
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.stopping import Stopping

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def results(*values):
    return list(enumerate([(value,) for value in values]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_evaluations": 0}, "max_evaluations must be a whole number above 0, got 0"),
        ({"stagnation": 1.5}, "stagnation must be a whole number above 0, got 1.5"),
        ({"max_seconds": 0}, "max_seconds must be above 0"),
        ({"stop_fitness": math.nan}, "stop_fitness must be a number"),
        ({"max_seconds": "ten"}, "max_seconds must be a number, got 'ten'"),
        ({"stagnation": True}, "stagnation must be a number, got True"),
    ],
)
def test_a_criterion_without_meaning_is_refused(given, words):
    with pytest.raises(UsageError, match=words):
        Stopping.of(given)


def test_without_criteria_nothing_stops():
    stopping = Stopping.of({"max_seconds": None, "name": "run"})
    for _ in range(100):
        stopping.note(results(1.0), (1.0,))
    assert stopping.reason(10**9) is None and stopping.criteria() == {}


def test_generations_without_a_better_individual_are_counted():
    stopping = Stopping.of({"stagnation": 2})
    for value, stagnant in ((3.0, 0), (3.0, 1), (2.0, 0), (math.nan, 1)):
        stopping.note(results(5.0, value), (-1.0,))
        assert stopping.stagnant == stagnant
    assert stopping.reason(0) is None
    stopping.note(results(2.5), (-1.0,))
    assert stopping.reason(0) == "2 generations without a better individual"


def test_who_violates_constraints_less_is_better_and_reaches_no_fitness():
    stopping = Stopping.of({"stop_fitness": 1.0})
    for fitness, violation in ((9.0, 2.0), (3.0, 1.0)):
        stopping.note([(0, ConstrainedFitness((fitness,), (violation,)))], (1.0,))
        assert stopping.stagnant == 0 and stopping.reason(0) is None
    stopping.note([(0, ConstrainedFitness((1.5,), (0.0,)))], (1.0,))
    assert "fitness 1.5 reached stop_fitness = 1.0" in stopping.reason(0)


# --- in an experiment


def value(traj):
    return (traj.individual.x,)


def places(result):
    return [(record["generation"], record["index"]) for record in result.history]


def manifest(result):
    return yaml.safe_load(result.experiment.folder.manifest_path.read_text())


def end(result):
    assert result.error is None, result.error
    result.experiment.end_experiment(result.optimizer)
    return result.experiment.traj._results


def test_evaluations_end_a_run_in_the_middle_of_a_generation(launch):
    result = launch(value, pop_size=5, n_iteration=9, max_evaluations=12)
    assert places(result) == [(g, i) for g in (0, 1) for i in range(5)] + [(2, 0), (2, 1)]
    assert len(result.optimizer.told) == 2
    outcome = end(result)
    assert outcome["n_iteration"] == 2
    assert outcome["final_fitness"] == max(fitness[0] for fitness in result.fitness)
    assert (manifest(result)["status"], manifest(result)["evaluations"]) == ("finished", 12)
    assert manifest(result)["stop_reason"] == "max_evaluations = 12 were made"
    assert (result.experiment.run_folder / "history.csv").read_text().count("\n") == 13


class Satisfied(Optimizer):
    """Has enough after the first generation."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.start(traj)

    def ask(self):
        return [{"x": 0.5}]

    def tell(self, population, fitness):
        self.stop_reason = "it is good enough"


def test_what_in_the_optimizer_ended_a_run_is_said_and_noted(launch, caplog):
    with caplog.at_level(logging.INFO, "utils.experiment"):
        result = launch(value, n_iteration=9, optimizer=Satisfied)
    assert len(result.history) == 1 and manifest(result)["stop_reason"] == "it is good enough"
    assert "the run ends early: it is good enough" in caplog.messages


def test_the_best_of_an_incomplete_generation_counts(launch):
    result = launch(
        lambda traj: (traj.individual.generation * 10 + traj.individual.x,),
        pop_size=5,
        n_iteration=9,
        max_evaluations=6,
    )
    assert end(result)["final_fitness"] == result.fitness[5][0] > 10


def test_a_run_that_ended_early_goes_on_as_if_it_had_not(launch):
    whole = launch(value, pop_size=5, n_iteration=6, name="whole", max_evaluations=23)
    launch(value, pop_size=5, n_iteration=6, max_evaluations=12)
    again = resume(launch, max_evaluations=12)
    assert len(again.history) == 12 and end(again)["n_iteration"] == 2
    longer = resume(launch, max_evaluations=23)
    assert [{k: v for k, v in record.items() if k not in CIRCUMSTANCES} for record in longer.history] == [
        {k: v for k, v in record.items() if k not in CIRCUMSTANCES} for record in whole.history
    ]
    assert end(longer)["final_fitness"] == end(whole)["final_fitness"]


def resume(launch, **limits):
    with overriding(Overrides(resume=True, **limits)):
        return launch(value, pop_size=5, n_iteration=6)


def test_stagnation_and_fitness_end_a_run_and_can_be_moved(launch):
    result = launch(lambda traj: (1.0,), pop_size=2, n_iteration=9, stagnation=3)
    assert [record["generation"] for record in result.history] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert manifest(result)["stop_reason"] == "3 generations without a better individual"
    with overriding(Overrides(resume=True, stagnation=5)):
        longer = launch(lambda traj: (1.0,), pop_size=2, n_iteration=9)
    assert longer.history[-1]["generation"] == 5
    reached = launch(value, pop_size=50, n_iteration=9, stop_fitness=0.5, name="reached")
    assert reached.history[-1]["generation"] == 0


def test_time_ends_a_run_in_the_middle_of_a_generation(launch, tmp_path):
    mended = tmp_path / "mended"

    def first_hangs(traj):
        hangs = (traj.individual.generation, traj.individual.ind_idx) == (1, 0) and not mended.exists()
        time.sleep(300 if hangs else 0.02)  # so long that none waits behind another
        return (traj.individual.x,)

    began = time.monotonic()
    launch(value, pop_size=4, n_iteration=2, name="unlimited")
    seconds = 2 + round(4 * (time.monotonic() - began))  # whatever this computer needs for what shall be done by then
    result = launch(first_hangs, pop_size=4, n_iteration=6, max_seconds=seconds)
    assert places(result) == [(0, i) for i in range(4)] + [(1, i) for i in range(1, 4)]
    assert end(result)["final_fitness"] == max(fitness[0] for fitness in result.fitness)
    assert manifest(result)["stop_reason"] == f"max_seconds = {seconds} have passed"
    mended.touch()
    with overriding(Overrides(resume=True, max_seconds=60)):
        rest = launch(value, pop_size=4, n_iteration=6)
    assert len(rest.history) == 24
    assert rest.history[5:8] == result.history[4:7], "nothing is evaluated twice"


def test_time_may_be_up_before_anything_is_evaluated(launch):
    result = launch(value, max_seconds=1e-6)
    assert result.history == [] and result.error is None
    concluded = []
    result.experiment.optimizee.conclude = concluded.append
    assert end(result)["final_individual"] is None
    assert concluded == [], "there is nothing to conclude from"


class Old(Optimizer):
    """With a ``post_process`` of its own, as in L2L."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        traj.f_add_parameter("n_iteration", parameters.n_iteration)
        self.eval_pop = [create() for _ in range(parameters.pop_size)]
        self.told = []
        self._expand_trajectory(traj)

    def post_process(self, traj, fitnesses_results):
        self.told.append(fitnesses_results)
        self.g += 1
        self._expand_trajectory(traj)


def test_an_optimizer_with_its_own_post_process_is_stopped_too(launch):
    result = launch(value, pop_size=3, n_iteration=9, optimizer=Old, max_evaluations=7)
    assert len(result.history) == 7 and len(result.optimizer.told) == 2
    stagnant = launch(value, pop_size=3, n_iteration=9, optimizer=Old, stagnation=2, name="stagnant")
    assert len(stagnant.history) == 9
    end(stagnant)


def parameters(result):
    return [(record["generation"], record["index"], record["parameters"]) for record in result.history]


def test_a_run_without_generations_ends_at_its_evaluations_and_goes_on(one_by_one):
    whole = one_by_one(value, "whole")
    short = one_by_one(value, "short", max_evaluations=10)
    assert parameters(short) == parameters(whole)[:10]
    assert end(short)["final_fitness"] == max(fitness[0] for fitness in short.fitness)
    with overriding(Overrides(resume=True, max_evaluations=1000)):
        assert parameters(one_by_one(value, "short")) == parameters(whole)


def test_a_run_without_generations_ends_at_stagnation_and_goes_on(one_by_one):
    def flat(traj):
        return (min(traj.individual.x, 0.1),)

    whole = one_by_one(flat, "whole")
    short = one_by_one(flat, "short", stagnation=2)
    assert parameters(short) == parameters(whole)[: len(short.history)]
    assert 12 <= len(short.history) <= 12 + 4
    end(short)
    with overriding(Overrides(resume=True, stagnation=100)):
        assert parameters(one_by_one(flat, "short")) == parameters(whole)


def test_time_ends_a_run_without_generations(one_by_one):
    def one_hangs(traj):
        hangs = (traj.individual.generation, traj.individual.ind_idx) == (1, 0)
        time.sleep(300 if hangs else 0.02)
        return (traj.individual.x + 10 * traj.individual.generation,)

    result = one_by_one(one_hangs, "hangs", max_seconds=3)
    assert (1, 0) not in places(result) and (1, 1) in places(result)
    assert end(result)["final_fitness"] > 10, "what came early counts"
    assert manifest(result)["stopping"] == {"max_seconds": 3}


@pytest.mark.parametrize("limits", [{}, {"max_evaluations": 4}])
def test_a_run_without_a_finite_fitness_has_failed_at_its_end(launch, limits):
    result = launch(lambda traj: (math.nan,), pop_size=3, n_iteration=2, **limits)
    n = limits.get("max_evaluations", 6)
    assert result.error is None and len(result.history) == n
    with pytest.raises(NoFitnessError, match=f"none of the {n} evaluations gave a finite fitness"):
        result.experiment.end_experiment(result.optimizer)
    assert manifest(result)["status"] == "failed"
    assert (result.experiment.run_folder / "history.csv").exists()


def test_one_finite_fitness_is_enough_also_in_a_generation_that_is_not_complete(launch):
    result = launch(
        lambda traj: (1.0 if traj.individual.generation else math.nan,), pop_size=3, n_iteration=2, max_evaluations=4
    )
    assert end(result)["final_fitness"] == 1.0


def test_a_finished_run_that_is_resumed_knows_its_best(launch):
    launch(value, pop_size=3, n_iteration=2)
    with overriding(Overrides(resume=True)):
        again = launch(value, pop_size=3, n_iteration=2)
    assert len(again.history) == 6
    end(again)
