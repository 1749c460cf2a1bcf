"""The runner: has workers evaluate the individuals of a generation, whatever happens to them."""

import copy
import logging
import os
import pickle
import secrets
import shlex
import sys
import time
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from l2l.errors import FitnessLengthError, GenerationFailedError, IndividualFailedError, UsageError
from l2l.utils.allocation import end_of_job
from l2l.utils.assignment import Assignment, Attempt, Group, Place, Trial
from l2l.utils.atomic import write_atomically
from l2l.utils.channel import LARGEST_LINE, decode, encode_parameters, fetched, finite_or_null, json_text
from l2l.utils.executor_pool import ExecutorPool
from l2l.utils.file_pipes import PipeFolder
from l2l.utils.fitness import from_json, is_finite
from l2l.utils.history import History
from l2l.utils.interrupts import Interrupts
from l2l.utils.replication import Contest
from l2l.utils.run_folder import storing
from l2l.utils.runner_params import (
    heartbeat_timeout_in_seconds,
    inner_params_of,
    number_of_workers,
    timeout_in_seconds,
    with_this_python,
)
from l2l.utils.seeds import individual_seed, trial_seed
from l2l.utils.stopping import LimitReached, Stopping
from l2l.utils.worker_pool import WorkerPool, allow_workers
from l2l.utils.worker_process import WorkerProcess

logger = logging.getLogger("utils.runner")

SRUN_LOGS = (("output", "out"), ("error", "err"))
"""Options of srun that say where the logs of a worker go."""

SIGNAL_COMES_S = 2.0
"""Seconds in which the signal comes that Slurm sends to a job that it ends."""

FOLDER_LOOK_S = 2.0
"""Between two looks whether the run folder is still there."""

RUN_FILE = '''"""Worker program of this run: started by the runner as ``run_optimizee.py WORKER_ID``."""
import sys

sys.path[0:1] = {own!r}
sys.path += [entry for entry in {rest!r} if entry not in sys.path]

from l2l.utils.worker import main  # noqa: E402

main({simulation!r}, *sys.argv[1:], heartbeat_timeout={heartbeat_timeout!r})
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
    """Feeds the workers of a run, and collects what becomes of every individual.

    Generation by generation with `run`, or without generations with `submit` and `wait_for`.

    Parameters
    ----------
    trajectory : Trajectory
        With the group ``runner_params`` that `Experiment.prepare_experiment` makes.
    iterations : int
        Generations of the run.
    n_fitness : int, optional
        Number of fitness weights; a result of another length ends the run.
    interrupts : Interrupts, optional
        Signals to heed while waiting.
    on_turn : callable, optional
        Called with the runner before every turn of the event loop, for progress.
    preload : sequence of str
        Modules that workers import while they wait for the optimizee.
    n_places : int, optional
        How many individuals may be under way at a time; by default those of the first generation.
    stopping : Stopping, optional
        How much may be evaluated, and until when.
    executor : Executor, callable or str, optional
        What carries the evaluations, in place of workers that are started here; see `find_executor`.

    Attributes
    ----------
    pending_individuals : deque of Attempt
    running_individuals, finished_individuals : list of int
    running_workers, idle_workers : list of int
    evaluations, failures : int
        Of the whole run, as far as this runner has seen it.
    wake_at : float
        When to have a turn, if not before, by ``time.monotonic``.
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
        n_places: int | None = None,
        stopping: Stopping | None = None,
        executor: Any = None,
    ):
        params = trajectory.parameters["runner_params"].params
        self.trajectory = trajectory
        self.iterations = iterations
        self.n_fitness = n_fitness
        self.interrupts = interrupts
        self.on_turn = on_turn
        self.stopping = stopping or Stopping()
        self.debug = trajectory.debug
        self.stop_run = trajectory.stop_run or params.get("on_failure") == "stop"
        self.timeout = timeout_in_seconds(trajectory.timeout)
        self.max_retries: int = params.get("max_retries", 3)
        self.inner_params = inner_params_of(params, trajectory.inner_params)
        self.srun_command: str = params.get("srun", "")
        self.exec_command: str = params["exec"] if self.srun_command else with_this_python(params["exec"])
        self.heartbeat_timeout = heartbeat_timeout_in_seconds(params)
        pipes = params.get("pipes") or ("file" if self.srun_command else "fifo")
        self.work_paths = params["work_path"]
        self.path = str(params["paths_obj"].simulation_path)
        self.optimizeepath = os.path.join(self.path, "optimizee.bin")
        self.run_token = secrets.token_hex(8)
        for folder in ("trajectories", "results", "individual_logs"):
            Path(self.path, folder).mkdir(mode=0o700, exist_ok=True)
        self.logs = Path(self.path, "individual_logs")
        for cut_short in Path(self.path, "results").iterdir():
            cut_short.unlink()
        self.history = History(Path(self.work_paths, "history.jsonl"))

        self.generation = trajectory.individual.generation
        self.n_inds = len(trajectory.individuals.get(self.generation, ()))
        calls = -(-(n_places or self.n_inds) // self.inner_params)
        self.n_workers = number_of_workers(params.get("max_workers", 32), calls)
        self.pending_individuals: deque[Attempt] = deque()
        self.evaluations = 0
        self.failures = 0
        self._outcomes: dict[Place, Any] = {}  # fitness; None: the individual failed
        self._attempts: dict[Place, int] = {}  # the latest of each individual
        self._refused: set[Place] = set()  # beyond what may be evaluated
        self._stories: list[str] = []  # of the first failures
        self._mistake = ""  # of the script, which every evaluation would repeat
        self._recalled: dict[Place, Mapping[str, Any]] = {}
        self._deadline = time.monotonic() + self.timeout
        self.wake_at = float("inf")
        self._look_at = time.monotonic()
        self.prepare_run_file()
        facilities: dict[str, Any] = {
            "command_of": self.produce_run_command,
            "logs": self.logs,
            "token": self.run_token,
            "through_srun": bool(self.srun_command),
            "heartbeat_timeout": self.heartbeat_timeout,
            "preload": list(preload),
            "on_messages": self._on_messages,
            "on_death": self._on_death,
            "interrupts": interrupts,
        }
        pipe_folder = PipeFolder(Path(self.path), self.run_token)
        self.pool = (
            WorkerPool(folder=pipe_folder if pipes == "file" else None, **facilities)
            if executor is None
            else ExecutorPool(executor, self.timeout, self.take_back, pipe_folder, **facilities)
        )
        try:
            self.launch_workers()
        except BaseException:
            self.close_workers()
            raise

    # --- a generation

    def run(self, trajectory: Any, generation: int, contest: Contest | None = None) -> list[tuple[int, Any]]:
        """Evaluate a generation; ``[(ind_idx, fitness)]`` in the order of the individuals.

        A failed individual has NaN for every component. With a contest each is evaluated as often as that wants.

        Raises
        ------
        FitnessLengthError
            If an individual has not as many objectives as there are weights.
        IndividualFailedError
            If an individual failed for good and the run shall stop then.
        GenerationFailedError
            If all of them failed.
        LimitReached
            If the run may not evaluate all of them; :attr:`early` has those that it did.
        WorkerStartError
            If no worker is left and none can be started.
        """
        self.trajectory = trajectory
        individuals = trajectory.individuals[generation]
        trajectory.individual = individuals[0]
        if contest is None:
            self.simulate_generation(generation, len(individuals))
            outcomes = list(self._outcomes.values())
        else:
            self._begin(generation, len(individuals))
            self.compete(generation, contest)
            outcomes = list(contest.results().values())
        self.keep_logs(generation)
        self.end_generation(generation, outcomes)
        if contest is None:
            return self.collect_results_from_run(generation, individuals)
        return self.with_failed(contest.results())

    def compete(self, generation: int, contest: Contest) -> None:
        """Evaluate individuals of the trajectory round after round, until a contest is decided."""
        while jobs := contest.round():
            places = [(generation, index, trial) for index, trial in jobs]
            try:
                self._evaluate(places)
            finally:
                done = [place for place in places if place in self._outcomes]
                contest.tell([(place[1:], self._outcomes[place]) for place in done])

    def with_failed(self, outcomes: Mapping[int, Any]) -> list[tuple[int, Any]]:
        """``[(ind_idx, fitness)]``, NaN where it is None."""
        return [(index, self.failed_fitness() if value is None else value) for index, value in sorted(outcomes.items())]

    def evaluate_again(self, individuals: list[Any], generation: int, trials: Sequence[Trial]) -> list[list[Any]]:
        """Fitness of individuals that need not be the trajectory's: a list for each, by trial; None where it failed."""
        trajectory = self.trajectory
        self.trajectory = copy.copy(trajectory)
        self.trajectory.individuals = {generation: individuals}
        try:
            self._begin(generation, len(individuals))
            self._evaluate([(generation, index, trial) for trial in trials for index in range(len(individuals))])
            return [[self._outcomes[generation, i, trial] for trial in trials] for i in range(len(individuals))]
        finally:
            self.trajectory = trajectory

    def simulate_generation(self, gen: int, n_inds: int) -> list[int]:
        """Have the workers evaluate ``n_inds`` individuals; one exit code each, 0 or 1 (failed)."""
        self._begin(gen, n_inds)
        places = [(gen, index) for index in range(n_inds)]
        self._evaluate(places)
        return [int(self._outcomes[place] is None) for place in places]

    def _begin(self, generation: int, n_inds: int) -> None:
        self.set_up_workers()
        self.generation = generation
        self.n_inds = n_inds
        self._outcomes = {}
        self._attempts = {}
        self._stories = []

    def _evaluate(self, places: Sequence[Place]) -> None:
        """Evaluate what is at these places; as many of them, the first ones, as the run may."""
        n_allowed = int(min(len(places), max(0, self.stopping.max_evaluations - self.evaluations)))
        n_outcomes = len(self._outcomes) + n_allowed
        self.pending_individuals = deque(Attempt(place) for place in places[:n_allowed] if not self._recall(place))
        self._work_until(lambda: len(self._outcomes) == n_outcomes)
        if n_allowed < len(places):
            raise LimitReached(self.stopping.evaluations_are_made())

    def collect_results_from_run(self, generation: int, individuals: list[Any]) -> list[tuple[int, Any]]:
        """``[(ind_idx, fitness)]`` of the generation that was simulated last; NaN where it failed."""
        failed = self.failed_fitness()
        fitness = [self._outcomes[generation, place] for place in range(len(individuals))]
        return [
            (individual.ind_idx, failed if value is None else value)
            for individual, value in zip(individuals, fitness, strict=True)
        ]

    def failed_individuals(self) -> list[int]:
        """Places of those of the last generation that have no result."""
        return [place[1] for place, fitness in self._outcomes.items() if fitness is None]

    def recall(self, records: Mapping[Place, Mapping[str, Any]]) -> None:
        """Take outcomes, by (generation, index), from the history of a run that was interrupted."""
        self._recalled = dict(records)

    # --- without generations

    def submit(self, generation: int, index: int) -> None:
        """Have an individual of the trajectory evaluated as soon as a worker has room for it."""
        place = (generation, index)
        if place in self._outcomes or self._recall(place):
            return
        under_way = len(self.pending_individuals) + len(self.running_individuals)
        if self.evaluations + under_way >= self.stopping.max_evaluations:
            self._refused.add(place)
            return
        self.pending_individuals.append(Attempt(place))
        self.populate_free_workers(generation)

    def wait_for(self, generation: int, index: int) -> Any:
        """The fitness of an individual that was submitted, None if it failed. Others go on meanwhile."""
        place = (generation, index)
        self.generation = generation
        if place in self._refused:
            raise LimitReached(self.stopping.evaluations_are_made())
        if place not in self._outcomes:
            self._work_until(lambda: place in self._outcomes)
        self._attempts.pop(place, None)
        return self._outcomes.pop(place)

    def end_generation(self, generation: int, outcomes: Sequence[Any]) -> None:
        """Bring the history to disk.

        Raises
        ------
        GenerationFailedError
            If all individuals of the generation failed: ``outcomes`` are None.
        """
        with storing(self.work_paths):
            self.history.sync()
        if all(outcome is None for outcome in outcomes):
            stories = "\n\n".join(self._stories)
            raise GenerationFailedError(
                f"all {len(outcomes)} individuals of generation {generation} failed; the first ones:\n\n{stories}"
            )

    @property
    def early(self) -> dict[Place, Any]:
        """Fitness, None after a failure, of individuals that nobody has waited for yet."""
        return dict(self._outcomes)

    @early.setter
    def early(self, outcomes: Mapping[Place, Any]) -> None:
        self._outcomes = dict(outcomes)

    def outcomes_from(self, n: int) -> list[Any]:
        """Outcomes of this generation, without the first ``n`` that came; None for failures."""
        return list(islice(self._outcomes.values(), n, None))

    # --- work

    def populate_free_workers(self, generation: int) -> None:
        """Give waiting individuals to workers that have room for them."""
        workers = self.pool.with_room() if self.pending_individuals else []
        if not workers:
            return
        n_calls = -(-len(self.pending_individuals) // self.inner_params)
        n_workers = len(self.pool.workers)
        share = self.pool.share(n_calls)
        for worker in workers:
            if not self.pending_individuals or (worker.queue and n_calls <= n_workers):
                return  # the last ones are for those who are done first
            self.pool.assign(worker, self._next_calls(min(worker.room, share)))

    def restart_individual(self, gen: int, idx: int) -> None:
        """Put an individual that failed back among those that wait, for its next attempt."""
        if (gen, idx) not in self._attempts:
            raise UsageError(f"individual {idx} of generation {gen} is not running; generation {self.generation} is")
        self._retry((gen, idx))

    def _retry(self, place: Place) -> None:
        self._outcomes.pop(place, None)
        self.pending_individuals.append(Attempt(place, self._attempts[place] + 1, alone=True))

    def _next_calls(self, n: int) -> list[Assignment | Group]:
        """Up to ``n`` calls of waiting individuals, ``inner_params`` of them in each."""
        pending = self.pending_individuals
        if self.inner_params == 1:
            return [self._assignment(pending.popleft()) for _ in range(min(n, len(pending)))]
        calls: list[Assignment | Group] = []
        while pending and len(calls) < n:
            members = [pending.popleft()]
            while len(members) < self.inner_params and pending and members[0].goes_with(pending[0]):
                members.append(pending.popleft())
            assignments = [self._assignment(member) for member in members]
            calls.append(assignments[0] if len(assignments) == 1 else Group(assignments))
        return calls

    def _assignment(self, attempt: Attempt) -> Assignment:
        generation, index, *trials = attempt.place
        seed = (
            trial_seed(self.trajectory.seed, generation, trials[0].replicate, trials[0].stage)
            if trials
            else individual_seed(self.trajectory.seed, generation, index)
        )
        message, record = encode_parameters(self.trajectory.individuals[generation][index].params)
        if self.trajectory.inner_params != 1:
            message = f'"inner_params":{self.trajectory.inner_params},{message}'
        self._attempts[attempt.place] = attempt.number
        return Assignment(attempt, seed, message, record)

    def _work_until(self, done: Callable[[], bool]) -> None:
        """Turn after turn, until there is what is waited for."""
        if self.interrupts is not None:
            self.interrupts.waiting = True
        try:
            while not done():
                if time.monotonic() >= self.stopping.stop_at:
                    raise LimitReached(self.stopping.time_is_up())
                self.populate_free_workers(self.generation)
                if self.on_turn is not None:
                    self.on_turn(self)
                self._turn()
                if self._mistake:  # what else came in this turn is in the history
                    raise FitnessLengthError(self._mistake)
        finally:
            if self.interrupts is not None:
                self.interrupts.waiting = False
            with storing(self.work_paths):
                self.history.flush()

    def _turn(self) -> None:
        """Sleep until a message, a death, a signal or a deadline, and deal with it."""
        if time.monotonic() >= self._deadline:
            self._end_overdue()
        now = time.monotonic()
        with storing(self.work_paths):
            if now >= self._look_at:
                self._look_at = now + FOLDER_LOOK_S
                self.history.check()
            even_out_at = float("inf") if self.pending_individuals else self.pool.even_out()
            alarms = (self._deadline, self.stopping.stop_at, even_out_at, self.wake_at, self._look_at)
            self.pool.turn(min(alarms))
            self.history.flush()

    def _on_messages(self, worker: WorkerProcess) -> bool:
        lines = worker.inbox.read()
        for line in lines or ():
            try:
                message = decode(line)
            except ValueError:  # whose answer it was nobody knows
                worker.lost = f"a line that is no message: {line[:80]!r}"
                self.pool.kill(worker)
                continue
            if message.get("run") != self.run_token:
                continue  # of another run
            if "ready" in message:
                worker.ready = True
                worker.host = message["host"]
            elif "returned" in message:
                self.take_back(worker.give_back(message["returned"]))
            else:
                self._on_result(worker, message)
        self.pool.note_room(worker)
        return lines is not None

    def _on_result(self, worker: WorkerProcess, message: dict[str, Any]) -> None:
        if not worker.queue:
            return
        head = worker.queue[0]
        if message["of"] != head.of:
            return  # of an attempt that was given up, or that was answered before
        message = fetched(message)
        started, seconds = message["started"], message["seconds"]
        worker.finish_head(seconds)
        self.pool.works()
        if message.get("is_final"):
            where = f"generation {head.of[0]}, individual {head.of[1]}"
            self._mistake = self._mistake or f"{where}: {message['error']['message']}"
        elif "error" in message:
            self._fail(head, "failed", message["error"], started, seconds, worker)
        elif isinstance(head, Group):
            violations = message.get("violations") or [None] * len(head.members)
            share = seconds / len(head.members)
            for k, (member, fitness, own) in enumerate(zip(head.members, message["fitness"], violations, strict=True)):
                self._finish(member, fitness, own or None, started + k * share, share, worker)
        else:
            self._finish(head, message["fitness"], message.get("violations"), started, seconds, worker)

    def _on_death(self, worker: WorkerProcess) -> None:
        while self._on_messages(worker):
            continue  # what it had answered before it died
        words = worker.last_words()
        self.pool.close(worker)
        if self.srun_command:
            self._check_job()
        how = worker.how_it_ended()
        if not worker.ready or not (worker.queue or worker.answered):
            self.pool.start_failed(worker, how, words)
            return
        seconds = time.monotonic() - worker.head_since
        started = time.time() - seconds
        queue = list(worker.queue)
        worker.queue.clear()
        blamed = None
        if worker.overdue is None or (queue and queue[0] is worker.overdue):
            blamed = queue.pop(0) if queue else None
        self.take_back(queue)
        self.restart_worker(worker.worker_id)
        if blamed is None:
            return
        if worker.overdue is None:
            error = {"type": "died", "message": f"worker ended with {how}", "stderr": words}
            self._fail(blamed, "died", error, started, seconds, worker)
        else:
            limit = self.timeout * len(blamed.members)
            error = {"type": "timed out", "message": f"took longer than {limit:g} s", "stderr": words}
            self._fail(blamed, "timed out", error, started, seconds, worker)

    def _check_job(self) -> None:
        """Raise KeyboardInterrupt if the Slurm job is over: no individual is to blame for the end of a worker then."""
        told = end_of_job()
        if told and self.interrupts is not None:
            self.interrupts.wait(SIGNAL_COMES_S)
        if told:
            raise KeyboardInterrupt(told)

    def take_back(self, calls: Sequence[Assignment | Group]) -> None:
        """Put the individuals of assignments that were not evaluated first among those that wait."""
        self.pending_individuals.extendleft(
            member.attempt for call in reversed(calls) for member in reversed(call.members)
        )

    def _end_overdue(self) -> None:
        """Kill workers whose evaluation takes too long; a group may take as long as its members one by one."""
        now = time.monotonic()
        self._deadline = now + self.timeout  # whoever starts later than now has a later one
        for worker in self.pool.busy():
            if worker.overdue is not None:
                continue
            due = worker.head_since + self.timeout * len(worker.queue[0].members)
            if now >= due:
                worker.overdue = worker.queue[0]
                self.pool.kill(worker)
            else:
                self._deadline = min(self._deadline, due)

    # --- what becomes of an individual

    def _recall(self, place: Place) -> bool:
        """Whether the outcome of an individual is known from before an interruption; then it is taken over."""
        record = self._recalled.pop(place, None)
        if record is None:
            return False
        generation, index = place[:2]
        _, parameters = encode_parameters(self.trajectory.individuals[generation][index].params)
        if json_text(record["parameters"]) != parameters:
            return False  # of another experiment's individual
        fitness = record["fitness"]
        self._outcomes[place] = None if fitness is None else from_json(fitness, record.get("violations"))
        self.evaluations += 1
        self.failures += fitness is None
        return True

    def _finish(
        self,
        assignment: Assignment,
        fitness: list[Any],
        violations: Any,
        started: float,
        seconds: float,
        worker: WorkerProcess,
    ) -> None:
        value = from_json(fitness, violations)
        self._outcomes[assignment.attempt.place] = value
        self.evaluations += 1
        end = "" if violations is None else f', "violations": {json_text(finite_or_null(violations))}'
        if is_finite(value):
            told = repr(fitness)  # lists of finite numbers read as JSON
            self._record(assignment, "done", told, started, seconds, worker, end)
            return
        text = f"fitness is not finite: {value}" if violations is None else f"not finite: {value}, {violations}"
        logger.warning("generation %d, individual %d: %s", *assignment.of[:2], text)
        error = json_text({"type": "not finite", "message": text})
        told = json_text(finite_or_null(value))
        self._record(assignment, "not finite", told, started, seconds, worker, f'{end}, "error": {error}')

    def _fail(
        self,
        call: Assignment | Group,
        outcome: str,
        error: dict[str, str],
        started: float,
        seconds: float,
        worker: WorkerProcess,
    ) -> None:
        what = f"{error['type']}: {error['message']}"
        if isinstance(call, Group):
            places = [member.attempt.place for member in call.members]
            logger.warning("%s %s in one call (%s); they follow one by one", places, outcome, what)
            self.pending_individuals.extend(member.attempt._replace(alone=True) for member in call.members)
            return
        place, number, _ = call.attempt
        where = f"generation {place[0]}, individual {place[1]}"
        if number < self.max_retries:
            logger.warning("%s %s (%s); attempt %d follows", where, outcome, what, number + 1)
            self._retry(place)
            return
        self._check_storage()
        self._outcomes[place] = None
        self.evaluations += 1
        self.failures += 1
        self._record(call, outcome, "null", started, seconds, worker, f', "error": {json_text(error)}')
        story = (
            f"{where} {outcome} at each of {number + 1} attempts; log: {worker.log_path}\n"
            f"{error.get('traceback') or what + chr(10) + error.get('stderr', '')}"
        ).rstrip()
        if len(self._stories) < 3:
            self._stories.append(story)
            logger.error(story)
        else:
            logger.error(story.splitlines()[0])
        if self.stop_run:
            raise IndividualFailedError(story)

    def _check_storage(self) -> None:
        """Raise StorageError if the run folder has no room for a message: that may be why an individual failed."""
        probe = Path(self.path, "results", "probe")
        with storing(self.work_paths):
            probe.write_bytes(bytes(LARGEST_LINE))
            probe.unlink()

    def _record(
        self,
        a: Assignment,
        outcome: str,
        fitness: str,
        started: float,
        seconds: float,
        worker: WorkerProcess,
        end: str,
    ) -> None:
        generation, index, number = a.of[:3]
        host = json_text(worker.host)
        self.history.add(
            f'{{"generation": {generation}, "index": {index}, {a.trial}"attempt": {number}, '
            f'"outcome": "{outcome}", "parameters": {a.record}, "fitness": {fitness}, '
            f'"started": {started:.6f}, "seconds": {seconds:.6g}, "seed": {a.seed}, "host": {host}{end}}}'
        )

    def failed_fitness(self) -> Any:
        """NaN for every component."""
        nan = (float("nan"),) * (self.n_fitness or self._length_of_fitness())
        inner = self.trajectory.inner_params
        return nan if inner == 1 else [nan] * inner

    def _length_of_fitness(self) -> int:
        return next((len(f) for f in self._outcomes.values() if isinstance(f, tuple)), 1)

    # --- workers

    @property
    def running_workers(self) -> list[int]:
        """Workers with an assignment in hand."""
        return [w for w, worker in self.pool.workers.items() if worker.queue]

    @property
    def idle_workers(self) -> list[int]:
        """Workers that are ready and have nothing to do."""
        return [w for w, worker in self.pool.workers.items() if worker.ready and not worker.queue]

    @property
    def running_individuals(self) -> list[int]:
        """Individuals that some worker has in hand."""
        queues = (worker.queue for worker in self.pool.workers.values())
        return [member.attempt.place[1] for queue in queues for call in queue for member in call.members]

    @property
    def finished_individuals(self) -> list[int]:
        """Individuals of this generation whose outcome is known."""
        return sorted({place[1] for place in self._outcomes if place[0] == self.generation})

    def produce_run_command(self, idx: int) -> tuple[list[str], dict[str, str]]:
        """The command that starts worker ``idx``, and its log files by ``out`` and ``err``."""
        log_files = {stream: str(self.logs / f"{stream}_{idx}.log") for stream in ("out", "err")}
        command = [*shlex.split(self.exec_command), str(idx)]
        if self.srun_command:
            named = [f"--{name}={log_files[stream].replace('%', '%%')}" for name, stream in SRUN_LOGS]
            command = [*shlex.split(self.srun_command), *named, "--open-mode=append", *command]
        return command, log_files

    def launch_workers(self) -> None:
        """Start as many workers as there is work for."""
        allow_workers(self.n_workers)
        for worker_id in range(self.n_workers):
            self.launch_worker(worker_id)

    def launch_worker(self, w_id: int) -> None:
        """Start one worker; see `WorkerPool.launch`."""
        self.pool.launch(w_id)

    def set_up_workers(self) -> None:
        """Have the workers load the optimizee; it must be in its file now. `run` does this where nobody did."""
        self.pool.set_up(
            {
                "run": self.run_token,
                "cwd": os.getcwd(),
                "seed": self.trajectory.seed,
                "n_fitness": self.n_fitness,
            }
        )

    def restart_worker(self, w_id: int) -> None:
        """Start a worker in place of one that has ended; an old one that still lives is killed first."""
        if w_id in self.pool.workers:
            self.pool.close(self.pool.workers[w_id])
        self.launch_worker(w_id)

    def close_workers(self) -> None:
        """End all workers within two seconds: asked first, then told, then killed. Nothing of them is left."""
        self.pool.close_all()
        self.history.close()

    # --- files

    def prepare_run_file(self) -> None:
        """Write ``run_optimizee.py``, the program of the workers, with the import path of this process."""
        here = [os.path.abspath(entry) for entry in sys.path]
        installed = (sys.prefix, sys.base_prefix)
        own = [entry for entry in here if not any(map(Path(entry).is_relative_to, installed))]
        text = RUN_FILE.format(own=own, rest=here, simulation=self.path, heartbeat_timeout=self.heartbeat_timeout)
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
        return [self.logs / f"{stream}_{w}.log" for stream in ("out", "err") for w in self.pool.names]

    def keep_logs(self, generation: int) -> None:
        """Pack what the workers wrote up to the end of a generation, if anything, and empty their logs.

        With ``srun`` they are left as they are: it writes when it likes, also between packing and emptying.
        """
        if self.srun_command:
            return
        with storing(self.work_paths):
            logs = [log for log in self._log_files() if log.exists() and log.stat().st_size]
            if logs:
                self.create_zipfile(str(self.logs), f"logs_generation_{generation}")
                for log in logs:
                    os.truncate(log, 0)
