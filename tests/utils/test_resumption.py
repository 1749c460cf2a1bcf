"""A run whose files were damaged goes on from what is whole, to the history of a run that nothing disturbed."""

import random
import sys
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import numpy as np
import pytest

from l2l.errors import RunFolderError
from l2l.overrides import Overrides, overriding
from l2l.utils.experiment import resume_without_script
from l2l.utils.history import CIRCUMSTANCES

cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def evaluate(one_by_one, tmp_path):
    """Six generations of four, or as far as that goes; evaluations are counted in a file."""
    counted = tmp_path / "counted"

    def simulate(traj):
        with open(counted, "a") as file:
            file.write(".")
        return traj.individual.x + random.random()

    def run(**settings):
        return one_by_one(simulate, **{"asynchronous": False, **settings})

    run.n_counted = lambda: counted.stat().st_size
    return run


@pytest.fixture
def broken_off(evaluate):
    """A run that ended in its last generation, when 22 individuals were evaluated."""
    run = evaluate(max_evaluations=22)
    assert run.error is None
    return run.experiment.run_folder


def resumed(evaluate, **settings):
    with overriding(Overrides(resume=True)):
        return evaluate(**settings)


def essence(run):
    return [{name: value for name, value in record.items() if name not in CIRCUMSTANCES} for record in run.history]


def garble(folder, number):
    """Let a line of the history be no record any more; returns it, and all behind it."""
    path = folder / "history.jsonl"
    lines = path.read_bytes().splitlines(True)
    lines[number - 1] = b'{"generation": 0, "index": 0}\n'
    path.write_bytes(b"".join(lines))
    return b"".join(lines[number - 1 :])


def spoil(path):
    """Let one bit of a file be another one."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def checkpoint(folder, generation):
    return folder / f"simulation/checkpoints/checkpoint_{generation}.bin"


@pytest.mark.parametrize(("line", "generation"), [(21, 5), (18, 4)], ids=["since the checkpoint", "before it"])
def test_run_goes_on_from_what_is_whole_of_its_history(evaluate, broken_off, line, generation, capsys):
    lost = garble(broken_off, line)
    again = resumed(evaluate)
    assert again.error is None
    (kept,) = broken_off.glob("history.jsonl.damaged-*")
    assert kept.read_bytes() == lost
    told = capsys.readouterr().err
    assert f"line {line} is no record; that one and all behind it, {23 - line} in all, are now in {kept.name}" in told
    assert ("going on from the one before" in told) == (generation == 4)
    assert evaluate.n_counted() == 24 + 23 - line
    assert essence(again) == essence(evaluate(name="whole"))


def test_history_that_is_damaged_before_all_checkpoints_is_refused(evaluate, broken_off):
    garble(broken_off, 3)
    before = {path: path.read_bytes() for path in (broken_off / "history.jsonl", checkpoint(broken_off, 5))}
    error = resumed(evaluate).error
    assert isinstance(error, RunFolderError)
    assert "checkpoint_5.bin knows of" in str(error) and "--overwrite" in str(error)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("spoiling", [spoil, Path.unlink])
def test_checkpoint_before_the_newest_stands_in_for_it(evaluate, broken_off, spoiling, capsys):
    spoiling(checkpoint(broken_off, 5))
    again = resumed(evaluate)
    assert again.error is None
    assert ("checkpoint_5.bin is damaged; going on from the one before" in capsys.readouterr().err) == (
        spoiling is not Path.unlink
    )
    assert evaluate.n_counted() == 24  # the history has all that came after it
    assert essence(again) == essence(evaluate(name="whole"))


def test_run_without_generations_goes_on_from_the_checkpoint_before(evaluate):
    folder = evaluate(asynchronous=3, max_evaluations=22).experiment.run_folder
    spoil(checkpoint(folder, 5))
    again = resumed(evaluate, asynchronous=3)
    assert again.error is None
    assert evaluate.n_counted() == 24
    assert essence(again) == essence(evaluate(asynchronous=3, name="whole"))


class Large:
    """Holds more than is to be in every checkpoint."""

    def __init__(self):
        # names that are equal, but one object not before they were pickled: the pickle of a copy is another one
        self.words = [SimpleNamespace(**{"".join(("na", "me")): word}) for word in range(2)]
        self.table = np.random.default_rng(0).random(20_000)
        self.copied = self.table.copy()
        self.table.flags.writeable = False

    def __call__(self, traj):
        return traj.individual.x + self.table[0] - self.copied[0]


def test_large_optimizee_that_does_not_change_is_in_no_checkpoint(one_by_one):
    for n_resumed, max_evaluations in enumerate((7, 13, None)):
        with overriding(Overrides(resume=n_resumed > 0)):
            run = one_by_one(Large(), asynchronous=False, max_evaluations=max_evaluations)
        assert run.error is None
        newest = max((run.experiment.run_folder / "simulation/checkpoints").iterdir())
        assert newest.stat().st_size < 20_000
    assert len(run.history) == 24


def test_run_without_a_script_goes_on_from_the_checkpoint_before(evaluate, broken_off):
    spoil(checkpoint(broken_off, 5))
    with overriding(Overrides(resume=True, root_dir=str(broken_off.parent))):
        facts = {"runner_params": {}, "seed": 0}
        resume_without_script(broken_off, facts)
    assert len((broken_off / "history.jsonl").read_text().splitlines()) == evaluate.n_counted() == 24


def test_run_of_which_all_checkpoints_are_damaged_is_refused(evaluate, broken_off):
    for generation in (4, 5):
        spoil(checkpoint(broken_off, generation))
    error = resumed(evaluate).error
    assert isinstance(error, RunFolderError)
    assert "checkpoint_5.bin is damaged" in str(error) and "checkpoint_4.bin is damaged" in str(error)
