import os
import signal
import sys
import time

import cloudpickle
import numpy as np
import pytest

from l2l.errors import GenerationFailedError, IndividualFailedError, StorageError, UsageError, WorkerStartError
from l2l.optimizees.optimizee import Optimizee
from l2l.utils.channel import encode
from l2l.utils.experiment import Experiment
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.runner import Runner, prepare_optimizee
from l2l.utils.worker_pool import START_TRIES

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(params=["fifo", "file"])
def pipes(request):
    return request.param


def fails_first(times, fail):
    """A function that fails at the first attempts at individual 1."""

    def simulate(traj):
        if traj.individual.ind_idx == 1 and traj.retry < times:
            fail()
        return (traj.individual.x,)

    return simulate


def raise_value_error():
    raise ValueError("no such x")


def kill_self(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


FAULTS = {
    "exception": (raise_value_error, "failed"),
    "sys.exit": (lambda: exec("raise SystemExit(0)"), "failed"),
    "exit 0": (lambda: os._exit(0), "died"),
    "exit 3": (lambda: os._exit(3), "died"),
    "exit 137": (lambda: os._exit(137), "died"),
    "SIGKILL": (lambda: kill_self(signal.SIGKILL), "died"),
    "SIGTERM": (lambda: kill_self(signal.SIGTERM), "died"),
    "SIGSEGV": (lambda: kill_self(signal.SIGSEGV), "died"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_individual_that_fails_once_is_tried_again(launch, fault):
    run = launch(fails_first(1, FAULTS[fault][0]))
    assert run.error is None
    assert run.outcomes == ["done"] * 3
    assert [record["attempt"] for record in run.history] == [0, 1, 0]


@pytest.mark.parametrize("fault", FAULTS)
def test_individual_that_fails_always_is_worst_and_says_why(launch, fault):
    fail, outcome = FAULTS[fault]
    run = launch(fails_first(9, fail), max_retries=1)
    assert run.error is None
    assert run.outcomes == ["done", outcome, "done"]
    assert run.history[1]["attempt"] == 1
    assert run.history[1]["fitness"] is None
    assert run.optimizer.told[0][1] == -np.inf
    told = run.history[1]["error"]["message"]
    assert {"exit 3": "exit code 3", "SIGKILL": "signal SIGKILL", "exception": "no such x"}.get(fault, "") in told


def test_traceback_of_the_optimizee_is_recorded(launch):
    run = launch(fails_first(9, raise_value_error), max_retries=0)
    traceback = run.history[1]["error"]["traceback"]
    assert "raise_value_error" in traceback
    assert traceback.endswith("ValueError: no such x\n")
    assert "evaluate" not in traceback.split("conftest")[0]  # begins with the optimizee, not with the worker


def test_last_lines_of_a_dead_worker_are_recorded(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os.write(2, b"out of cheese\n")
            os._exit(4)
        return 1.0

    run = launch(simulate, max_retries=0)
    assert run.history[1]["error"]["stderr"].endswith("out of cheese")


def test_segmentation_fault_leaves_the_python_stack(launch):
    run = launch(fails_first(9, FAULTS["SIGSEGV"][0]), max_retries=0)
    assert "kill_self" in run.history[1]["error"]["stderr"]


@pytest.mark.parametrize("result", [None, "fast", object(), lambda: 1, (1.0, 2.0), [[1.0]], {}])
def test_result_that_is_no_fitness_fails_and_is_described(launch, result):
    run = launch(lambda traj: result if traj.individual.ind_idx == 0 else 1.0, max_retries=0)
    assert run.outcomes == ["failed", "done", "done"]
    assert "1 finite number, one per fitness weight; " in run.history[0]["error"]["message"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_fitness_that_is_not_finite_is_worst_and_not_retried(launch, value):
    run = launch(lambda traj: value if traj.individual.ind_idx == 2 else 1.0)
    assert run.outcomes == ["done", "done", "not finite"]
    assert run.history[2]["attempt"] == 0
    assert run.fitness == [[1.0], [1.0], [None]]
    assert str(value) in run.history[2]["error"]["message"]
    assert run.optimizer.told == [[1.0, 1.0, -np.inf]]


def test_evaluation_that_hangs_is_ended_and_tried_again(launch):
    run = launch(fails_first(1, lambda: time.sleep(60)), timeout=0.5)
    assert run.outcomes == ["done"] * 3
    assert run.history[1]["attempt"] == 1


def test_evaluation_that_always_hangs_is_timed_out(launch):
    started = time.monotonic()
    run = launch(fails_first(9, lambda: time.sleep(60)), timeout=1.5, max_retries=0)
    assert run.outcomes == ["done", "timed out", "done"]
    assert "longer than 1.5 s" in run.history[1]["error"]["message"]
    assert time.monotonic() - started < 10


def test_timeout_is_of_one_evaluation_not_of_the_queue(launch):
    def simulate(traj):
        time.sleep(0.15 if traj.individual.generation else 0.0)  # many in hand after a quick generation
        return 1.0

    run = launch(simulate, pop_size=12, n_iteration=2, timeout=0.8, runner_params={"max_workers": 1})
    assert run.outcomes == ["done"] * 24
    assert {record["attempt"] for record in run.history} == {0}


def test_every_individual_failing_stops_the_run_with_tracebacks(launch):
    run = launch(lambda traj: raise_value_error(), n_iteration=3, max_retries=0)
    assert isinstance(run.error, GenerationFailedError)
    assert str(run.error).count("ValueError: no such x") == 3
    assert run.outcomes == ["failed"] * 3


def test_stop_ends_the_run_after_the_last_attempt(launch):
    run = launch(fails_first(9, raise_value_error), on_failure="stop", max_retries=2)
    assert isinstance(run.error, IndividualFailedError)
    assert "generation 0, individual 1 failed at each of 3 attempts" in str(run.error)
    assert "err_" in str(run.error) and "ValueError: no such x" in str(run.error)


def test_stop_run_ends_the_run_at_the_first_failure_as_system_exit(launch):
    run = launch(fails_first(1, lambda: os._exit(129)), stop_run=True)
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 1


def test_innocent_individuals_in_the_queue_of_a_dead_worker_are_not_charged(launch):
    def simulate(traj):
        if (traj.individual.generation, traj.individual.ind_idx) == (1, 20) and traj.retry == 0:
            os._exit(1)
        return 1.0

    run = launch(simulate, pop_size=60, n_iteration=2, runner_params={"max_workers": 1})
    assert run.outcomes == ["done"] * 120
    assert [(r["generation"], r["index"]) for r in run.history if r["attempt"]] == [(1, 20)]


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


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/no/such/python", "No such file"),
        ("false", "exit code 1"),
        ("true", "exit code 0"),
        ("sh -c 'echo not today >&2; exit 7'", "not today"),
    ],
)
def test_worker_that_cannot_start_says_so_at_once(launch, command, words):
    started = time.monotonic()
    run = launch(lambda traj: 1.0, runner_params={"exec": command})
    assert isinstance(run.error, WorkerStartError)
    assert words in str(run.error)
    assert time.monotonic() - started < 5


def test_optimizee_that_cannot_be_imported_is_told_in_the_workers_words(launch, tmp_path, monkeypatch):
    (tmp_path / "passing.py").write_text("def simulate(traj):\n    return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    import passing

    (tmp_path / "passing.py").write_text("raise RuntimeError('not any more')\n")
    os.utime(tmp_path / "passing.py", (1, 1))
    run = launch(passing.simulate)
    assert isinstance(run.error, WorkerStartError)
    assert "not any more" in str(run.error)


@pytest.fixture
def counting(tmp_path):
    """A command for workers that notes each start, and then does as told."""

    def command(then):
        wrapper = tmp_path / "python"
        wrapper.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path}/starts\n{then}\nexec {sys.executable} "$@"\n')
        wrapper.chmod(0o700)
        return str(wrapper), lambda: (tmp_path / "starts").read_text().split()

    return command


def test_one_worker_that_cannot_start_is_told_and_the_others_do_the_work(launch, counting, capsys):
    command, starts = counting('[ "$2" = 1 ] && { echo no room >&2; exit 5; }')
    run = launch(lambda traj: 1.0, n_iteration=2, runner_params={"exec": command})
    assert run.outcomes == ["done"] * 6
    assert sorted(starts()) == ["0", "1"]
    assert "worker 1 could not start: exit code 5" in capsys.readouterr().err


def test_replacement_that_cannot_start_is_not_tried_for_ever(launch, counting):
    command, starts = counting('[ $(wc -l < "$(dirname "$0")/starts") -gt 1 ] && exit 6')

    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os._exit(1)
        return 1.0

    run = launch(simulate, runner_params={"exec": command, "max_workers": 1})
    assert isinstance(run.error, WorkerStartError)
    assert "exit code 6" in str(run.error)
    assert len(starts()) == 1 + START_TRIES


def test_worker_that_is_killed_while_it_starts_is_replaced(launch, counting):
    command, starts = counting('[ $(wc -l < "$(dirname "$0")/starts") -lt 3 ] && kill -9 $$')
    run = launch(lambda traj: 1.0, runner_params={"exec": command, "max_workers": 1})
    assert run.outcomes == ["done"] * 3
    assert len(starts()) == 3


def test_srun_is_put_before_the_worker_with_its_logs(launch, tmp_path):
    wrapper = tmp_path / "srun wrapper"
    wrapper.write_text('#!/bin/sh\necho "$@" >> "$(dirname "$0")/calls"\nshift 3\nexec "$@"\n')
    wrapper.chmod(0o700)
    run = launch(lambda traj: 1.0, runner_params={"srun": f"'{wrapper}'", "max_workers": 1})
    assert run.outcomes == ["done"] * 3
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert "out_0.log --error=" in call
    assert "run_optimizee.py 0" in call


def test_no_more_workers_than_individuals(launch, tmp_path):
    launch(lambda traj: 1.0, pop_size=2, runner_params={"max_workers": 5})
    logs = tmp_path / "results" / "run" / "simulation" / "individual_logs"
    assert {path.name for path in logs.glob("err_*")} == {"err_0.log", "err_1.log"}


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_number_of_workers_must_be_above_zero(launch, workers):
    with pytest.raises(UsageError, match="max_workers"):
        launch(lambda traj: 1.0, runner_params={"max_workers": workers})


def test_what_workers_print_is_kept_by_generation(launch, tmp_path):
    import zipfile

    run = launch(lambda traj: print("hello from", traj.individual.generation) or 1.0, n_iteration=2)
    assert run.error is None
    logs = tmp_path / "results" / "run" / "simulation" / "individual_logs"
    with zipfile.ZipFile(logs / "logs_generation_1.zip") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert text.count(b"hello from 1") == 3
    assert b"hello from 0" not in text


def test_full_disk_stops_the_run_and_says_how_to_go_on(launch, tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def simulate(traj):
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))  # not the worker's trouble
        return 1.0

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        run = launch(simulate, pop_size=200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(run.error, StorageError)
    assert f"l2l-run --resume {tmp_path / 'results' / 'run'}" in str(run.error)


def test_folder_deleted_in_mid_run_stops_the_run(launch, tmp_path):
    def simulate(traj):
        import shutil

        if traj.individual.generation == 1:
            shutil.rmtree(folder, ignore_errors=True)
        return 1.0

    folder = tmp_path / "results" / "run"
    run = launch(simulate, n_iteration=3)
    assert isinstance(run.error, StorageError)


def test_user_is_told_when_no_worker_gets_ready(launch, monkeypatch, capsys):
    from l2l.utils import worker_pool

    monkeypatch.setattr(worker_pool, "STARTING_S", 0.05)
    launch(lambda traj: 1.0, runner_params={"exec": "sh -c 'sleep 0.5; exit 1'"})
    assert "still no worker is ready; command: sh -c" in capsys.readouterr().err


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


@pytest.fixture
def runner(tmp_path, pipes):
    """A runner with two workers and two individuals, used by its public methods."""
    experiment = Experiment(tmp_path)
    traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 2, "pipes": pipes})
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
