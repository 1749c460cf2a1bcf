"""The worker: a process that lives for the whole run and evaluates the individuals its pipe brings."""

import ctypes
import faulthandler
import importlib
import io
import os
import pickle
import signal
import socket
import sys
import threading
import time
import traceback
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from l2l.errors import FitnessLengthError
from l2l.utils.array_folder import ArrayFolder
from l2l.utils.beat import HEARTBEAT_TIMEOUT_S, Heartbeat
from l2l.utils.channel import Inbox, Outbox, Pipes, decode, decode_parameters, send_result
from l2l.utils.file_pipes import CarriedPipes, FileOutbox, FilePipes, PipeFolder, WaitingInbox
from l2l.utils.fitness import as_fitness, violations_of
from l2l.utils.individual import Individual
from l2l.utils.returns import Returns
from l2l.utils.seeds import seed_global_generators
from l2l.utils.trajectory import Trajectory

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

LONGEST_TEXT = 16_000
"""Characters of a message or a traceback that are kept; the history has them for every failure."""

PACKED = (
    "The optimizer packs {0} individuals into one: each parameter is a list of {0} values, and the result must be a "
    "list of {0} fitnesses. An optimizee that expects one individual needs 'def simulate_(self, traj): return "
    "self.simulate_inner(traj)'; with the runner parameter inner_params and any other optimizer it needs nothing."
)
"""What an optimizee may not expect."""


def main(
    simulation_path: str,
    worker_id: str,
    token: str | None = None,
    start: str = "0",
    kind: str = "file",
    heartbeat_timeout: float = HEARTBEAT_TIMEOUT_S,
) -> None:
    """Evaluate individuals until the runner says quit, or is gone.

    Parameters
    ----------
    simulation_path, worker_id : str
    token, start : str
        Where the runner may be on another host: of which run, and which start of this worker.
    kind : {'file', 'fifo'}
        Of the pipes then: to the runner itself, or to a process of an engine that carries the messages.
    heartbeat_timeout : float
        Seconds.
    """
    die_with_runner()
    pipes: Pipes | FilePipes | CarriedPipes
    heartbeat = None
    if token is None:
        pipes = Pipes(Path(simulation_path, "individual_logs"), worker_id)
    else:
        folder = PipeFolder(Path(simulation_path), token)
        if kind == "fifo":
            pipes = CarriedPipes(folder, worker_id)
        else:
            check_single_task()
            pipes = FilePipes(folder, worker_id, start)
        heartbeat = Heartbeat(pipes.beat, heartbeat_timeout, folder.runner_beat)
    faulthandler.enable(all_threads=False)  # a segmentation fault leaves the Python stack of its thread in the log
    sys.stdout, sys.stderr = (Log(fd).lines() for fd in (1, 2))
    inbox, outbox = pipes.of_worker()
    Worker(Path(simulation_path), inbox, outbox, pipes.requests_of_worker(), heartbeat).serve()


def die_with_runner() -> None:
    """Ask the kernel for SIGKILL when the parent dies (Linux); a worker in a long evaluation reads no pipe."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):  # no prctl: the reaper and the end of the pipe remain
        return


def check_single_task() -> None:
    """Exit if Slurm has started several tasks for this one worker."""
    n_tasks = int(os.environ.get("SLURM_STEP_NUM_TASKS", 1))
    if n_tasks > 1:
        raise SystemExit(f"srun has started {n_tasks} tasks, but a worker is one: use srun -n 1")


class Log(io.FileIO):
    """A log of this worker; where it has no room, what was printed is lost, and not the evaluation that printed it.

    Parameters
    ----------
    fd : int
    """

    def __init__(self, fd: int):
        super().__init__(fd, "w", closefd=False)

    def write(self, data: Any) -> int:
        """Write what there is room for."""
        try:
            super().write(data)
        except OSError:
            pass
        return len(memoryview(data).cast("B"))

    def lines(self) -> io.TextIOWrapper:
        """As a text file, of which each line is written at once: those before a crash are in the log."""
        return io.TextIOWrapper(io.BufferedWriter(self), errors="backslashreplace", line_buffering=True)


def preload(modules: list[str]) -> None:
    """Import what the optimizee will need, while the runner is still preparing it."""
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the optimizee tells, when it is loaded, whether it needed this one
            continue


class Worker:
    """Reads assignments, evaluates them in order, and answers each at once.

    Parameters
    ----------
    simulation_path : Path
        Folder with ``optimizee.bin``.
    inbox, outbox, requests
        The worker's ends of its pipes.
    heartbeat : Heartbeat, optional
        For a runner that may be on another host.
    """

    def __init__(
        self,
        simulation_path: Path,
        inbox: Inbox | WaitingInbox,
        outbox: Outbox | FileOutbox,
        requests: Inbox | WaitingInbox,
        heartbeat: Heartbeat | None = None,
    ):
        self.inbox = inbox
        self.outbox = outbox
        self.heartbeat = heartbeat
        self.returns = Returns(requests, lambda n_returned: self.say("returned", returned=n_returned))
        self._speaking = threading.Lock()
        self.results_path = simulation_path / "results"
        arrays = ArrayFolder(simulation_path / "arrays")
        self.optimizee = Template((simulation_path / "optimizee.bin").read_bytes, arrays)
        self.setup: dict[str, Any] = {}

    def serve(self) -> None:
        """Answer messages until ``quit`` or the end of the pipe."""
        while (lines := self.inbox.read()) is not None:
            for line in lines:
                if self.heartbeat is not None:
                    self.heartbeat.keep_on()
                message = decode(line)
                if "quit" in message:
                    return
                if "preload" in message:
                    preload(message["preload"])
                elif "setup" in message:
                    self.start(message["setup"])
                elif self.returns.begins():
                    self.answer(message)

    def start(self, setup: dict[str, Any]) -> None:
        """Go where the runner is, load the optimizee once, and say that this worker is ready."""
        self.setup = setup
        os.chdir(setup["cwd"])
        self.optimizee.load()
        self.returns.listen()
        self.say("ready", ready=os.getpid(), host=socket.gethostname())

    def say(self, name: str, **message: Any) -> None:
        """Send one message; a long one goes into a file of this name."""
        with self._speaking:  # one message after the other, also of two threads
            send_result(self.outbox, {**message, "run": self.setup["run"]}, self.results_path / name)

    def answer(self, message: dict[str, Any]) -> None:
        """Evaluate the individual, or the group of them, of a message and write the outcome."""
        started, began = time.time(), time.perf_counter()
        try:
            fitness = self.evaluate(message)
            outcome: dict[str, Any] = {"fitness": fitness}
            violations = violations_of(fitness)
            if violations is not None:
                outcome["violations"] = violations
        except BaseException as error:  # also SystemExit and KeyboardInterrupt: the optimizee's, not ours
            outcome = {"error": describe(error), "is_final": isinstance(error, FitnessLengthError)}
        seconds = time.perf_counter() - began
        name = "_".join(map(str, message["of"]))
        self.say(f"results_{name}.json", **outcome, of=message["of"], started=started, seconds=seconds)

    def evaluate(self, message: dict[str, Any]) -> Any:
        """Fitness of the individual of a message, from a fresh copy of the optimizee; a list for a group."""
        generation, index, attempt = message["of"][:3]
        members = message.get("group", [message])
        parameters = [decode_parameters(member) for member in members]
        individual = Individual(generation, index, parameters[0] if len(members) == 1 else grouped(parameters))
        individual.seed = members[0]["seed"]
        traj = Trajectory()
        traj.individual = individual
        traj.individuals[generation] = [individual]
        traj.v_idx = index
        traj.retry = attempt
        traj.seed = self.setup["seed"]
        traj.replicate = members[0].get("replicate")
        traj.horizon = members[0].get("horizon")
        traj.inner_params = message.get("inner_params", len(members))
        if len(members) > 1:
            individual.inner_seeds = [member["seed"] for member in members]
        seed_global_generators(individual.seed)
        try:
            result = self.optimizee.fresh().simulate_(traj)
            return as_fitness(result, self.setup["n_fitness"], traj.inner_params)
        except Exception as error:
            if "inner_params" in message:
                error.add_note(PACKED.format(traj.inner_params))
            raise


def grouped(parameters: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The parameters of several individuals as those of one, each the list of their values."""
    return {name: [own[name] for own in parameters] for name in parameters[0]}


class Template:
    """The optimizee as it was pickled, from which every evaluation takes a fresh copy.

    Classes, functions, modules and mapped arrays are loaded once and shared; only other data is copied, which matters
    for classes that travelled inside the pickle because they were defined in the experiment script.
    An optimizee with ``reusable = True`` is handed out itself.
    """

    def __init__(self, read: Any, arrays: ArrayFolder):
        self._read = read
        self._arrays = arrays
        self._shared: list[Any] = []
        self._data = b""
        self._source = b""
        self._optimizee: Any = None

    def load(self) -> None:
        """Unpickle once; errors of the optimizee's modules show here, before any evaluation."""
        source = self._read()
        self._optimizee = self._arrays.loads(source)
        if getattr(self._optimizee, "reusable", False):
            return
        buffer = io.BytesIO()
        try:
            _DataPickler(buffer, self._shared, self._arrays.mapped.values()).dump(self._optimizee)
            self._data = buffer.getvalue()
        except Exception:  # holds something only the original pickle knows how to make: load that each time
            self._source = source
        self._optimizee = None

    def fresh(self) -> Any:
        """An optimizee that no evaluation has touched."""
        if self._optimizee is not None:
            return self._optimizee
        if self._source:
            return self._arrays.loads(self._source)
        return _DataUnpickler(io.BytesIO(self._data), self._shared).load()


class _DataPickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: list[Any], mapped: Iterable[Any]):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._shared = shared
        self._mapped = {id(array) for array in mapped}
        self._place: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, type | types.FunctionType | types.ModuleType) and id(obj) not in self._mapped:
            return None
        if id(obj) not in self._place:
            self._place[id(obj)] = len(self._shared)
            self._shared.append(obj)
        return self._place[id(obj)]


class _DataUnpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]):
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, place: int) -> Any:
        return self._shared[place]


def describe(error: BaseException) -> dict[str, str]:
    """Type, message and traceback of what an optimizee raised, from its own first line on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    told = traceback.TracebackException(type(error), error, frames)  # also of one whose __str__ raises
    return {
        "type": type(error).__name__,
        "message": _storable(str(told)),
        "traceback": _storable("".join(told.format())),
    }


def _storable(text: str) -> str:
    """Text that UTF-8 can hold, without the middle of a very long one."""
    if len(text) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        text = f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"
    return text.encode(errors="backslashreplace").decode()
