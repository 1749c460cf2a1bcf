"""Big read-only arrays of an optimizee, in files that workers map."""

import numpy as np
import pytest

from l2l.utils.array_folder import LEAST_BYTES, ArrayFolder
from l2l.utils.checkpoint import Checkpoints
from l2l.utils.history_damage import Past
from l2l.utils.runner import prepare_optimizee
from l2l.utils.trajectory import Trajectory


class Thing:
    """Holds arrays."""

    def __init__(self, **arrays):
        self.__dict__.update(arrays)


def constant(values):
    values = np.array(values)
    values.flags.writeable = False
    return values


BIG = LEAST_BYTES // 8


@pytest.fixture
def folder(tmp_path):
    return ArrayFolder(tmp_path / "arrays")


def files(folder):
    return sorted(folder.path.glob("*")) if folder.path.exists() else []


@pytest.mark.parametrize(
    "array",
    [
        np.arange(float(BIG)),
        np.arange(2 * BIG, dtype=np.int32).reshape(2, -1),
        np.asfortranarray(np.arange(float(BIG)).reshape(8, -1)),
        np.arange(4.0 * BIG).reshape(16, -1)[:, ::2],
        np.zeros(BIG, [("day", "<i8"), ("lice", "<f8")]),
        np.arange(BIG).astype("datetime64[D]"),
    ],
    ids=["floats", "2d", "fortran", "strided", "records", "dates"],
)
def test_array_comes_back_mapped_and_read_only(folder, array):
    array.flags.writeable = False
    data = folder.dumps(Thing(table=array))
    assert len(data) < 500 and len(files(folder)) == 1
    table = ArrayFolder(folder.path).loads(data).table
    np.testing.assert_array_equal(table, array)
    assert (type(table), table.dtype, table.flags.writeable) == (np.ndarray, array.dtype, False)
    assert not table.flags.owndata and table.flags.aligned
    with pytest.raises(ValueError, match="WRITEABLE"):
        table.flags.writeable = True


def test_equal_arrays_are_one_file_and_one_array(folder):
    thing = Thing(one=constant(np.ones(BIG)), same=constant(np.ones(BIG)), other=constant(np.zeros(BIG)))
    loaded = folder.loads(folder.dumps(thing))
    assert len(files(folder)) == 2
    assert loaded.one is loaded.same is not loaded.other


def test_arrays_of_other_types_or_shapes_are_not_equal(folder):
    zeros = [np.zeros(BIG), np.zeros(BIG, np.int64), np.zeros((2, BIG // 2)), np.zeros((2, BIG // 2), order="F")]
    loaded = folder.loads(folder.dumps([constant(z) if z.ndim == 1 else _frozen(z) for z in zeros]))
    assert [(a.dtype, a.shape, a.flags.f_contiguous) for a in loaded] == [
        (a.dtype, a.shape, a.flags.f_contiguous) for a in zeros
    ]


def test_strided_array_is_not_taken_for_another(folder):
    wide = np.arange(4.0 * BIG).reshape(2, -1)
    strided = _frozen(wide[:, ::2])
    other = constant(np.ascontiguousarray(strided).reshape(-1, order="F").reshape(strided.shape))
    loaded = folder.loads(folder.dumps([strided, other, constant(strided)]))
    np.testing.assert_array_equal(loaded[0], strided)
    np.testing.assert_array_equal(loaded[1], other)
    assert loaded[2] is loaded[0]


def test_change_of_a_view_that_is_read_only_is_seen(folder):
    base = np.zeros(BIG)
    thing = Thing(view=_frozen(base[:]))
    before = folder.dumps(thing, store=False)
    base[0] = 1
    assert folder.dumps(thing, store=False) != before


def _frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "array",
    [np.zeros(BIG), constant(np.zeros(BIG - 1)), _frozen(np.full(BIG, None))],
    ids=["writeable", "small", "objects"],
)
def test_what_may_change_is_small_or_holds_objects_stays_in_the_pickle(folder, array):
    data = folder.dumps(Thing(table=array))
    assert files(folder) == []
    np.testing.assert_array_equal(folder.loads(data).table, array)


def test_pickle_for_comparison_writes_nothing(folder):
    thing = Thing(table=constant(np.ones(BIG)))
    compared = folder.dumps(thing, store=False)
    assert files(folder) == [] and compared == folder.dumps(thing)


def test_damaged_file_is_an_error(folder):
    data = folder.dumps(Thing(table=constant(np.ones(BIG))))
    (path,) = files(folder)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match="mmap length"):
        folder.loads(data)


def test_optimizee_is_prepared_with_its_arrays_beside_it(tmp_path):
    data = prepare_optimizee(Thing(table=constant(np.ones(BIG))), tmp_path)
    assert (tmp_path / "optimizee.bin").read_bytes() == data and len(data) < 500
    (path,) = (tmp_path / "arrays").glob("*")
    np.testing.assert_array_equal(np.load(path), np.ones(BIG))
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_checkpoint_knows_an_optimizee_with_arrays_as_the_one_that_was_prepared(tmp_path):
    thing = Thing(table=constant(np.ones(BIG)), n=1)
    prepare_optimizee(thing, tmp_path)
    checkpoints = Checkpoints(tmp_path / "checkpoints", {"optimizee": thing})
    checkpoints.note_prepared()
    assert checkpoints._changed_optimizee() is None
    thing.n = 2
    assert checkpoints._changed_optimizee()["n"] == 2


def test_checkpoint_keeps_the_optimizee_that_an_earlier_one_gave(tmp_path):
    def begun(n):
        thing = Thing(n=n)
        objects = {"traj": Trajectory(), "optimizer": Thing(), "optimizee": thing}
        return thing, Checkpoints(tmp_path / "checkpoints", objects)

    no_history = {"history_bytes": 0, "history_crc": 0}
    thing, checkpoints = begun(1)
    prepare_optimizee(thing, tmp_path)
    checkpoints.note_prepared()
    thing.n = 2
    checkpoints.save(0, **no_history)
    for generation in (1, 2):
        thing, checkpoints = begun(1)
        checkpoints.load(Past(tmp_path / "none"))
        checkpoints.note_prepared()
        assert thing.n == 2
        checkpoints.save(generation, **no_history)
