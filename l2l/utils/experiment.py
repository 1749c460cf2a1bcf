"""The experiment: what a script prepares, runs and ends."""

import logging
import os
import pickle
from pathlib import Path
from typing import Any

from l2l.errors import L2LError, NoFitnessError, RunPaused, UsageError
from l2l.logging_tools import configure_loggers, create_shared_logger_data
from l2l.overrides import current
from l2l.paths import Paths
from l2l.space import declared_space
from l2l.space.plain import as_plain
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.environment import Environment
from l2l.utils.executor_pool import name_of_executor
from l2l.utils.front_files import write_front
from l2l.utils.history import export_history
from l2l.utils.manifest import Manifest, class_path, now
from l2l.utils.opening import create, is_reopened, reopen
from l2l.utils.progress import ConsoleHandler, Progress
from l2l.utils.restart import Restart
from l2l.utils.resumption import Resumption
from l2l.utils.run_folder import RunFolder, storing
from l2l.utils.runner import prepare_optimizee
from l2l.utils.settings import Settings
from l2l.utils.steady_state import steady_state_of
from l2l.utils.trust import check_trusted

logger = logging.getLogger("utils.experiment")

LOGGERS = ("optimizers", "utils")


class Experiment:
    """An experiment below one root folder: prepared, run, ended.

    Parameters
    ----------
    root_dir_path : str or Path
        Folder of all runs; ``~`` is the home folder. It is made when needed.

    Attributes
    ----------
    paths : Paths
    run_folder : Path
        ``<root_dir_path>/<name>``.
    history_path : Path
        One line of JSON per finished individual.
    traj : Trajectory
    env : Environment
    optimizer, optimizee
        Once the experiment runs.
    seed : int
        From which the seeds of all evaluations follow.
    smoke : bool
        Whether this is only a check that the experiment works (``l2l-run --smoke``): choose tiny sizes.
    """

    started = 0
    """How many experiments were run in this process."""

    def __init__(self, root_dir_path: str | os.PathLike[str]):
        self.overrides = current()
        self.root_dir_path = str(Path(self.overrides.root_dir or root_dir_path).expanduser().absolute())
        self.smoke = self.overrides.smoke
        self.logger = logger
        self.paths: Any = None
        self.env: Any = None
        self.traj: Any = None
        self.optimizee: Any = None
        self.optimizer: Any = None
        self.seed = 0
        self._resumption: Resumption | None = None

    # --- prepare

    def prepare_experiment(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Make the run folder and the trajectory.

        Parameters
        ----------
        name : str
            Name of the run and of its folder; ``'L2L-run'``.
        trajectory_name : str
        checkpoint : Trajectory, optional
            One of `load_trajectory`, to go on from: its generation is evaluated again, and ``n_iteration``
            counts from there. (To resume a run that was interrupted use ``l2l-run --resume RUN_FOLDER``.)
        runner_params : dict
            ``srun`` (prefix that starts a worker on a cluster), ``exec`` (command of a worker, to which its program
            is appended), ``max_workers`` (number of processors, at most 32, in a Slurm job ``'auto'``: all of them,
            with ``srun`` those of the job), ``inner_params`` (individuals that a worker gets in one call; 1),
            ``max_retries``, ``on_failure``, ``pipes`` (``'file'`` with ``srun``, else ``'fifo'``),
            ``heartbeat_timeout`` (seconds without a sign of life after which a worker with file pipes is lost; 60),
            ``executor`` (an executor that carries the evaluations in place of workers of its own, a callable that
            makes one, or its name ``'module:name'``), ``work_path``, ``paths_obj``.
        seed : int
            0 by default. The same seed gives the same history, for any number of workers.
        on_failure : {'penalise', 'stop'}
            What to do with an individual that failed at every attempt: rank it last, or end the run.
        max_retries : int
            Attempts after the first; 3. The optimizee sees the number of the attempt as ``traj.retry``.
        stop_run : bool
            End the run at the first failure: ``on_failure='stop'`` without retries.
        timeout : bool or float
            Seconds that one evaluation may take; True (default) is two hours, False is no limit.
        asynchronous : bool or int
            Run without generations, for optimizers that can: a new individual is asked for whenever one is done, so
            that no worker waits for the slowest of a generation. A number is that of individuals that may be under
            way at a time (see `SteadyState`); True chooses it.
        max_evaluations : int, optional
            Evaluations after which the run ends, also in the middle of a generation.
        max_seconds : float, optional
            Seconds from now after which it ends, also in the middle of a generation; a resumed run has as many again.
            What was evaluated counts for the best individual; tables, figures and the like come on top.
        stagnation : int, optional
            Generations in a row without a better individual after which it ends.
        stop_fitness : float, optional
            Weighted fitness at which it ends, once a generation has reached it.
        replicates : int or dict, optional
            How often each individual is evaluated where the fitness is noisy; the optimizer gets the mean. Replicate r
            has the same seed for all individuals of a generation. A dict has the attributes of `Replication`:
            ``{"n": 16, "method": "race"}`` gives no more replicates to those that are clearly worse than the best.
        confirm : int or dict, optional
            At the end, evaluate the best individuals so often again under fresh seeds, choose one, and estimate its
            fitness under as many other seeds (see `Confirmation`); 30 where there are replicates, else 0.
        restart_from : path, optional
            Folder of an earlier run, from whose individuals the optimizer starts: the last generation, best first,
            then the best of all others. Optimizer, its parameters and bounds may be others than in that run.
        keep_generation : bool
            Count generations on from that run's; False. ``n_iteration`` more are evaluated either way.
        overwrite : bool
            Remove an earlier run of that name.
        debug : bool
            Log in detail.
        multiprocessing, log_stdout
            Accepted from older scripts, like the keywords in `settings.ACCEPTED`.

        Returns
        -------
        traj : Trajectory
        runner_params : dict
            As given, with the defaults.

        Raises
        ------
        TypeError
            If a keyword is unknown; names the nearest.
        RunFolderError
            If the run folder exists (and is not to be overwritten), or is in use.
        """
        settings = Settings.of(kwargs, self.overrides)
        self.seed, self.stopping = settings.seed, settings.stopping
        self.window, self.replication, self.confirmation = settings.window, settings.replication, settings.confirmation
        self.folder = RunFolder(Path(self.root_dir_path, settings.name))
        self.run_folder = self.folder.path
        self.history_path = self.folder.history_path
        restart = self._restart(settings)
        with storing(self.run_folder):
            self._open(settings.overwrite)
            self._make_paths(settings.name, settings.trajectory_name)
            self._configure_logging(settings.name, settings.debug)
        self._make_trajectory(settings)
        self.traj.restart = restart
        self._runner = settings.all_runner_params(self.paths)
        self.traj.f_add_parameter_group("runner_params", "parameters of the runner")
        for key, value in self._runner.items():
            if key != "executor":  # it stays in this process, the trajectory goes into checkpoints
                self.traj.f_add_parameter_to_group("runner_params", key, value)
        self.env.executor = self._runner["executor"]
        return self.traj, self._runner

    def _restart(self, settings: Settings) -> Restart | None:
        run = settings.restart_from
        if run is None or is_reopened(self.folder, self.overrides):
            return None  # it has started long ago
        if run == self.run_folder:
            raise UsageError(f"a run cannot start from itself: {run}; give the new one another name")
        return Restart(run, settings.keep_generation)

    def _open(self, overwrite: bool) -> None:
        self.manifest: Manifest
        if is_reopened(self.folder, self.overrides):
            self.manifest = reopen(self.folder)
            self._resumption = Resumption(self.folder, self.manifest, self.overrides)
        else:
            self.manifest = create(self.folder, self.overrides, self.seed, overwrite)
            self._resumption = None

    def _make_paths(self, name: str, trajectory_name: str) -> None:
        self.paths = Paths(name, {}, root_dir_path=self.root_dir_path, suffix=f"-{trajectory_name}")

    def _configure_logging(self, name: str, debug: bool) -> None:
        asked = self.overrides.log_level
        level = asked if asked is not None else "DEBUG" if debug else "INFO"
        create_shared_logger_data(LOGGERS, [level] * 2, [False] * 2, name, self.paths.logs_path)
        configure_loggers()
        if not self.overrides.quiet:
            console = ConsoleHandler(None if asked is None else getattr(logging, level))
            for logger_name in LOGGERS:
                logging.getLogger(logger_name).addHandler(console)

    def _make_trajectory(self, settings: Settings) -> None:
        self.env = Environment(
            trajectory=settings.trajectory_name,
            checkpoint=settings.checkpoint,
            multiprocessing=settings.multiprocessing,
            debug=settings.debug,
            stop_run=settings.stop_run,
            timeout=settings.timeout,
        )
        self.traj = self.env.trajectory
        self.traj.stop_run = settings.stop_run  # a checkpoint has those of its own run
        self.traj.timeout = settings.timeout
        self.traj.seed = self.seed
        self.traj.seed_override = self.overrides.seed
        self.traj.generations_override = self.overrides.n_iteration()
        self.traj.max_evaluations = self.stopping.max_evaluations

    # --- run

    def run_experiment(
        self, optimizer: Any, optimizee: Any, optimizer_parameters: Any = None, optimizee_parameters: Any = None
    ) -> None:
        """Evaluate generation after generation, until the optimizer has enough.

        Parameters
        ----------
        optimizer : Optimizer
        optimizee : Optimizee
        optimizer_parameters, optimizee_parameters : namedtuple or dataclass, optional
            Recorded in the manifest.

        Raises
        ------
        ValueError
            If an individual holds Python ints or bools, or the fitness has not as many names as weights.
        WorkerStartError, IndividualFailedError, GenerationFailedError
            See `Runner.run`.
        RunTakenOverError
            If this process was cut off from the run folder, and another one has taken the run over.
        """
        self.optimizer, self.optimizee = optimizer, optimizee
        if self._resumption is None:
            individual = optimizee.create_individual()
            if declared_space(optimizee.create_individual) is None:
                refuse_integers(individual)
        check_fitness_names(optimizee, optimizer)
        self._check_restart()
        if self.traj.inner_params != 1 and (self.replication is not None or self.confirmation is not None):
            raise UsageError(f"{type(optimizer).__name__} packs its individuals: no replicates, and nothing confirmed")
        facts = self._facts(optimizer_parameters, optimizee_parameters)
        with self.folder.locked() as lock:
            Experiment.started += 1
            self.env.guard = lock.check
            resumed = self._load_state()
            places = self._runner["max_workers"] * self._runner["inner_params"]
            self.env.steady = steady_state_of(self.window, self.traj, optimizer, resumed, self.run_folder, places)
            self._note_start(facts)
            self._run(resumed)

    def _check_restart(self) -> None:
        """Make sure that the optimizer did what was asked for."""
        restart, name = self.traj.restart, type(self.optimizer).__name__
        if restart is None:
            return
        if not restart.used:
            raise UsageError(f"{name} cannot start from the individuals of another run: it never asked for them")
        if restart.keep_generation and self.optimizer.g != restart.generation + 1:
            raise UsageError(f"{name} begins at generation {self.optimizer.g}; it cannot keep the generation")

    def _facts(self, optimizer_parameters: Any, optimizee_parameters: Any) -> dict[str, Any]:
        """What the results depend on, for the manifest.

        Raises
        ------
        RunFolderError
            If that is not what the run began with, when resuming.
        """
        if self._resumption is not None and not self._resumption.has_script:
            return {}
        facts = {
            "seed": self.seed,
            **_about("optimizer", self.optimizer, optimizer_parameters),
            "fitness_weights": getattr(self.optimizer, "optimizee_fitness_weights", None),
            **_about("optimizee", self.optimizee, optimizee_parameters),
            "replicates": None if self.replication is None else self.replication.facts(),
        }
        if self._resumption is not None:
            self._resumption.compare(facts)
        return facts

    def _note_start(self, facts: dict[str, Any]) -> None:
        noted: dict[str, Any] = {"status": "running", **facts}
        if self._resumption is not None:
            noted |= self._resumption.noted(self.optimizer)
        noted["confirm"] = None if self.confirmation is None else self.confirmation.facts()
        space = None if self._resumption is not None else declared_space(self.optimizee.create_individual)
        if space is not None:
            noted["space"] = as_plain(space)
        noted["stopping"] = self.stopping.criteria()
        restart = self.traj.restart
        if restart is not None:
            noted["restarted_from"] = {"run": restart.run, "generation": restart.generation}
            self.traj.restart = None
        noted["asynchronous"] = False if self.env.steady is None else self.env.steady.window
        params = {name: value for name, value in self._runner.items() if name != "paths_obj"}
        noted["runner_params"] = params | {"executor": name_of_executor(self._runner["executor"])}
        with storing(self.run_folder):
            self.manifest.update(**noted)

    def _load_state(self) -> dict[str, Any] | None:
        """Take the state of the last checkpoint, when resuming; returns its facts."""
        objects = {"traj": self.traj, "optimizer": self.optimizer, "optimizee": self.optimizee}
        with storing(self.run_folder):
            self.env.checkpoints = Checkpoints(
                self.folder.checkpoints_path, objects, by_reference=self.manifest.facts["script"] is not None
            )
        if self._resumption is not None:
            return self._resumption.load(self.env.checkpoints)
        self.env.checkpoints.clear()
        self._begin_with_optimizer()
        return None

    def _begin_with_optimizer(self) -> None:
        """Start at the optimizer's generation: the trajectory may be that of an earlier run, of another optimizer."""
        generation = getattr(self.optimizer, "g", None)
        if generation in self.traj.individuals:
            self.traj.individuals = {generation: self.traj.individuals[generation]}
            self.traj.individual = self.traj.individuals[generation][0]

    def _prepare_optimizee(self, is_new: bool) -> None:
        """Warm the optimizee up and store it for the workers; a resumed run has what it began with."""
        getattr(self.optimizee, "warm_up", lambda: None)()
        if is_new:
            with storing(self.run_folder):
                prepare_optimizee(self.optimizee, self.paths.simulation_path)
        if self.env.checkpoints is not None:
            self.env.checkpoints.note_prepared()

    def _run(self, resumed: dict[str, Any] | None) -> None:
        env = self.env
        env.weights = getattr(self.optimizer, "optimizee_fitness_weights", None)
        env.progress = Progress(self.overrides.quiet)
        env.stopping, env.replication, env.confirmation = self.stopping, self.replication, self.confirmation
        env.add_postprocessing(self.optimizer.post_process)
        status = "failed"
        is_new = resumed is None or (self._resumption is not None and self._resumption.optimizee_changed)
        history_bytes = self.folder.history_bytes
        try:
            env.run(resumed, lambda: self._prepare_optimizee(is_new), modules_of(self.optimizee))
            status = "finished"
        except KeyboardInterrupt as error:
            status = "interrupted"
            logger.warning("%s; go on with: l2l-run --resume %s", str(error) or "interrupted", self.run_folder)
            if isinstance(error, RunPaused) and self.folder.history_bytes == history_bytes:
                raise L2LError(
                    f"{error}, and not one evaluation was finished until then: resumed with no more time than that, "
                    "this run would never end"
                ) from None
            raise
        finally:
            try:
                reason = env.stop_reason
                if reason is None and (reason := getattr(self.optimizer, "stop_reason", None)) is not None:
                    logger.info("the run ends early: %s", reason)
                env.guard()
                counts = {"evaluations": env.evaluations, "failures": env.failures}
                self.manifest.update(status=status, ended=now(), stop_reason=reason, **counts)
            except OSError as error:  # the folder is full or gone; what ended the run is the news
                logger.error("%s: %s", self.manifest.path, error)

    # --- end

    def end_experiment(self, optimizer: Any) -> tuple[Any, Any]:
        """Let the optimizer sum up, export the history as tables, and let the optimizee conclude.

        With several objectives the Pareto front is written, too.

        Returns
        -------
        traj : Trajectory
        paths : Paths

        Raises
        ------
        NoFitnessError
            If no individual has a finite fitness; the tables are written all the same.
        """
        optimizer.end(self.traj)
        self._store_recommendation()
        if self.history_path.exists():
            export_history(self.history_path)
        front = getattr(optimizer, "pareto_front", None)
        if front is not None:
            write_front(front, self.run_folder, getattr(self.optimizee, "fitness_names", None))
        if self.env.has_found_nothing:
            self.manifest.update(status="failed", ended=now())
            raise NoFitnessError(
                f"none of the {self.env.evaluations} evaluations gave a finite fitness; what came instead is in "
                f"{self.history_path}"
            )
        if self.env.stop_reason is not None and getattr(optimizer, "best_individual", self) is None:
            logger.warning("%s, and no individual has a fitness: nothing follows from that", self.env.stop_reason)
        else:
            getattr(self.optimizee, "conclude", lambda experiment: None)(self)
        logger.info("results are in %s", self.run_folder)
        self.env.disable_logging()
        self.manifest.update(ended=now())
        return self.traj, self.paths

    def _store_recommendation(self) -> None:
        found = self.env.recommendation
        if found is not None:
            self.traj.f_add_result("recommendation", found)
            self.manifest.update(recommendation=found)
            for mean, error, (low, high) in zip(found.fitness, found.standard_error, found.interval, strict=True):
                logger.info(
                    "recommended: %s, fitness %.5g, standard error %.2g, 95 %% interval %.5g to %.5g",
                    *(found.individual, mean, error, low, high),
                )

    def recommend(self) -> dict[str, Any] | None:
        """The individual to use: the one that was confirmed, else what the optimizer recommends."""
        if self.env.recommendation is not None:
            return dict(self.env.recommendation.individual)
        found: dict[str, Any] | None = self.optimizer.recommend()
        return found

    def load_trajectory(self, path: str | os.PathLike[str]) -> Any:
        """A trajectory of an earlier run: ``simulation/trajectories/trajectory_<generation>.bin``.

        Raises
        ------
        RunFolderError
            If others could have written the file; see `check_trusted`.
        """
        check_trusted(Path(path), "it is a pickle")
        with open(path, "rb") as file:
            return pickle.load(file)


def modules_of(optimizee: Any) -> list[str]:
    """Modules that a worker needs for an optimizee, as far as its classes tell."""
    modules = {cls.__module__: None for cls in type(optimizee).__mro__}
    return [name for name in modules if name not in ("builtins", "__main__")]


def refuse_integers(individual: dict[str, Any]) -> None:
    """Raise ValueError if a parameter is a Python int or bool: optimizers move parameters continuously.

    An optimizee that declares its `space()` says itself which parameters are whole.
    """
    for name, value in individual.items():
        if isinstance(value, int):
            kind = "a Category([False, True])" if isinstance(value, bool) else "an Integer"
            raise ValueError(
                f"Parameter of type integer is not allowed: create_individual() gave {name!r} = {value!r} "
                f"({type(value).__name__}); make it a float, or declare it {kind} in the optimizee's space()"
            )


def check_fitness_names(optimizee: Any, optimizer: Any) -> None:
    """Raise ValueError if an optimizee does not name every component of its fitness, or none."""
    names, weights = getattr(optimizee, "fitness_names", None), getattr(optimizer, "optimizee_fitness_weights", None)
    if names is not None and weights is not None and len(names) != len(weights):
        raise ValueError(
            f"{type(optimizee).__name__} has the fitness_names {names}, but there are the weights {weights}"
        )


def resume_without_script(folder: Path, facts: dict[str, Any]) -> None:
    """Go on with a run that no script started (a notebook did, say), from its checkpoint alone.

    Parameters
    ----------
    folder : Path
    facts : dict
        Of its manifest.
    """
    experiment = Experiment(folder.parent)
    kept = ("srun", "max_workers", "inner_params", "max_retries", "on_failure", "pipes", "heartbeat_timeout")
    runner_params = {name: value for name, value in facts["runner_params"].items() if name in kept}
    asynchronous = facts.get("asynchronous", False)
    experiment.prepare_experiment(
        name=folder.name,
        runner_params=runner_params,
        seed=facts["seed"],
        asynchronous=asynchronous,
        replicates=facts.get("replicates"),
        confirm=facts.get("confirm"),
        **facts.get("stopping", {}),
    )
    optimizer, optimizee = Checkpoints(experiment.folder.checkpoints_path, {}).blanks("optimizer", "optimizee")
    experiment.run_experiment(optimizer, optimizee)
    experiment.end_experiment(optimizer)


def _about(role: str, thing: Any, parameters: Any) -> dict[str, Any]:
    if parameters is None:
        parameters = getattr(thing, "parameters", None)
    facts = {f"{role}_class": class_path(thing), f"{role}_parameters": parameters}
    if role == "optimizee" and hasattr(thing, "describe"):
        facts["optimizee_description"] = thing.describe()
    return facts
