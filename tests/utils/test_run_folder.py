import os

import pytest

from l2l.errors import RunFolderError, StorageError
from l2l.utils.run_folder import RunFolder, storing


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "results" / "run")
    made.create()
    made.manifest_path.write_text("status: finished\n")
    return made


def test_empty_folder_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    RunFolder(tmp_path / "run").create()


def test_folder_of_a_run_killed_before_its_manifest_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".manifest.yaml.part").write_text("sta")
    RunFolder(tmp_path / "run").create()


def test_root_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunFolderError, match="cannot be made"):
        RunFolder(tmp_path / "results" / "run").create()


def test_folder_of_an_l2l_run_may_be_overwritten(tmp_path):
    for name in ("simulation", "logs"):
        (tmp_path / "run" / name).mkdir(parents=True)
    RunFolder(tmp_path / "run").create(overwrite=True)
    assert not (tmp_path / "run" / "simulation").exists()


def test_overwriting_does_not_follow_links(folder, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("")
    (folder.path / "link").symlink_to(tmp_path / "precious")
    folder.create(overwrite=True)
    assert (tmp_path / "precious" / "file").exists()
    assert not (folder.path / "link").is_symlink()


def test_second_lock_names_the_first_holder(folder):
    with folder.locked():
        with pytest.raises(RunFolderError, match=f"process {os.getpid()} on"), folder.locked():
            pytest.fail("locked twice")
    with folder.locked():
        pass


def test_folder_in_use_is_not_overwritten(folder):
    with folder.locked(), pytest.raises(RunFolderError, match="another run is going on"):
        folder.create(overwrite=True)
    assert folder.manifest_path.exists()


@pytest.mark.parametrize(
    "inner", [".", "simulation", "simulation/checkpoints", "simulation/arrays", "simulation/optimizee.bin"]
)
def test_trust_needs_that_nobody_else_can_write(folder, inner):
    folder.checkpoints_path.mkdir(parents=True)
    (folder.path / "simulation" / "arrays").mkdir()
    (folder.path / "simulation" / "optimizee.bin").write_text("")
    folder.check_trust()
    (folder.path / inner).chmod(0o722)
    with pytest.raises(RunFolderError, match="can be written by others"):
        folder.check_trust()


def test_failure_to_write_says_how_to_go_on(tmp_path):
    with pytest.raises(StorageError, match="l2l-run --resume"), storing(tmp_path):
        raise OSError(28, "No space left on device")
