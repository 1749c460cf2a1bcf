"""Checkpoints: the state of optimizer, optimizee and trajectory before a generation is evaluated."""

import copy
import io
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import RunFolderError
from l2l.utils.atomic import write_atomically
from l2l.utils.groups import ParameterDict, ResultGroup

KEPT = 2
"""The newest one, and one more in case that is lost with a disk."""


class Checkpoints:
    """``checkpoint_<generation>.bin`` in one folder.

    The state of the three objects is stored, not the objects: references among them lead, after `load`, to
    the ones that the experiment script has made again.

    Parameters
    ----------
    folder : Path
    objects : dict of str to object
        ``traj``, ``optimizer``, ``optimizee``.
    """

    def __init__(self, folder: Path, objects: dict[str, Any]):
        self.folder = folder
        self.objects = objects
        self._first_optimizee: bytes | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, generation: int, **facts: Any) -> None:
        """Write the checkpoint of a generation, safe on disk before it has its name.

        Raises
        ------
        pickle.PicklingError, TypeError, AttributeError
            If the optimizer cannot be pickled.
        """
        traj = bounded(self.objects["traj"], generation)
        names = {id(thing): name for name, thing in self.objects.items()} | {id(traj): "traj"}
        buffer = io.BytesIO()
        states = {
            "traj": traj.__dict__,
            "optimizer": _state(self.objects["optimizer"]),
            "optimizee": self._changed_optimizee(),
        }
        content = {
            "generation": generation,
            "facts": facts,
            "random": (random.getstate(), np.random.get_state()),
            "states": states,
        }
        make_pickler = pickler_class()
        make_pickler(buffer, {}).dump({name: type(thing) for name, thing in self.objects.items()})
        make_pickler(buffer, names).dump(content)
        write_atomically(self.folder / f"checkpoint_{generation}.bin", buffer.getvalue(), durable=True)
        (self.folder / f"checkpoint_{generation - KEPT}.bin").unlink(missing_ok=True)

    def load(self) -> dict[str, Any] | None:
        """Give the objects the state of the newest checkpoint; returns its facts, None if there is none."""
        content = self._read()
        if content is None:
            return None
        optimizee_bin = self.folder.parent / "optimizee.bin"
        if content["states"]["optimizee"] is None:
            content["states"]["optimizee"] = _state(pickle.loads(optimizee_bin.read_bytes()))
        for name, state in content["states"].items():
            _restore(self.objects[name], state)
        python_state, numpy_state = content["random"]
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        return {"generation": content["generation"], **content["facts"]}

    def blanks(self, *names: str) -> list[Any]:
        """Objects of the classes that were stored, without state; what `load` needs where no script made them.

        Raises
        ------
        RunFolderError
            If there is no checkpoint.
        """
        newest = self._newest()
        if newest is None:
            raise RunFolderError(f"{self.folder} holds no checkpoint, so this run cannot be resumed without its script")
        with open(newest, "rb") as file:
            classes = pickle.load(file)
        return [classes[name].__new__(classes[name]) for name in names]

    def _newest(self) -> Path | None:
        files = sorted(self.folder.glob("checkpoint_*.bin"), key=lambda path: int(path.stem.split("_")[1]))
        return files[-1] if files else None

    def _read(self) -> dict[str, Any] | None:
        """The newest checkpoint, its references leading to the objects at hand."""
        newest = self._newest()
        if newest is None:
            return None
        _objects.update(self.objects)
        try:
            with open(newest, "rb") as file:
                pickle.load(file)  # the classes, for `blanks`
                content: dict[str, Any] = pickle.load(file)
                return content
        finally:
            _objects.clear()

    def _changed_optimizee(self) -> Any:
        """The optimizee's state, or None while it is still as in ``optimizee.bin`` (it may be large)."""
        import cloudpickle

        optimizee = self.objects["optimizee"]
        data = cloudpickle.dumps(optimizee)
        if self._first_optimizee is None:
            self._first_optimizee = (self.folder.parent / "optimizee.bin").read_bytes()
        return None if data == self._first_optimizee else _state(optimizee)


def pickler_class() -> Any:
    """The pickler of checkpoints; made when used, because cloudpickle takes its time to import."""
    import cloudpickle

    class CheckpointPickler(cloudpickle.Pickler):
        """Writes references to the named objects as their names."""

        def __init__(self, file: io.BytesIO, names: dict[int, str]):
            super().__init__(file)
            self._names = names

        def reducer_override(self, obj: Any) -> Any:
            # rather than persistent_id, which is asked about every number and string, too
            name = self._names.get(id(obj))
            return super().reducer_override(obj) if name is None else (_at_hand, (name,))

    return CheckpointPickler


_objects: dict[str, Any] = {}


def _at_hand(name: str) -> Any:
    """What a reference in a checkpoint leads to, while `Checkpoints.load` reads it."""
    return _objects[name]


def bounded(traj: Any, generation: int) -> Any:
    """A copy of a trajectory that knows one generation only, so that its size does not grow with the run.

    Parameters, results of other names and the results of the generation before are kept.
    """
    small = copy.copy(traj)
    small.individuals = {g: traj.individuals[g] for g in (generation,) if g in traj.individuals}
    parameters = ParameterDict(small)
    parameters._data.update({**traj.parameters._data, "trajectory": small})
    small._parameters = parameters
    small.results = ResultGroup()
    for name, value in traj.results._data.items():
        if name in ("all_results", "generation_params"):
            small.results.f_add_result_group(name)
        else:
            small.results[name] = value
    all_results = traj.results.all_results._data
    for g in (generation - 1, generation):
        if g in all_results:
            small.results.all_results[g] = all_results[g]
    return small


def _state(thing: Any) -> Any:
    return thing.__getstate__()


def _restore(thing: Any, state: Any) -> None:
    if hasattr(thing, "__setstate__"):
        thing.__setstate__(state)
    else:
        thing.__dict__.clear()
        thing.__dict__.update(state or {})  # None: it has none
