"""Experiments as batch jobs of a real Slurm: submitted, stopped before their limit, requeued, cancelled."""

import json
import os
import sys
from pathlib import Path

import pytest
import yaml

from l2l.utils.history import CIRCUMSTANCES

ROOT = Path(__file__).parents[2]

EXPERIMENT = """
import os
import subprocess
import sys
import time
import numpy as np
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.randomsearch import RandomSearchOptimizer, RandomSearchParameters
from l2l.utils.experiment import Experiment

SECONDS = float(sys.argv[1])
STOPS = [int(generation) for generation in sys.argv[3:]]  # the job, when it has been started so often


class Slow(Optimizee):
    def create_individual(self):
        return {"x": np.zeros(2)}

    def simulate(self, traj):
        n_starts = int(os.environ.get("SLURM_RESTART_COUNT", 0))
        if STOPS[n_starts:] and (traj.individual.generation, traj.individual.ind_idx) == (STOPS[n_starts], 2):
            subprocess.run(["scancel", "--batch", "--signal=USR1", os.environ["SLURM_JOB_ID"]])
            time.sleep(30)
        time.sleep(SECONDS)
        return (float(traj.individual.x.sum()),)


experiment = Experiment("results")
traj, _ = experiment.prepare_experiment(name="slow", seed=2)
optimizee = Slow(traj)
parameters = RandomSearchParameters(pop_size=4, n_iteration=int(sys.argv[2]))
optimizer = RandomSearchOptimizer(traj, optimizee.create_individual, (1.0,), parameters)
experiment.run_experiment(optimizer, optimizee)
experiment.end_experiment(optimizer)
"""


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "a project")


def make_project(folder):
    folder.mkdir()
    (folder / "experiment.py").write_text(EXPERIMENT)
    return folder


def submit(slurm, project, options, *arguments, ours=()):
    """The number of the job."""
    command = [sys.executable, "-m", "l2l.cli", "--slurm", options, "experiment.py", *ours, "--", *arguments]
    done = slurm.run(*command, cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("submitted batch job ")
    return done.stdout.split()[3]


@pytest.fixture(scope="module", autouse=True)
def waiting(slurm_cluster, wait_until, tmp_path_factory):
    """Jobs that have to wait for Slurm, while the other tests run: the folder and the number of each."""
    jobs = {}
    for name, options, arguments in (
        # a minute is the shortest limit; Slurm looks every half a minute, and sends the signal rather early than late
        ("limited", "--time 1 --signal=B:USR1@40 --ntasks 4", (0.5, 10_000)),
        ("stopped twice", "--time 0:05:00 --ntasks 4", (0.1, 8, 2, 5)),
    ):
        folder = make_project(tmp_path_factory.mktemp("waiting") / name)
        jobs[name] = folder, submit(slurm_cluster, folder, options, *arguments)
        slurm_cluster.lasting.add(jobs[name][1])
    if slurm_cluster.has_own_hosts:
        folder = make_project(tmp_path_factory.mktemp("waiting") / "lost a node")
        job = submit(slurm_cluster, folder, "--time 0:05:00 --exclude node1 --nodes 2 --ntasks 2", 0.2, 12)
        jobs["lost a node"] = folder, job
        slurm_cluster.lasting.add(job)
        wait_until(lambda: has_evaluated(folder, 4))
        slurm_cluster.node("crash", "node3")  # the run itself is on node2
    return jobs


def told(project, job):
    path = project / f"experiment-{job}.out"
    return path.read_text() if path.exists() else ""


def manifest(project):
    return yaml.safe_load((project / "results/slow/manifest.yaml").read_text())


def history(project):
    """Records without what may differ between equal runs, each place once."""
    lines = (project / "results/slow/history.jsonl").read_text().splitlines()
    left_out = (*CIRCUMSTANCES, "attempt")
    records = [{k: v for k, v in json.loads(line).items() if k not in left_out} for line in lines]
    return sorted(records, key=lambda record: (record["generation"], record["index"]))


def has_evaluated(project, n):
    path = project / "results/slow/history.jsonl"
    return path.exists() and path.read_bytes().count(b"\n") >= n


def test_a_job_runs_its_experiment_to_the_end(slurm, wait_until, project):
    job = submit(slurm, project, "--nodes 2 --time 0:05:00", 0.01, 3)
    wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"))
    assert slurm.state(job) == "COMPLETED", told(project, job)
    assert manifest(project)["status"] == "finished"
    assert manifest(project)["runner_params"]["srun"].startswith("srun --nodes=1 --ntasks=1 --exact")
    assert manifest(project)["runner_params"]["max_workers"] == 2  # as many as the job has processors
    assert len(history(project)) == 12
    assert (project / "results/slow/history.csv").exists()


def test_a_job_that_has_had_its_seconds_is_done(slurm, wait_until, project):
    job = submit(slurm, project, "--time 0:05:00 -n 2", 0.1, 10_000, ours=("--max-seconds", 2, "--name", "my  run"))
    wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"))
    assert slurm.state(job) == "COMPLETED"
    assert yaml.safe_load((project / "results/my  run/manifest.yaml").read_text())["status"] == "finished"
    assert (project / f"my  run-{job}.out").exists()


def test_workers_are_in_the_last_component_of_a_heterogeneous_job(slurm, wait_until, project):
    job = submit(slurm, project, "-n 1 -t 1 : -N 2 -n 2 -c 2 -t 1", 0.05, 2)
    wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"))
    assert slurm.state(job) == "COMPLETED", told(project, job)
    assert manifest(project)["runner_params"]["max_workers"] == 2
    assert manifest(project)["runner_params"]["srun"].endswith("--cpus-per-task=2 --het-group=1")


def test_what_slurm_refuses_is_told_in_its_own_words(slurm, project):
    command = [sys.executable, "-m", "l2l.cli", "--slurm", "--partition nowhere", "experiment.py"]
    done = slurm.run(*command, cwd=project)
    assert done.returncode == 2
    assert "the job was not submitted" in done.stderr and "invalid partition" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", ["--ntasks 4", "--cpus-per-task 4"])
def test_a_cancelled_job_can_be_gone_on_with(slurm, wait_until, project, workers):
    job = submit(slurm, project, f"--time 0:05:00 {workers}", 0.2, 5)
    wait_until(lambda: has_evaluated(project, 3))
    slurm.run("scancel", job)
    wait_until(lambda: "l2l-run: interrupted" in told(project, job))
    assert "follows" not in told(project, job)  # another attempt: nobody is to blame
    wait_until(lambda: slurm.state(job) == "CANCELLED")
    assert manifest(project)["status"] == "interrupted"
    done = slurm.run(sys.executable, "-m", "l2l.cli", "experiment.py", "--continue", "--", 0.01, 5, cwd=project)
    assert done.returncode == 0, done.stderr
    assert [(r["generation"], r["index"]) for r in history(project)] == [(g, i) for g in range(5) for i in range(4)]


def test_workers_of_a_stopped_job_are_gone(slurm, wait_until, project):
    job = submit(slurm, project, "--time 0:05:00 --nodes 2", 0.3, 100)
    wait_until(lambda: has_evaluated(project, 3))
    slurm.run("scancel", job)
    wait_until(lambda: slurm.state(job) == "CANCELLED")
    program = str(project / "results/slow/simulation/run_optimizee.py")
    wait_until(lambda: program not in slurm.run("ps", "-eo", "args").stdout, 5)


@pytest.mark.parametrize("example", sorted((ROOT / "bin/slurm").glob("*.sbatch")), ids=lambda path: path.stem)
def test_examples_run_as_they_are(slurm, wait_until, tmp_path, example):
    output = tmp_path / "told.out"
    options = ["--parsable", f"--output={output}", "--ntasks-per-node=1"]
    path = f"PATH={Path(sys.executable).parent}:{os.environ['PATH']}"  # for l2l-run
    command = ["env", path, "sbatch", *options, example, "bin/l2l-fun-ga.py", "--smoke", "--root-dir", tmp_path]
    job = slurm.run(*command, cwd=ROOT).stdout.strip()
    wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"), 120)
    assert slurm.state(job) == "COMPLETED", output.read_text()
    (manifest,) = tmp_path.glob("*/manifest.yaml")
    assert yaml.safe_load(manifest.read_text())["status"] == "finished"


@pytest.mark.slow
def test_a_job_that_is_stopped_twice_goes_on_twice_to_the_same_end(slurm, wait_until, waiting):
    project, job = waiting["stopped twice"]
    wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"))
    assert slurm.state(job) == "COMPLETED", told(project, job)
    assert "Restarts=2" in slurm.run("scontrol", "show", "job", job).stdout
    assert told(project, job).count(f"job {job} goes back into the queue") == 2
    assert "Traceback" not in told(project, job)
    assert len(manifest(project)["resumed"]) == 2
    interrupted = history(project)
    assert [(r["generation"], r["index"]) for r in interrupted] == [(g, i) for g in range(8) for i in range(4)]
    (project / "results/slow").rename(project / "results/interrupted")
    done = slurm.run(sys.executable, "-m", "l2l.cli", "experiment.py", "--", 0.001, 8, cwd=project)
    assert done.returncode == 0, done.stderr
    assert history(project) == interrupted


@pytest.mark.slow
def test_a_job_that_has_lost_a_node_is_started_again_and_blames_nobody(slurm, wait_until, waiting):
    if not slurm.has_own_hosts:
        pytest.skip("a node can crash only where we are root")
    project, job = waiting["lost a node"]
    try:
        wait_until(lambda: slurm.state(job) in ("COMPLETED", "FAILED"))
        assert slurm.state(job) == "COMPLETED", told(project, job)
    finally:
        slurm.node("resume", "node3")
    assert "Restarts=1" in slurm.run("scontrol", "show", "job", job).stdout
    assert "attempt 1 follows" not in told(project, job)
    assert [(r["generation"], r["index"]) for r in history(project)] == [(g, i) for g in range(12) for i in range(4)]


@pytest.mark.slow
def test_a_job_ends_before_its_time_limit_and_goes_on(slurm, wait_until, waiting):
    project, job = waiting["limited"]
    wait_until(lambda: f"job {job} goes back into the queue" in told(project, job), 90)
    assert "interrupted by SIGUSR1" in told(project, job)
    n_before = len(history(project))
    assert n_before > 4
    wait_until(lambda: has_evaluated(project, n_before + 1))
    slurm.run("scancel", job)
    records = history(project)
    assert len({(r["generation"], r["index"]) for r in records}) == len(records)
