"""Workers as steps of a real Slurm job: what an evaluation costs, and how soon a loss is noticed.

Inside an allocation of four nodes (``salloc -N 4 -n 4 --no-kill python benchmarks/slurm.py``), or anywhere with
``--local``, where the workers have file pipes, but no ``srun``. Prints one JSON line. ``--lose COMMAND`` measures
nothing but how soon a lost node is noticed, with the default heartbeat_timeout; the command is run with the node's name
and must make it vanish, such as ``tests/slurm/slurm-node.sh SCRATCH crash`` on the cluster of the tests.
"""

import argparse
import json
import os
import resource
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import namedtuple
from pathlib import Path

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import Experiment
from l2l.utils.inotify import Watch

SRUN = "srun -n 1 -N 1 -c 1 --exact --mem=0 --no-kill"
N_WORKERS = 4

Parameters = namedtuple("Parameters", ("pop_size", "n_iteration"))


class Takes(Optimizee):
    """Takes so many seconds; in generation 1 the first individual notes its node and time, and dies or hangs."""

    def __init__(self, traj, seconds, ends="", hangs=False):
        super().__init__(traj)
        self.seconds = seconds
        self.ends = ends
        self.hangs = hangs

    def create_individual(self):
        return {"x": 1.0}

    def simulate(self, traj):
        if self.ends and (traj.individual.generation, traj.individual.ind_idx, traj.retry) == (1, 0, 0):
            Path(self.ends).write_text(f"{socket.gethostname()} {time.time()!r}\n")
            time.sleep(600 if self.hangs else 0)
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(self.seconds)
        return (1.0,)


class Clock(Optimizer):
    """Notes when each generation is done, and the processor time of the runner by then."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.notes = []
        self.start(traj)

    def ask(self):
        return [{"x": 1.0}] * self.parameters.pop_size

    def tell(self, population, fitness):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.notes.append((time.perf_counter(), usage.ru_utime + usage.ru_stime))


def run(srun, seconds, pop_size, n_iteration, ends="", hangs=False):
    """Milliseconds per individual and the runner's share of a processor, from the first generation's end on."""
    with tempfile.TemporaryDirectory() as root, overriding(Overrides(quiet=True)):
        experiment = Experiment(root)
        params = {"max_workers": N_WORKERS, "srun": srun, "pipes": "file"}
        traj, _ = experiment.prepare_experiment(name="run", runner_params=params)
        optimizee = Takes(traj, seconds, ends, hangs)
        clock = Clock(traj, optimizee.create_individual, (1.0,), Parameters(pop_size, n_iteration))
        experiment.run_experiment(clock, optimizee)
        records = [json.loads(line) for line in experiment.history_path.read_text().splitlines()]
    assert len(records) == pop_size * n_iteration
    walls = [after[0] - before[0] for before, after in zip(clock.notes, clock.notes[1:], strict=False)]
    cpu = (clock.notes[-1][1] - clock.notes[0][1]) / sum(walls)
    return statistics.median(walls) / pop_size * 1e3, cpu, records


def detection(srun):
    """Seconds from the death of a worker until its individual begins again elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder, "died")
        _, _, records = run(srun, 0.02, 2, 2, ends=str(note))
        (again,) = [record for record in records if record["attempt"] == 1]
        return again["started"] - float(note.read_text().split()[1])


def loss(srun, command):
    """Seconds from the loss of a node until the individual that it evaluated begins again elsewhere."""
    lost = []

    def lose():
        while not (note.exists() and (words := note.read_text()).endswith("\n")):
            time.sleep(0.1)
        subprocess.run([*shlex.split(command), words.split()[0]], check=True)
        lost.append((words.split()[0], time.time()))

    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder, "hangs")
        threading.Thread(target=lose, daemon=True).start()
        _, _, records = run(srun, 0.02, 8, 2, ends=str(note), hangs=True)
    ((node, at),) = lost
    (again,) = [record for record in records if record["attempt"]]
    assert again["attempt"] == 1 and again["host"] != node
    return again["started"] - at


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--local", action="store_true", help="without srun")
    parser.add_argument("--polled", action="store_true", help="as if the workers were on other hosts: no inotify")
    parser.add_argument("--lose", metavar="COMMAND", help="makes a node, whose name follows, vanish")
    options = parser.parse_args()
    srun = "" if options.local else SRUN
    if options.lose:
        line = {"benchmark": "slurm", "s_until_a_lost_node_is_noticed": round(loss(srun, options.lose), 2)}
        sys.stdout.write(json.dumps(line) + "\n")
        return
    if options.polled:
        Watch.add = lambda self, path: -1
    line = {
        "benchmark": "slurm",
        "workers": N_WORKERS,
        "through": srun or "Popen",
        "told_by_inotify": not options.polled,
        "ms_per_instant_individual": round(run(srun, 0.0, 1000, 6)[0], 4),
        "cpu_share_with_1_s_evaluations": round(run(srun, 1.0, N_WORKERS, 8)[1], 4),
        "s_until_a_dead_worker_is_replaced": round(detection(srun), 3),
    }
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
