"""Workers as job steps of a real Slurm, and all that can happen to them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

EXPERIMENT = """
import json
import os
import signal
import sys
import time
from collections import namedtuple
from pathlib import Path

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.experiment import Experiment

Parameters = namedtuple("Parameters", ("pop_size", "n_iteration", "seed"))
options = json.loads(sys.argv[1])
here = Path(options["here"])


class Model(Optimizee):
    def create_individual(self):
        return {"x": 0.5}

    def simulate(self, traj):
        generation, index = traj.individual.generation, traj.individual.ind_idx
        with open(here / "evaluated", "a") as file:
            file.write(f"{generation} {index} {traj.retry} {os.environ['SLURMD_NODENAME']} {sys.argv[1]}\\n")
        print("evaluating", generation, index)
        time.sleep(options.get("seconds", 0.0))
        exec(options.get("always", ""))
        if options.get("fault") and (generation, index, traj.retry) == (1, 2, 0):
            exec(options["fault"])
        return (traj.individual.x,)


class Search(Optimizer):
    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(1)
        self.start(traj)

    def ask(self):
        return [{"x": float(x)} for x in self.rng.random(self.parameters.pop_size)]

    def tell(self, population, fitness):
        pass


experiment = Experiment(here)
traj, _ = experiment.prepare_experiment(name="run", runner_params=options["runner_params"])
model = Model(traj)
search = Search(traj, model.create_individual, (1.0,), Parameters(10, 3, 1))
experiment.run_experiment(search, model)
experiment.end_experiment(search)
"""

SRUN = "srun -n 1 -N 1 -c 1 --exact --no-kill"
BLOCKED = "time.sleep(600)"


class Job:
    """An experiment inside an allocation of four nodes, or of what ``salloc`` is told."""

    def __init__(self, slurm, here, *salloc, srun=SRUN, runner_params=(), environment=(), **options):
        here.mkdir(parents=True, exist_ok=True)
        (here / "experiment.py").write_text(EXPERIMENT)
        self.here = here
        params = {"srun": srun, "max_workers": 4, **dict(runner_params)}
        told = json.dumps({"here": str(here), "runner_params": params, **options})
        self.name = here.name  # of the job
        salloc = salloc or ("-N", "4", "-n", "4", "--mem", "0", "--no-kill")
        allocate = ("salloc", "-Q", "-J", self.name, *salloc, "env", *environment)
        script = (sys.executable, str(here / "experiment.py"), told)
        self.process = slurm.popen(*allocate, *script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end(self, code=0):
        """Wait for it; returns what it printed."""
        printed, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == code, printed
        return printed

    @property
    def logs(self):
        return self.here / "run" / "simulation" / "individual_logs"

    def evaluated(self):
        """Generation, index, attempt, node, worker."""
        path = self.here / "evaluated"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(*map(int, line.split()[:3]), *line.split()[3:]) for line in lines]

    def history(self):
        return [json.loads(line) for line in (self.here / "run" / "history.jsonl").read_text().splitlines()]

    def manifest(self):
        return yaml.safe_load((self.here / "run" / "manifest.yaml").read_text())

    def attempts(self):
        """By generation and index."""
        return {(record["generation"], record["index"]): record["attempt"] for record in self.history()}

    def wait_for_victim(self):
        """Wait until the individual that blocks is being evaluated; returns its node and worker."""
        until(lambda: any(line[:3] == (1, 2, 0) for line in self.evaluated()))
        return next(line[3:] for line in self.evaluated() if line[:3] == (1, 2, 0))

    def processes(self):
        """Of this experiment, by number."""
        return processes_with(str(self.here / "run"))


def processes_with(text):
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(text in word for word in words) and words[0] != "salloc":
                found[int(entry.name)] = words
    return found


def is_srun_of(worker, words):
    return words[0] == "srun" and any(word.endswith(f"/out_{worker}.log") for word in words)


def until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def all_done_once(job, but=()):
    """Every individual has one record, done at its first attempt, but for those that needed another one."""
    expected = {(generation, index): 0 for generation in range(3) for index in range(10)}
    expected.update(dict(but))
    records = job.history()
    assert len(records) == 30
    assert all(record["outcome"] == "done" for record in records)
    assert job.attempts() == expected


def test_workers_are_steps_on_all_nodes(slurm, tmp_path):
    job = Job(slurm, tmp_path / "with blanks 100%d", seconds=0.1)
    job.end()
    all_done_once(job)
    assert {line[3] for line in job.evaluated()} == {"node1", "node2", "node3", "node4"}
    if slurm.has_own_hosts:
        assert sorted(record["host"] for record in job.history()) == sorted(line[3] for line in job.evaluated())
    until(lambda: not job.processes(), 5)
    assert not (tmp_path / "with blanks 100%d" / "run" / "simulation" / "pipes").exists()


def test_what_workers_print_is_kept_to_the_last_byte(slurm, tmp_path):
    noise = bytes(range(256)) * 8000 + b"no end of line"
    prints = "for n in (1, 2): os.write(n, bytes(range(256)) * 8000 + b'no end of line')"
    job = Job(slurm, tmp_path, fault=f"{prints}\nos.kill(os.getpid(), signal.SIGKILL)")
    job.end()
    all_done_once(job, {(1, 2): 1})
    out, err = (b"".join(log.read_bytes() for log in job.logs.glob(f"{name}_*.log")) for name in ("out", "err"))
    assert out.count(b"evaluating 1 ") == 11
    assert out.count(noise) == err.count(noise) == 1


@pytest.mark.parametrize(
    ("salloc", "srun", "n_workers"),
    [
        pytest.param("-N 2 -n 3 -c 2", "srun -n 1 -N 1 -c 2 --exact", 3, id="nodes that differ"),
        pytest.param("-n 1 : -N 2 -n 2 -c 2", "srun -n 1 -N 1 -c 2 --exact --het-group=1", 2, id="heterogeneous"),
        pytest.param("-N 1 -n 2 --mem 100", "srun -n 1 --exact", 2, id="memory of the job"),
    ],
)
def test_workers_fill_the_allocation(slurm, tmp_path, salloc, srun, n_workers):
    job = Job(slurm, tmp_path, *salloc.split(), srun=srun, runner_params={"max_workers": "auto"}, seconds=0.1)
    job.end()
    all_done_once(job)
    assert job.manifest()["runner_params"]["max_workers"] == n_workers
    assert len({line[4] for line in job.evaluated()}) == n_workers


def test_workers_for_whom_there_is_no_room_are_waited_for_by_nobody(slurm, tmp_path):
    job = Job(slurm, tmp_path, "-N", "2", "-n", "2", seconds=0.02)
    job.end()
    all_done_once(job)
    assert len({line[4] for line in job.evaluated()}) == 2
    until(lambda: not job.processes(), 5)


def test_options_of_the_job_are_not_those_of_its_workers(slurm, tmp_path):
    inherited = ("SLURM_EXPORT_ENV=NONE", "SLURM_DISTRIBUTION=arbitrary", "SLURM_CPU_BIND=map_cpu:99")
    Job(slurm, tmp_path, environment=inherited).end()


TOGETHER = """
open(here / f"with a GPU {os.environ['SLURM_STEP_ID']}", "w").close()
deadline = time.monotonic() + 30
while len(list(here.glob("with a GPU *"))) < 2:
    assert time.monotonic() < deadline, "no other worker has begun"
    time.sleep(0.01)
"""
"""Every evaluation waits until another worker has begun, too."""


@pytest.mark.parametrize(
    ("of_the_job", "of_a_worker"),
    [
        (("--gpus", "2"), " --gpus-per-task 1"),
        (("--gpus-per-node", "2"), " --gres gpu:1"),
        (("--gpus-per-task", "1"), ""),
    ],
)
def test_workers_have_a_gpu_each(slurm, tmp_path, of_the_job, of_a_worker):
    allocation = ("-N", "1", "-n", "2", "--mem", "0", *of_the_job)
    job = Job(slurm, tmp_path, *allocation, srun=SRUN + of_a_worker, runner_params={"max_workers": 2}, always=TOGETHER)
    job.end()
    assert {record["outcome"] for record in job.history()} == {"done"}


def test_run_folder_may_be_on_another_mount(slurm, tmp_path):
    import tempfile

    if os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("/dev/shm is no other file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        job = Job(slurm, Path(folder))
        job.end()
        all_done_once(job)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", id="killed"),
        pytest.param("os._exit(0)", id="exit 0"),
    ],
)
def test_individual_of_a_dead_step_goes_to_another_worker(slurm, tmp_path, fault):
    job = Job(slurm, tmp_path, fault=fault)
    job.end()
    all_done_once(job, {(1, 2): 1})


def test_killed_runner_leaves_nothing_behind(slurm, tmp_path):
    job = Job(slurm, tmp_path, fault=BLOCKED)
    job.wait_for_victim()
    runner = next(pid for pid, words in processes_with(str(tmp_path / "experiment.py")).items())
    os.kill(runner, signal.SIGKILL)
    until(lambda: not job.processes(), seconds=20)
    job.process.communicate(timeout=60)


def test_individual_of_a_killed_srun_goes_to_another_worker(slurm, tmp_path):
    job = Job(slurm, tmp_path, fault=BLOCKED)
    _, worker = job.wait_for_victim()
    srun = [pid for pid, words in processes_with(f"{tmp_path}/").items() if is_srun_of(worker, words)]
    assert srun
    for pid in srun:  # two processes
        os.kill(pid, signal.SIGKILL)
    job.end()
    all_done_once(job, {(1, 2): 1})
    until(lambda: not job.processes(), seconds=10)


def test_step_manager_that_is_killed_is_noticed_by_the_heartbeat(slurm, tmp_path):
    job = Job(slurm, tmp_path, runner_params={"heartbeat_timeout": 1.5}, fault="os.kill(os.getppid(), signal.SIGKILL)")
    job.end()
    all_done_once(job, {(1, 2): 1})


def test_individual_of_a_worker_whose_heartbeat_is_killed_is_tried_once_elsewhere(slurm, tmp_path):
    killed = 'import subprocess; subprocess.run(["pkill", "-KILL", "-f", f"beat.py {os.getpid()} "]); '
    job = Job(slurm, tmp_path, runner_params={"heartbeat_timeout": 1.5}, fault=killed + BLOCKED)
    job.end()
    all_done_once(job, {(1, 2): 1})
    assert sum(line[:2] == (1, 2) for line in job.evaluated()) == 2


def test_individual_of_a_lost_node_goes_to_another_worker(slurm, tmp_path):
    if not slurm.has_own_hosts:
        pytest.skip("a node can crash only where we are root")
    job = Job(slurm, tmp_path, runner_params={"heartbeat_timeout": 2.0}, fault=BLOCKED)
    node, _ = job.wait_for_victim()
    slurm.node("crash", node)
    try:
        job.end()
    finally:
        slurm.node("resume", node)
    all_done_once(job, {(1, 2): 1})
    again = next(line[3] for line in job.evaluated() if line[:3] == (1, 2, 1))
    assert again != node


def test_worker_in_a_long_call_is_alive(slurm, tmp_path):
    busy = "end = time.monotonic() + 1.5\nwhile time.monotonic() < end: sum(range(10**7))"
    job = Job(slurm, tmp_path, runner_params={"heartbeat_timeout": 0.6}, fault=busy)
    job.end()
    all_done_once(job)


def test_worker_whose_srun_fails_says_so_in_the_words_of_srun(slurm, tmp_path):
    began = time.monotonic()
    job = Job(slurm, tmp_path, srun="srun -n 1 --nodelist=node9")
    printed = job.end(code=1)
    assert time.monotonic() - began < 5
    assert printed.count("could not start") <= 4 + 1  # each once, and as what ended the run
    assert "srun: error:" in printed


def test_several_tasks_for_one_worker_are_refused(slurm, tmp_path):
    job = Job(slurm, tmp_path, srun="srun -n 4 -N 4 --exact")
    assert "use srun -n 1" in job.end(code=1)


def test_cancelled_job_leaves_nothing_behind_and_blames_nobody(slurm, tmp_path):
    job = Job(slurm, tmp_path, runner_params={"max_retries": 0}, fault=BLOCKED)
    job.wait_for_victim()
    slurm.run("scancel", "--name", job.name, check=True)
    job.process.communicate(timeout=60)
    until(lambda: not job.processes(), seconds=20)
    assert len(job.history()) >= 10
    assert {record["outcome"] for record in job.history()} == {"done"}
    assert job.manifest()["status"] == "interrupted"
