"""Big read-only arrays of an optimizee: in files of their own, which workers map instead of having copies."""

import io
import os
import pickle
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import numpy as np

from l2l.utils.atomic import make_aside

LEAST_BYTES = 1 << 16
"""Of an array that is worth a file."""


class ArrayFolder:
    """``<digest>.npy`` for each array that is read-only, has no objects and is not small; equal ones are one file.

    All processes of a host that map a file share its pages.

    Parameters
    ----------
    path : Path
        Made when there is something to put there.

    Attributes
    ----------
    mapped : dict of str to ndarray
        What `loads` has met, by digest.
    """

    def __init__(self, path: Path):
        self.path = path
        self.mapped: dict[str, np.ndarray] = {}

    def dumps(self, thing: Any, store: bool = True) -> bytes:
        """Pickle with ``cloudpickle``, and with digests in the place of arrays.

        Without ``store`` no file is written: the pickle is there to be compared.
        """
        buffer = io.BytesIO()
        _pickler_class()(buffer, self, store).dump(thing)
        return buffer.getvalue()

    def loads(self, data: bytes) -> Any:
        """What was pickled, with its arrays mapped, read-only."""
        return _Unpickler(io.BytesIO(data), self).load()

    def store(self, array: np.ndarray, digest: str) -> None:
        """Write the file of an array, unless it is there."""
        path = self.path / f"{digest}.npy"
        if path.exists():
            return
        self.path.mkdir(mode=0o700, exist_ok=True)
        aside = make_aside(path)
        with open(aside, "wb") as file:
            np.save(file, array, allow_pickle=False)
        os.replace(aside, path)

    def array(self, digest: str) -> np.ndarray:
        """The array of that digest, mapped, read-only."""
        if digest not in self.mapped:
            # as a plain array: a memmap costs more at every access
            self.mapped[digest] = np.asarray(np.load(self.path / f"{digest}.npy", mmap_mode="r", allow_pickle=False))
        return self.mapped[digest]


def goes_into_a_file(thing: Any) -> bool:
    """Whether it is an array that is read-only, has no objects and is not small."""
    is_constant = type(thing) is np.ndarray and not thing.flags.writeable
    return is_constant and thing.nbytes >= LEAST_BYTES and not thing.dtype.hasobject


def digest_of(array: np.ndarray) -> str:
    """Of type, shape, order and content."""
    layout = np.lib.format.header_data_from_array_1_0(array)
    order: Literal["C", "F"] = "F" if layout["fortran_order"] else "C"
    digest = blake2b(repr(layout).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(array.reshape(-1, order=order)).view(np.uint8).data)
    return digest.hexdigest()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, arrays: ArrayFolder):
        super().__init__(file)
        self._arrays = arrays

    def persistent_load(self, digest: str) -> np.ndarray:
        return self._arrays.array(digest)


def _pickler_class() -> Any:
    """Made when used, as cloudpickle is slow to import."""
    import cloudpickle

    class ArrayPickler(cloudpickle.Pickler):
        def __init__(self, file: io.BytesIO, arrays: ArrayFolder, store: bool):
            super().__init__(file)
            self._arrays = arrays
            self._store = store
            self._digests: dict[int, tuple[np.ndarray, str]] = {}  # by id, which is the array's own while it is kept

        def persistent_id(self, obj: Any) -> str | None:
            if not goes_into_a_file(obj):
                return None
            if id(obj) not in self._digests:
                digest = digest_of(obj)
                self._digests[id(obj)] = obj, digest
                if self._store:
                    self._arrays.store(obj, digest)
            return self._digests[id(obj)][1]

    return ArrayPickler
