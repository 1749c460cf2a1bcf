"""Whether somebody else could have put a file where it is: what is read from it may be run as our own code."""

import grp
import os
import pwd
import stat
from pathlib import Path

from l2l.errors import RunFolderError

ROOT = 0


def check_trusted(path: Path, why: str) -> None:
    """Make sure that nobody else can have written or replaced a file or folder.

    It, and what it lies in, must belong to the user or to root, and nobody else may write there. Looked at are all
    folders above it, up to one that root keeps for itself, or in which nobody can replace what is another's (the
    sticky bit). The group that a user has for himself alone is not somebody else; nor is one to which root gives a
    folder.

    Parameters
    ----------
    path : Path
        Links are followed.
    why : str
        Why it matters, for the message: "resuming loads pickles from it".

    Raises
    ------
    RunFolderError
        If others can; says which folder, its mode, and what to do.
    FileNotFoundError
        If it is not there.
    """
    path = path.resolve(strict=True)
    for place in (path, *path.parents):
        status = place.stat()
        if status.st_uid not in (os.geteuid(), ROOT) or (place == path and status.st_uid != os.geteuid()):
            raise RunFolderError(
                f"{place} belongs to user {_name_of(status.st_uid)}, not to you ({_name_of(os.geteuid())}); {why}, "
                f"which may run whatever its owner put there. If you trust it, make a copy"
            )
        mode = stat.S_IMODE(status.st_mode)
        inside = place != path  # of a folder above: who may write to it can replace what it holds
        if inside and mode & stat.S_ISVTX:
            return
        by_group = mode & stat.S_IWGRP and not _is_own_group(status.st_gid)
        if inside and status.st_uid == ROOT != os.geteuid():
            by_group = 0
        if mode & stat.S_IWOTH or by_group:
            raise RunFolderError(
                f"{place} can be written by others (mode {mode:04o}); {why}, which may run what they put there. "
                f"If you trust its content: chmod go-w {place}"
            )
        if inside and status.st_uid == ROOT:
            return


def _is_own_group(gid: int) -> bool:
    """Whether a group is that of this user alone, as many systems make one for each."""
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
