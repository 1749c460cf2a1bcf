"""The opening of a run: its folder is made, or found again, with its manifest."""

import atexit
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from l2l.errors import UsageError
from l2l.overrides import Overrides
from l2l.utils.atomic import write_atomically
from l2l.utils.manifest import Manifest
from l2l.utils.run_folder import RunFolder

reopened: set[str] = set()
"""Run folders that experiments of this process went on with."""


def is_reopened(folder: RunFolder, overrides: Overrides) -> bool:
    """Whether this run is to be gone on with."""
    return overrides.resume and folder.is_run


def reopen(folder: RunFolder) -> Manifest:
    """The manifest of a run that is gone on with, in a folder that nobody else can have written to."""
    reopened.add(os.path.realpath(folder.path))
    folder.check_trust()
    return Manifest.read(folder.manifest_path)


def create(folder: RunFolder, overrides: Overrides, seed: int, overwrite: bool) -> Manifest:
    """Make the folder of a new run; returns its manifest.

    Raises
    ------
    UsageError
        If it is another run that is to be resumed.
    RunFolderError
        See `RunFolder.create`.
    """
    resumed = overrides.resumed
    if resumed is not None and os.path.realpath(resumed) not in reopened:
        raise UsageError(
            f"the run to resume is {resumed}, but the script prepares {folder.path}, where there is none: "
            "it must give the name that it gave before"
        )
    folder.create(overwrite)
    atexit.register(discard_unless_begun, folder)  # a typo further down shall not cost the name
    manifest = Manifest.start(folder.manifest_path, **where_from(folder, overrides, seed))
    manifest.update()  # from here on the folder is known as a run
    if manifest.facts["script"] is not None:  # kept, to know later what was run, and to resume without the original
        script = Path(manifest.facts["script"])
        write_atomically(folder.path / f"experiment{script.suffix}", script.read_bytes())
    return manifest


def where_from(folder: RunFolder, overrides: Overrides, seed: int) -> dict[str, Any]:
    """What it takes to run this experiment again."""
    script = overrides.script or experiment_script()
    return {
        "script": None if script is None else str(script),
        "name": folder.path.name,
        "argv": sys.argv[1:],
        "overrides": overrides.recorded(),
        "cwd": os.getcwd(),
        "path": sys.path[:1],
        "seed": seed,
    }


def experiment_script() -> Path | None:
    """The file that Python was started with, if it is a user's script; None in a notebook, a test or ``python -m``."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is None or getattr(main, "__spec__", None) is not None:
        return None
    script = Path(file).absolute()
    installed = script.is_relative_to(sys.prefix) or script.is_relative_to(sys.base_prefix)
    return script if script.is_file() and not installed else None


def discard_unless_begun(folder: RunFolder) -> None:
    """Remove a run folder in which nothing was started, so that its name is free again."""
    if not folder.manifest_path.is_file() or folder.holder() is not None:
        return
    if Manifest.read(folder.manifest_path).facts.get("status") == "prepared":
        shutil.rmtree(folder.path)
