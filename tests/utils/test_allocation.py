import os

import pytest

from l2l.errors import UsageError
from l2l.utils.allocation import default_workers, end_of_job, for_steps, workers_that_fit


@pytest.mark.parametrize(
    ("srun", "nodes", "n_workers"),
    [
        ("srun -n 1 --exact", "8", 8),
        ("srun -n1 -c 4 --exact", "8(x3)", 6),
        ("srun -n1 -c3 --exact", "8(x2),4", 5),
        ("srun --cpus-per-task=4", "16,4(x2),2", 6),
    ],
)
def test_workers_fill_the_nodes_one_by_one(srun, nodes, n_workers):
    assert workers_that_fit(srun, {"SLURM_JOB_CPUS_PER_NODE": nodes}) == n_workers


def test_processors_per_worker_may_come_from_the_environment():
    environment = {"SLURM_JOB_CPUS_PER_NODE": "8(x2)", "SRUN_CPUS_PER_TASK": "4"}
    assert workers_that_fit("srun -n1", environment) == 4
    assert workers_that_fit("srun -n1 -c2", environment) == 8


def test_component_of_a_heterogeneous_job_is_the_one_that_srun_names():
    environment = {
        "SLURM_HET_SIZE": "2",
        "SLURM_JOB_CPUS_PER_NODE": "1",
        "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0": "2(x2)",
        "SLURM_JOB_CPUS_PER_NODE_HET_GROUP_1": "16",
    }
    assert workers_that_fit("srun -n1", environment) == 4
    assert workers_that_fit("srun -n1 --het-group=1 -c 4", environment) == 4


def test_workers_without_srun_have_the_processors_of_this_process():
    assert workers_that_fit("", {"SLURM_JOB_CPUS_PER_NODE": "999"}) == len(os.sched_getaffinity(0))


def test_workers_without_srun_have_no_more_than_the_share_of_the_job():
    assert workers_that_fit("", {"SLURM_CPUS_ON_NODE": "1"}) == 1


def test_number_of_workers_is_that_of_the_job_where_nobody_says():
    job = {"SLURM_JOB_ID": "7", "SLURM_JOB_CPUS_PER_NODE": "64(x4)"}
    assert default_workers("srun -n1", job) == 256
    assert default_workers("", {**job, "SLURM_CPUS_ON_NODE": "1"}) == 1
    assert default_workers("srun -n1", {}) == min(32, os.cpu_count())


def test_steps_do_not_inherit_the_options_of_the_job():
    options = {"SLURM_MEM_PER_NODE": "4000", "SLURM_CPU_BIND_LIST": "0x8", "SLURM_EXPORT_ENV": "NONE"}
    options |= {"SLURM_GPUS": "4", "SLURM_GPUS_PER_NODE": "2", "SLURM_GRES": "gpu:2", "SLURM_CPUS_PER_GPU": "3"}
    kept = {"SLURM_JOB_ID": "7", "SLURM_CONF": "/etc/slurm.conf", "PATH": "/bin"}
    kept |= {"SLURM_GPUS_PER_TASK": "1", "SLURM_GPUS_ON_NODE": "4", "CUDA_VISIBLE_DEVICES": "0,1"}
    assert for_steps({**options, **kept}) == kept


@pytest.mark.parametrize(
    ("squeue", "told"),
    [
        ("echo RUNNING", ""),
        ("echo CANCELLED", "Slurm job 7 is CANCELLED"),
        ("echo RUNNING; echo COMPLETING", ""),  # a component of a heterogeneous job goes on
        ("echo Invalid job id specified >&2; exit 1", "Slurm job 7 is unknown to Slurm"),
        ("kill $$", "Slurm job 7 is being ended"),
        ("echo Unable to contact slurm controller >&2; exit 1", ""),
    ],
)
def test_end_of_a_job_is_what_slurm_says(squeue, told, tmp_path, monkeypatch):
    (tmp_path / "squeue").write_text(f"#!/bin/sh\n{squeue}\n")
    (tmp_path / "squeue").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_of_job({"SLURM_JOB_ID": "7"}) == told


def test_job_of_which_nobody_can_tell_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_of_job({}) == end_of_job({"SLURM_JOB_ID": "7"}) == ""


@pytest.mark.parametrize(
    ("nodes", "words"), [({}, "is not set"), ({"SLURM_JOB_CPUS_PER_NODE": "2(x2)"}, "have \\[2, 2\\]")]
)
def test_job_without_room_is_refused(nodes, words):
    with pytest.raises(UsageError, match=words):
        workers_that_fit("srun -n1 -c 4", nodes)
