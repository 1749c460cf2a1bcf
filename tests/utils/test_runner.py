import os
import sys
import time

import cloudpickle
import numpy as np
import pytest

from l2l.errors import FitnessLengthError, UsageError
from l2l.optimizees.optimizee import Optimizee
from l2l.utils.channel import encode
from l2l.utils.experiment import Experiment
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.runner import Runner, prepare_optimizee

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(params=["fifo", "file", "executor"])
def pipes(request):
    return request.param


def test_record_says_when_the_evaluation_began(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os._exit(3)
        return time.time()

    before = time.time()
    run = launch(simulate, 2, max_retries=0, runner_params={"max_workers": 1})
    done, died = run.history
    assert before < done["started"] <= done["fitness"][0] <= died["started"] < time.time()
    assert done["fitness"][0] <= done["started"] + done["seconds"] + 1e-3


def test_same_history_for_any_number_of_workers(launch):
    def simulate(traj):
        import random

        traj.optimizee_was_here = True
        time.sleep(0.002 * random.random())
        return (traj.individual.x + random.random() + np.random.rand() + traj.individual.seed,)

    histories = []
    for workers in (1, 3):
        run = launch(simulate, 7, 3, name=f"w{workers}", runner_params={"max_workers": workers})
        histories.append([{k: v for k, v in r.items() if k not in CIRCUMSTANCES} for r in run.history])
    assert len(histories[0]) == 21
    assert histories[0] == histories[1]


def test_every_evaluation_has_a_fresh_optimizee(launch):
    def simulate(traj):
        import gc

        (me,) = [o for o in gc.get_objects() if type(o).__name__ == "Simulates" and o.calls]
        return me.calls

    run = launch(simulate, 4, 2)
    assert run.fitness == [[1]] * 8


def test_large_parameters_and_results_pass(launch, tmp_path):
    def simulate(traj):
        return tuple(np.full(20000, traj.individual.x))

    run = launch(simulate, pop_size=4, weights=(1.0,) * 20000)
    assert run.outcomes == ["done"] * 4
    assert len(run.history[0]["fitness"]) == 20000
    assert os.listdir(tmp_path / "results" / "run" / "simulation" / "results") == []


@pytest.mark.parametrize("inner_params", [1, 2])
def test_another_number_of_objectives_ends_the_run_without_a_retry(launch, tmp_path, inner_params):
    def simulate(traj):
        with open(tmp_path / "calls", "a") as calls:
            calls.write(".")
            n_calls = calls.tell()
        return (1.0, 2.0) if n_calls == 3 else 1.0

    run = launch(simulate, 6, runner_params={"max_workers": 1, "inner_params": inner_params})
    assert isinstance(run.error, FitnessLengthError)
    assert str(run.error).startswith("generation 0, individual 2: simulate_() must return 1 finite number, one per")
    assert "got 2: tuple (1.0, 2.0)" in str(run.error)
    indices = [record["index"] for record in run.history if record["outcome"] == "done"]
    assert indices[:2] == [0, 1]  # nothing is lost
    assert 2 not in indices
    assert len((tmp_path / "calls").read_text()) <= 6  # none twice


@pytest.mark.parametrize("pipes", ["fifo", "file"], indirect=True)
def test_srun_is_put_before_the_worker_with_its_logs(launch, tmp_path):
    wrapper = tmp_path / "srun wrapper"
    wrapper.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\nshift 3\nexec "$@"\n')
    wrapper.chmod(0o700)
    run = launch(lambda traj: 1.0, runner_params={"srun": f"'{wrapper}'", "max_workers": 1})
    assert run.outcomes == ["done"] * 3
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert "out_0.log --error=" in call
    assert "run_optimizee.py 0" in call


def test_what_workers_print_is_kept_by_generation(launch, tmp_path):
    import zipfile

    run = launch(lambda traj: print("hello from", traj.individual.generation) or 1.0, n_iteration=2)
    assert run.error is None
    logs = tmp_path / "results" / "run" / "simulation" / "individual_logs"
    with zipfile.ZipFile(logs / "logs_generation_1.zip") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert text.count(b"hello from 1") == 3
    assert b"hello from 0" not in text


def test_several_parameter_sets_per_individual_come_back_as_a_list(launch):
    def simulate(traj):
        return [traj.individual.x, (2.0,)]

    class Twofold(OnlyCollects):
        def __init__(self, traj, *args):
            super().__init__(traj, *args)
            traj.inner_params = 2

    run = launch(simulate, optimizer=Twofold)
    assert run.optimizer.received == [(0, [(0.25,), (2.0,)]), (1, [(0.75,), (2.0,)])]
    assert run.fitness == [[[0.25], [2.0]], [[0.75], [2.0]]]


class OnlyCollects:
    """An optimizer of the old shape for one generation of two individuals."""

    def __init__(self, traj, create, weights, parameters):
        self.optimizee_fitness_weights = weights
        self.received = None
        traj.f_add_parameter("n_iteration", 1)
        traj.f_expand({"generation": [0], "ind_idx": [0, 1], "individual.x": [0.25, 0.75]})

    def post_process(self, traj, results):
        self.received = results


@pytest.fixture(params=["fifo", "file"])
def runner(tmp_path, request):
    """A runner with two workers and two individuals, used by its public methods."""
    experiment = Experiment(tmp_path)
    traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 2, "pipes": request.param})
    OnlyCollects(traj, None, (1.0,), None)
    prepare_optimizee(Doubles(traj), experiment.paths.simulation_path)
    made = Runner(traj, 1, n_fitness=1)
    yield made
    made.close_workers()


class Doubles(Optimizee):
    def create_individual(self):
        return {"x": 1.0}

    def simulate(self, traj):
        return 2 * traj.individual.x


def test_generation_is_simulated_and_collected(runner):
    assert runner.simulate_generation(0, 2) == [0, 0]
    assert runner.collect_results_from_run(0, runner.trajectory.individuals[0]) == [(0, (0.5,)), (1, (1.5,))]
    assert runner.finished_individuals == [0, 1]
    assert 1 <= len(runner.idle_workers) <= 2  # one may have done it all
    assert runner.running_workers == runner.running_individuals == []


def test_worker_can_be_replaced_by_hand(runner):
    runner.restart_worker(0)
    assert runner.run(runner.trajectory, 0) == [(0, (0.5,)), (1, (1.5,))]


def test_individual_can_be_put_back_by_hand(runner):
    runner.simulate_generation(0, 2)
    runner.restart_individual(0, 1)
    assert [attempt[:2] for attempt in runner.pending_individuals] == [((0, 1), 1)]
    assert runner.finished_individuals == [0]
    with pytest.raises(UsageError, match="individual 1 of generation 3 is not running"):
        runner.restart_individual(3, 1)


def test_command_of_a_worker_quotes_its_paths(runner, tmp_path):
    command, log_files = runner.produce_run_command(1)
    assert command == [sys.executable, f"{tmp_path}/run/simulation/run_optimizee.py", "1"]
    assert log_files["err"] == f"{tmp_path}/run/simulation/individual_logs/err_1.log"


def test_message_of_a_former_attempt_or_another_run_is_ignored(runner):
    runner.simulate_generation(0, 2)
    worker = runner.pool.workers[0]
    pipe = os.open(worker.pipes.output, os.O_WRONLY | os.O_APPEND)
    for token, of in ((runner.run_token, [0, 0, 0]), ("another", [0, 1, 0])):
        os.write(pipe, encode({"run": token, "of": of, "fitness": [99.0], "started": 0.0, "seconds": 0.0}))
    os.close(pipe)
    runner._turn()
    assert runner.pool.workers[0] is worker
    assert runner.collect_results_from_run(0, runner.trajectory.individuals[0]) == [(0, (0.5,)), (1, (1.5,))]
    assert runner.evaluations == 2
