"""The ledger of a run: which individuals wait, are tried again, are finished, or have failed for good."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l2l.errors import IndividualFailedError
from l2l.utils.assignment import Assignment, Attempt, Group, Place
from l2l.utils.channel import LARGEST_LINE, encode_parameters, finite_or_null, json_text
from l2l.utils.fitness import from_json, is_finite
from l2l.utils.history import History
from l2l.utils.run_folder import storing
from l2l.utils.seeds import individual_seed, trial_seed
from l2l.utils.worker_process import WorkerProcess

logger = logging.getLogger("utils.runner")

MOST_STORIES = 3
"""Failures that are told at length."""


class Ledger:
    """What becomes of every individual, noted in the history as soon as that is known.

    Parameters
    ----------
    trajectory : Trajectory
        Whose individuals they are.
    history : History
    results : Path
        Folder of long messages, which needs room for them.
    max_retries : int
        Attempts after the first.
    stops : bool
        Whether an individual that failed for good ends the run.
    inner_params : int
        Individuals in one call of a worker.

    Attributes
    ----------
    waiting : deque of Attempt
    outcomes : dict of Place to fitness
        None: the individual failed.
    stories : list of str
        Of the first failures.
    mistake : str
        Of the script, which every evaluation would repeat; nothing if none is known.
    evaluations, failures : int
        Of the whole run, as far as this runner has seen it.
    """

    def __init__(
        self, trajectory: Any, history: History, results: Path, *, max_retries: int, stops: bool, inner_params: int
    ):
        self.trajectory = trajectory
        self.history = history
        self.inner_params = inner_params
        self.waiting: deque[Attempt] = deque()
        self.outcomes: dict[Place, Any] = {}
        self.stories: list[str] = []
        self.mistake = ""
        self.evaluations = 0
        self.failures = 0
        self._results = results
        self._max_retries = max_retries
        self._stops = stops
        self._attempts: dict[Place, int] = {}  # the latest of each individual
        self._recalled: dict[Place, Mapping[str, Any]] = {}

    def begin(self) -> None:
        """Begin a generation."""
        self.outcomes = {}
        self.stories = []
        self._attempts = {}

    # --- what is to be done

    @property
    def n_calls(self) -> int:
        """Calls of workers that wait."""
        return -(-len(self.waiting) // self.inner_params)

    def take_calls(self, n: int) -> list[Assignment | Group]:
        """Up to ``n`` calls of waiting individuals, ``inner_params`` of them in each."""
        waiting = self.waiting
        if self.inner_params == 1:
            return [self._assignment(waiting.popleft()) for _ in range(min(n, len(waiting)))]
        calls: list[Assignment | Group] = []
        while waiting and len(calls) < n:
            members = [waiting.popleft()]
            while len(members) < self.inner_params and waiting and members[0].goes_with(waiting[0]):
                members.append(waiting.popleft())
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

    def take_back(self, calls: Sequence[Assignment | Group]) -> None:
        """Put the individuals of assignments that were not evaluated first among those that wait."""
        self.waiting.extendleft(member.attempt for call in reversed(calls) for member in reversed(call.members))

    def was_tried(self, place: Place) -> bool:
        """Whether an individual of this generation was given to a worker."""
        return place in self._attempts

    def retry(self, place: Place) -> None:
        """Put an individual that failed back among those that wait, for its next attempt."""
        self.outcomes.pop(place, None)
        self.waiting.append(Attempt(place, self._attempts[place] + 1, alone=True))

    # --- what has become of it

    def resume(
        self, evaluations: int, failures: int, early: Mapping[Place, Any], records: Mapping[Place, Mapping[str, Any]]
    ) -> None:
        """Go on with a run that was interrupted.

        Parameters
        ----------
        evaluations, failures : int
            At its last checkpoint.
        early : mapping of Place to fitness
            Outcomes that nobody had waited for by then.
        records : mapping of Place to dict
            Of the history since then, for `recall`.
        """
        self.evaluations, self.failures = evaluations, failures
        self.outcomes = dict(early)
        self._recalled = dict(records)

    def recall(self, place: Place) -> bool:
        """Whether the outcome of an individual is known from before an interruption; then it is taken over."""
        record = self._recalled.pop(place, None)
        if record is None:
            return False
        generation, index = place[:2]
        _, parameters = encode_parameters(self.trajectory.individuals[generation][index].params)
        if json_text(record["parameters"]) != parameters:
            return False  # of another experiment's individual
        fitness = record["fitness"]
        self.outcomes[place] = None if fitness is None else from_json(fitness, record.get("violations"))
        self.evaluations += 1
        self.failures += fitness is None
        return True

    def forget(self, place: Place) -> Any:
        """Take an outcome out of the ledger; returns it."""
        self._attempts.pop(place, None)
        return self.outcomes.pop(place)

    def finish(
        self,
        assignment: Assignment,
        fitness: list[Any],
        violations: Any,
        started: float,
        seconds: float,
        worker: WorkerProcess,
    ) -> None:
        """An individual was evaluated."""
        value = from_json(fitness, violations)
        self.outcomes[assignment.attempt.place] = value
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

    def fail(
        self,
        call: Assignment | Group,
        outcome: str,
        error: dict[str, str],
        started: float,
        seconds: float,
        worker: WorkerProcess,
    ) -> None:
        """An attempt failed: another one follows, or the individual has failed for good.

        Raises
        ------
        IndividualFailedError
            If it has, and the run shall stop then.
        StorageError
            If that may be for want of room.
        """
        what = f"{error['type']}: {error['message']}"
        if isinstance(call, Group):
            places = [member.attempt.place for member in call.members]
            logger.warning("%s %s in one call (%s); they follow one by one", places, outcome, what)
            self.waiting.extend(member.attempt._replace(alone=True) for member in call.members)
            return
        place, number, _ = call.attempt
        where = f"generation {place[0]}, individual {place[1]}"
        if number < self._max_retries:
            logger.warning("%s %s (%s); attempt %d follows", where, outcome, what, number + 1)
            self.retry(place)
            return
        self._check_storage()
        self.outcomes[place] = None
        self.evaluations += 1
        self.failures += 1
        self._record(call, outcome, "null", started, seconds, worker, f', "error": {json_text(error)}')
        story = (
            f"{where} {outcome} at each of {number + 1} attempts; log: {worker.log_path}\n"
            f"{error.get('traceback') or what + chr(10) + error.get('stderr', '')}"
        ).rstrip()
        if len(self.stories) < MOST_STORIES:
            self.stories.append(story)
            logger.error(story)
        else:
            logger.error(story.splitlines()[0])
        if self._stops:
            raise IndividualFailedError(story)

    def note_mistake(self, call: Assignment | Group, error: dict[str, str]) -> None:
        """An evaluation failed as every other one would."""
        if not self.mistake:
            self.mistake = f"generation {call.of[0]}, individual {call.of[1]}: {error['message']}"

    def _check_storage(self) -> None:
        """Raise StorageError if the run folder has no room for a message: that may be why an individual failed."""
        probe = self._results / "probe"
        with storing(self.history.path.parent):
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
