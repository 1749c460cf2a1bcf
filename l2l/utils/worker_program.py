"""The program of the workers of a run: its file, the command that starts it, and its logs."""

import os
import shlex
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from l2l.utils.atomic import write_atomically

SRUN_LOGS = (("output", "out"), ("error", "err"))
"""Options of srun that say where the logs of a worker go."""

RUN_FILE = '''"""Worker program of this run: started by the runner as ``run_optimizee.py WORKER_ID``."""
import sys

sys.path[0:1] = {own!r}
sys.path += [entry for entry in {rest!r} if entry not in sys.path]

from l2l.utils.worker import main  # noqa: E402

main({simulation!r}, *sys.argv[1:], heartbeat_timeout={heartbeat_timeout!r})
'''


class WorkerProgram:
    """``run_optimizee.py`` in the folder ``simulation`` of a run.

    Parameters
    ----------
    simulation : Path
    exec_command : str
        What executes the program, with the path of it.
    srun_command : str
        What starts that elsewhere; nothing where workers are started here.
    """

    def __init__(self, simulation: Path, exec_command: str, srun_command: str):
        self.simulation = simulation
        self.logs = simulation / "individual_logs"
        self._exec_command = exec_command
        self._srun_command = srun_command

    def write(self, heartbeat_timeout: float) -> None:
        """Write the file, with the import path of this process."""
        here = [os.path.abspath(entry) for entry in sys.path]
        installed = (sys.prefix, sys.base_prefix)
        own = [entry for entry in here if not any(map(Path(entry).is_relative_to, installed))]
        text = RUN_FILE.format(own=own, rest=here, simulation=str(self.simulation), heartbeat_timeout=heartbeat_timeout)
        write_atomically(self.simulation / "run_optimizee.py", text.encode())

    def command_of(self, worker_id: int) -> tuple[list[str], dict[str, str]]:
        """The command that starts a worker, and its log files by ``out`` and ``err``."""
        log_files = {stream: str(self.log(stream, worker_id)) for stream in ("out", "err")}
        command = [*shlex.split(self._exec_command), str(worker_id)]
        if self._srun_command:
            named = [f"--{name}={log_files[stream].replace('%', '%%')}" for name, stream in SRUN_LOGS]
            command = [*shlex.split(self._srun_command), *named, "--open-mode=append", *command]
        return command, log_files

    def log(self, stream: str, worker_id: int | str) -> Path:
        """A log file of a worker."""
        return self.logs / f"{stream}_{worker_id}.log"

    def keep_logs(self, worker_ids: Iterable[int | str], generation: int) -> None:
        """Pack what these workers wrote up to the end of a generation, if anything, and empty their logs.

        With ``srun`` they are left as they are: it writes when it likes, also between packing and emptying. The folder
        is not searched for logs, because it fills with those of all generations.
        """
        if self._srun_command:
            return
        logs = [self.log(stream, worker_id) for stream in ("out", "err") for worker_id in worker_ids]
        logs = [log for log in logs if log.exists() and log.stat().st_size]
        if logs:
            pack_logs(self.logs, f"logs_generation_{generation}")
            for log in logs:
                os.truncate(log, 0)


def pack_logs(folder: Path, name: str) -> None:
    """Pack the ``*.log`` files of a folder into ``<folder>/<name>.zip``."""
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for log in sorted(folder.glob("*.log")):
            archive.write(log, log.name)
