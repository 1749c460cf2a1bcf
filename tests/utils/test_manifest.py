from collections import namedtuple
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
import yaml

from l2l.errors import RunFolderError
from l2l.utils.manifest import REQUIRED, Manifest, plain

Point = namedtuple("Point", "x y")
Colour = Enum("Colour", "RED GREEN")


@dataclass
class Box:
    low: np.ndarray
    colour: Colour


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (Point(1, np.float64(0.5)), {"x": 1, "y": 0.5}),
        (Box(np.array([1.0, 2.0]), Colour.RED), {"low": [1.0, 2.0], "colour": "RED"}),
        ({1: (True, None, "a")}, {"1": [True, None, "a"]}),
        (Path("/tmp"), "/tmp"),
        (np.int32(3), 3),
        (np.array(["a"]), ["a"]),
    ],
)
def test_parameters_become_plain_data(value, data):
    assert plain(value) == data
    assert yaml.safe_load(yaml.safe_dump(plain(value))) == data


def test_other_objects_are_named_by_class():
    assert plain(object()) == "builtins:object object"


def test_facts_are_written_and_read_again(tmp_path):
    manifest = Manifest.start(tmp_path / "manifest.yaml", **{**dict.fromkeys(REQUIRED), "seed": 3})
    manifest.update(status="running", point=Point(1, 2))
    facts = Manifest.read(tmp_path / "manifest.yaml").facts
    assert (facts["status"], facts["seed"], facts["point"]) == ("running", 3, {"x": 1, "y": 2})
    assert set(facts["versions"]) >= {"l2l", "python", "numpy"}


@pytest.mark.parametrize(
    "text", [None, "a: [", "just words", "seed: 3", "status: finished", "!!python/object/apply:os.getcwd []"]
)
def test_what_is_no_manifest_is_refused(tmp_path, text):
    path = tmp_path / "manifest.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RunFolderError):
        Manifest.read(path)
