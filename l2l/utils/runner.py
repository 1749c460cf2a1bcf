"""The runner: has workers evaluate the individuals of a generation, whatever happens to them."""

import copy
import os
import pickle
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from l2l.errors import FitnessLengthError, GenerationFailedError, UsageError
from l2l.utils.array_folder import ArrayFolder
from l2l.utils.assignment import Attempt, Place, Trial
from l2l.utils.atomic import write_atomically
from l2l.utils.dispatcher import Dispatcher
from l2l.utils.executor_pool import ExecutorPool
from l2l.utils.file_pipes import PipeFolder
from l2l.utils.history import History
from l2l.utils.interrupts import Interrupts
from l2l.utils.ledger import Ledger
from l2l.utils.replication import Contest
from l2l.utils.run_folder import storing
from l2l.utils.run_lock import nobody_else
from l2l.utils.runner_params import (
    heartbeat_timeout_in_seconds,
    inner_params_of,
    number_of_workers,
    timeout_in_seconds,
    with_this_python,
)
from l2l.utils.stopping import LimitReached, Stopping
from l2l.utils.worker_pool import WorkerPool, allow_workers
from l2l.utils.worker_program import WorkerProgram, pack_logs

FOLDER_LOOK_S = 2.0
"""Between two looks whether the run folder is still there."""


def prepare_optimizee(optimizee: Any, path: str | os.PathLike[str]) -> bytes:
    """Pickle the optimizee to ``<path>/optimizee.bin``, from where the workers load it.

    Classes that were defined in the experiment script travel inside the pickle; big read-only arrays go into files of
    their own beside it, which all workers of a host share.
    """
    data = ArrayFolder(Path(path) / "arrays").dumps(optimizee)
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
    guard : callable
        Called before anything is written to the run folder; raises if that must not be. See `RunLock.check`.

    Attributes
    ----------
    ledger : Ledger
        What becomes of every individual.
    pool : WorkerPool
    program : WorkerProgram
    history : History
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
        guard: Callable[[], None] = nobody_else,
    ):
        params = trajectory.parameters["runner_params"].params
        self.iterations = iterations
        self.n_fitness = n_fitness
        self.interrupts = interrupts
        self.on_turn = on_turn
        self.stopping = stopping or Stopping()
        self._guard = guard
        self.debug = trajectory.debug
        self.stop_run = trajectory.stop_run or params.get("on_failure") == "stop"
        self.timeout = timeout_in_seconds(trajectory.timeout)
        self.srun_command: str = params.get("srun", "")
        self.exec_command: str = params["exec"] if self.srun_command else with_this_python(params["exec"])
        self.heartbeat_timeout = heartbeat_timeout_in_seconds(params)
        self.work_paths = params["work_path"]
        self.path = str(params["paths_obj"].simulation_path)
        self.optimizeepath = os.path.join(self.path, "optimizee.bin")
        self.run_token = secrets.token_hex(8)
        for folder in ("trajectories", "results", "individual_logs"):
            Path(self.path, folder).mkdir(mode=0o700, exist_ok=True)
        for cut_short in Path(self.path, "results").iterdir():
            cut_short.unlink()
        self.program = WorkerProgram(Path(self.path), self.exec_command, self.srun_command)
        self.history = History(Path(self.work_paths, "history.jsonl"), guard)
        self.ledger = Ledger(
            trajectory,
            self.history,
            Path(self.path, "results"),
            max_retries=params.get("max_retries", 3),
            stops=self.stop_run,
            inner_params=inner_params_of(params, trajectory.inner_params),
        )
        self.generation = trajectory.individual.generation
        self.n_inds = len(trajectory.individuals.get(self.generation, ()))
        calls = -(-(n_places or self.n_inds) // self.ledger.inner_params)
        self.n_workers = number_of_workers(params.get("max_workers", 32), calls)
        self._refused: set[Place] = set()  # beyond what may be evaluated
        self.wake_at = float("inf")
        self._look_at = time.monotonic()
        self.prepare_run_file()
        pipes = params.get("pipes") or ("file" if self.srun_command else "fifo")
        self.dispatcher = Dispatcher(
            self.ledger,
            lambda dispatcher: self._make_pool(dispatcher, executor, pipes, list(preload)),
            run_token=self.run_token,
            timeout_s=self.timeout,
            interrupts=interrupts,
        )
        self.pool = self.dispatcher.pool
        try:
            self.launch_workers()
        except BaseException:
            self.close_workers()
            raise

    def _make_pool(self, dispatcher: Dispatcher, executor: Any, pipes: str, preload: list[str]) -> Any:
        """What has processes do the work: our own, or those of an executor."""
        facilities: dict[str, Any] = {
            "command_of": self.produce_run_command,
            "logs": self.program.logs,
            "token": self.run_token,
            "through_srun": bool(self.srun_command),
            "heartbeat_timeout": self.heartbeat_timeout,
            "preload": preload,
            "on_messages": dispatcher.on_messages,
            "on_death": dispatcher.on_death,
            "interrupts": self.interrupts,
        }
        folder = PipeFolder(Path(self.path), self.run_token)
        if executor is None:
            return WorkerPool(folder=folder if pipes == "file" else None, **facilities)
        return ExecutorPool(executor, self.timeout, self.ledger.take_back, folder, **facilities)

    @property
    def trajectory(self) -> Any:
        """Whose individuals are evaluated."""
        return self.ledger.trajectory

    @trajectory.setter
    def trajectory(self, trajectory: Any) -> None:
        self.ledger.trajectory = trajectory

    @property
    def pending_individuals(self) -> deque[Attempt]:
        """Those that wait for a worker."""
        return self.ledger.waiting

    @property
    def evaluations(self) -> int:
        """Of the whole run, as far as this runner has seen it."""
        return self.ledger.evaluations

    @property
    def failures(self) -> int:
        """Those of them that failed for good."""
        return self.ledger.failures

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
            outcomes = list(self.ledger.outcomes.values())
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
                done = [place for place in places if place in self.ledger.outcomes]
                contest.tell([(place[1:], self.ledger.outcomes[place]) for place in done])

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
            return [[self.ledger.outcomes[generation, i, trial] for trial in trials] for i in range(len(individuals))]
        finally:
            self.trajectory = trajectory

    def simulate_generation(self, gen: int, n_inds: int) -> list[int]:
        """Have the workers evaluate ``n_inds`` individuals; one exit code each, 0 or 1 (failed)."""
        self._begin(gen, n_inds)
        places = [(gen, index) for index in range(n_inds)]
        self._evaluate(places)
        return [int(self.ledger.outcomes[place] is None) for place in places]

    def _begin(self, generation: int, n_inds: int) -> None:
        self.set_up_workers()
        self.generation = generation
        self.n_inds = n_inds
        self.ledger.begin()

    def _evaluate(self, places: Sequence[Place]) -> None:
        """Evaluate what is at these places; as many of them, the first ones, as the run may."""
        n_allowed = int(min(len(places), max(0, self.stopping.max_evaluations - self.evaluations)))
        n_outcomes = len(self.ledger.outcomes) + n_allowed
        self.ledger.waiting = deque(Attempt(place) for place in places[:n_allowed] if not self.ledger.recall(place))
        self._work_until(lambda: len(self.ledger.outcomes) == n_outcomes)
        if n_allowed < len(places):
            raise LimitReached(self.stopping.evaluations_are_made())

    def collect_results_from_run(self, generation: int, individuals: list[Any]) -> list[tuple[int, Any]]:
        """``[(ind_idx, fitness)]`` of the generation that was simulated last; NaN where it failed."""
        failed = self.failed_fitness()
        fitness = [self.ledger.outcomes[generation, place] for place in range(len(individuals))]
        return [
            (individual.ind_idx, failed if value is None else value)
            for individual, value in zip(individuals, fitness, strict=True)
        ]

    def failed_individuals(self) -> list[int]:
        """Places of those of the last generation that have no result."""
        return [place[1] for place, fitness in self.ledger.outcomes.items() if fitness is None]

    # --- without generations

    def submit(self, generation: int, index: int) -> None:
        """Have an individual of the trajectory evaluated as soon as a worker has room for it."""
        place = (generation, index)
        if place in self.ledger.outcomes or self.ledger.recall(place):
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
        if place not in self.ledger.outcomes:
            self._work_until(lambda: place in self.ledger.outcomes)
        return self.ledger.forget(place)

    def end_generation(self, generation: int, outcomes: Sequence[Any]) -> None:
        """Bring the history to disk.

        Raises
        ------
        GenerationFailedError
            If all individuals of the generation failed: ``outcomes`` are None.
        """
        with self.storing():
            self.history.sync()
        if all(outcome is None for outcome in outcomes):
            stories = "\n\n".join(self.ledger.stories)
            raise GenerationFailedError(
                f"all {len(outcomes)} individuals of generation {generation} failed; the first ones:\n\n{stories}"
            )

    @property
    def early(self) -> dict[Place, Any]:
        """Fitness, None after a failure, of individuals that nobody has waited for yet."""
        return dict(self.ledger.outcomes)

    def outcomes_from(self, n: int) -> list[Any]:
        """Outcomes of this generation, without the first ``n`` that came; None for failures."""
        return list(islice(self.ledger.outcomes.values(), n, None))

    # --- work

    def populate_free_workers(self, generation: int) -> None:
        """Give waiting individuals to workers that have room for them."""
        self.dispatcher.populate()

    def restart_individual(self, gen: int, idx: int) -> None:
        """Put an individual that failed back among those that wait, for its next attempt."""
        if not self.ledger.was_tried((gen, idx)):
            raise UsageError(f"individual {idx} of generation {gen} is not running; generation {self.generation} is")
        self.ledger.retry((gen, idx))

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
                if self.ledger.mistake:  # what else came in this turn is in the history
                    raise FitnessLengthError(self.ledger.mistake)
        finally:
            if self.interrupts is not None:
                self.interrupts.waiting = False
            with self.storing():
                self.history.flush()

    def _turn(self) -> None:
        """Sleep until a message, a death, a signal or a deadline, and deal with it."""
        now = time.monotonic()
        with self.storing():
            if now >= self._look_at:
                self._look_at = now + FOLDER_LOOK_S
                self.history.check()
            self.dispatcher.turn(min(self.stopping.stop_at, self.wake_at, self._look_at))
            self.history.flush()

    def failed_fitness(self) -> Any:
        """NaN for every component."""
        nan = (float("nan"),) * (self.n_fitness or self._length_of_fitness())
        inner = self.trajectory.inner_params
        return nan if inner == 1 else [nan] * inner

    def _length_of_fitness(self) -> int:
        return next((len(f) for f in self.ledger.outcomes.values() if isinstance(f, tuple)), 1)

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
        return sorted({place[1] for place in self.ledger.outcomes if place[0] == self.generation})

    def produce_run_command(self, idx: int) -> tuple[list[str], dict[str, str]]:
        """The command that starts worker ``idx``, and its log files by ``out`` and ``err``."""
        return self.program.command_of(idx)

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
        with storing(self.work_paths):  # a network file system may tell only now that there was no room
            self.history.close()

    # --- files

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Write to the run folder, if it is still this runner's; see `run_folder.storing`."""
        with storing(self.work_paths):
            self._guard()
            yield

    def prepare_run_file(self) -> None:
        """Write ``run_optimizee.py``, the program of the workers, with the import path of this process."""
        self.program.write(self.heartbeat_timeout)

    def dump_traj(self, trajectory: Any) -> None:
        """Write ``trajectory_<generation>.bin``, from which `Experiment.load_trajectory` can go on."""
        from l2l.utils.checkpoint import bounded

        generation = trajectory.individual.generation
        data = pickle.dumps(bounded(trajectory, generation), pickle.HIGHEST_PROTOCOL)
        with self.storing():
            write_atomically(Path(self.path, "trajectories", f"trajectory_{generation}.bin"), data)

    def create_zipfile(self, folder: str, filename: str) -> None:
        """Pack the ``*.log`` files of a folder into ``<folder>/<filename>.zip``."""
        pack_logs(Path(folder), filename)

    def keep_logs(self, generation: int) -> None:
        """Pack what the workers wrote up to the end of a generation; see `WorkerProgram.keep_logs`."""
        with self.storing():
            self.program.keep_logs(self.pool.names, generation)
