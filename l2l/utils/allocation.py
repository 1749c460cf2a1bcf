"""The allocation of a Slurm job: how many workers it has room for, and what its variables mean for them."""

import argparse
import os
import re
import shlex
import subprocess
from collections.abc import Mapping

from l2l.errors import UsageError

MOST_WORKERS = 32
"""Where nobody says how many, and no Slurm job does."""

OF_THE_JOB = (
    "SLURM_CPUS_PER_GPU",
    "SLURM_CPU_BIND",
    "SLURM_DISTRIBUTION",
    "SLURM_EXPORT_ENV",
    "SLURM_GPUS_PER_NODE",
    "SLURM_GPUS_PER_SOCKET",
    "SLURM_GPU_BIND",
    "SLURM_GRES",
    "SLURM_MEM_BIND",
    "SLURM_MEM_PER_",
    "SLURM_NTASKS_PER_",
)
"""Beginnings of variables in which a job, or a step, has its own options, and which ``srun`` would read as its own."""

GPUS_OF_THE_JOB = "SLURM_GPUS"
"""All of them; those per task (``SLURM_GPUS_PER_TASK``) are what one worker is meant to have."""

ALIVE = ("CONFIGURING", "RESIZING", "RUNNING", "SIGNALING", "STOPPED", "SUSPENDED")

SQUEUE_S = 10.0
"""How long Slurm may take to tell the state of a job."""


def for_steps(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for an ``srun`` that starts a worker.

    Without what would have it wait for all memory or all GPUs of the job, bind it to processors of another step, place
    its tasks as those of the job, or hide the environment from it. What it is told on its command line holds in any
    case.
    """
    inherited = {name: value for name, value in environment.items() if not name.startswith(OF_THE_JOB)}
    inherited.pop(GPUS_OF_THE_JOB, None)
    return inherited


def end_of_job(environment: Mapping[str, str] = os.environ) -> str:
    """``Slurm job 7 is CANCELLED`` if the job that this process is in is over, or about to be; else nothing."""
    job = environment.get("SLURM_JOB_ID")
    if job is None:
        return ""
    squeue = ["squeue", "--noheader", "--format=%T", "--jobs", job]
    try:
        told = subprocess.run(squeue, capture_output=True, text=True, timeout=SQUEUE_S)
    except (OSError, subprocess.TimeoutExpired):  # nobody can tell
        return ""
    if told.returncode < 0:  # by the signal that Slurm sends to all processes of a job
        return f"Slurm job {job} is being ended"
    states = told.stdout.split()  # one for each component of a heterogeneous job
    if any(state in ALIVE for state in states) or (told.returncode and "Invalid job id" not in told.stderr):
        return ""
    return f"Slurm job {job} is {states[0] if states else 'unknown to Slurm'}"


def default_workers(srun: str, environment: Mapping[str, str] = os.environ) -> int:
    """As many as a Slurm job has room for; elsewhere one for each processor here, `MOST_WORKERS` at most."""
    if "SLURM_JOB_ID" in environment:
        return workers_that_fit(srun, environment)
    return min(MOST_WORKERS, os.cpu_count() or 1)


def workers_that_fit(srun: str, environment: Mapping[str, str] = os.environ) -> int:
    """As many workers as there are processors for.

    Parameters
    ----------
    srun : str
        Command that starts a worker; its ``-c`` says how many processors each of them has. Without it workers are
        started here, and have one each of those that this process, and the job on this node, may use.
    environment : mapping
        With the variables of the Slurm job.

    Raises
    ------
    UsageError
        If there is an ``srun`` but no job, or no node of the job has so many processors.
    """
    if not srun:
        n_processors = len(os.sched_getaffinity(0))
        return min(n_processors, int(environment.get("SLURM_CPUS_ON_NODE", n_processors)))  # not bound everywhere
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("-c", "--cpus-per-task", type=int, default=int(environment.get("SRUN_CPUS_PER_TASK", 1)))
    options.add_argument("--het-group")
    asked, _ = options.parse_known_args(shlex.split(srun)[1:])
    name = "SLURM_JOB_CPUS_PER_NODE"
    if "SLURM_HET_SIZE" in environment:
        name += f"_HET_GROUP_{asked.het_group or 0}"
    if name not in environment:
        raise UsageError(f"max_workers 'auto' with srun counts the processors of a Slurm job, but {name} is not set")
    nodes = processors_of_nodes(environment[name])
    n_workers = sum(n_processors // asked.cpus_per_task for n_processors in nodes)
    if n_workers == 0:
        raise UsageError(f"a worker asks for {asked.cpus_per_task} processors, but the nodes of the job have {nodes}")
    return n_workers


def processors_of_nodes(text: str) -> list[int]:
    """Processors of each node, from Slurm's ``4(x2),8``, which stands for 4, 4 and 8."""
    nodes = []
    for part in text.split(","):
        found = re.fullmatch(r"(\d+)(?:\(x(\d+)\))?", part)
        if found is None:
            raise UsageError(f"processors of the nodes must be like 4(x2),8 in SLURM_JOB_CPUS_PER_NODE, got {text!r}")
        nodes += [int(found[1])] * int(found[2] or 1)
    return nodes
