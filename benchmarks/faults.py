"""Kill workers, the runner, or both at random moments: what is lost, done twice, or left behind?

``python benchmarks/faults.py`` prints one JSON line for each kind of pipe and of storm, beside how it was provoked:
runs that did not end well, individuals whose record is missing or another than in an undisturbed run, individuals
that were evaluated again although the history had them, and processes left 5 s after the end of their runner.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from l2l.utils.history import CIRCUMSTANCES

SCRIPT = """
import os
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
        with open("begun", "a") as file:
            file.write(f"{traj.individual.generation} {traj.individual.ind_idx} {time.time()}\\n")
        time.sleep(float(os.environ["SECONDS"]) * 2 * np.random.rand())
        return (float(((traj.individual.x - 0.3) ** 2).sum() + 0.01 * np.random.randn()),)


experiment = Experiment("results")
runner_params = {"max_workers": 4, "max_retries": 20, "pipes": os.environ["PIPES"]}  # some are hit again and again
traj, _ = experiment.prepare_experiment(name="run", runner_params=runner_params)
optimizee = Noisy(traj)
parameters = GeneticAlgorithmParameters(
    seed=1, pop_size=20, n_iteration=int(os.environ["INDIVIDUALS"]) // 20, cx_prob=0.7, mut_prob=0.5, ind_prob=0.5,
    tourn_size=3, mate_par=0.5, mut_par=0.1,
)
optimizer = GeneticAlgorithmOptimizer(traj, optimizee.create_individual, (-1.0,), parameters)
experiment.run_experiment(optimizer, optimizee)
experiment.end_experiment(optimizer)
"""

MARK = "L2L_FAULT_STORM"
FATAL = (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV)
WORKER_KILL_EVERY_S = 0.2
MAY_REMAIN_S = 5.0


@dataclass
class Damage:
    """What came of the storms over one or several runs."""

    runs: int = 0
    worker_kills: int = 0
    runner_kills: int = 0
    runs_lost: int = 0
    individuals_lost: int = 0
    individuals_doubled: int = 0
    processes_left: int = 0


class Storm:
    """Runs of one experiment, disturbed.

    Parameters
    ----------
    folder : Path
        An empty one.
    pipes : {'fifo', 'file'}
    n_individuals : int
        Of each run; a multiple of 20.
    seconds : float
        Mean of an evaluation.
    seed : int
        Of the moments.
    """

    def __init__(self, folder: Path, pipes: str, n_individuals: int, seconds: float, seed: int = 1):
        self.folder = folder
        self.moments = random.Random(seed)
        self.damage = Damage()
        self.told = ""
        self._mark = f"{MARK}={folder}".encode()
        self._env = {
            **os.environ,
            MARK: str(folder),
            "PIPES": pipes,
            "INDIVIDUALS": str(n_individuals),
            "SECONDS": str(seconds),
        }
        (folder / "experiment.py").write_text(SCRIPT)
        began = time.monotonic()
        process = self._start("undisturbed")
        process.communicate()
        assert process.returncode == 0
        self.duration = time.monotonic() - began
        self._expected = {place: record for place, record, _ in self._records("undisturbed")}

    def run(self, runner_kills: int = 0, workers: bool = False) -> None:
        """One run, whose runner is killed and resumed so often, while workers are killed all the time or not."""
        name = f"run{self.damage.runs}"
        self.damage.runs += 1
        (self.folder / "begun").unlink(missing_ok=True)
        calm = threading.Event()
        killer = threading.Thread(target=self._kill_workers, args=(calm,))
        if workers:
            killer.start()
        try:
            while runner_kills:
                runner_kills -= self._is_killed(self._start(name), name)
            process = self._start(name)
            _, told = process.communicate()
            self.told += told
        finally:
            calm.set()
            if workers:
                killer.join()
        self._count_left()
        self.damage.runs_lost += process.returncode != 0
        self._compare(name)

    def _start(self, name: str) -> subprocess.Popen[str]:
        run = self.folder / "results" / name
        begun = (run / "manifest.yaml").exists()
        arguments = ["--resume", str(run)] if begun else ["experiment.py", "--name", name]
        command = [sys.executable, "-m", "l2l.cli", "--quiet", *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self._env, stderr=subprocess.PIPE, text=True)

    def _is_killed(self, process: subprocess.Popen[str], name: str) -> bool:
        """Kill a runner at some moment; False if it was faster."""
        try:
            process.wait(self.moments.uniform(0.0, self.duration))
        except subprocess.TimeoutExpired:
            process.kill()
            self.damage.runner_kills += 1
        process.communicate()
        self._count_left()
        finished = process.returncode == 0
        if finished:  # with nothing left to kill: another one
            self._compare(name)
            (self.folder / "results" / name).rename(self.folder / "results" / f"{name}-{self.damage.runs}")
            (self.folder / "begun").unlink()
            self.damage.runs += 1
        return not finished

    def _kill_workers(self, calm: threading.Event) -> None:
        while not calm.wait(WORKER_KILL_EVERY_S):
            found = [pid for pid in self._processes() if self._is_worker(pid)]
            if found:
                pid = self.moments.choice(found)
                try:
                    os.kill(pid, self.moments.choice(FATAL))
                except ProcessLookupError:
                    continue
                self.damage.worker_kills += 1

    def _is_worker(self, pid: int) -> bool:
        try:
            return b"run_optimizee.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:  # it has ended
            return False

    def _processes(self) -> list[int]:
        """All that belong to a run."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if self._mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:  # it has just ended, or is not ours
                    continue
        return found

    def _count_left(self) -> None:
        deadline = time.monotonic() + MAY_REMAIN_S
        while (left := self._processes()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.damage.processes_left += len(left)

    def _records(self, name: str) -> list[tuple[tuple[int, int], dict, float]]:
        """Place, what must be the same in equal runs, and end of the evaluation of every record."""
        lines = (self.folder / "results" / name / "history.jsonl").read_text().splitlines()
        found = []
        for record in map(json.loads, lines):
            ended = record["started"] + record["seconds"]
            for circumstance in (*CIRCUMSTANCES, "attempt"):
                del record[circumstance]
            found.append(((record["generation"], record["index"]), record, ended))
        return found

    def _compare(self, name: str) -> None:
        records = self._records(name)
        found = {place: record for place, record, _ in records}
        ended = {place: end for place, _, end in records}
        lost = [place for place, record in self._expected.items() if found.get(place) != record]
        begun = [line.split() for line in (self.folder / "begun").read_text().splitlines()]
        doubled = Counter(place for place, _, _ in records) - Counter(list(found))
        for generation, index, at in begun:
            place = int(generation), int(index)
            doubled[place] += place in ended and float(at) > ended[place] + 1e-3
        self.told += "".join(f"lost: {place}: {found.get(place)}\n" for place in lost[:3])
        self.damage.individuals_lost += len(lost)
        self.damage.individuals_doubled += doubled.total()


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pipes", nargs="+", default=["fifo", "file"], choices=["fifo", "file"])
    p.add_argument("--storms", nargs="+", default=["workers", "runner", "both"])
    p.add_argument("--individuals", type=int, default=500)
    p.add_argument("--runner-kills", type=int, default=100, help="each followed by a resume")
    p.add_argument("--seed", type=int, default=1, help="of the moments")
    options = p.parse_args()
    for pipes in options.pipes:
        for kind in options.storms:
            with tempfile.TemporaryDirectory() as folder:
                storm = Storm(Path(folder), pipes, options.individuals, 0.02, options.seed)
                workers = kind != "runner"
                if kind == "workers":
                    storm.run(workers=True)
                while kind != "workers" and storm.damage.runner_kills < options.runner_kills:
                    storm.run(min(3, options.runner_kills - storm.damage.runner_kills), workers)
                line = {"benchmark": "faults", "pipes": pipes, "storm": kind, **asdict(storm.damage)}
                sys.stdout.write(json.dumps(line) + "\n")
                sys.stdout.flush()
                sys.stderr.write(storm.told)


if __name__ == "__main__":
    main()
