import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from l2l.utils.array_folder import ArrayFolder
from l2l.utils.worker import Template, describe

NO_ARRAYS = ArrayFolder(Path("nowhere"))


def template(optimizee, arrays=NO_ARRAYS):
    made = Template(lambda: arrays.dumps(optimizee), arrays)
    made.load()
    return made


def local_class(**members):
    return type("Local", (), {"__module__": "__main__", **members})


def test_every_copy_is_fresh():
    optimizee = local_class()()
    optimizee.values = [1]
    made = template(optimizee)
    made.fresh().values.append(2)
    assert made.fresh().values == [1]


def test_classes_are_shared_among_copies():
    made = template(local_class()())
    assert type(made.fresh()) is type(made.fresh())


def test_reusable_optimizee_is_handed_out_itself():
    made = template(local_class(reusable=True)())
    assert made.fresh() is made.fresh()


def test_optimizee_that_only_its_own_pickle_can_make_is_loaded_each_time():
    class Odd:
        def __reduce__(self):
            raise TypeError("once only")

    class Maker:
        def __reduce__(self):
            return Odd, ()

    made = template(Maker())
    assert made.fresh() is not made.fresh()
    assert type(made.fresh()).__name__ == "Odd"


def test_copies_share_the_big_constants(tmp_path):
    optimizee = local_class()()
    optimizee.table, optimizee.counts = np.zeros(100_000), np.zeros(100_000)
    optimizee.table.flags.writeable = False
    made = template(optimizee, ArrayFolder(tmp_path))
    one, other = made.fresh(), made.fresh()
    assert one.table is other.table and not one.table.flags.writeable
    one.counts += 1
    assert other.counts.max() == 0


def test_error_of_the_modules_shows_at_load():
    made = Template(lambda: pickle.dumps(Template).replace(b"Template", b"Tomplate"), NO_ARRAYS)
    with pytest.raises(AttributeError, match="Tomplate"):
        made.load()


def test_description_of_an_error_has_its_own_traceback():
    def fail():
        raise KeyError("x")

    try:
        fail()
    except KeyError as error:
        told = describe(error)
    assert (told["type"], told["message"]) == ("KeyError", "'x'")
    assert "in fail" in told["traceback"]


def described(error):
    try:
        raise error
    except Exception as raised:
        return describe(raised)


def test_error_that_utf8_cannot_hold_is_escaped():
    assert described(ValueError("\ud800 caf\xe9"))["message"] == "\\ud800 caf\xe9"


def test_error_without_a_printable_message_is_described():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    told = described(Mute())
    assert told["type"] == "Mute"
    assert "str() failed" in told["message"]


def test_long_message_keeps_beginning_and_end():
    message = described(ValueError("a" + "z" * 5_000_000 + "b"))["message"]
    assert len(message) < 20_000
    assert message.startswith("az") and message.endswith("zb")


def test_worker_imports_nothing_that_only_the_runner_needs():
    code = "import sys, l2l.utils.worker; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert loaded.isdisjoint({"rich", "matplotlib", "deap", "pyarrow", "scipy", "numba", "yaml", "cloudpickle"})
