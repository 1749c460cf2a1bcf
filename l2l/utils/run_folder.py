"""The run folder: made, taken over, trusted and locked."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from l2l.errors import RunFolderError, StorageError
from l2l.utils.atomic import write_atomically
from l2l.utils.run_lock import RunLock
from l2l.utils.trust import check_trusted


class RunFolder:
    """``<root>/<name>``, where everything of one run is kept.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path):
        self.path = path

    @property
    def manifest_path(self) -> Path:
        """What was run, and what became of it."""
        return self.path / "manifest.yaml"

    @property
    def history_path(self) -> Path:
        """One record per finished individual."""
        return self.path / "history.jsonl"

    @property
    def history_bytes(self) -> int:
        """Size of the history."""
        return self.history_path.stat().st_size if self.history_path.exists() else 0

    @property
    def progress_path(self) -> Path:
        """How far the run has come."""
        return self.path / "progress.json"

    @property
    def checkpoints_path(self) -> Path:
        """State before each of the last generations."""
        return self.path / "simulation" / "checkpoints"

    @property
    def is_run(self) -> bool:
        """Whether this folder was made by a run."""
        return self.manifest_path.is_file() or all((self.path / name).is_dir() for name in ("simulation", "logs"))

    def create(self, overwrite: bool = False) -> None:
        """Make the folder, for its owner alone; with ``overwrite`` an earlier run in it is removed.

        Raises
        ------
        RunFolderError
            If it exists and shall stay, is not the folder of a run, or a run is going on in it.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self.path.mkdir(mode=0o700)  # tried before it is looked for: what is known of names may be out of date
            except FileExistsError:
                # Hidden files alone are what a run leaves that was killed before it had a manifest.
                if not all(entry.name.startswith(".") for entry in self.path.iterdir()):
                    self._make_way(overwrite)
                self.path.chmod(0o700)
        except OSError as error:
            raise RunFolderError(f"the run folder cannot be made: {error}") from error

    def _make_way(self, overwrite: bool) -> None:
        if not overwrite:
            raise RunFolderError(
                f"the run folder {self.path} exists already; resume it (l2l-run --resume {self.path}), choose another "
                f"name, or remove what is in it (overwrite=True, --overwrite)"
            )
        if not self.is_run:
            raise RunFolderError(f"{self.path} is not the folder of a run, so it is not overwritten")
        lock = RunLock(self.path)
        with lock.held():
            for entry in self.path.iterdir():
                if lock.belongs(entry):
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()

    def check_trust(self) -> None:
        """Make sure that nobody else can have put a pickle here for us to load.

        Raises
        ------
        RunFolderError
            If it is no run, or others could have written what is read; see `check_trusted`.
        """
        if not self.is_run:
            raise RunFolderError(f"{self.path} is not the folder of a run")
        simulation = self.path / "simulation"
        code = [simulation / "optimizee.bin", *self.checkpoints_path.glob("*"), *self.path.glob("experiment.*")]
        folders = (self.path, simulation, self.checkpoints_path, simulation / "arrays")
        for path in (*folders, self.manifest_path, *code):
            if path.exists():
                check_trusted(path, "resuming loads pickles from it")

    def holder(self) -> str | None:
        """Which process is running in this folder, and where; None if none is."""
        return RunLock(self.path).holder()

    @contextmanager
    def locked(self) -> Iterator[RunLock]:
        """Be the only runner in this folder; the lock goes with its holder, however it ends.

        Yields
        ------
        lock : RunLock
            To be checked before anything is written.

        Raises
        ------
        RunFolderError
            If another runner holds it; says who.
        StorageError
            If the folder cannot be written.
        """
        lock = RunLock(self.path)
        with ExitStack() as holding:
            with storing(self.path):
                holding.enter_context(lock.held())
                if lock.was_left and self.history_path.exists():  # in a new file: a late write goes to the old one
                    write_atomically(self.history_path, self.history_path.read_bytes(), durable=True)
            yield lock


@contextmanager
def storing(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Turn a failure to write into a StorageError that says how to go on."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"the run folder {folder} cannot be written: {error}\n"
            f"once that is mended, go on with: l2l-run --resume {folder}"
        ) from error
