"""The batch job of an experiment: its script, submitted to Slurm, and put back into the queue before its time is up."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence

from l2l.errors import UsageError

SIGNAL_BEFORE_END_S = 60

SCRIPT = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@{seconds}
{options}

# exec: the signal is for the shell, in whose place the run is then. It ends cleanly, and has the job requeued.
exec {command}
"""


def batch_script(arguments: Sequence[str], options: str, name: str) -> str:
    """The script of a job that runs an experiment, or goes on with it.

    Parameters
    ----------
    arguments : sequence of str
        Of ``l2l-run``: the experiment and its options, without those about Slurm.
    options : str
        Of ``sbatch``; they come after ours, so that the user's hold. A colon between two blanks begins those of the
        next component of a heterogeneous job.
    name : str
        Of the job.

    Raises
    ------
    UsageError
        If the options of ``sbatch`` cannot be taken apart.
    """
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise UsageError(f"the options of sbatch cannot be read: {error} in {options!r}") from None
    if any("\n" in word for word in words):
        raise UsageError(f"options of sbatch are one line each, got {options!r}")
    if "\n" in name:
        raise UsageError(f"the name of a job is one line, got {name!r}")
    own = ["--requeue"]
    if "--resume" not in arguments:
        own.append("--continue")
    if not any(word.split("=")[0] == "--srun" for word in arguments):
        own += steps_for(words)
    place = list(arguments).index("--") if "--" in arguments else len(arguments)
    command = [sys.executable, "-m", "l2l.cli", *arguments[:place], *own, *arguments[place:]]
    lines = "\n#SBATCH hetjob\n".join(f"#SBATCH {shlex.join(component)}" for component in components(words))
    return SCRIPT.format(
        name=shlex.quote(name), seconds=SIGNAL_BEFORE_END_S, options=lines, command=shlex.join(command)
    )


def components(words: Sequence[str]) -> list[list[str]]:
    """Options by component of the job, between which ``sbatch`` has a colon."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == ":":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def steps_for(words: Sequence[str]) -> list[str]:
    """How workers are started in a job with these options: as steps of it where it may have several nodes.

    In a heterogeneous job they are in its last component; the runner is in the first.
    """
    first, *others = components(words)
    p = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    p.add_argument("-N", "--nodes", default="1")
    p.add_argument("-n", "--ntasks", default="1")
    p.add_argument("-c", "--cpus-per-task", default="1")
    asked, _ = p.parse_known_args(others[-1] if others else first)
    if (asked.nodes, asked.ntasks) == ("1", "1") and not others:
        return []
    # a step has neither the job's CPUs per task nor a share of its memory by itself, and waits for others without
    step = f"srun --nodes=1 --ntasks=1 --exact --mem=0 --cpus-per-task={asked.cpus_per_task}"
    if others:
        step += f" --het-group={len(others)}"
    return ["--srun", step]


def submit(script: str) -> str:
    """Hand a script to ``sbatch``; the number of the job.

    Raises
    ------
    UsageError
        If there is no Slurm here, or it refuses; in its own words.
    """
    if shutil.which("sbatch") is None:
        raise UsageError("sbatch is not installed here; --dry-run shows the script, to be submitted elsewhere")
    done = subprocess.run(["sbatch", "--parsable"], input=script, capture_output=True, text=True)
    if done.returncode:
        raise UsageError(f"the job was not submitted:\n{done.stderr.strip()}")
    return done.stdout.strip().split(";")[0]  # the name of the cluster may follow


def requeue() -> None:
    """Put the job that this process is in back into the queue; says so where Slurm refuses, or there is no job."""
    job = os.environ.get("SLURM_JOB_ID")
    if job is None:
        sys.stderr.write("l2l-run: not in a Slurm job, so nothing is put back into the queue\n")
        return
    sys.stderr.write(f"l2l-run: job {job} goes back into the queue\n")  # said first: Slurm may end this process at once
    done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(f"l2l-run: {done.stderr.strip()}\n")
