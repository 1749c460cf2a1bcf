"""The runner: has workers evaluate the individuals of a generation, whatever happens to them."""

import logging
import os
import pickle
import re
import secrets
import selectors
import shlex
import shutil
import signal
import socket
import sys
import time
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l2l.errors import GenerationFailedError, IndividualFailedError, UsageError, WorkerStartError
from l2l.utils.atomic import write_atomically
from l2l.utils.channel import encode_parameters, finite_or_null, json_text, receive
from l2l.utils.fitness import from_json, is_finite
from l2l.utils.history import History
from l2l.utils.interrupts import Interrupts
from l2l.utils.reaper import Reaper
from l2l.utils.run_folder import storing
from l2l.utils.seeds import individual_seed
from l2l.utils.worker_process import Assignment, WorkerProcess

logger = logging.getLogger("utils.runner")

TWO_HOURS_S = 7200.0
START_TRIES = 3
"""Replacements of a worker that may die one after the other before any of them is ready."""

STARTING_S = 30.0
"""After so many seconds without a worker that is ready the user is told."""

RUN_FILE = '''"""Worker program of this run: started by the runner as ``run_optimizee.py WORKER_ID``."""
import sys

sys.path[0:1] = {own!r}
sys.path += [entry for entry in {rest!r} if entry not in sys.path]

from l2l.utils.worker import main  # noqa: E402

main({simulation!r}, sys.argv[1])
'''


def prepare_optimizee(optimizee: Any, path: str | os.PathLike[str]) -> bytes:
    """Pickle the optimizee to ``<path>/optimizee.bin``, from where the workers load it.

    Classes that were defined in the experiment script travel inside the pickle.
    """
    import cloudpickle

    data: bytes = cloudpickle.dumps(optimizee)
    write_atomically(Path(path) / "optimizee.bin", data)
    return data


class Runner:
    """Starts the workers of a run, feeds them, and collects what becomes of every individual.

    Parameters
    ----------
    trajectory : Trajectory
        With the group ``runner_params`` that `Experiment.prepare_experiment` makes.
    iterations : int
        Generations of the run.
    n_fitness : int, optional
        Number of fitness weights; a result of another length is a failure.
    interrupts : Interrupts, optional
        Signals to heed while waiting.
    on_turn : callable, optional
        Called with the runner after every turn of the event loop, for progress.
    preload : sequence of str
        Modules that workers import while they wait for the optimizee.

    Attributes
    ----------
    pending_individuals : deque of (index, attempt)
    running_individuals, finished_individuals : list of int
    running_workers, idle_workers : list of int
    evaluations, failures : int
        Of the whole run, as far as this runner has seen it.
    """

    def __init__(
        self,
        trajectory: Any,
        iterations: int,
        *,
        n_fitness: int | None = None,
        interrupts: Interrupts | None = None,
        on_turn: Callable[["Runner"], None] | None = None,
        preload: Sequence[str] = (),
    ):
        params = trajectory.parameters["runner_params"].params
        self.trajectory = trajectory
        self.iterations = iterations
        self.n_fitness = n_fitness
        self.interrupts = interrupts
        self.on_turn = on_turn
        self.preload = list(preload)
        self.debug = trajectory.debug
        self.stop_run = trajectory.stop_run or params.get("on_failure") == "stop"
        self.timeout = timeout_in_seconds(trajectory.timeout)
        self.max_retries: int = params.get("max_retries", 3)
        self.srun_command: str = params.get("srun", "")
        self.exec_command: str = params["exec"] if self.srun_command else with_this_python(params["exec"])
        self.work_paths = params["work_path"]
        self.path = str(params["paths_obj"].simulation_path)
        self.optimizeepath = os.path.join(self.path, "optimizee.bin")
        self.run_token = secrets.token_hex(8)
        for folder in ("trajectories", "results", "individual_logs"):
            Path(self.path, folder).mkdir(exist_ok=True)
        self.logs = Path(self.path, "individual_logs")
        self.history = History(Path(self.work_paths, "history.jsonl"))

        self.generation = trajectory.individual.generation
        self.n_inds = len(trajectory.individuals[self.generation])
        self.n_workers = number_of_workers(params.get("max_workers", 32), self.n_inds)
        self.pending_individuals: deque[tuple[int, int]] = deque()
        self.evaluations = 0
        self.failures = 0
        self._individuals: list[Any] = []
        self._fitness: dict[int, Any] = {}  # None: the individual failed
        self._attempts: dict[int, int] = {}  # the latest of each individual
        self._tracebacks: list[str] = []
        self._recalled: dict[tuple[int, int], Mapping[str, Any]] = {}
        self._host = json_text(socket.gethostname())
        self._workers: dict[int, WorkerProcess] = {}
        self._start_failures = 0
        self._optimizee_is_there = False
        self._selector = selectors.DefaultSelector()
        if interrupts is not None:
            self._selector.register(interrupts.fd, selectors.EVENT_READ, (self._on_interrupt, None))
        self.prepare_run_file()
        self._reaper = Reaper(self.run_token)
        try:
            self.launch_workers()
        except BaseException:
            self.close_workers()
            raise

    # --- a generation

    def run(self, trajectory: Any, generation: int) -> list[tuple[int, Any]]:
        """Evaluate a generation; ``[(ind_idx, fitness)]`` in the order of the individuals.

        A failed individual has NaN for every component.

        Raises
        ------
        IndividualFailedError
            If an individual failed for good and the run shall stop then.
        GenerationFailedError
            If all of them failed.
        WorkerStartError
            If no worker is left and none can be started.
        """
        self.trajectory = trajectory
        individuals = trajectory.individuals[generation]
        trajectory.individual = individuals[0]
        self.simulate_generation(generation, len(individuals))
        with storing(self.work_paths):
            self.history.sync()
            self._keep_logs(generation)
        if all(fitness is None for fitness in self._fitness.values()):
            raise GenerationFailedError(self._all_failed())
        return self.collect_results_from_run(generation, individuals)

    def simulate_generation(self, gen: int, n_inds: int) -> list[int]:
        """Have the workers evaluate ``n_inds`` individuals; one exit code each, 0 or 1 (failed)."""
        self.set_up_workers()
        self.generation = gen
        self.n_inds = n_inds
        self._individuals = self.trajectory.individuals[gen]
        self._fitness = {}
        self._attempts = {}
        self._tracebacks = []
        self.pending_individuals = deque((i, 0) for i in range(n_inds) if not self._recall(i))
        self._deadline = time.monotonic() + self.timeout
        if self.interrupts is not None:
            self.interrupts.waiting = True
        try:
            while len(self._fitness) < n_inds:
                self.populate_free_workers(gen)
                self._turn()
        finally:
            if self.interrupts is not None:
                self.interrupts.waiting = False
            with storing(self.work_paths):
                self.history.flush()
        return [int(self._fitness[i] is None) for i in range(n_inds)]

    def collect_results_from_run(self, generation: int, individuals: list[Any]) -> list[tuple[int, Any]]:
        """``[(ind_idx, fitness)]`` of the generation that was simulated last; NaN where it failed."""
        nan = (float("nan"),) * (self.n_fitness or self._length_of_fitness())
        failed = nan if self.trajectory.inner_params == 1 else [nan] * self.trajectory.inner_params
        fitness = [self._fitness[place] for place in range(len(individuals))]
        return [
            (individual.ind_idx, failed if value is None else value)
            for individual, value in zip(individuals, fitness, strict=True)
        ]

    def failed_individuals(self) -> list[int]:
        """Places of those of the last generation that have no result."""
        return [place for place, fitness in self._fitness.items() if fitness is None]

    def recall(self, records: Mapping[tuple[int, int], Mapping[str, Any]]) -> None:
        """Take outcomes, by (generation, index), from the history of a run that was interrupted."""
        self._recalled = dict(records)

    def populate_free_workers(self, generation: int) -> None:
        """Give waiting individuals to workers that have room for them."""
        pending = self.pending_individuals
        if not pending:
            return
        ready = [worker for worker in self._workers.values() if worker.ready and worker.overdue is None]
        share = -(-len(pending) // max(len(ready), 1))  # so that the last ones are spread evenly
        for worker in ready:
            depth = worker.depth
            in_hand = len(worker.queue)
            if in_hand <= depth // 2 and pending:
                n = min(depth - in_hand, share, len(pending))
                self._assign(worker, [self._assignment(*pending.popleft()) for _ in range(n)])

    def restart_individual(self, gen: int, idx: int) -> None:
        """Put an individual that failed back among those that wait, for its next attempt."""
        if gen != self.generation:
            raise UsageError(f"generation {gen} is not running; generation {self.generation} is")
        self._fitness.pop(idx, None)
        self.pending_individuals.append((idx, self._attempts.get(idx, -1) + 1))

    # --- the event loop

    def _turn(self) -> None:
        """Sleep until a message, a death, a signal or a deadline, and deal with it."""
        events = self._selector.select(self._longest_sleep())
        for key, _ in events:
            react, worker = key.data
            if worker is None or self._workers.get(worker.worker_id) is worker:  # not closed in this turn
                react(worker)
        if time.monotonic() >= self._deadline:
            self._end_overdue()
        if not events and not any(worker.ready for worker in self._workers.values()):
            command, log_files = self.produce_run_command(next(iter(self._workers)))
            logger.warning("still no worker is ready; command: %s; log: %s", shlex.join(command), log_files["err"])
        with storing(self.work_paths):
            self.history.flush()
        if self.on_turn is not None:
            self.on_turn(self)

    def _longest_sleep(self) -> float | None:
        wait = self._deadline - time.monotonic()
        if not any(worker.ready for worker in self._workers.values()):
            wait = min(wait, STARTING_S)
        return None if wait == float("inf") else max(0.0, wait)

    def _on_interrupt(self, worker: None) -> None:
        assert self.interrupts is not None
        self.interrupts.check()

    def _on_room(self, worker: WorkerProcess) -> None:
        if worker.outbox.send(b""):
            self._selector.unregister(worker.outbox.fd)

    def _on_messages(self, worker: WorkerProcess) -> bool:
        lines = worker.inbox.read()
        for line in lines or ():
            message = receive(line)
            if message.get("run") != self.run_token:
                continue  # of another run
            if "ready" in message:
                worker.ready = True
            else:
                self._on_result(worker, message)
        return lines is not None

    def _on_result(self, worker: WorkerProcess, message: dict[str, Any]) -> None:
        if not worker.queue:
            return
        head = worker.queue[0]
        if message["of"] != [self.generation, head.index, head.attempt]:
            return  # of an attempt that was given up
        seconds = message["seconds"]
        worker.finish_head(seconds)
        self._start_failures = 0
        if "fitness" in message:
            self._finish(head, message, seconds)
        else:
            self._fail(head, "failed", message["error"], seconds, worker)

    def _on_death(self, worker: WorkerProcess) -> None:
        while self._on_messages(worker):
            continue  # what it had answered before it died
        words = worker.last_words()
        self._close(worker)
        how = worker.how_it_ended()
        if not worker.ready or not (worker.queue or worker.answered):
            self._start_failed(worker, how, words)
            return
        seconds = time.monotonic() - worker.head_since
        queue = list(worker.queue)
        worker.queue.clear()
        blamed = None
        if worker.overdue is None or (queue and queue[0] is worker.overdue):
            blamed = queue.pop(0) if queue else None
        self.pending_individuals.extendleft((a.index, a.attempt) for a in reversed(queue))
        self.restart_worker(worker.worker_id)
        if blamed is None:
            return
        if worker.overdue is None:
            error = {"type": "died", "message": f"worker ended with {how}", "stderr": words}
            self._fail(blamed, "died", error, seconds, worker)
        else:
            error = {"type": "timed out", "message": f"took longer than {self.timeout:g} s", "stderr": words}
            self._fail(blamed, "timed out", error, seconds, worker)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        busy = [worker for worker in self._workers.values() if worker.queue and worker.ready]
        for worker in busy:
            if worker.overdue is None and now - worker.head_since >= self.timeout:
                worker.overdue = worker.queue[0]
                worker.signal(signal.SIGKILL)  # its end is noticed in one of the next turns
        # Whoever starts later than now has a later deadline, so this is the nearest.
        starts = [worker.head_since for worker in busy if worker.overdue is None]
        self._deadline = min(starts, default=now) + self.timeout

    # --- what becomes of an individual

    def _assignment(self, index: int, attempt: int) -> Assignment:
        seed = individual_seed(self.trajectory.seed, self.generation, index)
        message, record = encode_parameters(self._individuals[index].params)
        self._attempts[index] = attempt
        return Assignment(index, attempt, seed, message, record)

    def _assign(self, worker: WorkerProcess, assignments: list[Assignment]) -> None:
        inner = self.trajectory.inner_params
        members = "" if inner == 1 else f'"inner_params":{inner},'
        if not worker.assign(assignments, self.generation, members):
            if worker.outbox.fd not in self._selector.get_map():
                self._selector.register(worker.outbox.fd, selectors.EVENT_WRITE, (self._on_room, worker))

    def _recall(self, index: int) -> bool:
        """Whether the outcome of an individual is known from before an interruption; then it is taken over."""
        record = self._recalled.pop((self.generation, index), None)
        if record is None:
            return False
        _, parameters = encode_parameters(self._individuals[index].params)
        if json_text(record["parameters"]) != parameters:
            return False  # of another experiment's individual
        fitness = record["fitness"]
        self._fitness[index] = None if fitness is None else from_json(fitness, record.get("violations"))
        self.evaluations += 1
        self.failures += fitness is None
        return True

    def _finish(self, assignment: Assignment, message: dict[str, Any], seconds: float) -> None:
        fitness, violations = message["fitness"], message.get("violations")
        value = from_json(fitness, violations)
        self._fitness[assignment.index] = value
        self.evaluations += 1
        end = "" if violations is None else f', "violations": {json_text(finite_or_null(violations))}'
        if is_finite(value):
            self._record(assignment, "done", repr(fitness), seconds, end)  # lists of finite numbers read as JSON
            return
        text = f"fitness is not finite: {value}" if violations is None else f"not finite: {value}, {violations}"
        logger.warning("generation %d, individual %d: %s", self.generation, assignment.index, text)
        error = json_text({"type": "not finite", "message": text})
        self._record(assignment, "not finite", json_text(finite_or_null(value)), seconds, f'{end}, "error": {error}')

    def _fail(
        self, assignment: Assignment, outcome: str, error: dict[str, str], seconds: float, worker: WorkerProcess
    ) -> None:
        where = f"generation {self.generation}, individual {assignment.index}"
        what = f"{error['type']}: {error['message']}"
        if assignment.attempt < self.max_retries:
            logger.warning("%s %s (%s); attempt %d follows", where, outcome, what, assignment.attempt + 1)
            self.restart_individual(self.generation, assignment.index)
            return
        self._fitness[assignment.index] = None
        self.evaluations += 1
        self.failures += 1
        self._record(assignment, outcome, "null", seconds, f', "error": {json_text(error)}')
        story = (
            f"{where} {outcome} at each of {assignment.attempt + 1} attempts; log: {worker.log_path}\n"
            f"{error.get('traceback') or what + chr(10) + error.get('stderr', '')}"
        ).rstrip()
        self._tracebacks.append(story)
        logger.error(story if len(self._tracebacks) <= 3 else story.splitlines()[0])
        if self.stop_run:
            raise IndividualFailedError(story)

    def _record(self, a: Assignment, outcome: str, fitness: str, seconds: float, end: str) -> None:
        self.history.add(
            f'{{"generation": {self.generation}, "index": {a.index}, "attempt": {a.attempt}, '
            f'"outcome": "{outcome}", "parameters": {a.record}, "fitness": {fitness}, '
            f'"seconds": {seconds:.6g}, "seed": {a.seed}, "host": {self._host}{end}}}'
        )

    def _length_of_fitness(self) -> int:
        return next((len(f) for f in self._fitness.values() if isinstance(f, tuple)), 1)

    def _all_failed(self) -> str:
        stories = "\n\n".join(self._tracebacks[:3])
        return f"all {self.n_inds} individuals of generation {self.generation} failed; the first ones:\n\n{stories}"

    # --- workers

    @property
    def running_workers(self) -> list[int]:
        """Workers with an assignment in hand."""
        return [w for w, worker in self._workers.items() if worker.queue]

    @property
    def idle_workers(self) -> list[int]:
        """Workers that are ready and have nothing to do."""
        return [w for w, worker in self._workers.items() if worker.ready and not worker.queue]

    @property
    def running_individuals(self) -> list[int]:
        """Individuals that some worker has in hand."""
        return [a.index for worker in self._workers.values() for a in worker.queue]

    @property
    def finished_individuals(self) -> list[int]:
        """Individuals of this generation whose outcome is known."""
        return sorted(self._fitness)

    def produce_run_command(self, idx: int) -> tuple[list[str], dict[str, str]]:
        """The command that starts worker ``idx``, and its log files by ``out`` and ``err``."""
        log_files = {stream: str(self.logs / f"{stream}_{idx}.log") for stream in ("out", "err")}
        command = [*shlex.split(self.exec_command), str(idx)]
        if self.srun_command:
            redirect = [f"--output={log_files['out']}", f"--error={log_files['err']}"]
            command = shlex.split(self.srun_command) + redirect + command
        return command, log_files

    def launch_workers(self) -> None:
        """Start as many workers as there is work for."""
        for worker_id in range(self.n_workers):
            self.launch_worker(worker_id)

    def launch_worker(self, w_id: int) -> None:
        """Start one worker; it says by itself when it is ready.

        Raises
        ------
        WorkerStartError
            If the command cannot be executed at all.
        """
        command, _ = self.produce_run_command(w_id)
        try:
            worker = WorkerProcess(w_id, command, self.logs, self.run_token, redirected=bool(self.srun_command))
        except OSError as error:
            raise WorkerStartError(
                f"worker {w_id} cannot be started: {error}\ncommand: {shlex.join(command)}"
            ) from error
        self._workers[w_id] = worker
        self._reaper.watch(worker.pid)
        self._selector.register(worker.inbox.fd, selectors.EVENT_READ, (self._on_messages, worker))
        self._selector.register(worker.pidfd, selectors.EVENT_READ, (self._on_death, worker))
        worker.say(preload=self.preload)
        if self._optimizee_is_there:
            worker.say(setup=self._setup())

    def set_up_workers(self) -> None:
        """Have the workers load the optimizee; it must be in its file now. `run` does this where nobody did."""
        if not self._optimizee_is_there:
            self._optimizee_is_there = True
            for worker in self._workers.values():
                worker.say(setup=self._setup())

    def _setup(self) -> dict[str, Any]:
        return {
            "run": self.run_token,
            "cwd": os.getcwd(),
            "seed": self.trajectory.seed,
            "n_fitness": self.n_fitness,
        }

    def restart_worker(self, w_id: int) -> None:
        """Start a worker in place of one that has ended; an old one that still lives is killed first."""
        if w_id in self._workers:
            self._close(self._workers[w_id])
        self.launch_worker(w_id)

    def close_workers(self) -> None:
        """End all workers within two seconds: asked first, then told, then killed. Nothing of them is left."""
        for worker in self._workers.values():
            if worker.queue or not worker.ready:
                worker.signal(signal.SIGTERM)  # busy: it would not read
            else:
                worker.say(quit=True)
        self._wait_for_ends(1.0)
        for worker in self._workers.values():
            worker.signal(signal.SIGTERM)
        self._wait_for_ends(0.5)
        for worker in list(self._workers.values()):
            self._close(worker)
        self._reaper.close()
        self._selector.close()
        self.history.close()

    def _wait_for_ends(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as ends:
            for worker in self._workers.values():
                ends.register(worker.pidfd, selectors.EVENT_READ, worker)
            while ends.get_map() and (left := deadline - time.monotonic()) > 0:
                for key, _ in ends.select(left):
                    ends.unregister(key.fd)
                    self._close(key.data)

    def _close(self, worker: WorkerProcess) -> None:
        registered = self._selector.get_map()
        for fd in (worker.inbox.fd, worker.pidfd, worker.outbox.fd):
            if fd in registered:
                self._selector.unregister(fd)
        worker.close()
        self._reaper.forget(worker.pid)
        del self._workers[worker.worker_id]

    def _start_failed(self, worker: WorkerProcess, how: str, words: str) -> None:
        command, _ = self.produce_run_command(worker.worker_id)
        story = (
            f"worker {worker.worker_id} could not start: {how}\ncommand: {shlex.join(command)}\n"
            f"log: {worker.log_path}\n{words}"
        )
        self._start_failures += 1
        logger.error(story)
        passing = self.evaluations or how.startswith("signal")  # it worked before, or somebody killed it
        if passing and self._start_failures < START_TRIES:
            self.launch_worker(worker.worker_id)
        elif not self._workers:
            raise WorkerStartError(story)

    # --- files

    def prepare_run_file(self) -> None:
        """Write ``run_optimizee.py``, the program of the workers, with the import path of this process."""
        here = [os.path.abspath(entry) for entry in sys.path]
        installed = (sys.prefix, sys.base_prefix)
        own = [entry for entry in here if not any(map(Path(entry).is_relative_to, installed))]
        text = RUN_FILE.format(own=own, rest=here, simulation=self.path)
        write_atomically(Path(self.path, "run_optimizee.py"), text.encode())

    def dump_traj(self, trajectory: Any) -> None:
        """Write ``trajectory_<generation>.bin``, from which `Experiment.load_trajectory` can go on."""
        from l2l.utils.checkpoint import bounded

        generation = trajectory.individual.generation
        data = pickle.dumps(bounded(trajectory, generation), pickle.HIGHEST_PROTOCOL)
        with storing(self.work_paths):
            write_atomically(Path(self.path, "trajectories", f"trajectory_{generation}.bin"), data)

    def create_zipfile(self, folder: str, filename: str) -> None:
        """Pack the ``*.log`` files of a folder into ``<folder>/<filename>.zip``."""
        with zipfile.ZipFile(Path(folder, f"{filename}.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
            for log in sorted(Path(folder).glob("*.log")):
                archive.write(log, log.name)

    def _log_files(self) -> list[Path]:
        """Of the workers; the folder is not searched, because it fills with the logs of all generations."""
        return [self.logs / f"{stream}_{w}.log" for stream in ("out", "err") for w in range(self.n_workers)]

    def _keep_logs(self, generation: int) -> None:
        """Pack what the workers wrote during the generation, if anything, and empty their logs."""
        logs = [log for log in self._log_files() if log.exists() and log.stat().st_size]
        if logs:
            self.create_zipfile(str(self.logs), f"logs_generation_{generation}")
            for log in logs:
                os.truncate(log, 0)


def timeout_in_seconds(timeout: bool | float) -> float:
    """Seconds that one evaluation may take: True is two hours, False is no limit."""
    if timeout is True:
        return TWO_HOURS_S
    if timeout is False or timeout is None:
        return float("inf")
    if not timeout > 0:
        raise UsageError(f"timeout must be True, False or a number of seconds above 0, got {timeout!r}")
    return float(timeout)


def with_this_python(command: str) -> str:
    """The command of a worker, in which a bare name such as ``python3.9`` stands for the Python that runs here.

    Scripts name one for the sake of their authors' computers; what counts is that it has the same packages.
    """
    name, _, rest = command.partition(" ")
    found = shutil.which(name)
    if not re.fullmatch(r"python[\d.]*", name) or (found and Path(found).parent == Path(sys.executable).parent):
        return command
    logger.info("workers run under %s, as this process does, in place of %s", sys.executable, name)
    return f'"{sys.executable}" {rest}'


def number_of_workers(max_workers: int, n_inds: int) -> int:
    """As many as there are individuals in the first generation, but not more than ``max_workers``."""
    if isinstance(max_workers, bool) or int(max_workers) != max_workers or max_workers < 1:
        raise UsageError(f"max_workers must be a whole number above 0, got {max_workers!r}")
    return min(int(max_workers), n_inds)
