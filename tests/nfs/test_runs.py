"""Whole runs in a folder that hosts share, workers on other hosts than their runner."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from l2l.errors import RunFolderError
from l2l.utils import run_lock
from l2l.utils.history import CIRCUMSTANCES
from l2l.utils.opening import discard_unless_begun
from l2l.utils.run_folder import RunFolder

REAL = os.environ.get("L2L_TEST_MOUNTS")
SCRIPT = Path(__file__).with_name("experiment.py")


class Site:
    """Hosts, and the run in the folder that they share."""

    def __init__(self, add_host, mount, marks):
        self.add_host = add_host
        self.mount = mount
        self.marks = marks

    def start(self, host, other=None, hangs=False, **settings):
        """Start the experiment on one host, its workers on another, or else beside it."""
        params = {"max_workers": 2, **settings.pop("runner_params", {})}
        if other is not None:
            params["srun"] = other.srun
        told = {"here": str(self.mount), "marks": str(self.marks), "runner_params": params, **settings}
        env = {**os.environ, "STEP_HANGS": "yes" if hangs else ""}
        return host.start(sys.executable, "-m", "l2l.cli", SCRIPT, "--", json.dumps(told), env=env)

    def resume(self, host):
        return host.start(sys.executable, "-m", "l2l.cli", "--resume", self.mount / "run")

    def evaluated(self):
        """Generation, index, attempt, host."""
        return [tuple(line.split()) for line in self.marks.read_text().splitlines()] if self.marks.exists() else []

    def history(self, host):
        return records(host.view / "run")


def records(run):
    """The history by generation and index, without circumstances."""
    lines = (run / "history.jsonl").read_text().splitlines()
    found = [{name: v for name, v in json.loads(line).items() if name not in CIRCUMSTANCES} for line in lines]
    return sorted(found, key=lambda record: (record["generation"], record["index"]))


def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def site(add_host, mount, tmp_path):
    return Site(add_host, mount, tmp_path / "marks")


def ended(process, code=0):
    """Wait for it; returns what it printed."""
    printed, _ = process.communicate(timeout=100)
    assert process.returncode == code, printed
    return printed


@pytest.fixture
def undisturbed(site, tmp_path):
    """The history of the run in a folder of one host."""
    told = {"here": str(tmp_path / "here"), "marks": os.devnull, "runner_params": {"max_workers": 2}}
    command = [sys.executable, "-m", "l2l.cli", SCRIPT, "--", json.dumps(told)]
    subprocess.run(command, check=True, capture_output=True)
    return records(tmp_path / "here" / "run")


def test_workers_on_another_host_make_the_same_history(site, undisturbed):
    one, other = site.add_host(), site.add_host()
    ended(site.start(one, other))
    assert site.history(one) == undisturbed
    assert len(site.evaluated()) == 30
    assert {host for *_, host in site.evaluated()} == {"host1"}


@pytest.mark.parametrize("hangs", [False, True], ids=["told by srun", "srun tells nothing"])
def test_worker_that_dies_on_another_host_is_replaced(site, undisturbed, hangs):
    one, other = site.add_host(), site.add_host()
    process = site.start(one, other, hangs=hangs, fault="os._exit(0)", runner_params={"heartbeat_timeout": 2.0})
    assert ("no sign of life for 2 s" if hangs else "exit code 0") in ended(process)
    found = site.history(one)
    assert found[12]["attempt"] == 1
    found[12]["attempt"] = 0
    assert found == undisturbed
    assert len(site.evaluated()) == 31


def test_long_message_of_another_host_is_read_whole(site):
    one, other = site.add_host(), site.add_host()
    process = site.start(one, other, fault="raise ValueError(30_000 * chr(228))")
    assert "ValueError" in ended(process)
    assert site.history(one)[12]["attempt"] == 1


def test_run_goes_on_on_another_host(site, undisturbed):
    one, other, third = site.add_host(), site.add_host(), site.add_host()
    process = site.start(one, other, seconds=0.1, runner_params={"heartbeat_timeout": 2.0})
    until(lambda: len(site.evaluated()) > 15)
    process.kill()
    process.wait()
    ended(site.resume(third))
    assert site.history(third) == undisturbed
    assert len(site.evaluated()) <= 34  # those of two workers at most were evaluated again


def test_run_that_another_host_has_just_begun_is_not_begun_again(add_host, monkeypatch):
    one, other = add_host(), add_host()
    assert not (other.view / "run").exists()  # and so it believes for a while
    begun = RunFolder(one.view / "run")
    begun.create()
    begun.manifest_path.write_text("status: prepared\n")
    monkeypatch.setattr(run_lock, "is_local", lambda folder: False)  # this process does not see the mounts
    with begun.locked():
        monkeypatch.setattr(run_lock, "machine", lambda: "the other host")
        with pytest.raises(RunFolderError, match="exists already"):
            RunFolder(other.view / "run").create()
        discard_unless_begun(RunFolder(other.view / "run"))
    assert begun.manifest_path.exists()


@pytest.mark.parametrize("locks", ["own", "refused"])
def test_second_runner_on_another_host_is_refused(site, locks):
    one, other = site.add_host(locks), site.add_host(locks)
    process = site.start(one, fault="time.sleep(600)")
    until(lambda: ("1", "2", "0", "host0") in site.evaluated())
    told = site.resume(other)
    assert f"process {process.pid} on host0" in ended(told, code=2)
    status = other.run(sys.executable, "-m", "l2l.cli", "status", site.mount / "run").stdout
    assert f"running, process {process.pid} on host0" in status
    process.kill()
    ended(process, code=-9)
    assert f"process {told.pid}" not in (other.view / "run" / ".lock").read_text()


def test_quota_stops_the_run_which_goes_on_once_it_is_raised(site, undisturbed):
    if REAL:
        pytest.skip("a real server has quotas of its own")
    host, quota, used_up = site.add_host(), site.mount.with_name("quota"), site.mount.with_name("used up")
    used_up.touch()
    once = f"os.path.exists({str(used_up)!r}) and os.rename({str(used_up)!r}, {str(quota)!r})"
    told = ended(site.start(host, fault=once), code=1)
    again = ended(site.resume(host), code=2)
    for words in (told, again):
        assert "cannot be written" in words and "Disk quota exceeded" in words and "Traceback" not in words
        assert f"l2l-run --resume {site.mount}/run" in words
    quota.unlink()
    ended(site.resume(host))
    assert site.history(host) == undisturbed
    assert {record["attempt"] for record in site.history(host)} == {0}
