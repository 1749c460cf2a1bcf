"""The cache of compiled kernels: filled once, and emptied when a source changes."""

import shutil
from pathlib import Path

import pytest

from l2l.optimizees.slim.kernels import cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A cache of kernels whose sources are a copy of ours."""
    sources = shutil.copytree(Path(cache.__file__).parent, tmp_path / "kernels", ignore=shutil.ignore_patterns("__*"))
    monkeypatch.setattr(cache, "__file__", str(sources / "cache.py"))
    monkeypatch.setattr(cache, "cache_folder", lambda: sources / "__pycache__")
    monkeypatch.setattr(cache, "forget_bitcode", lambda: None)  # nothing is really compiled
    return sources / "__pycache__"


@pytest.fixture
def compile_anew(folder, monkeypatch):
    """Call ``compile_once`` as another process would; kernels "compiled" are the sources' text."""

    def run_all():
        (folder / "episode.run-1.nbi").touch()
        (folder / "episode.run-1.nbc").write_text((folder.parent / "fish.py").read_text())

    def call(run_all=run_all):
        monkeypatch.setattr(cache, "_checked", False)
        return cache.compile_once(run_all)

    return call


def compiled(folder):
    return (folder / "episode.run-1.nbc").read_text()


def test_kernels_are_compiled_once(folder, compile_anew):
    assert compile_anew()
    assert not compile_anew()
    assert compiled(folder) == (folder.parent / "fish.py").read_text()


def test_a_process_looks_once(compile_anew, folder):
    compile_anew()
    shutil.rmtree(folder)
    assert not cache.compile_once(lambda: pytest.fail("compiled again"))


def test_a_source_that_changes_empties_the_cache(folder, compile_anew):
    compile_anew()
    (folder / "lice.develop-7.nbc").touch()  # of a caller, whose own file is as before
    with open(folder.parent / "fish.py", "a") as source:
        source.write("# changed")
    assert not cache.is_compiled()
    assert compile_anew()
    assert compiled(folder).endswith("# changed")
    assert not (folder / "lice.develop-7.nbc").exists()


def test_a_new_compiler_empties_the_cache(compile_anew, monkeypatch):
    compile_anew()
    monkeypatch.setattr(cache, "version", lambda name: "9.9")
    assert compile_anew()


def test_a_compilation_that_was_interrupted_is_not_trusted(folder, compile_anew):
    def interrupted():
        (folder / "lice.develop-7.nbc").touch()
        raise KeyboardInterrupt

    compile_anew()
    original = (folder.parent / "fish.py").read_text()
    (folder.parent / "fish.py").write_text(original + "# changed")
    with pytest.raises(KeyboardInterrupt):
        compile_anew(interrupted)
    (folder.parent / "fish.py").write_text(original)
    assert compile_anew()
    assert not (folder / "lice.develop-7.nbc").exists()


def test_is_compiled_says_whether_the_stamp_is_that_of_the_sources(folder, compile_anew):
    assert not cache.is_compiled()
    compile_anew()
    assert cache.is_compiled()
