"""A runner with many workers: how many evaluations a second it can bring to them, and what it costs.

The workers are simulated: each is a process that sleeps, and two processes answer for all of them, through the file
pipes of real workers. An evaluation takes the time that is asked for (its median, with ``--sigma`` of a log-normal
distribution), and no processor. Prints one JSON line for each number of workers and duration: evaluations per second,
the share of their time that workers were busy, the share of a processor that the runner took, its milliseconds of
processor time per evaluation, and its memory. ``--draw FIGURE LINES`` makes a figure of such lines.
"""

import argparse
import heapq
import itertools
import json
import os
import random
import resource
import selectors
import signal
import statistics
import sys
import tempfile
import time
from collections import deque, namedtuple
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from l2l.optimizees.optimizee import Optimizee
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import Overrides, overriding
from l2l.utils import looks
from l2l.utils.assignment import place_of
from l2l.utils.beat import write_beat
from l2l.utils.channel import decode, send_result
from l2l.utils.experiment import Experiment
from l2l.utils.file_pipes import FileInbox, FileOutbox, FilePipes, PipeFolder
from l2l.utils.history import read_history
from l2l.utils.inotify import Watch
from l2l.utils.returns import Returns

N_PLAYERS = 2
N_PARAMETERS = 10
BEAT_S = 5.0

Parameters = namedtuple("Parameters", ("n_iteration", "pop_size", "seed"))


class Unneeded(Optimizee):
    """What the simulated workers evaluate without it."""

    def create_individual(self):
        return {"x": np.zeros(N_PARAMETERS)}

    def simulate(self, traj):
        return (1.0,)


class Clock(Optimizer):
    """Random search that notes when each generation is done, and what the runner has used by then."""

    def __init__(self, traj, create, weights, parameters):
        super().__init__(traj, create, weights, parameters=parameters)
        self.rng = np.random.default_rng(parameters.seed)
        self.notes = []
        self.start(traj)

    def ask(self):
        return [{"x": x} for x in self.rng.random((self.parameters.pop_size, N_PARAMETERS))]

    def tell(self, population, fitness):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.notes.append((time.perf_counter(), usage.ru_utime + usage.ru_stime))


class Played:
    """One simulated worker."""

    def __init__(self, simulation, duration, worker, token, start, pid):
        pipes = FilePipes(PipeFolder(simulation, token), worker, start)
        self.files = (pipes.input, pipes.requests)
        self.beat = pipes.beat
        self.inbox, self.requests = map(FileInbox, self.files)
        self.outbox = FileOutbox(pipes.output)
        self.returns = Returns(self.requests, lambda n: self.say(returned=n))
        self.results = simulation / "results" / f"played_{worker}"
        self.duration = duration
        self.token = token
        self.pid = int(pid)
        self.queue = deque()
        self.ends_at = None  # of the evaluation that is under way

    def say(self, **message):
        send_result(self.outbox, {**message, "run": self.token}, self.results)

    def heard(self):
        """Deal with what is new."""
        while lines := self.requests.read():
            for line in lines:
                self.say(returned=self.returns.give_back(decode(line)["return"]))
        while lines := self.inbox.read():
            for message in map(decode, lines):
                if "setup" in message:
                    self.say(ready=self.pid, host="simulated")
                elif "quit" in message:
                    os.kill(self.pid, signal.SIGKILL)
                elif "of" in message:
                    self.queue.append(message["of"])
        if self.ends_at is None:
            self.begin()

    def begin(self):
        """The next evaluation."""
        while self.queue and not self.returns.begins():
            self.queue.popleft()
        self.seconds = self.duration()
        self.ends_at = time.time() + self.seconds if self.queue else None

    def end(self):
        """The evaluation that is under way."""
        began = self.ends_at - self.seconds
        self.say(fitness=[1.0], of=self.queue.popleft(), started=began, seconds=self.seconds)
        self.begin()


def play(registry, simulation, seconds, sigma):
    """Be all workers that are told of in the pipe ``registry``, until it says no more."""
    watch, selector = Watch(), selectors.DefaultSelector()
    rng = random.Random(1)
    doors = os.open(registry, os.O_RDWR)
    selector.register(watch.fd, selectors.EVENT_READ)
    selector.register(doors, selectors.EVENT_READ)
    played, due, next_beat, beats = {}, [], 0.0, 0

    def deal(number, do):
        worker = played[number]
        before = worker.ends_at
        try:
            do(worker)
        except FileNotFoundError:  # the run is over
            del played[number]
        if worker.ends_at not in (None, before):
            heapq.heappush(due, (worker.ends_at, number))

    while True:
        now = time.time()
        if now >= next_beat:
            next_beat, beats = now + BEAT_S, beats + 1
            for worker in played.values():
                if worker.beat.exists():
                    write_beat(worker.beat, beats)
        soonest = min(next_beat, due[0][0] if due else next_beat)
        ready = [key.fd for key, _ in selector.select(max(0.0, soonest - now))]
        if doors in ready:
            for line in os.read(doors, 65536).decode().splitlines():
                if line == "end":
                    return
                worker = Played(simulation, lambda: seconds * rng.lognormvariate(0.0, sigma), *line.split())
                numbers = [watch.add(file) for file in worker.files]
                played |= dict.fromkeys(numbers, worker)
                deal(numbers[0], Played.heard)
        if watch.fd in ready:
            for number in watch.changed() & played.keys():
                deal(number, Played.heard)
        while due and due[0][0] <= time.time():
            _, number = heapq.heappop(due)
            if number in played:
                deal(number, Played.end)


@contextmanager
def players(root, seconds, sigma):
    """The command that starts a simulated worker."""
    simulation = root / "run" / "simulation"
    doors = [root / f"door_{i}" for i in range(N_PLAYERS)]
    for door in doors:
        os.mkfifo(door)
    keep = [os.open(door, os.O_RDWR) for door in doors]
    processes = [get_context("fork").Process(target=play, args=(door, simulation, seconds, sigma)) for door in doors]
    for process in processes:
        process.start()
    try:
        yield f"""sh -c 'echo $1 $2 $3 $$ > {root}/door_$(($1 % {N_PLAYERS})); exec sleep 1000000'"""
    finally:
        for fd, process in zip(keep, processes, strict=True):
            os.write(fd, b"end\n")
            process.join()
            os.close(fd)


def memory_mib():
    """Resident memory of this process."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


class Deaf(Watch):
    """Is never told of a write."""

    def add(self, path):
        return -1


def measure(n_workers, seconds, n_individuals, n_generations, polled, sigma=0.0):
    """What a run with so many workers and so long evaluations costs, from its second generation on."""
    if polled:
        looks.Watch = Deaf
    with tempfile.TemporaryDirectory() as folder, players(Path(folder), seconds, sigma) as command:
        with overriding(Overrides(quiet=True)):
            experiment = Experiment(folder)
            params = {"max_workers": n_workers, "pipes": "file", "exec": command}
            traj, _ = experiment.prepare_experiment(name="run", runner_params=params)
            optimizee = Unneeded(traj)
            clock = Clock(traj, optimizee.create_individual, (1.0,), Parameters(n_generations, n_individuals, 1))
            experiment.run_experiment(clock, optimizee)
        durations = {place_of(record): record["seconds"] for record in read_history(experiment.history_path)}
        n_records = len(experiment.history_path.read_bytes().splitlines())
    assert len(durations) == n_records == n_individuals * n_generations
    walls, cpus = np.diff(clock.notes, axis=0).T
    rate = n_individuals / statistics.median(walls)
    busy_s = sum(seconds for (generation, _), seconds in durations.items() if generation > 0)
    return {
        "workers": n_workers,
        "polled": polled,
        "seconds": seconds,
        "sigma": sigma,
        "individuals": n_individuals,
        "per_s": round(rate, 1),
        "busy_share": round(busy_s / (n_workers * sum(walls)), 4),
        "cpu_share": round(sum(cpus) / sum(walls), 4),
        "ms_cpu_per_individual": round(statistics.median(cpus) / n_individuals * 1e3, 4),
        "memory_mib": round(memory_mib(), 1),
    }


def draw(figure, lines):
    """How busy workers are, by the duration of an evaluation, for each number of workers in a file of lines."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot as plt

    rows = [json.loads(line) for line in Path(lines).read_text().splitlines()]
    rows = [row for row in rows if row["seconds"] and not row["polled"]]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for n_workers in sorted({row["workers"] for row in rows}):
        own = [row for row in rows if row["workers"] == n_workers]
        seconds = [row["seconds"] for row in own]
        left.semilogx(seconds, [100 * row["busy_share"] for row in own], "o-", label=f"{n_workers} workers")
        right.loglog(seconds, [100 * row["cpu_share"] for row in own], "o-")
    left.set(xlabel="seconds of an evaluation", ylabel="workers busy, %", ylim=(0, 103))
    right.set(xlabel="seconds of an evaluation", ylabel="runner, % of a processor")
    left.legend(frameon=False)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    fig.savefig(figure, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seconds", type=float, nargs="+", default=[0.0], help="an evaluation takes")
    parser.add_argument("--sigma", type=float, default=0.0, help="of the logarithm of that")
    parser.add_argument("--each", type=int, help="individuals of a generation for each worker; 10, or 100 instant ones")
    parser.add_argument("--generations", type=int, default=4)
    parser.add_argument("--polled", action="store_true", help="as if the workers were on other hosts: no inotify")
    parser.add_argument("--draw", nargs=2, metavar=("FIGURE", "LINES"))
    options = parser.parse_args()
    if options.draw:
        draw(*options.draw)
        return
    # a process for each measurement: its memory is that of one run
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as measurements:
        for n_workers, seconds in itertools.product(options.workers, options.seconds):
            n_individuals = n_workers * (options.each or (10 if seconds else 100))
            how = options.generations, options.polled, options.sigma
            job = measurements.submit(measure, n_workers, seconds, n_individuals, *how)
            sys.stdout.write(json.dumps({"benchmark": "many_workers", **job.result()}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
