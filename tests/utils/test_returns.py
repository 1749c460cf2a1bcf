import time
from collections import deque
from queue import Queue

import numpy as np
import pytest

from l2l.utils.channel import Pipes
from l2l.utils.file_pipes import FilePipes, PipeFolder
from l2l.utils.returns import Returns


@pytest.fixture(params=["fifo", "file"])
def pipes(request):
    return request.param


def test_individuals_behind_a_long_one_go_to_idle_workers(launch, tmp_path):
    """Durations are log-normal, of a millisecond or so, and one lasts until all others have begun."""
    log = tmp_path / "begun"

    def simulate(traj):
        with open(log, "a") as file:
            file.write(f"{traj.individual.generation} {traj.individual.ind_idx}\n")
        if (traj.individual.generation, traj.individual.ind_idx) != (1, 3):
            time.sleep(np.random.default_rng(traj.individual.seed).lognormal(-6.5, 1.0))
            return 1.0
        until = time.monotonic() + 20.0
        while len(log.read_text().splitlines()) < 120 and time.monotonic() < until:
            time.sleep(0.01)
        return 2.0

    run = launch(simulate, pop_size=60, n_iteration=2, runner_params={"max_workers": 3})
    assert run.error is None
    assert run.history[63]["fitness"] == [2.0]
    assert run.history[63]["seconds"] < 20
    begun = log.read_text().splitlines()
    assert len(set(begun)) == len(begun) == len(run.history) == 120
    assert {record["attempt"] for record in run.history} == {0}


class Worker:
    """What a worker evaluates, assignment by assignment."""

    def __init__(self):
        self.returns = Returns(None, None)
        self.sent = deque()
        self.n_sent = 0

    def send(self, *assignments):
        self.sent.extend(assignments)
        self.n_sent += len(assignments)

    def evaluates(self):
        while self.sent:
            assignment = self.sent.popleft()
            if self.returns.begins():
                return assignment


def test_what_is_not_begun_is_given_back_and_never_begun():
    worker = Worker()
    worker.send(*"abcd")
    assert worker.evaluates() == "a"
    assert worker.returns.give_back(4) == 3
    worker.send(*"ef")
    assert worker.evaluates() == "e"


def test_nothing_is_given_back_twice():
    worker = Worker()
    worker.send(*"abcd")
    worker.evaluates()
    worker.returns.give_back(4)
    assert worker.returns.give_back(4) == 0
    worker.send(*"ef")
    assert worker.returns.give_back(6) == 2
    assert worker.evaluates() is None


def test_what_has_begun_is_not_given_back():
    worker = Worker()
    worker.send(*"ab")
    worker.evaluates()
    worker.evaluates()
    assert worker.returns.give_back(2) == 0


def test_request_is_answered_while_the_worker_does_something_else(tmp_path, pipes):
    made = Pipes(tmp_path, 0) if pipes == "fifo" else FilePipes(PipeFolder(tmp_path, "run"), 0, 0)
    made.requests.parent.mkdir(parents=True, exist_ok=True)
    made.make()
    answers = Queue()
    returns = Returns(made.requests_of_worker(), answers.put)
    returns.listen()
    assert made.request(b'{"return":3}\n')
    assert answers.get(timeout=10) == 3


def test_request_to_nobody_is_not_sent(tmp_path):
    made = Pipes(tmp_path, 0)
    made.make()
    assert not made.request(b'{"return":3}\n')
