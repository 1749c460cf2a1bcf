import grp
import os
import pwd
import stat
from types import SimpleNamespace

import pytest

from l2l.errors import RunFolderError
from l2l.utils.trust import check_trusted

WHY = "it is a pickle"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    made = tmp_path / "outer" / "inner" / "file"
    made.touch(0o600)
    return made


@pytest.fixture
def statuses(monkeypatch):
    """Owner, group and mode that folders and files seem to have, by name."""
    real, seem = os.stat, {}

    def status(path, *args, **kwargs):
        name = os.path.basename(os.fspath(path)) if not isinstance(path, int) else ""
        if name not in seem:
            return real(path, *args, **kwargs)
        uid, gid, mode = seem[name]
        return SimpleNamespace(st_uid=uid, st_gid=gid, st_mode=mode)

    monkeypatch.setattr(os, "stat", status)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name={0: "root", 1000: "me"}.get(uid, "eve")))
    groups = {1000: ("me", []), 1001: ("me", ["me", "eve"]), 50: ("staff", [])}
    monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name=groups[gid][0], gr_mem=groups[gid][1]))
    d, f = stat.S_IFDIR, stat.S_IFREG
    seem.update(file=(1000, 50, f | 0o644), inner=(1000, 50, d | 0o755), outer=(0, 0, d | 0o755))
    return seem


def test_own_file_in_an_own_folder_is_trusted(file, statuses):
    check_trusted(file, WHY)


@pytest.mark.parametrize(
    ("name", "seems", "message"),
    [
        ("file", (1001, 50, 0o644), "file belongs to user eve, not to you .me.; it is a pickle"),
        ("file", (0, 0, 0o644), "file belongs to user root, not to you"),
        ("file", (1000, 50, 0o664), "file can be written by others .mode 0664.; it is a pickle"),
        ("file", (1000, 50, 0o646), "file can be written by others"),
        ("file", (1000, 1001, 0o664), "file can be written by others"),
        ("inner", (1001, 50, 0o755), "inner belongs to user eve"),
        ("inner", (1000, 50, 0o775), "inner can be written by others .mode 0775..*chmod go-w .*inner"),
        ("inner", (1000, 50, 0o757), "inner can be written by others"),
        ("outer", (1001, 50, 0o755), "outer belongs to user eve"),
        ("outer", (0, 0, 0o777), "outer can be written by others"),
    ],
)
def test_what_others_could_have_written_or_replaced_is_not(file, statuses, name, seems, message):
    uid, gid, mode = seems
    statuses[name] = (uid, gid, stat.S_IFMT(statuses[name][2]) | mode)
    with pytest.raises(RunFolderError, match=message):
        check_trusted(file, WHY)


@pytest.mark.parametrize(
    ("name", "seems"),
    [
        ("file", (1000, 1000, 0o664)),  # the group of the user alone
        ("inner", (1000, 1000, 0o775)),
        ("inner", (1000, 50, 0o1777)),  # like /tmp
        ("outer", (0, 50, 0o2775)),  # root gives it to a group
    ],
)
def test_what_nobody_else_can_replace_is_trusted(file, statuses, name, seems):
    uid, gid, mode = seems
    statuses[name] = (uid, gid, stat.S_IFMT(statuses[name][2]) | mode)
    check_trusted(file, WHY)


def test_folders_are_those_that_a_link_leads_to(file, statuses, tmp_path):
    (tmp_path / "link").symlink_to(file)
    statuses["inner"] = (1001, 50, stat.S_IFDIR | 0o755)
    with pytest.raises(RunFolderError, match="inner belongs to user eve"):
        check_trusted(tmp_path / "link", WHY)


def test_what_is_not_there_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        check_trusted(tmp_path / "nothing", WHY)
