import resource
import subprocess
import sys
import time
from types import SimpleNamespace

from l2l.utils.file_pipes import FileInbox
from l2l.utils.looks import FELT_AT_ONCE, Looks


class Pulse:
    """Counts how often it is felt."""

    def __init__(self):
        self.n_felt = 0

    def look(self, longest_s):
        self.n_felt += 1
        return 0.0


class Worker(SimpleNamespace):
    """What heartbeats need of one."""

    __hash__ = object.__hash__

    def __init__(self, path):
        inbox = FileInbox(path)
        pipes = SimpleNamespace(output=path)
        super().__init__(pulse=Pulse(), inbox=inbox, queue=[], ready=True, is_here=False, pipes=pipes)


def test_heartbeats_of_many_workers_are_felt_some_at_a_time(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    looks = Looks(6.0, lambda worker: False, lambda worker: None)
    file = tmp_path / "output"
    file.touch()
    workers = [Worker(file) for _ in range(2 * FELT_AT_ONCE + 1)]
    for worker in workers:
        looks.add(worker)
    looks.forget(workers.pop(0))
    n_felt = []
    for _ in range(4):  # at a rest of 1 s, in two goes
        now += 0.5
        looks.look(workers)
        n_felt.append(sum(worker.pulse.n_felt for worker in workers))
    looks.close()
    assert n_felt[:2] == [0, FELT_AT_ONCE]
    assert n_felt[3] == 3 * FELT_AT_ONCE


def test_files_that_many_workers_need_may_be_open():
    program = (
        "from l2l.utils.worker_pool import *; allow_workers(500); print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    limited = "ulimit -S -n 300; exec " + sys.executable + ' -c "$0"'
    told = subprocess.run(["sh", "-c", limited, program], capture_output=True, text=True, check=True).stdout
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert told.strip() == f"({1700 if hard == resource.RLIM_INFINITY else min(1700, hard)}, {hard})"
