"""What the command line asks for in place of what an experiment script says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Overrides:
    """Options of ``l2l-run``; None and False leave the script's own choice."""

    root_dir: str | None = None
    name: str | None = None
    max_workers: int | str | None = None
    inner_params: int | None = None
    srun: str | None = None
    exec: str | None = None
    executor: str | None = None
    seed: int | None = None
    generations: int | None = None
    asynchronous: bool = False
    max_evaluations: int | None = None
    max_seconds: float | None = None
    stagnation: int | None = None
    stop_fitness: float | None = None
    replicates: int | None = None
    confirm: int | None = None
    restart_from: str | None = None
    keep_generation: bool = False
    overwrite: bool = False
    quiet: bool = False
    log_level: str | None = None
    smoke: bool = False
    resume: bool = False
    """Run folders that exist are gone on with."""

    resumed: str | None = None
    """The run folder that is to be gone on with, where it is known."""

    force: bool = False
    """A resumed run may go on with other parameters."""

    script: str | None = None
    """The experiment file that is being run."""

    def runner_params(self) -> dict[str, Any]:
        """Those that take the place of runner parameters."""
        names = ("max_workers", "inner_params", "srun", "exec", "executor")
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def recorded(self) -> dict[str, Any]:
        """Those that a resumed run needs again."""
        left_out = ("overwrite", "quiet", "log_level", "resume", "resumed", "force", "script")
        return {
            name: value for name, value in asdict(self).items() if value not in (None, False) and name not in left_out
        }

    def n_iteration(self) -> int | None:
        """Number of generations in place of the optimizer's; two are enough to see that an experiment works."""
        if self.generations is not None:
            return self.generations
        return 2 if self.smoke else None


_current = Overrides()


def current() -> Overrides:
    """The overrides of this process: of ``l2l-run``, or none."""
    return _current


@contextmanager
def overriding(overrides: Overrides) -> Iterator[None]:
    """Let these overrides be the current ones."""
    global _current
    before, _current = _current, overrides
    try:
        yield
    finally:
        _current = before


def folder_overrides(folder: Path) -> dict[str, Any]:
    """Overrides that lead an experiment to this run folder."""
    return {"root_dir": str(folder.parent), "name": folder.name}
