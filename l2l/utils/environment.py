"""The environment: goes from generation to generation."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from pickle import PicklingError
from typing import Any

import numpy as np

from l2l.errors import UsageError, reject_unknown_keywords
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.confirmation import Candidates, Confirmation, Recommendation, chosen
from l2l.utils.individual import Individual
from l2l.utils.interrupts import Interrupts
from l2l.utils.progress import Progress
from l2l.utils.replication import Contest, Replication
from l2l.utils.run_folder import RunFolder, storing
from l2l.utils.run_lock import nobody_else
from l2l.utils.run_state import RunState, finite_or_none, weighted_fitness
from l2l.utils.runner import Runner
from l2l.utils.steady_state import SteadyState
from l2l.utils.stopping import LimitReached, Stopping
from l2l.utils.trajectory import Trajectory

logger = logging.getLogger("utils.environment")

NOTE_EVERY_S = 0.5
"""Seconds between two notes of how far a generation has come, at least."""

KEYWORDS = (
    *("trajectory", "checkpoint", "filename", "multiprocessing", "debug", "stop_run", "timeout"),
    # accepted from older scripts
    *("file_title", "comment", "add_time", "automatic_storing", "log_stdout", "log_config", "overwrite_file"),
)


class Environment:
    """Has individuals evaluated and hands the results to the optimizer, generation by generation or one by one.

    Parameters
    ----------
    trajectory : str or Trajectory
        A name makes a new one.
    checkpoint : Trajectory, optional
        One to go on from; its generation is evaluated again.
    filename : str, optional
    multiprocessing : bool
        Whether workers are used; there is no other way to evaluate, False is refused.
    debug, stop_run, timeout
        For a new trajectory.

    Attributes
    ----------
    trajectory : Trajectory
    postprocessing : callable (traj, results)
    steady : SteadyState, optional
        Of a run without generations; the results do not go to ``postprocessing`` then.
    stopping : Stopping
        The criteria that may end the run before its last generation.
    stop_reason : str or None
        Which of them did.
    executor : Executor, callable or str, optional
        What carries the evaluations, if not workers that are started here.
    guard : callable
        Called before anything is written to the run folder; raises if that must not be.
    replication : Replication, optional
        How the individuals of a generation are evaluated several times.
    confirmation : Confirmation, optional
        How the best are evaluated again at the end.
    recommendation : Recommendation or None
        What came of that.
    generation : int
        The first that is not complete.
    """

    def __init__(self, **keywords: Any) -> None:
        reject_unknown_keywords("Environment()", keywords, KEYWORDS)
        self.filename = keywords.get("filename")
        self.multiprocessing = keywords.get("multiprocessing", True)
        if not self.multiprocessing:
            raise ValueError("multiprocessing=False is not possible: individuals are evaluated by workers")
        self.run_id = 0
        self.logging = True
        self.postprocessing: Callable[[Any, list[tuple[int, Any]]], None] | None = None
        self.checkpoints: Checkpoints | None = None
        self.weights: tuple[float, ...] | None = None
        self.steady: SteadyState | None = None
        self.stopping = Stopping()
        self.stop_reason: str | None = None
        self.executor: Any = None
        self.guard: Callable[[], None] = nobody_else
        self.replication: Replication | None = None
        self.confirmation: Confirmation | None = None
        self.recommendation: Recommendation | None = None
        self.candidates: Candidates | None = None
        self.contest: Contest | None = None
        self.generation = 0
        self.state: RunState | None = None
        self._n_noted = 0  # outcomes of this generation
        self._next_note = 0.0
        self.progress = Progress(quiet=True)
        self.evaluations = 0
        self.failures = 0
        self.trajectory: Any
        if keywords.get("checkpoint") is not None:
            self.trajectory = keywords["checkpoint"]
            self.trajectory.is_loaded = True
        elif isinstance(keywords.get("trajectory"), str):
            self.trajectory = Trajectory(
                name=keywords["trajectory"],
                **{name: keywords[name] for name in ("debug", "stop_run", "timeout") if name in keywords},
            )
        else:
            self.trajectory = keywords["trajectory"]

    @property
    def optimizer(self) -> Any:
        """The optimizer whose method gets the results."""
        return getattr(self.postprocessing, "__self__", None)

    @property
    def _weights(self) -> tuple[float, ...]:
        if self.weights is None:
            raise UsageError("replicates and confirm need an optimizer with optimizee_fitness_weights")
        return self.weights

    @property
    def has_found_nothing(self) -> bool:
        """Whether individuals were evaluated, and none of them has a finite fitness."""
        return self.evaluations > 0 and not self.progress.has_found

    def add_postprocessing(self, func: Callable[[Any, list[tuple[int, Any]]], None]) -> None:
        """What to call with the results of each generation."""
        self.postprocessing = func

    def enable_logging(self) -> None:
        """Show the progress of the run."""
        self.logging = True

    def disable_logging(self) -> None:
        """Keep the progress of the run to the log files."""
        self.logging = False

    def run(
        self,
        resumed: dict[str, Any] | None = None,
        prepare: Callable[[], None] | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        """Evaluate generations until the last, or until the optimizer lays out no further one.

        Parameters
        ----------
        resumed : dict, optional
            Facts of the checkpoint to go on from; ``"since"``, records by place, is what was evaluated since.
        prepare : callable, optional
            What is to be done before the first evaluation; the workers start meanwhile.
        preload : sequence of str
            Modules that the workers import meanwhile.
        """
        traj = self.trajectory
        facts = resumed or {"generation": traj.individual.generation}
        generation = facts["generation"]
        last = facts.get("last", generation + traj.par["n_iteration"])
        self.generation = generation
        self.recommendation = facts.get("recommendation")
        self.candidates = facts.get("candidates")
        if self.candidates is None and self.confirmation is not None:
            self.candidates = Candidates(self.confirmation.candidates, self._weights)
        if facts.get("finished") and (self.confirmation is None or self.recommendation is not None):
            self.evaluations, self.failures = facts["evaluations"], facts["failures"]
            self.progress.restore(facts)
            return
        with Interrupts() as interrupts:
            if generation in traj.individuals:
                traj.individual = traj.individuals[generation][0]
            with storing(traj.parameters["runner_params"].params["work_path"]):
                runner = Runner(
                    traj,
                    last,
                    n_fitness=None if self.weights is None else len(self.weights),
                    interrupts=interrupts,
                    on_turn=self._on_turn,
                    preload=preload,
                    n_places=self._n_places(generation),
                    stopping=self.stopping,
                    executor=self.executor,
                    guard=self.guard,
                )
            try:
                if prepare is not None:
                    prepare()
                runner.set_up_workers()
                if resumed is not None:
                    self.progress.restore(facts)
                    self.stopping.__dict__.update(facts.get("stopping", {}))
                    counts = facts["evaluations"], facts["failures"]
                    runner.ledger.resume(*counts, facts.get("early", {}), facts.pop("since"))  # which may be many
                self.progress.start(generation, last, runner.evaluations)
                self._begin_state(runner, generation, last, facts)
                if resumed is None:  # else it has one, from which the history of this generation begins
                    self._save(runner, generation, last)
                try:
                    if self.steady is None:
                        self._generations(runner, generation, last)
                    else:
                        self._one_by_one(runner, self.steady, generation, last)
                except LimitReached as limit:
                    self._end_early(str(limit))
                    self._note_early(runner)
                self._confirm(runner, last)
            finally:
                self.evaluations, self.failures = runner.evaluations, runner.failures
                runner.close_workers()
                self.progress.close()

    def _n_places(self, generation: int) -> int:
        """How many evaluations may be under way at a time."""
        if self.steady is not None:
            return self.steady.window
        n_individuals = len(self.trajectory.individuals.get(generation, ()))
        if not n_individuals and self.confirmation is not None:
            return self.confirmation.n
        return n_individuals if self.replication is None else n_individuals * self.replication.n

    def _generations(self, runner: Runner, generation: int, last: int) -> None:
        traj = self.trajectory
        while generation < last and generation in traj.individuals:
            reason = self.stopping.reason(runner.evaluations)
            if reason is not None:
                self._end_early(reason)
                return
            n_individuals = len(traj.individuals[generation])
            if self.replication is not None:
                self.contest = self.replication.contest(n_individuals, self._weights)
                n_individuals *= self.replication.n
            self.progress.generation(generation, n_individuals)
            results = runner.run(traj, generation, self.contest)
            self._note_results(runner, generation, results)
            if self.postprocessing is not None:
                self.postprocessing(traj, self._for_optimizer(results))
            generation += 1
            self.contest = None
            self._save(runner, generation, last)

    def _one_by_one(self, runner: Runner, steady: SteadyState, generation: int, last: int) -> None:
        steady.ask()  # the window may be larger than the first population
        for place in steady.places_in_flight():
            runner.submit(*place)
        outcomes: list[Any] = []  # of this generation
        while steady.in_flight:
            if not outcomes and self.stop_reason is None:
                self._stop_asking(steady, runner)
            if not outcomes:
                self.progress.generation(generation, steady.size)
            outcome = runner.wait_for(*steady.place(steady.n_told))
            outcomes.append(outcome)
            results = steady.tell(runner.failed_fitness() if outcome is None else outcome)
            for place in steady.ask():
                runner.submit(*place)
            if results is not None:
                runner.end_generation(generation, outcomes)
                self._note_results(runner, generation, results)
                generation += 1
                self._save(runner, generation, last)
                outcomes = []
        runner.keep_logs(generation - 1)

    def _stop_asking(self, steady: SteadyState, runner: Runner) -> None:
        """End a run without generations by a criterion that looks at generations: what is under way is awaited."""
        reason = self.stopping.reason(runner.evaluations)
        if reason is not None:
            steady.closed = True
            self._end_early(reason)

    def _end_early(self, reason: str) -> None:
        self.stop_reason = reason
        logger.info("the run ends early: %s", reason)

    def _note_early(self, runner: Runner) -> None:
        """Let what was evaluated of a generation that is not complete count for the best individual."""
        if self.contest is None:
            early = {place[:2]: fitness for place, fitness in runner.early.items() if fitness is not None}
        else:
            results = self.contest.results()
            early = {(runner.generation, i): fitness for i, fitness in results.items() if fitness is not None}
        if early:
            self.progress.note_fitness(list(early.items()), self.weights)
        self._note_candidates(early)
        optimizer = self.optimizer
        if not isinstance(optimizer, Optimizer) or type(optimizer).post_process is not Optimizer.post_process:
            return  # it is told of whole generations only
        if self.steady is None:
            optimizer.note([(index, fitness) for (_, index), fitness in early.items()])
        else:
            self.steady.note(early)

    def _note_candidates(self, fitness: Mapping[tuple[int, int], Any]) -> None:
        if self.candidates is not None:
            individuals = [self.trajectory.individuals[g][i] for g, i in fitness]
            self.candidates.note([_proposed(individual) for individual in individuals], list(fitness.values()))

    def _confirm(self, runner: Runner, last: int) -> None:
        """Choose among the best of the run, and estimate the fitness of that one, under fresh seeds."""
        if self.confirmation is None or self.candidates is None:
            return
        recommended = self.optimizer.recommend() if isinstance(self.optimizer, Optimizer) else None
        found = self.candidates.with_recommended(recommended)
        generation = self.generation
        runner.stopping = replace(self.stopping, max_evaluations=math.inf)
        runner.stopping.stop_at = self.stopping.stop_at
        logger.info("evaluating %d of the best individuals %d times again", len(found), self.confirmation.n)
        try:
            outcomes = self._again(runner, found, "selection")
            winner = chosen(outcomes, self._weights)
            if winner is None:
                logger.warning("none of the best individuals could be evaluated %d times", self.confirmation.n)
                return
            (outcomes,) = self._again(runner, [found[winner]], "estimate")
        except LimitReached as limit:
            logger.warning("no individual is recommended with an interval: %s", limit)
            return
        self.recommendation = Recommendation.of(found[winner], outcomes)
        if generation >= last or generation not in self.trajectory.individuals:
            self._save(runner, generation, last)

    def _again(self, runner: Runner, found: Sequence[Mapping[str, Any]], stage: str) -> list[list[Any]]:
        assert self.confirmation is not None
        individuals = [
            Individual(self.generation, index, {f"individual.{name}": value for name, value in each.items()})
            for index, each in enumerate(found)
        ]
        return runner.evaluate_again(individuals, self.generation, self.confirmation.trials(stage))

    def _note_results(self, runner: Runner, generation: int, results: list[tuple[int, Any]]) -> None:
        traj = self.trajectory
        traj.individual = traj.individuals[generation][0]
        traj.results.all_results[generation] = results
        traj.current_results = results
        runner.dump_traj(traj)
        self.progress.results(results, self.weights, runner)
        self._note_state(runner, generation)
        self.stopping.note(results, self.weights)
        self._note_candidates({(generation, index): fitness for index, fitness in results})
        self.generation = generation + 1

    def _begin_state(self, runner: Runner, generation: int, last: int, facts: Mapping[str, Any]) -> None:
        """What can be known of the run from its folder, when it begins or is resumed."""
        self.state = RunState(
            first=generation,
            last=last,
            generation=generation,
            size=self._n_evaluations(generation),
            evaluated_by_then=runner.evaluations,
            evaluations=runner.evaluations,
            failures=runner.failures,
            evaluated_before=runner.evaluations,
            best=finite_or_none(self.progress.best),
            history_bytes=facts.get("history_bytes", 0),
        )
        self._write_state(runner)

    def _note_state(self, runner: Runner, generation: int) -> None:
        """A generation is complete."""
        assert self.state is not None
        self.state = replace(
            self.state,
            generation=generation + 1,
            size=self._n_evaluations(generation),
            evaluated_by_then=runner.evaluations,
            evaluations=runner.evaluations,
            failures=runner.failures,
            best=finite_or_none(self.progress.best),
            history_bytes=runner.history.size,
            heard=time.time(),
        )
        self._write_state(runner)
        self._n_noted = 0

    def _on_turn(self, runner: Runner) -> None:
        """Some individuals may have finished, and workers come or gone."""
        self.progress.turn(runner)
        if self.state is None:
            return
        now = time.monotonic()
        runner.wake_at = self._next_note
        if now < self._next_note:
            return
        runner.wake_at = math.inf
        state = replace(self.state, workers=runner.pool.n_ready, busy=len(runner.running_workers))
        if self.steady is None:
            values = runner.outcomes_from(self._n_noted)
            self._n_noted += len(values)
            best = max(
                (weighted_fitness(value, self.weights) for value in values if value is not None), default=-math.inf
            )
            state = replace(
                state,
                evaluations=runner.evaluations,
                failures=runner.failures,
                best=finite_or_none(max(best, -math.inf if state.best is None else state.best)),
                history_bytes=runner.history.size,
                heard=time.time() if values else state.heard,
            )
        if state != self.state:
            self.state = state
            self._write_state(runner)

    def _n_evaluations(self, generation: int) -> int:
        """Of a generation, at most."""
        n = len(self.trajectory.individuals.get(generation, ())) if self.steady is None else self.steady.size
        return n if self.replication is None else n * self.replication.n

    def _write_state(self, runner: Runner) -> None:
        assert self.state is not None
        self._next_note = time.monotonic() + NOTE_EVERY_S
        with runner.storing():
            self.state.write(RunFolder(Path(runner.work_paths)).progress_path)

    def _save(self, runner: Runner, generation: int, last: int) -> None:
        if self.checkpoints is None or (self.steady is not None and self.steady.closed):
            return  # a resumed run with another limit goes on from before it was closed
        traj = self.trajectory
        facts: dict[str, Any] = {
            "last": last,
            "finished": generation >= last or generation not in traj.individuals,
            "evaluations": runner.evaluations,
            "failures": runner.failures,
            **self.progress.facts(),
            "stopping": self.stopping.state(),
            "candidates": self.candidates,
            "recommendation": self.recommendation,
        }
        if self.steady is not None:
            facts |= {"steady": self.steady, "early": runner.early}
        try:
            with runner.storing():
                known = {"history_bytes": runner.history.sync(), "history_crc": runner.history.crc}
                self.checkpoints.save(generation, **known, **facts)
        except (PicklingError, TypeError, AttributeError, ValueError) as error:  # by kind of object
            logger.warning("the optimizer cannot be pickled, so this run cannot be resumed: %s", error)
            self.checkpoints = None

    def _for_optimizer(self, results: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """A list of its own for the optimizer, which may clear it.

        An optimizer of ours ranks failures and NaN last. One with a ``post_process`` of its own may not know NaN:
        it gets the worst finite value of the generation for each component, by the sign of its weight.
        """
        own = getattr(self.postprocessing, "__func__", None) is Optimizer.post_process
        if own or self.weights is None or self.trajectory.inner_params != 1:
            return list(results)
        return penalised(results, self.weights)


def _proposed(individual: Individual) -> dict[str, Any]:
    """The parameters of an individual as the optimizer proposed them."""
    return {name.removeprefix("individual."): value for name, value in individual.params.items()}


def penalised(
    results: Sequence[tuple[int, tuple[float, ...]]], weights: Sequence[float]
) -> list[tuple[int, tuple[float, ...]]]:
    """Results in which a fitness that is not finite is the worst finite one, component by component.

    Where no component of that place is finite in any of them, NaN stays.
    """
    values = np.array([fitness for _, fitness in results], dtype=float)  # (n_individuals, n_fitness)
    finite = np.isfinite(values)
    if finite.all():
        return list(results)
    worst = [
        (column[ok].min() if weight >= 0 else column[ok].max()) if ok.any() else np.nan
        for column, ok, weight in zip(values.T, finite.T, weights, strict=True)
    ]
    whole = finite.all(axis=1)
    return [
        result if good else (result[0], tuple([float(w) for w in worst]))
        for result, good in zip(results, whole, strict=True)
    ]
