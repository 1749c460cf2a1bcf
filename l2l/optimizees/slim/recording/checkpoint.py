"""A run at the start of one of its days, on disk: enough to go on bit by bit as if it had never stopped."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import L2LError
from l2l.utils.atomic import write_atomically
from l2l.version import FULL_VERSION

from ..kernels.cache import fingerprint
from ..simulation.config import Config

FACTS = "facts"


class CheckpointError(L2LError):
    """A checkpoint that is missing, damaged, or of something else."""


@dataclass(frozen=True)
class Checkpoint:
    """The state before ``day``, and what it is a state of.

    The file is an ``npz`` of all arrays of the state, and of the rest as JSON; it is never a pickle.
    """

    day: int
    config: Config
    policy: dict[str, Any]  # as `Policy.to_dict` gives it
    seed: int
    save_rate: int
    checkpoint_rate: int
    arrays: dict[str, np.ndarray]

    def save(self, path: Path) -> None:
        """Write the file, aside, and put it in the place of the last one."""
        facts = {
            "l2l_version": FULL_VERSION,
            "kernels": fingerprint(),
            "scenario_hash": self.config.scenario_hash(),
            "config": self.config.to_dict(),
            **{name: getattr(self, name) for name in ("day", "policy", "seed", "save_rate", "checkpoint_rate")},
        }
        data = io.BytesIO()
        np.savez(data, **{FACTS: np.array(json.dumps(facts))}, **self.arrays)  # type: ignore[arg-type]
        write_atomically(path, data.getvalue())

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a file that `save` wrote.

        Raises
        ------
        CheckpointError
            If it is not there, not whole, of another version of l2l, or its parts contradict each other.
        """
        if not path.is_file():
            raise CheckpointError(
                f"there is no checkpoint {path}; a run that is finished leaves none, nor does one that was killed "
                "before its first --checkpoint-rate days"
            )
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            facts = json.loads(str(arrays.pop(FACTS)))
        except (zipfile.BadZipFile, ValueError, EOFError, KeyError, OSError) as error:
            raise CheckpointError(f"{path} is damaged, or no checkpoint: {error}") from error
        for name, present in (("l2l_version", FULL_VERSION), ("kernels", fingerprint())):
            if facts.get(name) != present:
                raise CheckpointError(
                    f"{path} was written by another version of l2l ({name} {facts.get(name)!r}, here {present!r}); "
                    "go on with that one, or run anew"
                )
        config = Config.from_dict(facts["config"], str(path))
        if config.scenario_hash() != facts["scenario_hash"]:
            raise CheckpointError(f"{path}: its scenario is not the one it was written for; the file was changed")
        return cls(
            config=config,
            arrays=arrays,
            **{name: facts[name] for name in ("day", "policy", "seed", "save_rate", "checkpoint_rate")},
        )
