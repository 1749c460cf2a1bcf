"""Kill the runner at random moments, resume, and compare histories with that of an uninterrupted run.

Prints one JSON line: kills, runs that ended with the same history, processes left 5 s after a kill.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from l2l.utils.history import CIRCUMSTANCES

SCRIPT = """
import time
import numpy as np
from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.evolution import GeneticAlgorithmOptimizer, GeneticAlgorithmParameters
from l2l.utils.experiment import Experiment


class Noisy(Optimizee):
    def __init__(self, traj):
        super().__init__(traj)
        self.rng = np.random.default_rng(1)

    def create_individual(self):
        return {"x": self.rng.random(5)}

    def simulate(self, traj):
        time.sleep(0.003 * np.random.rand())
        return (float(((traj.individual.x - 0.3) ** 2).sum() + 0.01 * np.random.randn()),)


experiment = Experiment("results")
traj, _ = experiment.prepare_experiment(name="run", runner_params={"max_workers": 2})
optimizee = Noisy(traj)
parameters = GeneticAlgorithmParameters(
    seed=1, pop_size=20, n_iteration=30, cx_prob=0.7, mut_prob=0.5, ind_prob=0.5,
    tourn_size=3, mate_par=0.5, mut_par=0.1,
)
optimizer = GeneticAlgorithmOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)
experiment.run_experiment(optimizer, optimizee)
experiment.end_experiment(optimizer)
"""


def history(folder):
    """Records without what may differ between equal runs."""
    records = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for record in records:
        for name in (*CIRCUMSTANCES, "attempt"):
            del record[name]
    return sorted(records, key=lambda record: (record["generation"], record["index"]))


def command(*arguments):
    return [sys.executable, "-m", "l2l.cli", "--quiet", *map(str, arguments)]


def start(run):
    """The command that begins a run, or goes on with it."""
    if (run / "manifest.yaml").exists():
        return command("--resume", run)
    return command("experiment.py", "--name", run.name)


def processes(marker):
    """Processes that were started under this marker in the environment, apart from this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it has just ended, or is not ours
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--kills", type=int, default=30)
    p.add_argument("--seed", type=int, default=1, help="of the moments")
    options = p.parse_args()
    moments = random.Random(options.seed)
    equal = kills = left = runs = 0
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        (folder / "experiment.py").write_text(SCRIPT)
        marker = f"L2L_CRASH_BENCHMARK={root}"
        env = {**os.environ, "L2L_CRASH_BENCHMARK": root}
        started = time.monotonic()
        subprocess.run(command("experiment.py", "--name", "whole"), cwd=folder, env=env, check=True)
        duration = time.monotonic() - started
        whole = history(folder / "results" / "whole")
        while kills < options.kills:
            run = folder / "results" / f"run{runs}"
            for _ in range(moments.randint(1, 3)):
                process = subprocess.Popen(start(run), cwd=folder, env=env, stderr=subprocess.PIPE)
                try:
                    process.wait(moments.uniform(0.0, duration))
                    break  # it was faster
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    kills += 1
                deadline = time.monotonic() + 5
                while processes(marker.encode()) and time.monotonic() < deadline:
                    time.sleep(0.05)
                left += len(processes(marker.encode()))
            subprocess.run(start(run), cwd=folder, env=env, check=True)
            runs += 1
            equal += history(run) == whole
    line = {"benchmark": "crash", "kills": kills, "runs": runs, "equal_histories": equal, "processes_left": left}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
