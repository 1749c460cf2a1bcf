"""An earlier run, from whose individuals a new one starts."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from l2l.errors import RunFolderError
from l2l.utils.ancestors import Ancestors
from l2l.utils.history import read_history
from l2l.utils.manifest import Manifest
from l2l.utils.run_folder import RunFolder


class Restart:
    """What a new run takes over from the folder of an earlier one: data of its history, never a pickle.

    Parameters
    ----------
    run : Path
        The folder of a run, finished or not.
    keep_generation : bool
        Whether generations are counted on from the last of that run.

    Attributes
    ----------
    generation : int
        The last of that run.
    used : bool
        Whether an optimizer asked for the individuals.

    Raises
    ------
    RunFolderError
        If it is no such folder, or nothing was evaluated.
    """

    def __init__(self, run: Path, keep_generation: bool = False):
        self.run = run
        self.keep_generation = keep_generation
        self.used = False
        folder = RunFolder(run)
        Manifest.read(folder.manifest_path)  # raises where this is no run
        self.history_path = folder.history_path
        records = read_history(self.history_path) if self.history_path.is_file() else iter(())
        generations = (record["generation"] for record in records if "stage" not in record)
        self.generation: int = max(generations, default=-1)
        if self.generation < 0:
            raise RunFolderError(f"nothing was evaluated in {run}, so no run can start from it")

    def population(self, create_individual: Callable[[], Mapping[str, Any]], weights: Sequence[float]) -> list[Any]:
        """Its individuals, without those that failed: the last generation, then all others, each best first.

        Of the others each is there once, and only if it is not in the last generation.

        Parameters
        ----------
        create_individual : callable () -> dict
            Of the new optimizee: the individuals get the types and shapes of its own.
        weights : sequence of float
            By which they are ranked; whoever violates constraints comes after all who satisfy them.

        Raises
        ------
        UsageError
            If the optimizee has other parameters, or the fitness another number of components.
        """
        ancestors = Ancestors(self.history_path, weights)
        self.used = True
        return ancestors.read(ancestors.population(self.generation), create_individual)

    def ranked(self, create_individual: Callable[[], Mapping[str, Any]], weights: Sequence[float]) -> list[Any]:
        """All its individuals, as :meth:`population` takes and gives them, the best of all generations first."""
        ancestors = Ancestors(self.history_path, weights)
        self.used = True
        return ancestors.read(ancestors.ranked, create_individual)
