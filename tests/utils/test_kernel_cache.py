"""The cache of compiled kernels: filled once, and emptied when a source changes."""

import shutil

import pytest

from l2l.utils import kernel_cache
from l2l.utils.kernel_cache import KernelCache


class CacheHere(KernelCache):
    """A cache of kernels that are not really compiled: "compiled" they are the text of their source."""

    def __init__(self, sources):
        super().__init__(sources, [sources.with_name("types.py")], lambda: ())

    def folder(self):
        return self.sources / "__pycache__"


@pytest.fixture
def folder(tmp_path):
    """The folder of the compiled kernels, beside their sources."""
    (tmp_path / "kernels").mkdir()
    for name in ("kernels/episode.py", "kernels/fish.py", "types.py"):
        (tmp_path / name).write_text(f"# {name}")
    return tmp_path / "kernels" / "__pycache__"


@pytest.fixture
def compile_anew(folder):
    """Call ``compile_once`` as another process would."""

    def run_all():
        (folder / "episode.run-1.nbi").touch()
        (folder / "episode.run-1.nbc").write_text((folder.parent / "fish.py").read_text())

    def call(run_all=run_all):
        return CacheHere(folder.parent).compile_once(run_all)

    return call


def compiled(folder):
    return (folder / "episode.run-1.nbc").read_text()


def test_kernels_are_compiled_once(folder, compile_anew):
    assert compile_anew()
    assert not compile_anew()
    assert compiled(folder) == (folder.parent / "fish.py").read_text()


def test_a_process_looks_once(folder):
    cache = CacheHere(folder.parent)
    assert cache.compile_once(lambda: None)
    shutil.rmtree(folder)
    assert not cache.compile_once(lambda: pytest.fail("compiled again"))


def test_a_source_that_changes_empties_the_cache(folder, compile_anew):
    compile_anew()
    (folder / "lice.develop-7.nbc").touch()  # of a caller, whose own file is as before
    with open(folder.parent / "fish.py", "a") as source:
        source.write("# changed")
    assert not CacheHere(folder.parent).is_compiled()
    assert compile_anew()
    assert compiled(folder).endswith("# changed")
    assert not (folder / "lice.develop-7.nbc").exists()


def test_a_new_compiler_empties_the_cache(compile_anew, monkeypatch):
    compile_anew()
    monkeypatch.setattr(kernel_cache, "version", lambda name: "9.9")
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
    assert not CacheHere(folder.parent).is_compiled()
    compile_anew()
    assert CacheHere(folder.parent).is_compiled()


def test_sources_elsewhere_count(folder, compile_anew):
    compile_anew()
    folder.parent.with_name("types.py").write_text("# changed")
    assert compile_anew()
