"""The environment: goes from generation to generation."""

import logging
from collections.abc import Callable, Sequence
from pickle import PicklingError
from typing import Any

import numpy as np

from l2l.errors import reject_unknown_keywords
from l2l.optimizers.optimizer import Optimizer
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.history import read_history
from l2l.utils.interrupts import Interrupts
from l2l.utils.progress import Progress
from l2l.utils.run_folder import storing
from l2l.utils.runner import Runner
from l2l.utils.steady_state import SteadyState
from l2l.utils.stopping import LimitReached, Stopping
from l2l.utils.trajectory import Trajectory

logger = logging.getLogger("utils.environment")

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
            Facts of the checkpoint to go on from; history holds what was evaluated since.
        prepare : callable, optional
            What is to be done before the first evaluation; the workers start meanwhile.
        preload : sequence of str
            Modules that the workers import meanwhile.
        """
        traj = self.trajectory
        facts = resumed or {"generation": traj.individual.generation}
        generation = facts["generation"]
        last = facts.get("last", generation + traj.par["n_iteration"])
        if facts.get("finished"):
            self.evaluations, self.failures = facts["evaluations"], facts["failures"]
            return
        with Interrupts() as interrupts:
            if generation in traj.individuals:
                traj.individual = traj.individuals[generation][0]
            runner = Runner(
                traj,
                last,
                n_fitness=None if self.weights is None else len(self.weights),
                interrupts=interrupts,
                on_turn=self.progress.turn,
                preload=preload,
                n_places=None if self.steady is None else self.steady.window,
                stopping=self.stopping,
            )
            try:
                if prepare is not None:
                    prepare()
                runner.set_up_workers()
                if resumed is not None:
                    runner.evaluations, runner.failures = facts["evaluations"], facts["failures"]
                    self.progress.best = facts["best"]
                    self.stopping.__dict__.update(facts.get("stopping", {}))
                    records = read_history(runner.history.path, facts["history_bytes"])
                    runner.recall({(record["generation"], record["index"]): record for record in records})
                    runner.early = facts.get("early", {})
                self.progress.start(generation, last, runner.evaluations)
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
            finally:
                self.evaluations, self.failures = runner.evaluations, runner.failures
                runner.close_workers()
                self.progress.close()

    def _generations(self, runner: Runner, generation: int, last: int) -> None:
        traj = self.trajectory
        while generation < last and generation in traj.individuals:
            reason = self.stopping.reason(runner.evaluations)
            if reason is not None:
                self._end_early(reason)
                return
            self.progress.generation(generation, len(traj.individuals[generation]))
            results = runner.run(traj, generation)
            self._note_results(runner, generation, results)
            if self.postprocessing is not None:
                self.postprocessing(traj, self._for_optimizer(results))
            generation += 1
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
        optimizer = getattr(self.postprocessing, "__self__", None)
        if not isinstance(optimizer, Optimizer) or type(optimizer).post_process is not Optimizer.post_process:
            return  # it is told of whole generations only
        early = {place: outcome for place, outcome in runner.early.items() if outcome is not None}
        if self.steady is None:
            optimizer.note([(index, fitness) for (_, index), fitness in early.items()])
        else:
            self.steady.note(early)

    def _note_results(self, runner: Runner, generation: int, results: list[tuple[int, Any]]) -> None:
        traj = self.trajectory
        traj.individual = traj.individuals[generation][0]
        traj.results.all_results[generation] = results
        traj.current_results = results
        runner.dump_traj(traj)
        self.progress.results(results, self.weights, runner)
        self.stopping.note(results, self.weights)

    def _save(self, runner: Runner, generation: int, last: int) -> None:
        if self.checkpoints is None or (self.steady is not None and self.steady.closed):
            return  # a resumed run with another limit goes on from before it was closed
        traj = self.trajectory
        facts: dict[str, Any] = {
            "last": last,
            "finished": generation >= last or generation not in traj.individuals,
            "evaluations": runner.evaluations,
            "failures": runner.failures,
            "best": self.progress.best,
            "stopping": self.stopping.state(),
        }
        if self.steady is not None:
            facts |= {"steady": self.steady, "early": runner.early}
        try:
            with storing(runner.work_paths):
                self.checkpoints.save(generation, history_bytes=runner.history.sync(), **facts)
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
