"""Hosts that share a folder over a network file system with as much lag as NFS allows."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LAG_S = 3.0
REAL = os.environ.get("L2L_TEST_MOUNTS", "").split()
"""Mounts of one folder of a real network file system, a client each, for whole runs on it (``test_runs.py``)."""


class Host:
    """A host: a name, and a client of the shared folder that only its own processes see.

    Parameters
    ----------
    name : str
    server : Path
        What the clients share.
    mount : Path
        Where each host sees it.
    locks : {'own', 'refused'}
        Of the file system: each client keeps them for itself, or there are none.
    real : str, optional
        A mount of a real network file system to use instead.
    """

    def __init__(self, name: str, server: Path, mount: Path, locks: str, real: str | None = None):
        self.mount = mount
        client = [sys.executable, str(HERE / "lagging_folder.py"), str(server), str(mount), str(LAG_S), locks]
        if real is not None:
            client = ["sh", "-c", f"mount --bind {real}/{server.name} {mount} && exec sleep infinity"]
        start = f'hostname {name} && exec "$@"'
        self._log = tempfile.TemporaryFile()
        self.client = subprocess.Popen(
            ["unshare", "--mount", "--uts", "sh", "-c", start, "sh", *client], stdout=self._log, stderr=self._log
        )
        self._wait_for_mount()

    def _wait_for_mount(self) -> None:
        mounts = Path(f"/proc/{self.client.pid}/mounts")
        while f" {self.mount} " not in mounts.read_text():
            try:
                self.client.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            self._log.seek(0)
            raise OSError(self._log.read().decode(errors="replace"))

    @property
    def view(self) -> Path:
        """The shared folder as this host sees it, from outside of it."""
        return Path(f"/proc/{self.client.pid}/root{self.mount}")

    def command(self, *args: Any) -> list[str]:
        """A command of this host."""
        return ["nsenter", "-t", str(self.client.pid), "-m", "-u", "--", *map(str, args)]

    def run(self, *args: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        """Run a command on this host to its end."""
        return subprocess.run(self.command(*args), text=True, capture_output=True, timeout=100, check=False, **kwargs)

    def start(self, *args: Any, **kwargs: Any) -> subprocess.Popen[str]:
        """Start a command on this host."""
        return subprocess.Popen(
            self.command(*args), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs
        )

    @property
    def srun(self) -> str:
        """What starts a worker here."""
        return f"{HERE / 'step.sh'} {self.client.pid}"

    def end(self) -> None:
        """Take the client away, and the mount with it."""
        self.client.kill()
        self.client.wait()
        self._log.close()


def why_not() -> str | None:
    """Why no such folder can be had here."""
    if os.geteuid() != 0:
        return "hosts with mounts of their own need root"
    if REAL:
        return None
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no /dev/fuse"
    for program in ("unshare", "nsenter"):
        if shutil.which(program) is None:
            return f"no program {program}"
    try:
        import mfusepy  # noqa: F401
    except (ImportError, OSError) as error:
        return f"no FUSE: {error}"
    return None


@pytest.fixture
def mount() -> Iterator[Path]:
    """Where the hosts see the folder that they share; a short path."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="nfs") as folder:
        yield Path(folder, "mount")


@pytest.fixture
def add_host(mount: Path) -> Iterator[Callable[..., Host]]:
    """Make one more host."""
    server = Path(REAL[0], mount.parent.name) if REAL else mount.with_name("server")
    server.mkdir()
    mount.mkdir()
    hosts: list[Host] = []

    def add(locks: str = "own") -> Host:
        if REAL and (locks != "own" or len(hosts) == len(REAL)):
            pytest.skip(f"the mounts {REAL} are too few, or have other locks")
        hosts.append(Host(f"host{len(hosts)}", server, mount, locks, REAL[len(hosts)] if REAL else None))
        return hosts[-1]

    yield add
    for host in hosts:
        host.end()
