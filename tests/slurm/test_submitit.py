"""Evaluations that submitit brings to a real Slurm, each task a job of its own."""

import os
import socket
import sys

import cloudpickle
import pytest

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def engine(slurm, tmp_path):
    submitit = pytest.importorskip("submitit", reason="submitit is not installed: pip install submitit")
    executor = submitit.AutoExecutor(tmp_path / "jobs", cluster="slurm")
    executor.update_parameters(timeout_min=5, cpus_per_task=1, mem_gb=0.1, name="evaluation")
    return executor


def where(traj):
    if traj.individual.ind_idx == 1 and traj.retry == 0:
        os._exit(3)
    return float(socket.gethostname().startswith("node"))


@pytest.mark.slow
def test_evaluations_are_jobs_on_its_nodes(slurm, wait_until, engine, launch):
    run = launch(where, 4, runner_params={"executor": engine, "max_workers": 4})
    assert run.error is None
    assert run.outcomes == ["done"] * 4
    assert [record["attempt"] for record in run.history] == [0, 1, 0, 0]
    if slurm.has_own_hosts:
        assert run.fitness == [[1.0]] * 4
    wait_until(lambda: not slurm.run("squeue", "-h").stdout, 10)  # its jobs end with the run
