"""Checkpoints: the state of optimizer, optimizee and trajectory before a generation is evaluated."""

import copy
import copyreg
import hashlib
import io
import logging
import pickle
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from l2l.errors import RunFolderError
from l2l.utils.array_folder import ArrayFolder
from l2l.utils.atomic import write_atomically
from l2l.utils.groups import ParameterDict, ResultGroup
from l2l.utils.history_damage import Past, damaged_now

logger = logging.getLogger("utils.experiment")

KEPT = 2
"""The newest one, and one more in case that is damaged."""

DIGEST_BYTES = 16
"""Of the digest in front of a checkpoint, by which damage is known before anything is unpickled."""


class Checkpoints:
    """``checkpoint_<generation>.bin`` in one folder.

    The state of the three objects is stored, not the objects: references among them lead, after `load`, to
    the ones that the experiment script has made again.

    Parameters
    ----------
    folder : Path
    objects : dict of str to object
        ``traj``, ``optimizer``, ``optimizee``.
    by_reference : bool
        Whether the classes of the objects can be imported, or are in the script that a resumed run executes again.
    """

    def __init__(self, folder: Path, objects: dict[str, Any], by_reference: bool = False):
        self.folder = folder
        self.by_reference = by_reference
        self.objects = objects
        self._prepared: bytes | None = None  # the optimizee's pickle while it is as in optimizee.bin
        self._is_prepared = True
        self._arrays = ArrayFolder(folder.parent / "arrays")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def save(self, generation: int, **facts: Any) -> None:
        """Write the checkpoint of a generation, safe on disk before it has its name.

        Raises
        ------
        pickle.PicklingError, TypeError, AttributeError
            If the optimizer cannot be pickled.
        """
        traj = bounded(self.objects["traj"], generation)
        content = {
            "generation": generation,
            "facts": facts,
            "random": (random.getstate(), np.random.get_state()),
            "states": {
                "traj": traj.__dict__,
                "optimizer": _state(self.objects["optimizer"]),
                "optimizee": self._changed_optimizee(),
            },
        }
        names = {id(thing): name for name, thing in self.objects.items()} | {id(traj): "traj"}
        classes = {name: type(thing) for name, thing in self.objects.items()}
        data = self._dumps(classes, {}) + self._dumps(content, names)
        write_atomically(self.folder / f"checkpoint_{generation}.bin", _digest(data) + data, durable=True)
        (self.folder / f"checkpoint_{generation - KEPT}.bin").unlink(missing_ok=True)

    def _dumps(self, content: Any, names: dict[int, str]) -> bytes:
        """Pickle, with references to the named objects as their names.

        Plain pickle is several times as fast, and finds classes of the script in the script when it runs again.
        cloudpickle also takes what has no importable name, and is needed where no script defines it again.
        """
        buffer = io.BytesIO()
        if self.by_reference:
            try:
                _ReferencePickler(buffer, names, self.objects).dump(content)
                return buffer.getvalue()
            except (pickle.PicklingError, TypeError, AttributeError):
                self.by_reference = False  # a lambda or the like
                buffer = io.BytesIO()
        value_pickler_class()(buffer, names).dump(content)
        return buffer.getvalue()

    def load(self, past: Past, with_optimizee: bool = True) -> dict[str, Any] | None:
        """Give the objects the state of the newest checkpoint that is whole; returns its facts, None if there is none.

        Newer ones are set aside.

        Parameters
        ----------
        past : Past
            The history: new records would be looked for behind those that a checkpoint knows of.
        with_optimizee : bool
            Otherwise that one stays as it is.

        Raises
        ------
        RunFolderError
            If there are checkpoints, but none can be gone on from.
        """
        unfit: dict[Path, str] = {}
        for path, data in self._newest_first():
            if data is None:
                unfit[path] = "is damaged"
                continue
            content = self._unpickled(data)
            known = content["facts"]["history_bytes"]
            if past.is_whole(known, content["facts"]["history_crc"]):
                break
            unfit[path] = f"knows of {known} bytes of the history, of which {past.n_whole} are whole"
        else:
            if not unfit:
                return None
            told = "".join(f"\n  {path.name} {why}" for path, why in unfit.items())
            raise RunFolderError(
                f"{self.folder} has no checkpoint to go on from:{told}\n"
                "put back what was damaged, or start the run anew (--overwrite)"
            )
        for path, why in unfit.items():
            logger.warning("checkpoint %s %s; going on from the one before", path, why)
            path.rename(path.with_name(path.name + damaged_now()))
        optimizee_bin = self.folder.parent / "optimizee.bin"
        if not with_optimizee:
            del content["states"]["optimizee"]
        elif content["states"]["optimizee"] is None:
            content["states"]["optimizee"] = _state(self._arrays.loads(optimizee_bin.read_bytes()))
        else:
            self._is_prepared = False
        for name, state in content["states"].items():
            _restore(self.objects[name], state)
        python_state, numpy_state = content["random"]
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        return {"generation": content["generation"], **content["facts"]}

    def clear(self) -> None:
        """Forget the checkpoints of an earlier run."""
        for path in self.folder.glob("checkpoint_*.bin"):
            path.unlink()

    def blanks(self, *names: str) -> list[Any]:
        """Objects of the classes that were stored, without state; what `load` needs where no script made them.

        Raises
        ------
        RunFolderError
            If there is no checkpoint.
        """
        whole = (data for _, data in self._newest_first() if data is not None)
        newest = next(whole, None)
        if newest is None:
            raise RunFolderError(
                f"{self.folder} holds no whole checkpoint, so this run cannot be resumed without its script"
            )
        classes = pickle.loads(newest)
        return [classes[name].__new__(classes[name]) for name in names]

    def _newest_first(self) -> Iterator[tuple[Path, bytes | None]]:
        """All checkpoints, with their data, None where they are damaged."""
        files = sorted(self.folder.glob("checkpoint_*.bin"), key=lambda path: -int(path.stem.split("_")[1]))
        for path in files:
            stored = path.read_bytes()
            data = stored[DIGEST_BYTES:]
            yield path, data if stored[:DIGEST_BYTES] == _digest(data) else None

    def _unpickled(self, data: bytes) -> dict[str, Any]:
        """What is in a checkpoint, its references leading to the objects at hand."""
        _objects.update(self.objects)
        try:
            file = io.BytesIO(data)
            pickle.load(file)  # the classes, for `blanks`
            content: dict[str, Any] = pickle.load(file)
            return content
        finally:
            _objects.clear()

    def note_prepared(self) -> None:
        """Tell that the optimizee is as ``optimizee.bin`` gives it; without effect if `load` gave it another state.

        Its pickle is compared from then on, not the file: that of a copy may differ in what it holds once or twice.
        """
        if self._is_prepared:
            self._prepared = self._arrays.dumps(self.objects["optimizee"], store=False)

    def _changed_optimizee(self) -> Any:
        """The optimizee's state, or None while it is still as in ``optimizee.bin`` (it may be large)."""
        optimizee = self.objects["optimizee"]
        is_as_prepared = self._is_prepared and self._arrays.dumps(optimizee, store=False) == self._prepared
        return None if is_as_prepared else _state(optimizee)


class _ReferencePickler(pickle.Pickler):
    """Classes and functions by name. Only the types of the three objects make it call Python."""

    def __init__(self, file: io.BytesIO, names: dict[int, str], objects: dict[str, Any]):
        super().__init__(file, pickle.HIGHEST_PROTOCOL)

        def reduce(obj: Any) -> Any:
            name = names.get(id(obj))
            return obj.__reduce_ex__(pickle.HIGHEST_PROTOCOL) if name is None else (_at_hand, (name,))

        self.dispatch_table = {**copyreg.dispatch_table, **{type(thing): reduce for thing in objects.values()}}


def value_pickler_class() -> Any:
    """The pickler that takes classes and functions by value; made when used, as cloudpickle is slow to import."""
    import cloudpickle

    class ValuePickler(cloudpickle.Pickler):
        def __init__(self, file: io.BytesIO, names: dict[int, str]):
            super().__init__(file)
            self._names = names

        def reducer_override(self, obj: Any) -> Any:
            name = self._names.get(id(obj))
            return super().reducer_override(obj) if name is None else (_at_hand, (name,))

    return ValuePickler


_objects: dict[str, Any] = {}


def _at_hand(name: str) -> Any:
    """What a reference in a checkpoint leads to, while `Checkpoints.load` reads it."""
    return _objects[name]


def bounded(traj: Any, generation: int) -> Any:
    """A copy of a trajectory without the generations before one, so that its size does not grow with the run.

    Parameters, results of other names and the results of the generation before are kept.
    """
    small = copy.copy(traj)
    small.individuals = {g: traj.individuals[g] for g in sorted(traj.individuals) if g >= generation}
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


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def _state(thing: Any) -> Any:
    return thing.__getstate__()


def _restore(thing: Any, state: Any) -> None:
    if hasattr(thing, "__setstate__"):
        thing.__setstate__(state)
    else:
        thing.__dict__.clear()
        thing.__dict__.update(state or {})  # None: it has none
