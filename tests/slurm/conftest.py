"""A real, private Slurm cluster for the tests of this folder; they are skipped where its programs are missing."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROGRAMS = ("slurmctld", "slurmd", "srun", "munged")


class SlurmCluster:
    """Munge, a controller and virtual nodes on this host, below one scratch folder.

    Parameters
    ----------
    folder : Path
        Short: paths of sockets have 108 bytes at most.
    n_nodes : int
    """

    def __init__(self, folder: Path, n_nodes: int = 4):
        self.folder = folder
        self.lasting: set[str] = set()  # jobs that outlast the test which submits them
        own = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_")}  # not of an allocation around us
        self.env = {**own, "SLURM_CONF": str(folder / "slurm.conf")}
        up = ["bash", str(HERE / "slurm-up.sh"), str(folder), str(n_nodes)]
        subprocess.run(up, env=own, check=True, timeout=60, stdin=subprocess.DEVNULL, capture_output=True)

    def run(self, *command: Any, timeout: float = 60, **keywords: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in the environment of the cluster, to its end."""
        words = [str(word) for word in command]
        keywords = {"cwd": self.folder, "stdin": subprocess.DEVNULL, "text": True, "capture_output": True, **keywords}
        return subprocess.run(words, env=self.env, timeout=timeout, **keywords)

    def popen(self, *command: Any, **keywords: Any) -> subprocess.Popen[Any]:
        """Start a command in the environment of the cluster."""
        keywords = {"cwd": self.folder, "stdin": subprocess.DEVNULL, **keywords}
        return subprocess.Popen([str(word) for word in command], env=self.env, **keywords)

    @property
    def has_own_hosts(self) -> bool:
        """Whether nodes have names and processes of their own, as they can where we are root."""
        return "NS=1" in (self.folder / "settings").read_text()

    def node(self, what: str, name: str) -> None:
        """``start``, ``crash``, ``kill-slurmd`` or ``resume`` a node."""
        command = ["bash", str(HERE / "slurm-node.sh"), str(self.folder), what, name]
        subprocess.run(command, check=True, timeout=30, stdin=subprocess.DEVNULL)

    def state(self, job: str) -> str:
        """What becomes of a job: PENDING, RUNNING, COMPLETED, FAILED, CANCELLED, TIMEOUT, ..."""
        told = self.run("scontrol", "--oneliner", "show", "job", job).stdout
        return next(word.removeprefix("JobState=") for word in told.split() if word.startswith("JobState="))

    def close(self) -> None:
        """Stop exactly what was started."""
        subprocess.run(["bash", str(HERE / "slurm-down.sh"), str(self.folder)], check=True, timeout=60)


def wait(done: Callable[[], Any], seconds: float = 60) -> Any:
    """Look every tenth of a second whether there is what is waited for; returns it."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, f"not in {seconds} s: {done}"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="session")
def slurm_cluster() -> Iterator[SlurmCluster]:
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [program for program in PROGRAMS if shutil.which(program, path=path) is None]
    if missing:
        pytest.skip(f"no Slurm here: {', '.join(missing)} not found (apt-get install slurm-wlm munge)")
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    try:
        cluster = SlurmCluster(folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(folder, ignore_errors=True)
        words = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        pytest.skip(f"no Slurm can be started here: {words[-1:] or error}")
    try:
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    return wait


@pytest.fixture
def slurm(slurm_cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """The cluster, its commands in the environment of the test; no job but the lasting ones is left running."""
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SLURM_CONF", slurm_cluster.env["SLURM_CONF"])
    yield slurm_cluster
    jobs = set(slurm_cluster.run("squeue", "-h", "-o", "%A").stdout.split()) - slurm_cluster.lasting
    if jobs:
        slurm_cluster.run("scancel", *jobs)
