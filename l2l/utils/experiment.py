"""The experiment: what a script prepares, runs and ends."""

import atexit
import logging
import os
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import L2LError, NoFitnessError, RunFolderError, RunPaused, UsageError, reject_unknown_keywords
from l2l.logging_tools import configure_loggers, create_shared_logger_data
from l2l.optimizers.optimizer import Optimizer
from l2l.overrides import current
from l2l.paths import Paths
from l2l.space import declared_space
from l2l.space.plain import as_plain
from l2l.utils.allocation import default_workers, workers_that_fit
from l2l.utils.atomic import write_atomically
from l2l.utils.changes import changes, told
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.confirmation import Confirmation
from l2l.utils.environment import Environment
from l2l.utils.executor_pool import name_of_executor
from l2l.utils.front_files import write_front
from l2l.utils.history import export_history
from l2l.utils.manifest import Manifest, class_path, now
from l2l.utils.progress import ConsoleHandler, Progress
from l2l.utils.replication import Replication
from l2l.utils.restart import Restart
from l2l.utils.run_folder import RunFolder, storing
from l2l.utils.runner import prepare_optimizee
from l2l.utils.runner_params import AUTO, RUNNER_PARAMS, check_runner_params, timeout_in_seconds
from l2l.utils.steady_state import SteadyState, check_steady, window_of
from l2l.utils.stopping import STOPPING, Stopping
from l2l.utils.trust import check_trusted

logger = logging.getLogger("utils.experiment")

LOGGERS = ("optimizers", "utils")
KEYWORDS = (
    *("name", "trajectory_name", "checkpoint", "log_stdout", "runner_params", "multiprocessing"),
    *("debug", "stop_run", "timeout", "overwrite", "seed", "on_failure", "max_retries", "asynchronous"),
    *("restart_from", "keep_generation", *STOPPING, "replicates", "confirm"),
)
ACCEPTED = ("add_time", "automatic_storing", "trajectory", "filename", "file_title", "comment", "log_config")
"""Keywords of older scripts; they were never of consequence."""


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

    gone_on_with: set[str] = set()
    """Run folders that experiments of this process went on with."""

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
        self._resuming = False
        self._changes: dict[str, list[str]] = {}

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
            Accepted from older scripts, like the keywords in `ACCEPTED`.

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
        reject_unknown_keywords("prepare_experiment()", kwargs, [*KEYWORDS, *ACCEPTED])
        runner_params = self._runner_params(kwargs)
        self.seed = self._checked_seed(kwargs.get("seed", 0))
        timeout_in_seconds(kwargs.get("timeout", True))
        self.window = window_of(kwargs.get("asynchronous", False))
        if self.window is None and self.overrides.asynchronous:
            self.window = 0
        name = self.overrides.name or kwargs.get("name", "L2L-run")
        self.folder = RunFolder(Path(self.root_dir_path, name))
        self.run_folder = self.folder.path
        self.history_path = self.folder.history_path
        asked = {name: getattr(self.overrides, name) for name in STOPPING}
        self.stopping = Stopping.of({**kwargs, **{name: value for name, value in asked.items() if value is not None}})
        self.replication = Replication.of(self._replicates(kwargs.get("replicates")))
        confirm = kwargs.get("confirm", 0 if self.replication is None else 30)
        confirm = confirm if self.overrides.confirm is None else self.overrides.confirm
        self.confirmation = Confirmation.of(confirm)
        if self.replication is not None and self.window is not None:
            raise UsageError("replicates compare the individuals of a generation: they do not go with asynchronous")
        restart = self._restart(kwargs)
        with storing(self.run_folder):
            self._make_folder(kwargs.get("overwrite", False))
            self._make_paths(name, kwargs.get("trajectory_name", "trajectory"))
            self._configure_logging(name, kwargs.get("debug", False))
        self._make_trajectory(kwargs)
        self.traj.restart = None if self._resuming else restart
        defaults = {
            "srun": "",
            "exec": f'"{sys.executable}"',
            "inner_params": 1,
            "max_retries": 0 if self.traj.stop_run else 3,
            "on_failure": "stop" if self.traj.stop_run else "penalise",
            "executor": None,
            "work_path": self.paths.root_dir_path,
            "paths_obj": self.paths,
        }
        all_params = {**defaults, **runner_params}
        if "max_workers" not in all_params:
            all_params["max_workers"] = default_workers(all_params["srun"])
        elif all_params["max_workers"] == AUTO:
            all_params["max_workers"] = workers_that_fit(all_params["srun"])
        all_params["exec"] += f' "{self.paths.simulation_path}/run_optimizee.py"'
        self.traj.f_add_parameter_group("runner_params", "parameters of the runner")
        for key, value in all_params.items():
            if key != "executor":  # it stays in this process, the trajectory goes into checkpoints
                self.traj.f_add_parameter_to_group("runner_params", key, value)
        self.env.executor = all_params["executor"]
        self._runner = all_params
        return self.traj, all_params

    def _runner_params(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        params = dict(kwargs.get("runner_params") or {})
        reject_unknown_keywords("runner_params", params, RUNNER_PARAMS)
        for name in ("on_failure", "max_retries"):
            if name in kwargs:
                params[name] = kwargs[name]
        params.update(self.overrides.runner_params())
        check_runner_params(params)
        return params

    def _checked_seed(self, seed: Any) -> int:
        seed = seed if self.overrides.seed is None else self.overrides.seed
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise UsageError(f"seed must be a whole number, 0 or above, got {seed!r}")
        return int(seed)

    def _replicates(self, given: Any) -> Any:
        """What the command line makes of the keyword: another number, by the same method."""
        n = self.overrides.replicates
        if n is None:
            return given
        return {**given, "n": n} if isinstance(given, dict) else n

    def _restart(self, kwargs: dict[str, Any]) -> Restart | None:
        run = self.overrides.restart_from or kwargs.get("restart_from")
        keep_generation = self.overrides.keep_generation or kwargs.get("keep_generation", False)
        if run is None:
            if keep_generation:
                raise UsageError("keep_generation goes with restart_from: there is no run to count on from")
            return None
        if self.overrides.resume and self.folder.is_run:
            return None  # it has started long ago
        run = Path(run).expanduser().absolute()
        if run == self.run_folder:
            raise UsageError(f"a run cannot start from itself: {run}; give the new one another name")
        return Restart(run, keep_generation)

    def _make_folder(self, overwrite: bool) -> None:
        self._resuming = self.overrides.resume and self.folder.is_run
        resumed = self.overrides.resumed
        if self._resuming:
            Experiment.gone_on_with.add(os.path.realpath(self.run_folder))
            self.folder.check_trust()
            self.manifest = Manifest.read(self.folder.manifest_path)
        elif resumed is not None and os.path.realpath(resumed) not in Experiment.gone_on_with:
            raise UsageError(
                f"the run to resume is {resumed}, but the script prepares {self.run_folder}, where there is none: "
                "it must give the name that it gave before"
            )
        else:
            self.folder.create(overwrite or self.overrides.overwrite)
            atexit.register(discard_unless_begun, self.folder)  # a typo further down shall not cost the name
            self.manifest = Manifest.start(self.folder.manifest_path, **self._where_from())
            self.manifest.update()  # from here on the folder is known as a run
            self._copy_script()

    def _where_from(self) -> dict[str, Any]:
        """What it takes to run this experiment again."""
        script = self.overrides.script or experiment_script()
        return {
            "script": None if script is None else str(script),
            "name": self.run_folder.name,
            "argv": sys.argv[1:],
            "overrides": self.overrides.recorded(),
            "cwd": os.getcwd(),
            "path": sys.path[:1],
            "seed": self.seed,
        }

    def _copy_script(self) -> None:
        """Keep the script with the run, to know later what was run, and to resume without the original."""
        if self.manifest.facts["script"] is not None:
            script = Path(self.manifest.facts["script"])
            write_atomically(self.run_folder / f"experiment{script.suffix}", script.read_bytes())

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

    def _make_trajectory(self, kwargs: dict[str, Any]) -> None:
        stop_run, timeout = kwargs.get("stop_run", False), kwargs.get("timeout", True)
        self.env = Environment(
            trajectory=kwargs.get("trajectory_name", "trajectory"),
            checkpoint=kwargs.get("checkpoint"),
            multiprocessing=kwargs.get("multiprocessing", True),
            debug=kwargs.get("debug", False),
            stop_run=stop_run,
            timeout=timeout,
        )
        self.traj = self.env.trajectory
        self.traj.stop_run, self.traj.timeout = stop_run, timeout  # a checkpoint has those of its own run
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
        """
        self.optimizer, self.optimizee = optimizer, optimizee
        if not self._resuming:
            individual = optimizee.create_individual()
            if declared_space(optimizee.create_individual) is None:
                refuse_integers(individual)
        check_fitness_names(optimizee, optimizer)
        self._check_restart()
        if self.traj.inner_params != 1 and (self.replication is not None or self.confirmation is not None):
            raise UsageError(f"{type(optimizer).__name__} packs its individuals: no replicates, and nothing confirmed")
        facts = self._facts(optimizer_parameters, optimizee_parameters)
        with self.folder.locked():
            Experiment.started += 1
            resumed = self._load_state()
            self.env.steady = self._steady_state(resumed)
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
        if self._resuming and self.manifest.facts["script"] is None:
            return {}  # there are no other objects than those of the checkpoint
        facts = {
            "seed": self.seed,
            **_about("optimizer", self.optimizer, optimizer_parameters),
            "fitness_weights": getattr(self.optimizer, "optimizee_fitness_weights", None),
            **_about("optimizee", self.optimizee, optimizee_parameters),
            "replicates": None if self.replication is None else self.replication.facts(),
        }
        if self._resuming:
            self._changes = changes(self.manifest.facts, facts)
            if "optimizer_class" in self._changes:
                raise RunFolderError(
                    f"{self.run_folder} cannot go on with another optimizer:\n{told(self._changes)}\nstart a new run"
                )
            if self._changes and not self.overrides.force:
                raise RunFolderError(
                    f"{self.run_folder} began with other parameters:\n{told(self._changes)}\n"
                    "put them back, or go on with the new ones (--force)"
                )
        return facts

    def _note_start(self, facts: dict[str, Any]) -> None:
        noted: dict[str, Any] = {"status": "running", **facts}
        if self._resuming:
            noted["resumed"] = [*self.manifest.facts.get("resumed", []), now()]
        if self._changes:
            logger.warning("the run goes on with other parameters:\n%s%s", told(self._changes), self._without_effect())
            noted["changed"] = [*self.manifest.facts.get("changed", []), told(self._changes)]
        noted["confirm"] = None if self.confirmation is None else self.confirmation.facts()
        space = None if self._resuming else declared_space(self.optimizee.create_individual)
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

    def _without_effect(self) -> str:
        """Of the changes, those that come too late."""
        changed = (
            line.strip(".").split(":")[0].split(".")[0] for line in self._changes.get("optimizer_parameters", [])
        )
        late = [name for name in dict.fromkeys(changed) if name in getattr(self.optimizer, "kept", ())]
        if not late:
            return ""
        return f"\nwithout effect, since only a new run would look at it (--restart-from): {', '.join(late)}"

    def _load_state(self) -> dict[str, Any] | None:
        """Take the state of the last checkpoint, when resuming; returns its facts."""
        objects = {"traj": self.traj, "optimizer": self.optimizer, "optimizee": self.optimizee}
        with storing(self.run_folder):
            self.env.checkpoints = Checkpoints(
                self.folder.checkpoints_path, objects, by_reference=self.manifest.facts["script"] is not None
            )
        if self._resuming:
            runner_params = self.traj.parameters["runner_params"]
            said = vars(self.optimizer).copy()
            resumed = self.env.checkpoints.load(with_optimizee=not self._optimizee_changed)
            self.traj.parameters["runner_params"] = runner_params  # workers, retries and the like are of today
            if resumed is not None and self.overrides.force:
                self._go_on_with(said, resumed)
            if resumed is not None:
                self._check_history(resumed)
                return resumed
            if self._history_bytes():
                raise RunFolderError(f"{self.run_folder} has no checkpoint, so the run in it cannot be resumed")
        else:
            self.env.checkpoints.clear()
            self._begin_with_optimizer()
        return None

    def _begin_with_optimizer(self) -> None:
        """Start at the optimizer's generation: the trajectory may be that of an earlier run, of another optimizer."""
        generation = getattr(self.optimizer, "g", None)
        if generation in self.traj.individuals:
            self.traj.individuals = {generation: self.traj.individuals[generation]}
            self.traj.individual = self.traj.individuals[generation][0]

    @property
    def _optimizee_changed(self) -> bool:
        return any(name.startswith("optimizee") for name in self._changes)

    def _go_on_with(self, said: dict[str, Any], resumed: dict[str, Any]) -> None:
        """Put what the script says now in place of what the checkpoint has.

        What an optimizer made of its parameters before, such as a population or a distribution, stays as it is, but
        for what its `take_parameters` makes anew.
        """
        for name in ("parameters", "optimizee_fitness_weights"):
            if name in said:
                setattr(self.optimizer, name, said[name])
        self.traj.seed = self.seed
        n_iteration = self.traj.parameters["n_iteration"]
        self.traj.generations_override = self.overrides.n_iteration()
        if hasattr(said.get("parameters"), "_asdict"):
            for name, value in said["parameters"]._asdict().items():
                self.traj.f_add_parameter(name, value)
        more = self.traj.parameters["n_iteration"] - n_iteration
        resumed["last"] += more
        had_ended = getattr(self.optimizer, "stop_reason", None) is not None
        if isinstance(self.optimizer, Optimizer):
            self.optimizer.take_parameters(self.traj)
            had_ended = had_ended and self.optimizer.stop_reason is None
        if resumed["finished"] and (more > 0 or had_ended):
            self._lay_out_more(resumed)

    def _lay_out_more(self, resumed: dict[str, Any]) -> None:
        """Let a run that was finished have further generations."""
        reason = getattr(self.optimizer, "stop_reason", None)
        if reason is not None or not isinstance(self.optimizer, Optimizer):
            logger.warning("no further generation: the search has ended%s", "" if reason is None else f", {reason}")
            return
        if "steady" not in resumed:
            self.optimizer.go_on(self.traj)
        resumed["finished"] = False

    def _history_bytes(self) -> int:
        return self.history_path.stat().st_size if self.history_path.exists() else 0

    def _check_history(self, resumed: dict[str, Any]) -> None:
        """Records that the checkpoint knows of must be there: new ones would be looked for behind them."""
        size = self._history_bytes()
        if size < resumed["history_bytes"]:
            raise RunFolderError(
                f"{self.history_path} has {size} bytes, and had {resumed['history_bytes']} when generation "
                f"{resumed['generation']} began; put it back, or start the run anew (--overwrite)"
            )

    def _steady_state(self, resumed: dict[str, Any] | None) -> SteadyState | None:
        """The state of a run without generations, None where it has them; a resumed run goes on as it began."""
        if self.window is None:
            if resumed is not None and "steady" in resumed:
                raise RunFolderError(f"{self.run_folder} has no generations: resume it with asynchronous=True")
            return None
        check_steady(self.optimizer)
        if resumed is None:
            steady = SteadyState(self.traj, self.optimizer, self.window)
        elif "steady" not in resumed:
            raise RunFolderError(f"{self.run_folder} has generations: resume it without asynchronous")
        else:
            steady = resumed["steady"]
            if self.window not in (0, steady.window):
                raise RunFolderError(
                    f"{self.run_folder} has {steady.window} individuals under way at a time: "
                    f"resume it with asynchronous={steady.window}, not {self.window}"
                )
        places = self._runner["max_workers"] * self._runner["inner_params"]
        if places > steady.window:
            logger.warning(
                "the workers have room for %d individuals, but no more than %d are under way at a time; "
                "a larger number as asynchronous=... would let all of them work",
                *(places, steady.window),
            )
        return steady

    def _prepare_optimizee(self, is_new: bool) -> None:
        """Warm the optimizee up and store it for the workers; a resumed run has what it began with."""
        getattr(self.optimizee, "warm_up", lambda: None)()
        if is_new:
            with storing(self.run_folder):
                prepare_optimizee(self.optimizee, self.paths.simulation_path)

    def _run(self, resumed: dict[str, Any] | None) -> None:
        env = self.env
        env.weights = getattr(self.optimizer, "optimizee_fitness_weights", None)
        env.progress = Progress(self.overrides.quiet)
        env.stopping, env.replication, env.confirmation = self.stopping, self.replication, self.confirmation
        env.add_postprocessing(self.optimizer.post_process)
        status = "failed"
        is_new = resumed is None or self._optimizee_changed
        history_bytes = self._history_bytes()
        try:
            env.run(resumed, lambda: self._prepare_optimizee(is_new), modules_of(self.optimizee))
            status = "finished"
        except KeyboardInterrupt as error:
            status = "interrupted"
            logger.warning("%s; go on with: l2l-run --resume %s", str(error) or "interrupted", self.run_folder)
            if isinstance(error, RunPaused) and self._history_bytes() == history_bytes:
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


def discard_unless_begun(folder: RunFolder) -> None:
    """Remove a run folder in which nothing was started, so that its name is free again."""
    if not folder.manifest_path.is_file() or folder.holder() is not None:
        return
    if Manifest.read(folder.manifest_path).facts.get("status") == "prepared":
        shutil.rmtree(folder.path)


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


def experiment_script() -> Path | None:
    """The file that Python was started with, if it is a user's script; None in a notebook, a test or ``python -m``."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is None or getattr(main, "__spec__", None) is not None:
        return None
    script = Path(file).absolute()
    installed = script.is_relative_to(sys.prefix) or script.is_relative_to(sys.base_prefix)
    return script if script.is_file() and not installed else None


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
