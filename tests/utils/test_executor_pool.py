"""Evaluations carried by executors: whichever it is, what becomes of an individual is the same."""

import os
import pickle
import random
import select
import signal
import socket
import sys
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from l2l.errors import UsageError, WorkerStartError
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.interrupts import Interrupts

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def processes():
    return ProcessPoolExecutor(2)


def threads():
    return ThreadPoolExecutor(2)


@pytest.fixture(scope="module")
def dask():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install l2l[dask]")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


@pytest.fixture
def submitit(tmp_path):
    submitit = pytest.importorskip("submitit", reason="submitit is not installed: pip install submitit")
    return submitit.AutoExecutor(tmp_path / "submitit", cluster="local")


@pytest.fixture(params=["processes", "threads", "dask", pytest.param("submitit", marks=pytest.mark.slow)])
def engine(request):
    made = {"processes": processes, "threads": threads}.get(request.param)
    return made or request.getfixturevalue(request.param)


def comparable(run):
    return [{k: v for k, v in record.items() if k not in CIRCUMSTANCES} for record in run.history]


def all_fates(traj):
    """Each individual meets with something else; those that are tried again are well then."""
    index, value = traj.individual.ind_idx, traj.individual.x + random.random() + np.random.rand()
    if traj.retry == 0 and index == 1:
        os._exit(3)
    if traj.retry == 0 and index == 2:
        raise ValueError("at first")
    if traj.retry == 0 and index == 3:
        time.sleep(60)
    if index == 4:
        raise ValueError("always")
    return float("nan") if index == 5 else value


def test_history_is_that_of_workers(launch, engine):
    settings = {"pop_size": 7, "timeout": 2.0, "max_retries": 1}
    runs = [
        launch(all_fates, name=name, runner_params={"executor": executor}, **settings)
        for name, executor in (("workers", None), ("engine", engine))
    ]
    assert runs[1].error is None
    assert runs[1].outcomes == ["done", "done", "done", "done", "failed", "not finite", "done"]
    assert [record["attempt"] for record in runs[1].history] == [0, 1, 1, 1, 1, 0, 0]
    assert comparable(runs[0]) == comparable(runs[1])
    assert runs[0].optimizer.told == runs[1].optimizer.told


def draws(traj):
    time.sleep(0.002 * random.random())
    return traj.individual.x + random.random() + np.random.rand() + traj.individual.seed + (traj.horizon or 0.0)


WAYS = {
    "several in a call": {"runner_params": {"inner_params": 3}},
    "a race": {"replicates": {"n": 6, "method": "race"}, "confirm": 4},
    "halving": {"replicates": {"n": 8, "method": "halving", "horizon": 100.0}, "confirm": 0},
    "few evaluations": {"max_evaluations": 11},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_evaluating_goes_through_an_executor(launch, way):
    settings = {"runner_params": {}, **WAYS[way]}
    params = settings.pop("runner_params")
    workers = launch(draws, 6, 3, name="workers", runner_params=params, **settings)
    engine = launch(draws, 6, 3, name="engine", runner_params={"executor": threads, **params}, **settings)
    assert engine.error is None
    assert in_order(comparable(workers)) == in_order(comparable(engine)) != []


def test_no_generation_waits_for_an_executor(one_by_one):
    runs = [one_by_one(draws, name, runner_params={"executor": e}) for name, e in (("workers", None), ("e", threads))]
    assert runs[1].error is None and len(runs[1].history) == 24
    assert in_order(comparable(runs[0])) == in_order(comparable(runs[1]))


def test_user_is_told_when_nothing_comes_back(launch, monkeypatch, capsys):
    from l2l.utils import worker_pool

    monkeypatch.setattr(worker_pool, "STARTING_S", 0.1)
    with ThreadPoolExecutor(1) as executor:
        executor.submit(time.sleep, 0.5)
        launch(lambda traj: 1.0, runner_params={"executor": executor})
    assert "nothing has come back from the executor so far; under way: 2" in capsys.readouterr().err


def in_order(records):
    return sorted(records, key=lambda record: [str(record.get(name)) for name in PLACE])


PLACE = ("generation", "index", "stage", "horizon", "replicate")


def test_words_of_a_worker_that_died_are_told(launch):
    def simulate(traj):
        if traj.individual.ind_idx == 1:
            os.write(2, b"out of cheese\n")
            os.kill(os.getpid(), signal.SIGSEGV)
        return 1.0

    run = launch(simulate, max_retries=0, runner_params={"executor": threads})
    assert run.outcomes == ["done", "died", "done"]
    assert run.history[1]["error"]["message"] == "worker ended with signal SIGSEGV"
    assert "out of cheese" in run.history[1]["error"]["stderr"]


def kills_the_engine(traj):
    if traj.individual.ind_idx == 1 and traj.retry == 0 and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return 1.0


def test_executor_that_breaks_is_replaced(launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = launch(kills_the_engine, 6, 2, runner_params={"executor": processes})
    assert run.error is None
    assert run.outcomes == ["done"] * 12


def test_executor_that_breaks_and_cannot_be_replaced_ends_the_run(launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with processes() as executor:
        run = launch(kills_the_engine, runner_params={"executor": executor})
    assert isinstance(run.error, WorkerStartError)
    assert "BrokenProcessPool" in str(run.error) and "give a callable" in str(run.error)


def test_tasks_of_a_broken_executor_are_left_to_it(launch):
    futures = []

    class Breaks:
        def submit(self, *task):
            futures.append(Future())
            if len(futures) == 2:
                futures[0].set_exception(BrokenExecutor("gone"))
            return futures[-1]

    run = launch(lambda traj: 1.0, runner_params={"executor": Breaks()})
    assert isinstance(run.error, WorkerStartError)
    assert not futures[1].cancelled()  # its thread would end, and not the processes, if it found that


def test_individual_that_always_breaks_the_engine_is_found(launch):
    def simulate(traj):
        if traj.individual.generation and traj.individual.ind_idx == 2:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        return 1.0

    run = launch(simulate, 3, 2, max_retries=1, runner_params={"executor": processes, "max_workers": 1})
    assert run.outcomes == ["done"] * 5 + ["died"]
    assert "BrokenProcessPool" in run.history[-1]["error"]["message"]
    assert [record["host"] for record in run.history] == [socket.gethostname()] * 5 + ["unknown"]


def test_executors_that_break_before_they_do_anything_are_not_made_for_ever(launch):
    made = []

    def broken():
        executor = ProcessPoolExecutor(1)
        executor.submit(os._exit, 1)
        made.append(executor)
        return executor

    run = launch(lambda traj: 1.0, runner_params={"executor": broken})
    assert isinstance(run.error, WorkerStartError)
    assert len(made) == 3


@pytest.mark.parametrize(("command", "words"), [("/no/such/python", "No such file"), ("sh -c 'echo no >&2'", "no")])
def test_worker_that_cannot_start_says_so(launch, command, words):
    run = launch(lambda traj: 1.0, runner_params={"executor": threads, "exec": command})
    assert isinstance(run.error, WorkerStartError)
    assert words in str(run.error)


def test_executor_of_the_user_is_left_to_the_user(launch):
    with threads() as executor:
        for name in ("one", "two"):
            assert launch(lambda traj: 1.0, name=name, runner_params={"executor": executor}).outcomes == ["done"] * 3
        assert executor.submit(abs, -1).result() == 1


def test_executor_that_was_made_is_shut_down(launch):
    made = []
    run = launch(lambda traj: 1.0, runner_params={"executor": lambda: made.append(threads()) or made[-1]})
    assert run.error is None
    with pytest.raises(RuntimeError, match="shutdown"):
        made[0].submit(abs, -1)


def test_workers_end_with_the_run(launch):
    with threads() as executor:
        run = launch(lambda traj: os.getpid(), runner_params={"executor": executor})
        assert not [pid for (pid,) in run.fitness if Path(f"/proc/{pid}/cmdline").read_bytes()]  # but a zombie


def test_short_evaluations_share_the_way(launch):
    class Distant(ThreadPoolExecutor):
        tasks = 0

        def submit(self, function, *args):
            self.tasks += 1
            return super().submit(lambda: time.sleep(0.01) or function(*args))

    with Distant(1) as executor:
        run = launch(lambda traj: 1.0, 100, runner_params={"executor": executor, "max_workers": 1})
    assert run.outcomes == ["done"] * 100
    assert executor.tasks < 50


def test_executor_stays_out_of_the_checkpoints(launch, tmp_path):
    run = launch(lambda traj: 1.0, n_iteration=2, runner_params={"executor": threads})
    traj = pickle.loads((tmp_path / "results/run/simulation/trajectories/trajectory_1.bin").read_bytes())
    assert not hasattr(traj.runner_params, "executor")
    assert run.experiment.manifest.facts["runner_params"]["executor"].endswith("test_executor_pool:threads")


def test_name_of_a_callable_will_do(launch):
    run = launch(lambda traj: 1.0, runner_params={"executor": "concurrent.futures:ThreadPoolExecutor"})
    assert run.outcomes == ["done"] * 3


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (3, "got int"),
        ("no.such:thing", "cannot be found: No module named 'no'; expected module:name"),
        ("os:nothing", "cannot be found"),
        (dict, "has submit\\(\\); got dict"),
    ],
)
def test_what_is_no_executor_is_refused(launch, wrong, words):
    with pytest.raises(UsageError, match=words):
        run = launch(lambda traj: 1.0, runner_params={"executor": wrong})
        raise run.error


def test_executor_and_srun_exclude_each_other(launch):
    with pytest.raises(UsageError, match="give one of them"):
        launch(lambda traj: 1.0, runner_params={"executor": threads, "srun": "srun"})


def test_signal_to_a_fork_of_the_runner_is_not_the_runners():
    with Interrupts() as interrupts:
        interrupts.waiting = True
        pid = os.fork()
        if not pid:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == signal.SIGTERM
        assert select.select([interrupts.fd], [], [], 0)[0] == []


def test_worker_ends_with_a_run_on_another_host(launch, tmp_path):
    """There the reaper cannot reach it: what ends it is that the pipes are gone."""

    def simulate(traj):
        if traj.individual.ind_idx == 0:
            for own in pipes.glob("*/*_*"):  # the heartbeat of the runner is its own to look after
                own.unlink()
            time.sleep(60)
        return 1.0

    pipes = tmp_path / "results/run/simulation/pipes"
    began = time.monotonic()
    run = launch(simulate, 1, max_retries=0, runner_params={"executor": threads})
    assert run.outcomes == ["died"]
    assert "SIGKILL" in run.history[0]["error"]["message"]
    assert time.monotonic() - began < 10
